"""The three example exports, counted exactly, in Python and from the shell."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import File
from django.core.management import call_command

from clients.choices import ImportState, RowState, Section
from clients.models import Client, ContactPerson, Email, ImportRow, ImportRun, Phone
from clients.services import receive_import, run_import
from journal.models import AuditEvent

DATA = Path(__file__).resolve().parent.parent / "data"
FILES = ["amocrm_export_cp1251.csv", "amocrm_export.xlsx", "bitrix24_leads.csv"]
LAST_LINE = "rows=2000 created=1744 duplicates=212 errors=44 warnings=126"


def import_file(path, actor, *, dry=False, department=None):
    with path.open("rb") as file:
        run = receive_import(file=File(file, name=path.name), actor=actor, department=department, is_dry=dry)
    return run_import(run_id=run.pk)


@pytest.mark.parametrize("name", FILES)
def test_dry_run_counts_like_the_answer_key_and_writes_no_client(cast, name):
    key = json.loads((DATA / "answer_key.json").read_text())
    run = import_file(DATA / name, cast.volkov, dry=True)
    assert run.state == ImportState.DONE
    clean = key["new"] + key["formula"] + key["html"]
    assert run.counts["rows"] == key["rows"]
    assert run.counts["created"] == clean + key["warning_phone"] + key["warning_inn"]
    assert run.counts["duplicates"] == key["duplicate_phone"] + key["duplicate_inn"]
    assert run.counts["errors"] == key["error_name"]
    assert run.counts["warnings"] == key["warning_phone"] + key["warning_inn"]
    assert not Client.objects.exists()
    assert ImportRow.objects.filter(run=run, codes=["duplicate_phone"]).count() == key["duplicate_phone"]
    assert ImportRow.objects.filter(run=run, codes=["duplicate_inn"]).count() == key["duplicate_inn"]
    assert ImportRow.objects.filter(run=run, codes=["error_name"]).count() == key["error_name"]
    assert ImportRow.objects.filter(run=run, codes=["warning_phone"]).count() == key["warning_phone"]
    assert ImportRow.objects.filter(run=run, codes=["warning_inn"]).count() == key["warning_inn"]


@pytest.mark.parametrize("name", FILES)
def test_real_run_writes_exactly_the_new_clients_without_owner_state_and_colour(cast, name):
    run = import_file(DATA / name, cast.volkov)
    assert {key: run.counts[key] for key in ("rows", "created", "duplicates", "errors", "warnings")} == {
        "rows": 2000,
        "created": 1744,
        "duplicates": 212,
        "errors": 44,
        "warnings": 126,
    }
    assert Client.objects.count() == 1744
    assert Client.objects.filter(owner=None, state=None, department=cast.sales, segment=None).count() == 1744
    sections = set(Client.objects.values_list("section", flat=True))
    assert sections == {Section.CALL_BASE, Section.CUSTOMERS}
    assert set(Client.objects.filter(section=Section.CUSTOMERS).values_list("imported_stage", flat=True)) == {
        "Успешно реализовано"
    }
    assert not Client.objects.filter(section=Section.CALL_BASE, imported_stage="Успешно реализовано").exists()
    assert Client.objects.filter(name__startswith="=HYPERLINK(").count() == 6
    assert Client.objects.filter(note__contains="<").count() == 20
    assert Client.objects.filter(imported_extra__has_key="ИНН", inn="").count() == 44
    assert Phone.objects.filter(e164="", raw__in=["нет", "anonymous", "+7 000", "12345678"]).count() == 82
    assert not Phone.objects.filter(e164="").exclude(last10="").exists()
    assert ContactPerson.objects.count() > 1600
    assert Email.objects.count() > 1500
    assert AuditEvent.objects.filter(action="client.create", via="import").count() == 1744
    assert AuditEvent.objects.filter(action="import.finish").count() == 1
    assert not run.file


def test_the_same_file_in_another_shape_is_all_duplicates(cast):
    import_file(DATA / FILES[0], cast.volkov)
    again = import_file(DATA / FILES[2], cast.boss)
    assert (again.counts["created"], again.counts["duplicates"], again.counts["errors"]) == (0, 1956, 44)
    assert Client.objects.count() == 1744
    assert not Client.objects.filter(department=cast.other).exists()


@pytest.mark.parametrize("name", FILES[1:])
def test_the_command_that_only_tries_ends_with_the_counts_and_names_bad_rows(cast, name):
    out = StringIO()
    call_command("import_clients", str(DATA / name), "--owner", "volkov", "--dry-run", stdout=out)
    lines = out.getvalue().strip().splitlines()
    assert lines[-1] == LAST_LINE
    assert any(line.startswith("row 45:") for line in lines)
    assert not Client.objects.exists()


def test_the_command_ends_with_the_same_counts(cast):
    out = StringIO()
    call_command("import_clients", str(DATA / FILES[0]), "--owner", "volkov", stdout=out)
    assert out.getvalue().strip().splitlines()[-1] == LAST_LINE
    assert Client.objects.count() == 1744


def test_a_killed_import_goes_on_from_the_next_row_and_doubles_nothing(cast):
    with (DATA / FILES[0]).open("rb") as file:
        run = receive_import(file=File(file, name="a.csv"), actor=cast.volkov)
    part = run_import(run_id=run.pk, seconds=0)
    assert part.state == ImportState.RUNNING
    assert part.counts["rows"] == 500
    assert ImportRow.objects.filter(run=run).count() == 500
    whole = run_import(run_id=run.pk)
    assert (whole.state, whole.counts["rows"], whole.counts["created"]) == (ImportState.DONE, 2000, 1744)
    assert Client.objects.count() == 1744
    assert AuditEvent.objects.filter(action="import.finish").count() == 1
    again = run_import(run_id=run.pk)
    assert again.counts == whole.counts
    assert ImportRow.objects.filter(run=run, state=RowState.CREATED, client=None).count() == 0


def test_an_import_in_another_workers_hands_is_left_alone(cast):
    with (DATA / FILES[0]).open("rb") as file:
        run = receive_import(file=File(file, name="a.csv"), actor=cast.volkov)
    from datetime import timedelta

    from common import clock

    ImportRun.objects.filter(pk=run.pk).update(state="running", lease_until=clock.now() + timedelta(minutes=1))
    assert run_import(run_id=run.pk).state == ImportState.RUNNING
    assert not Client.objects.exists()

"""The rehearsal of a restore: what was backed up stands again in an empty database, to the row and to the byte (DL3)."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clients.models import Client
from config import backups
from config.management.commands.check_invariants import count_offences
from journal.models import AuditEvent
from tests.factories import make_cast
from tests.factories.cast import PASSWORD
from tests.factories.work import call, make_client, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _alone(transactional_db):
    """Nobody else at this database: threads of servers that earlier tests asked keep theirs while a browser lingers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _changed(path: Path, target: Path, **parts: bytes) -> Path:
    """A copy of the archive with other bytes in some of its parts."""
    with tarfile.open(path) as source, tarfile.open(target, "w") as copy:
        for entry in source:
            body = source.extractfile(entry).read()
            body = parts.get(entry.name.partition(".")[0], body)
            entry.size = len(body)
            copy.addfile(entry, io.BytesIO(body))
    return target


def test_a_backup_is_restored_whole_into_an_empty_database(
    settings, tmp_path, elsewhere, empty_database, client, capsys
):
    cast = make_cast()
    call(take(cast, cast.ivanova))
    make_client(cast, name="Ромашка «Север»")
    paper = Path(settings.MEDIA_ROOT, "contracts", "d1", "scan.pdf")
    paper.parent.mkdir(parents=True)
    paper.write_bytes(b"%PDF-1.7 signed")
    older = [tmp_path / "kept" / f"svetofor-2025010{day}-000000.tar" for day in (1, 2)]
    older[0].parent.mkdir()
    for path in older:
        path.touch()
    call_command("backup", to=tmp_path / "kept", keep=2)
    (first, *others) = sorted((tmp_path / "kept").iterdir(), reverse=True)
    assert others == [older[1]] and backups.NAME.fullmatch(first.name)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    manifest = backups.read_manifest(first)
    assert manifest["counts"]["clients_client"] == 2
    before = list(AuditEvent.objects.order_by("pk").values())

    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", first)

    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    with elsewhere(NAME=empty_database):
        damaged = _changed(first, tmp_path / "damaged.tar", database=b"PGDMP nonsense")
        with pytest.raises(CommandError, match=r"database\.dump has another checksum"):
            call_command("restore", damaged)
        newer = json.dumps(manifest | {"migrations": [*manifest["migrations"], "clients.9999_later"]}).encode()
        with pytest.raises(CommandError, match="newer release"):
            call_command("restore", _changed(first, tmp_path / "newer.tar", manifest=newer))
        assert connection.introspection.table_names() == []  # a refusal has changed nothing
        call_command("restore", first)
        assert capsys.readouterr().out.splitlines()[-1].endswith(f"rows={sum(manifest['counts'].values())} files=1")
        assert {name: number for name, number in count_offences().items() if number} == {}
        assert list(AuditEvent.objects.order_by("pk").values()) == before
        assert Client.objects.filter(name="Ромашка «Север»").count() == 1
        assert Path(settings.MEDIA_ROOT, "contracts", "d1", "scan.pdf").read_bytes() == b"%PDF-1.7 signed"
        answer = client.post("/login/", {"username": "ivanova", "password": PASSWORD})
        assert (answer.status_code, client.get("/clients/").status_code) == (303, 200)
        with connection.cursor() as cursor, pytest.raises(Exception, match=r"(?i)audit|append"):
            cursor.execute("DELETE FROM journal_auditevent")  # the guards of the database came back too
        Client.objects.filter(name="Ромашка «Север»").update(name="Changed")
        call_command("restore", first, force=True)
        assert Client.objects.filter(name="Ромашка «Север»").count() == 1


def test_nothing_is_restored_under_a_program_that_works(tmp_path, monkeypatch):
    make_cast()
    call_command("backup", to=tmp_path)
    monkeypatch.setattr(backups, "_GOODBYE_SECONDS", 0.2)
    other = connection.get_new_connection(connection.get_connection_params())
    try:
        with pytest.raises(CommandError, match="1 other connections"):
            call_command("restore", next(tmp_path.iterdir()), force=True)
    finally:
        other.close()


def test_a_file_that_is_no_backup_is_refused(tmp_path):
    (tmp_path / "photo.tar").write_bytes(b"no archive")
    with pytest.raises(CommandError, match="is no backup"):
        call_command("restore", tmp_path / "photo.tar")


def test_a_failed_dump_leaves_no_file(tmp_path, elsewhere, monkeypatch):
    monkeypatch.setattr(backups, "_program", lambda tool: "/bin/false")
    with pytest.raises(CommandError, match="pg_dump: exit 1"):
        call_command("backup", to=tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []

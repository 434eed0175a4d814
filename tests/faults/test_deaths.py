"""A process dies by SIGKILL at every named point; whoever comes next finishes the work once (section 3.4)."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections
from django.test import Client as Browser

from accounts.choices import TokenScope
from accounts.models import Department
from accounts.services import create_token
from clients.models import Client, ImportRow, ImportRun
from clients.services import receive_import, run_import
from common import clock
from config.management.commands.check_invariants import count_offences
from desk.services import JOBS, run_job
from faults import points
from funnels.models import Contact, Ownership, RotationOrder
from funnels.services import flag_stagnant
from journal.choices import RunState
from journal.constants import MAX_ATTEMPTS
from journal.models import AuditEvent, JobRun
from journal.services import in_batch, open_run
from notifications.models import OutboxMail
from notifications.services import deliver, notify
from tests.factories.work import dm_of, on, take
from tests.notifications.conftest import post_office  # noqa: F401  a fixture

MONDAY, FRIDAY = date(2026, 11, 9), date(2026, 11, 20)
AGO = timedelta(seconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


def dies_at(point: str, act) -> None:
    """The act in a process of its own that kills itself at the point; an act that gets past it fails the test."""
    connections.close_all()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.environ["FAULT"] = point if ":" in point else f"{point}:1"
            points.arm()
            act()
            status = 0
        finally:
            os._exit(status)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"{point} was passed, status {status}"


def offences() -> dict[str, int]:
    """Without the one that compares with the real clock: these days are in the future."""
    return {name: n for name, n in count_offences().items() if n and not name.startswith("no letter waits")}


def test_a_rotation_whose_worker_dies_four_times_moves_every_client_once(cast, monkeypatch):
    monkeypatch.setattr("funnels.services.rotation.BATCH", 2)
    with on(MONDAY):
        for _ in range(6):
            take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 21):
        run = open_run("rotation", FRIDAY, due_at=clock.now())
        executed = []
        for point in (
            "job.claim.after_commit",
            "job.batch.written:3",
            "job.batch.before_commit",
            "job.batch.after_commit",
        ):
            dies_at(point, lambda: run_job(run_id=run.pk))
            executed.append(RotationOrder.objects.filter(status="executed").count())
            assert run_job(run_id=run.pk) is None  # its lease is still held
            JobRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
        assert executed == [0, 2, 2, 4]  # whole batches only
        assert run_job(run_id=run.pk).state == RunState.DONE
    assert JobRun.objects.get(pk=run.pk).attempts == 5
    assert set(RotationOrder.objects.values_list("status", flat=True)) == {"executed"}
    assert AuditEvent.objects.filter(action="rotation.execute").count() == 6
    assert Ownership.objects.count() == 12
    assert offences() == {}


def test_a_run_whose_worker_dies_before_the_last_word_is_ended_by_the_next_and_does_nothing_again(cast):
    with on(FRIDAY, 0, 21):
        run = open_run("flags", FRIDAY, due_at=clock.now())
        dies_at("job.done.before", lambda: run_job(run_id=run.pk))
        JobRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
        assert run_job(run_id=run.pk).state == RunState.DONE
    assert offences() == {}


def test_a_run_that_kills_every_worker_is_given_up_and_those_behind_it_go_on(cast, monkeypatch):
    """JO6: what kills its process five times is shown to the operators and stands in nobody's way."""

    def poison(*, day, run=None, at=None):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setitem(JOBS, "flags", (poison,))
    with on(FRIDAY, 0, 55):
        bad = open_run("flags", FRIDAY, due_at=clock.now() - timedelta(minutes=30))
        good = open_run("audit", FRIDAY, due_at=clock.now())
        for _ in range(MAX_ATTEMPTS):
            dies_at("none", lambda: run_job(run_id=bad.pk))
            assert run_job(run_id=good.pk) is None
            JobRun.objects.filter(pk=bad.pk).update(lease_until=clock.now() - AGO)
        assert run_job(run_id=bad.pk) is None
        assert JobRun.objects.get(pk=bad.pk).state == RunState.FAILED
        assert run_job(run_id=good.pk).state == RunState.DONE


def test_letters_survive_the_death_of_their_sender_and_are_doubled_only_in_the_window(cast, post_office):  # noqa: F811
    for number in range(5):
        context = {"subject": "Тема", "text": "Текст", "url": ""}
        notify(recipient=cast.ivanova, key=f"letter:{number}", template="plain", context=context)
    for point in (
        "mail.claim.after_commit",
        "mail.before_connect",
        "mail.after_data",
        "mail.mark.before",
        "mail.mark.written",
    ):
        dies_at(point, deliver)
        OutboxMail.objects.filter(state="sending").update(lease_until=clock.now() - AGO)
    while deliver()["sent"]:
        continue
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {"sent"}
    ids = set(OutboxMail.objects.values_list("message_id", flat=True))
    assert set(post_office.ids) == ids and len(ids) == 5
    # Three deaths came after the server had said yes, of which one after the mark was committed by itself.
    assert 5 < len(post_office.ids) <= 5 + 3


def test_an_import_goes_on_after_every_death_and_imports_each_row_once(cast, monkeypatch):
    monkeypatch.setattr("clients.services.imports.engine.IMPORT_BATCH_ROWS", 20)
    rows = "\n".join(f"ООО Партия {n};+7916000{n:04d}" for n in range(60))
    run = receive_import(
        file=ContentFile(f"Название компании;Телефон\n{rows}\n".encode(), name="a.csv"), actor=cast.volkov
    )
    read = []
    for point in ("import.claim.written", "import.rows.before", "import.rows.written", "import.rows.before_commit",
                  "import.rows.after_commit"):  # fmt: skip
        dies_at(point, lambda: run_import(run_id=run.pk))
        read.append(ImportRow.objects.filter(run=run).count())
        assert Client.objects.count() == read[-1]
        ImportRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
    assert read == [0, 0, 0, 0, 20]
    assert run_import(run_id=run.pk).state == "done"
    assert Client.objects.count() == ImportRow.objects.filter(run=run, state="created").count() == 60
    assert AuditEvent.objects.filter(action="import.finish").count() == 1


@pytest.mark.parametrize(("point", "written"), [("web.contact.before_commit", 0), ("web.contact.after_commit", 1)])
def test_a_request_cut_by_a_death_and_repeated_with_its_key_writes_once(cast, point, written):
    cycle = take(cast, cast.ivanova)
    _token, value = create_token(user=cast.ivanova, name="API", scope=TokenScope.WRITE, actor=cast.ivanova)
    soon = (clock.now() + timedelta(days=1)).isoformat()
    body = {"kind": "call", "result": "talked", "person": dm_of(cycle.client).pk, "next_step_at": soon}

    def send():
        headers = {"Authorization": f"Bearer {value}", "Idempotency-Key": "once"}
        path = f"/api/v1/clients/{cycle.client_id}/contacts/"
        return Browser().post(path, body, content_type="application/json", headers=headers)

    dies_at(point, send)
    assert Contact.objects.count() == written
    answers = [send() for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json()["id"] for answer in answers} == {Contact.objects.get().pk}
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert offences() == {}


def test_fifty_messages_of_one_run_have_one_effect_and_write_nothing_else(cast, monkeypatch):
    """JO1; eight thousand of them are drained in the campaign."""

    def make(*, day, run=None, at=None):
        with in_batch(run):
            Department.objects.create(name="Один раз")
        return {"made": 1}

    monkeypatch.setitem(JOBS, "flags", (make,))
    run = open_run("flags", FRIDAY)

    def deliver_message(_number):
        try:
            return run_job(run_id=run.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        done = [one for one in pool.map(deliver_message, range(50)) if one is not None]
    assert len(done) == 1
    assert JobRun.objects.get().attempts == 1
    assert Department.objects.filter(name="Один раз").count() == 1

"""A process dies by SIGKILL at every named point; whoever comes next finishes the work once (section 3.4)."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from importlib import import_module

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection, connections
from django.test import Client as Browser

from accounts.choices import TokenScope
from accounts.models import Department, User
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
from journal.constants import MAX_ATTEMPTS, RETRY_SECONDS, ROW_ATTEMPTS
from journal.models import AuditEvent, JobItem, JobRun
from journal.services import claim_run, in_batch, life_of_server, open_run, reopen_run
from notifications.models import Notice, OutboxMail
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
    monkeypatch.setattr("funnels.services.rotation.execution.BATCH", 2)
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
            "job.batch.written:2",
            "job.batch.before_commit",
            "job.batch.after_commit",
        ):
            dies_at(point, lambda: run_job(run_id=run.pk))
            executed.append(RotationOrder.objects.filter(status="executed").count())
            assert run_job(run_id=run.pk) is None  # its lease is still held
            JobRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
        # Whole batches only; the batch a worker has died in is done client by client.
        assert executed == [0, 2, 2, 3]
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
    assert read == [0, 0, 0, 0, 1]  # the batch that died is read row by row
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


def stagnant_clients(cast, number: int) -> list[int]:
    """Ids of the ownerships of that many clients that are to be flagged on FRIDAY."""
    with on(MONDAY):
        cycles = [take(cast, cast.ivanova) for _ in range(number)]
    return [Ownership.objects.get(cycle=cycle).pk for cycle in cycles]


def poison(monkeypatch, name: str, is_bad, act):
    """The function does its work to the end for everybody but the poisoned, for whom it acts in the middle of it."""
    module, _, function = name.rpartition(".")
    original = getattr(import_module(module), function)

    def poisoned(*args, **values):
        done = original(*args, **values)
        if is_bad(*args, **values):
            act()
        return done

    monkeypatch.setattr(name, poisoned)


def kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def refuse():
    raise ValueError("+79160000000 Иванов")


def work_to_the_end(work, run, *, may_die: bool) -> int:
    """Calls worker after worker until the run is over; returns how many of them died."""
    deaths = 0
    while type(run).objects.filter(pk=run.pk, state__in=["received", "due", "running"]).exists():
        child = 0
        if may_die:
            connections.close_all()
            child = os.fork()
        if not child:
            try:
                work(run_id=run.pk)
            finally:
                if may_die:
                    os._exit(0)
        else:
            deaths += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert deaths <= MAX_ATTEMPTS
        type(run).objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
    run.refresh_from_db()
    return deaths


@pytest.mark.parametrize(("act", "deaths"), [(refuse, 0), (kill_itself, 1 + ROW_ATTEMPTS)])
def test_a_poisoned_client_is_set_aside_and_all_others_are_flagged_and_rotated(cast, monkeypatch, act, deaths):
    """JO6: by an exception in the same attempt, by a dead process in at most five."""
    bad, *good = stagnant_clients(cast, 3)
    with monkeypatch.context() as poisoned, on(FRIDAY, 0, 21):
        poison(poisoned, "funnels.services.flags._order_for", lambda ownership, *_: ownership.pk == bad, act)
        run = open_run("flags", FRIDAY, due_at=clock.now())
        assert work_to_the_end(run_job, run, may_die=act is kill_itself) == deaths < MAX_ATTEMPTS
    assert run.state == RunState.DONE
    assert (run.counts["set_aside"], run.trials) == (1, {})
    item = JobItem.objects.get(run=run, result="set_aside")
    assert (item.object_type, item.object_id) == ("funnels.ownership", bad)
    assert "ValueError tests/faults/test_deaths.py" in item.error if act is refuse else "killed" in item.error
    assert "Иванов" not in item.error and "7916" not in item.error
    assert set(RotationOrder.objects.values_list("ownership_id", flat=True)) == set(good)
    told = Notice.objects.filter(key__startswith=f"job-set-aside:{run.pk}:")
    operators = User.objects.active().filter(role__in=["director", "administrator"])
    assert sorted(told.values_list("recipient_id", flat=True)) == sorted(operators.values_list("pk", flat=True))
    assert "flags" in told.first().text
    with on(FRIDAY, 9, 21):
        rotation = open_run("rotation", FRIDAY, due_at=clock.now())
        assert run_job(run_id=rotation.pk).state == RunState.DONE
    assert set(RotationOrder.objects.values_list("status", flat=True)) == {"executed"}
    assert AuditEvent.objects.filter(action="rotation.execute").count() == len(good)
    assert Ownership.objects.count() == 3 + len(good)
    with on(FRIDAY + timedelta(days=3), 0, 21):
        cured = open_run("flags", clock.today(), due_at=clock.now())
        assert "set_aside" not in run_job(run_id=cured.pk).counts
    assert JobItem.objects.get(run=cured, object_type="funnels.ownership").object_id == bad
    assert AuditEvent.objects.filter(action="rotation.flag").count() == 3
    assert offences() == {}


def test_two_orders_that_kill_stay_in_the_queue_and_the_rest_rotates(cast, monkeypatch):
    """What a row has cost is not laid to the run: two of them kill more workers than a run may lose."""
    monkeypatch.setattr("journal.services.rows.ROW_ATTEMPTS", 1)
    monkeypatch.setattr("journal.services.runs.MAX_ATTEMPTS", 2)
    stagnant_clients(cast, 3)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    bad = list(RotationOrder.objects.order_by("-pk").values_list("pk", flat=True)[:2])
    with monkeypatch.context() as poisoned, on(FRIDAY, 9, 21):
        poison(poisoned, "funnels.services.rotation.handover._give", lambda one, *_: one.order.pk in bad, kill_itself)
        run = open_run("rotation", FRIDAY, due_at=clock.now())
        assert work_to_the_end(run_job, run, may_die=True) == 3
    assert (run.state, run.counts["set_aside"]) == (RunState.DONE, 2)
    assert set(RotationOrder.objects.exclude(status="executed").values_list("pk", flat=True)) == set(bad)
    assert Ownership.objects.count() == 3 + 1
    with on(FRIDAY + timedelta(days=3), 9, 21):
        cured = open_run("rotation", clock.today(), due_at=clock.now())
        assert run_job(run_id=cured.pk).counts["executed"] == 2
    assert AuditEvent.objects.filter(action="rotation.execute").count() == 3


def test_outages_and_deadlocks_are_laid_to_nobody(cast, monkeypatch):
    """The batch comes whole in the next attempt, however often the database was away in it."""
    stagnant_clients(cast, 2)

    def be_away():
        raise OperationalError("server closed the connection unexpectedly")

    run = open_run("flags", FRIDAY, due_at=clock.local_moment(FRIDAY, time(0, 20)))
    with monkeypatch.context() as poisoned, on(FRIDAY, 0, 21) as moved:
        poison(poisoned, "funnels.services.flags._order_for", lambda *_: True, be_away)
        for _ in range(MAX_ATTEMPTS - 1):
            assert run_job(run_id=run.pk).state == RunState.DUE
            assert run_job(run_id=run.pk) is None
            run.refresh_from_db()
            assert run.trials["doing"] == {} and not any(run.trials["failed"].values())
            moved.shift(RETRY_SECONDS + 1)
    with on(FRIDAY, 0, 40):
        done = run_job(run_id=run.pk)
    assert done.counts["flagged"] == 2
    assert not JobItem.objects.filter(result="set_aside").exists()


def test_a_process_that_died_with_the_database_was_not_killed_by_its_row(cast):
    """After a power cut nobody is suspected: the database tells another life."""
    run = open_run("flags", FRIDAY)
    mark = {"what": "funnels.ownership", "ids": [7], "alone": True, "server": "2026-01-01 00:00:00+00"}
    kept = {"doing": mark, "failed": {"funnels.ownership": {"7": 2}}, "aside": {}}
    JobRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, attempts=2, trials=kept)
    assert claim_run(run.pk).run.trials["failed"] == {"funnels.ownership": {"7": 1}}
    mark["server"] = life_of_server()
    JobRun.objects.filter(pk=run.pk).update(lease_until=None, trials=kept)
    assert claim_run(run.pk).run.trials["failed"] == {"funnels.ownership": {"7": 2}}


def test_a_fault_of_the_program_is_no_poisoned_row_and_fails_the_run(cast, monkeypatch):
    """A person who opens the run again has everything tried again."""
    monkeypatch.setattr("journal.services.rows.MOST_SET_ASIDE", 2)
    monkeypatch.setattr("journal.services.runs.MAX_ATTEMPTS", 1)
    stagnant_clients(cast, 3)
    with on(FRIDAY, 0, 21):
        run = open_run("flags", FRIDAY, due_at=clock.now())
        with monkeypatch.context() as poisoned:
            poison(poisoned, "funnels.services.flags._order_for", lambda *_: True, refuse)
            work_to_the_end(run_job, run, may_die=False)
        assert (run.state, RotationOrder.objects.count()) == (RunState.FAILED, 0)
        assert run.error.startswith("TooManySetAside") and "Иванов" not in run.error
        assert run_job(run_id=reopen_run(run).pk).counts["flagged"] == 3
    assert not JobItem.objects.filter(result="set_aside").exists()


@pytest.mark.parametrize(("act", "deaths"), [(refuse, 0), (kill_itself, 1 + ROW_ATTEMPTS)])
def test_a_poisoned_row_of_a_table_ends_as_an_error_and_all_others_are_imported(cast, monkeypatch, act, deaths):
    rows = "\n".join(f"ООО Партия {n};+7916000{n:04d}" for n in range(6))
    run = receive_import(
        file=ContentFile(f"Название компании;Телефон\n{rows}\n".encode(), name="a.csv"), actor=cast.volkov
    )
    poison(monkeypatch, "clients.services.imports.engine.parse_row", lambda row_no, *_: row_no == 4, act)
    assert work_to_the_end(run_import, run, may_die=act is kill_itself) == deaths < MAX_ATTEMPTS
    assert run.state == "done"
    assert Client.objects.count() == 5
    bad = ImportRow.objects.get(run=run, state="error")
    assert (bad.row_no, bad.codes) == (4, ["error_broken"])
    assert (run.counts["rows"], run.counts["created"], run.counts["errors"]) == (6, 5, 1)
    assert AuditEvent.objects.filter(action="import.finish").count() == 1


def test_a_table_over_which_every_reader_dies_is_refused_with_a_sentence(cast, monkeypatch):
    run = receive_import(file=ContentFile("Название компании\nООО Один\n".encode(), name="a.csv"), actor=cast.volkov)
    with monkeypatch.context() as poisoned:
        poison(poisoned, "clients.services.imports.engine.open_table", lambda *_: True, kill_itself)
        for _ in range(MAX_ATTEMPTS):
            dies_at("none", lambda: run_import(run_id=run.pk))
            ImportRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - AGO)
        refused = run_import(run_id=run.pk)
    assert (refused.state, refused.error) == ("refused", "stuck")
    assert not Client.objects.exists()

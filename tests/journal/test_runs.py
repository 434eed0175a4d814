"""The lease: many messages, one effect; a robbed worker commits nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts.models import Department
from journal.choices import RunState
from journal.constants import LEASE_SECONDS, MAX_ATTEMPTS, RETRY_SECONDS
from journal.models import JobItem, JobRun
from journal.services import (
    LeaseLost,
    add_item,
    claim_run,
    extend_lease,
    fail_run,
    finish_run,
    in_batch,
    open_run,
    reason_of,
    release_run,
    reopen_run,
)

DAY = date(2026, 11, 20)
NIGHT = datetime(2026, 11, 19, 21, 20, tzinfo=UTC)  # 00:20 in Moscow


def opened(job: str = "flags") -> JobRun:
    run = open_run(job, DAY, due_at=NIGHT)
    assert run is not None
    return run


def in_threads(act, times: int) -> list:
    def call(_):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))


@pytest.mark.django_db
def test_a_date_gets_one_run_whoever_asks():
    assert open_run("flags", DAY, due_at=NIGHT) is not None
    assert open_run("flags", DAY, due_at=NIGHT) is None
    assert open_run("flags", DAY + timedelta(days=1), due_at=NIGHT) is not None
    assert JobRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_eight_openers_at_once_open_one_run():
    opened_runs = in_threads(lambda: open_run("flags", DAY, due_at=NIGHT), 8)
    assert sum(run is not None for run in opened_runs) == 1
    assert JobRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_claims_at_once_give_one_lease():
    run = opened()
    leases = [lease for lease in in_threads(lambda: claim_run(run.pk), 8) if lease]
    assert len(leases) == 1
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert run.attempts == 1
    assert run.lease_token == leases[0].token


@pytest.mark.django_db
def test_a_held_run_is_not_given_away_before_its_lease_ends():
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        first = claim_run(run.pk)
        moved.shift(LEASE_SECONDS - 1)
        assert claim_run(run.pk) is None
        moved.shift(2)
        second = claim_run(run.pk)
    assert first and second
    assert first.token != second.token
    assert second.run.attempts == 2


@pytest.mark.django_db
def test_an_extended_lease_is_held_longer():
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        lease = claim_run(run.pk)
        moved.shift(LEASE_SECONDS - 1)
        extend_lease(lease)
        moved.shift(LEASE_SECONDS - 1)
        assert claim_run(run.pk) is None


@pytest.mark.django_db(transaction=True)
def test_a_worker_robbed_of_its_lease_rolls_its_batch_back():
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        paused = claim_run(run.pk)
        moved.shift(LEASE_SECONDS + 1)
        thief = claim_run(run.pk)
        with pytest.raises(LeaseLost), transaction.atomic():
            Department.objects.create(name="Поздно")
            extend_lease(paused)
        assert not Department.objects.exists()
        with pytest.raises(LeaseLost):
            finish_run(paused, {"flagged": 1})
        with pytest.raises(LeaseLost):
            fail_run(paused, "late")
        with in_batch(thief):
            Department.objects.create(name="Вовремя")
        finish_run(thief, {"flagged": 2})
    run.refresh_from_db()
    assert run.counts == {"flagged": 2}
    assert run.state == RunState.DONE


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_a_run_over_while_its_batch_is_being_committed():
    """The lease ends in the middle of a batch: the claim finds the row locked and leaves, the batch commits."""
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        lease = claim_run(run.pk)
        with in_batch(lease):
            moved.shift(LEASE_SECONDS + 1)
            assert in_threads(lambda: claim_run(run.pk), 1) == [None]
        assert in_threads(lambda: claim_run(run.pk) is not None, 1) == [True]


@pytest.mark.django_db
def test_an_object_is_handled_once_in_a_run():
    department = Department.objects.create(name="Отдел")
    lease = claim_run(opened().pk)
    with in_batch(lease):
        assert add_item(lease, department, "flagged") is True
    with in_batch(lease):
        assert add_item(lease, department, "flagged") is False
        assert add_item(lease.run, department) is False
    other = claim_run(opened("colours").pk)
    with in_batch(other):
        assert add_item(other, department) is True
    assert JobItem.objects.count() == 2
    assert add_item(None, department) is True
    assert JobItem.objects.count() == 2


@pytest.mark.django_db
def test_a_failed_attempt_waits_and_the_fifth_failure_is_final_and_visible():
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            lease = claim_run(run.pk)
            assert lease is not None, attempt
            fail_run(lease, f"broken {attempt}")
            run.refresh_from_db()
            if attempt < MAX_ATTEMPTS:
                assert run.state == RunState.DUE
                assert claim_run(run.pk) is None
                moved.shift(RETRY_SECONDS + 1)
        moved.shift(3600)
        assert claim_run(run.pk) is None
    assert run.state == RunState.FAILED
    assert run.error == f"broken {MAX_ATTEMPTS}"
    assert run.finished_at is not None


@pytest.mark.django_db
def test_a_run_that_kills_its_worker_every_time_is_given_up():
    run = opened()
    with time_machine.travel(NIGHT, tick=False) as moved:
        for _ in range(MAX_ATTEMPTS):
            assert claim_run(run.pk) is not None
            moved.shift(LEASE_SECONDS + 1)
        assert claim_run(run.pk) is None
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.error
    assert run.attempts == MAX_ATTEMPTS


@pytest.mark.django_db
def test_a_failed_run_is_tried_again_only_when_a_person_asks():
    run = opened()
    JobRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, attempts=MAX_ATTEMPTS, error="x")
    assert claim_run(run.pk) is None
    run.refresh_from_db()
    assert reopen_run(run).state == RunState.DUE
    assert claim_run(run.pk).run.attempts == 1


@pytest.mark.django_db
def test_a_run_given_back_before_its_turn_has_used_no_attempt():
    lease = claim_run(opened().pk)
    release_run(lease)
    assert lease.run.attempts == 0
    assert lease.run.state == RunState.DUE
    assert claim_run(lease.run.pk) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "late"), [(0, False), (60, False), (61, True), (24 * 60, True)])
def test_a_run_finished_more_than_an_hour_after_its_time_is_late(minutes, late):
    run = opened()
    with time_machine.travel(NIGHT + timedelta(minutes=minutes), tick=False):
        assert finish_run(claim_run(run.pk), {"n": 1}).is_late is late


@pytest.mark.django_db
def test_a_finished_run_is_never_claimed_again():
    run = opened()
    finish_run(claim_run(run.pk))
    assert claim_run(run.pk) is None
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(days=400)):
        assert claim_run(run.pk) is None


@pytest.mark.django_db
def test_why_a_row_was_set_aside_names_constraint_and_place_but_nobodys_data():
    run = opened()
    JobItem.objects.create(run=run, object_type="accounts.user", object_id=79161234567, at=NIGHT)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        JobItem.objects.create(run=run, object_type="accounts.user", object_id=79161234567, at=NIGHT)
    assert "79161234567" in str(caught.value)
    reason = reason_of(caught.value)
    assert reason.startswith("IntegrityError journal_jobitem_once_a_run tests/journal/test_runs.py:")
    assert "79161234567" not in reason

"""Runs of daily jobs: the unique row decides that a date is due, the lease decides who works on it.

Many workers may get many messages about one run. One of them claims it by a conditional UPDATE; every batch extends
the lease in its own transaction, so a worker that was paused and robbed of its lease cannot commit anything. What an
attempt is about to do stands in the run (`trials`): see journal.services.rows.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Model, Q

from common import clock
from journal.choices import RunState
from journal.constants import LATE_SECONDS, LEASE_SECONDS, MAX_ATTEMPTS, RETRY_SECONDS, SET_ASIDE
from journal.models import Heartbeat, JobItem, JobRun
from journal.rules import Trials
from journal.services.items import add_items

WORKER_LOST = "The worker was lost in every attempt."


class LeaseLost(Exception):
    """Another worker has taken the run over: whatever this one was about to commit must roll back."""


@dataclass(frozen=True)
class Lease:
    """The right to work on a run; `run.lease_token` is its proof."""

    run: JobRun

    @property
    def token(self) -> uuid.UUID | None:
        return self.run.lease_token


def open_run(job: str, business_date: date, *, due_at: datetime | None = None) -> JobRun | None:
    """The new run of this date, or None when there already is one, whoever opened it. `due_at`: its wall time."""
    now = clock.now()
    with connection.cursor() as cursor:
        # Plain SQL: the ORM does not tell which rows ON CONFLICT DO NOTHING has inserted.
        cursor.execute(
            "INSERT INTO journal_jobrun"
            " (job, business_date, due_at, state, attempts, counts, error, created_at, is_late)"
            " VALUES (%s, %s, %s, %s, 0, '{}', '', %s, false)"
            " ON CONFLICT (job, business_date) DO NOTHING RETURNING id",
            [job, business_date, due_at or now, RunState.DUE, now],
        )
        row = cursor.fetchone()
    return JobRun.objects.get(pk=row[0]) if row else None


@transaction.atomic
def claim_run(run_id: int) -> Lease | None:
    """The lease of a run that is due or has lost its worker; None when somebody else has it or it is over.

    A run that lost its worker in every attempt is failed here: what kills the process must not stop the rest. An attempt
    that died over one object alone is counted against the object, which is soon set aside.
    """
    now = clock.now()
    free = Q(state__in=[RunState.DUE, RunState.RUNNING]) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    # Skipping a locked row saves the wait for a batch that is just being committed; the UPDATE below is the guarantee.
    if not JobRun.objects.select_for_update(skip_locked=True).filter(free, pk=run_id).exists():
        return None
    of_the_run = Q(trials__doing__alone__isnull=True) | Q(trials__doing__alone=False)
    exhausted = JobRun.objects.filter(free, of_the_run, pk=run_id, attempts__gte=MAX_ATTEMPTS)
    if exhausted.update(
        state=RunState.FAILED, finished_at=now, lease_until=None, lease_token=None, error=WORKER_LOST, is_late=True
    ):
        return None
    token = uuid.uuid4()
    claimed = JobRun.objects.filter(free, pk=run_id).update(
        state=RunState.RUNNING,
        lease_token=token,
        lease_until=now + timedelta(seconds=LEASE_SECONDS),
        heartbeat_at=now,
        started_at=now,
        attempts=F("attempts") + 1,
    )
    if claimed != 1:
        return None
    run = JobRun.objects.get(pk=run_id)
    trials = Trials(run.trials)
    if trials.is_begun():
        trials.find_dead(life_of_server())
        run.trials = trials.kept
    return Lease(run)


def life_of_server() -> str:
    """When the database was started: the same as long as it lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()::text")
        return cursor.fetchone()[0]


def extend_lease(lease: Lease | JobRun, **fields: Any) -> None:
    """Holds the run for another LEASE_SECONDS; call it inside the batch's transaction. Raises LeaseLost (fencing).

    It locks the run's row until the batch commits: nobody can take the run over in between. `fields` are written along.
    """
    run = lease.run if isinstance(lease, Lease) else lease
    now = clock.now()
    held = JobRun.objects.filter(pk=run.pk, state=RunState.RUNNING, lease_token=run.lease_token).update(
        lease_until=now + timedelta(seconds=LEASE_SECONDS), heartbeat_at=now, **fields
    )
    if held != 1:
        raise LeaseLost(f"{run.job} {run.business_date}")


@contextmanager
def in_batch(run: Lease | JobRun | None) -> Iterator[None]:
    """One transaction of a job, fenced by its lease; without a run (a call by hand) a plain transaction."""
    with transaction.atomic():
        if run is not None:
            extend_lease(run)
        yield


@contextmanager
def holding(lease: Lease) -> Iterator[None]:
    """Keeps the lease while the process works, batch or no batch: a thread of it extends the lease in its own session.

    A killed or frozen process keeps nothing, for the thread dies or freezes with it.
    """
    over = threading.Event()

    def keep() -> None:
        while not over.wait(LEASE_SECONDS / 3):
            try:
                extend_lease(lease)
            except LeaseLost:
                return
            except DatabaseError:
                continue  # a batch holds the row, and with it the lease; or the database is away, and so are we
            finally:
                connection.close()

    keeper = threading.Thread(target=keep, name=f"lease-{lease.run.pk}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def add_item(run: Lease | JobRun | None, obj: Model, result: str = "") -> bool:
    """Notes in the batch that this run handles the object; False when it already did. True without a run."""
    return bool(add_items(run.run if isinstance(run, Lease) else run, {obj: result}))


def finish_run(lease: Lease, counts: Mapping[str, Any] | None = None) -> JobRun:
    """Ends the run well. Raises LeaseLost when it is no longer ours."""
    now = clock.now()
    _end(
        lease,
        state=RunState.DONE,
        finished_at=now,
        counts=dict(counts or {}),
        error="",
        trials={},
        is_late=now > lease.run.due_at + timedelta(seconds=LATE_SECONDS),
    )
    return lease.run


def fail_run(lease: Lease, error: str) -> JobRun:
    """Ends an attempt badly: the run waits for the next one, after MAX_ATTEMPTS it is failed for everybody to see."""
    now = clock.now()
    # What the attempt has withdrawn was not killed by its rows.
    written = {"error": error[:4000], "trials": lease.run.trials}
    if lease.run.attempts >= MAX_ATTEMPTS:
        _end(lease, state=RunState.FAILED, finished_at=now, is_late=True, **written)
    else:
        # A due run with a lease nobody holds: the claim leaves it alone until the pause is over.
        _end(lease, state=RunState.DUE, until=now + timedelta(seconds=RETRY_SECONDS), **written)
    return lease.run


def release_run(lease: Lease) -> None:
    """Gives the run back unattempted: its turn has not come yet."""
    _end(lease, state=RunState.DUE, attempts=lease.run.attempts - 1)


@transaction.atomic
def reopen_run(run: JobRun) -> JobRun:
    """A failed run may be tried again from its first attempt, with what it has set aside: a person asked for it."""
    reopened = JobRun.objects.filter(pk=run.pk, state=RunState.FAILED).update(
        state=RunState.DUE, attempts=0, lease_until=None, lease_token=None, finished_at=None, error="", trials={}
    )
    if reopened:
        JobItem.objects.filter(run_id=run.pk, result=SET_ASIDE).delete()
    run.refresh_from_db()
    return run


def beat(name: str) -> None:
    """Writes the time of this sign of life."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now()})


def _end(lease: Lease, *, state: str, until: datetime | None = None, **fields: Any) -> None:
    held = JobRun.objects.filter(pk=lease.run.pk, state=RunState.RUNNING, lease_token=lease.token)
    changed = held.update(state=state, lease_until=until, lease_token=None, heartbeat_at=clock.now(), **fields)
    if changed != 1:
        raise LeaseLost(f"{lease.run.job} {lease.run.business_date}")
    lease.run.refresh_from_db()

"""What ran, what waits, what is alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q

from common import clock
from journal.choices import RunState
from journal.constants import BEAT_SECONDS
from journal.models import Heartbeat, JobRun

OPEN_STATES = (RunState.DUE, RunState.RUNNING)


@dataclass(frozen=True)
class Pulse:
    """`at` is None when there never was a sign of life."""

    name: str
    at: datetime | None
    is_alive: bool


def last_dates() -> dict[str, date]:
    """The newest business date of each job that has a run in any state."""
    return dict(JobRun.objects.values_list("job").annotate(newest=Max("business_date")).order_by())


def unfinished_runs() -> list[JobRun]:
    """Due and running, in the order in which they must be done."""
    return list(JobRun.objects.filter(state__in=OPEN_STATES).order_by("due_at", "pk"))


def is_first_in_line(run: JobRun) -> bool:
    """Whether nothing that had to be done before this run is unfinished: terms come before flags, flags before mail."""
    before = Q(due_at__lt=run.due_at) | Q(due_at=run.due_at, pk__lt=run.pk)
    return not JobRun.objects.filter(before, state__in=OPEN_STATES).exists()


def latest_runs() -> dict[str, JobRun]:
    """The newest run of each job."""
    return {run.job: run for run in JobRun.objects.order_by("job", "-business_date").distinct("job")}


def last_done(job: str) -> JobRun | None:
    return JobRun.objects.filter(job=job, state=RunState.DONE).order_by("-business_date").first()


def pulse(name: str) -> Pulse:
    at = Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
    alive = at is not None and at > clock.now() - timedelta(seconds=BEAT_SECONDS)
    return Pulse(name, at, alive)

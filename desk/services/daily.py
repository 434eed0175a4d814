"""`manage.py run_daily`: the jobs of one day at once, through the same runs as by the timer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts.selectors import calendar
from desk.services.jobs import calendar_of_jobs, due_moment, perform
from journal.choices import RunState
from journal.constants import CATCH_UP_DAYS, CatchUp, DailyJob
from journal.models import JobRun
from journal.services import claim_run, open_run, reopen_run

DONE, ALREADY, BUSY, DAY_OFF, FAILED = "done", "already", "busy", "day_off", "failed"


@dataclass(frozen=True)
class DailyLine:
    """What became of one job: done, already (before this call), busy (another worker), day_off, failed."""

    job: str
    day: date
    result: str
    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""


def run_day(*, day: date, only: Collection[str] | None = None) -> Iterator[DailyLine]:
    """Runs the jobs of the day in the order of the timetable, missed plan dates first; yields as it goes."""
    is_working = calendar().is_working
    for job in calendar_of_jobs():
        if only is not None and job.name not in only:
            continue
        if job.working_days_only and not is_working(day):
            yield DailyLine(job.name, day, DAY_OFF)
            continue
        for date_to_run in [*_missed(job, day), day]:
            yield _run(job, date_to_run)


def _missed(job: DailyJob, day: date) -> list[date]:
    """The dates since the last run before `day` that have none; a job that never ran misses nothing."""
    if job.catch_up is not CatchUp.EVERY_MISSED_DAY:
        return []
    earlier = JobRun.objects.filter(job=job.name, business_date__lt=day)
    last = (
        earlier.filter(state=RunState.DONE).order_by("-business_date").values_list("business_date", flat=True).first()
    )
    if last is None:
        return list(
            earlier.exclude(state=RunState.DONE).order_by("business_date").values_list("business_date", flat=True)
        )
    first = max(last + timedelta(days=1), day - timedelta(days=CATCH_UP_DAYS))
    return [first + timedelta(days=offset) for offset in range((day - first).days)]


def _run(job: DailyJob, day: date) -> DailyLine:
    run = open_run(job.name, day, due_at=due_moment(job, day))
    if run is None:
        run = JobRun.objects.get(job=job.name, business_date=day)
    if run.state == RunState.DONE:
        return DailyLine(job.name, day, ALREADY, dict.fromkeys(run.counts, 0))
    if run.state == RunState.FAILED:
        run = reopen_run(run)
    elif run.state == RunState.DUE and run.lease_until is not None:
        # It only waits for its next attempt; whoever calls by hand does not want to wait.
        JobRun.objects.filter(pk=run.pk, state=RunState.DUE).update(lease_until=None)
    lease = claim_run(run.pk)
    if lease is None:
        return DailyLine(job.name, day, BUSY)
    run = perform(lease)
    if run.state != RunState.DONE:
        return DailyLine(job.name, day, FAILED, error=run.error)
    return DailyLine(job.name, day, DONE, dict(run.counts))

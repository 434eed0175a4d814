"""The table of daily jobs and the engine's two strokes: what is due, and do it once (reliability 3.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import calendar
from common import clock
from desk.digests import preview_day, send_digests, send_rotation_outcomes
from funnels.services import (
    alert_conversions,
    alert_low_worklists,
    alert_no_movement,
    audit_worklists,
    execute_rotations,
    expire_terms,
    flag_stagnant,
    recheck_colours,
    warn_ages,
)
from journal.choices import Channel, RunState
from journal.constants import SET_ASIDE, DailyJob
from journal.models import JobRun
from journal.rules import due_dates
from journal.selectors import is_first_in_line, last_dates, set_aside_in, unfinished_runs
from journal.services import Lease, LeaseLost, acting, claim_run, fail_run, finish_run, holding, open_run
from kpi.services import propose_references
from notifications.services import alert_operators
from planning.services import freeze_forecasts, write_colour_norms, write_plan_fact
from staffing.services import write_staff_rows

logger = logging.getLogger(__name__)

Service = Callable[..., Mapping[str, int]]

# What each job calls, in this order, with `day`, `run` and `at`; each returns counts and is safe to run twice.
JOBS: Final[dict[str, tuple[Service, ...]]] = {
    "colours": (recheck_colours,),
    "terms": (expire_terms,),
    "flags": (warn_ages, flag_stagnant),
    "plan": (write_plan_fact, freeze_forecasts, write_colour_norms, write_staff_rows, propose_references),
    "audit": (audit_worklists, alert_conversions),
    "digest": (send_digests,),
    "low_worklist": (alert_low_worklists,),
    "rotation": (execute_rotations, send_rotation_outcomes),
    "no_movement": (alert_no_movement,),
    "day_preview": (preview_day,),
}
# The words of `run_daily --only`.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "lights": ("colours", "terms", "flags"),
    "plan": ("plan",),
    "audit": ("audit",),
    "digest": ("digest",),
    "rotation": ("rotation",),
    "alerts": ("low_worklist", "no_movement", "day_preview"),
}


def calendar_of_jobs() -> tuple[DailyJob, ...]:
    """The timetable, in the order of the day."""
    return tuple(sorted(settings.JOBS, key=lambda job: job.at))


def due_moment(job: DailyJob, day: date) -> datetime:
    return clock.local_moment(day, job.at)


def tick() -> list[int]:
    """Opens the runs that are due and returns the ids worth a message to a worker.

    Any number of ticks may come at once, late, or not at all for days: rows decide, the ring does not.
    """
    now = clock.now()
    local_now = now.astimezone(clock.zone()).replace(tzinfo=None)
    newest = last_dates()
    is_working = calendar().is_working
    for job in calendar_of_jobs():
        for day in due_dates(job, local_now=local_now, last=newest.get(job.name), is_working=is_working):
            open_run(job.name, day, due_at=due_moment(job, day))
    return sweep()


def sweep() -> list[int]:
    """The run whose turn it is, if nobody is at work on it: due, or left by a worker whose lease has ended."""
    now = clock.now()
    first = next(iter(unfinished_runs()), None)
    if first is None or (first.lease_until is not None and first.lease_until >= now):
        return []
    return [first.pk]


def run_job(*, run_id: int) -> JobRun | None:
    """Does a run if it is free and its turn has come; None when there is nothing to do.

    A failure is kept in the run and never raised: the next attempt comes with the next sweep.
    """
    run = JobRun.objects.filter(pk=run_id, state__in=[RunState.DUE, RunState.RUNNING]).first()
    if run is None or not is_first_in_line(run):
        return None
    lease = claim_run(run_id)
    return perform(lease) if lease else None


def perform(lease: Lease) -> JobRun:
    """Calls the services of a claimed run and ends it, well or badly."""
    run = lease.run
    try:
        with acting(via=Channel.JOB, run_id=run.pk), holding(lease):
            counts = _call(run)
            _tell_set_aside(run, counts)
        return finish_run(lease, counts)
    except LeaseLost:
        logger.warning("Run %s was taken over by another worker.", run)
    except Exception as error:  # whatever it was, the attempt is over and everybody may see why
        logger.exception("Run %s failed.", run)
        _fail(lease, error)
    run.refresh_from_db()
    return run


def _call(run: JobRun) -> dict[str, int]:
    # The business date of the run, not the clock, is the day: a run may cross midnight or be late by days (TI2).
    day = run.business_date
    now = clock.now()
    at = now if clock.day_of(now) == day else run.due_at
    counts: dict[str, int] = {}
    for service in JOBS[run.job]:
        for name, value in service(day=day, run=run, at=at).items():
            counts[name] = counts.get(name, 0) + value
    return counts


def _tell_set_aside(run: JobRun, counts: dict[str, int]) -> None:
    """Before the last word: an attempt that dies in between rings again under the same key."""
    number = set_aside_in(run)
    if not number:
        return
    counts[SET_ASIDE] = number
    text = ngettext(
        "The job “%(job)s” of %(day)s set %(n)d object aside: it could not be handled and is tried again the next time",
        "The job “%(job)s” of %(day)s set %(n)d objects aside: they could not be handled and are tried again the next time",
        number,
    )
    values: dict[str, Any] = {"job": run.job, "day": f"{run.business_date:%d.%m.%Y}", "n": number}
    alert_operators(
        key=f"job-set-aside:{run.pk}", text=text % values, url=f"/settings/jobs/{run.job}/{run.business_date}/"
    )


def _fail(lease: Lease, error: Exception) -> None:
    try:
        run = fail_run(lease, f"{type(error).__name__}: {error}")
    except LeaseLost:
        return
    if run.state == RunState.FAILED:
        text = _("The job “%(job)s” of %(day)s failed: %(error)s")
        values: dict[str, Any] = {"job": run.job, "day": f"{run.business_date:%d.%m.%Y}", "error": run.error[:150]}
        alert_operators(
            key=f"job-failed:{run.pk}:{run.due_at:%Y%m%d}",
            text=text % values,
            url=f"/settings/jobs/{run.job}/{run.business_date}/",
        )

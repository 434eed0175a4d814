"""A run of a job in words: badge, times, counts, and as much of an error as the reader may know."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from common import formats
from desk.choices import COUNT_WORDS
from desk.selectors.job_runs import is_open, number_aside
from journal.choices import RunState
from journal.constants import LATE_SECONDS, MOST_SET_ASIDE, SET_ASIDE, DailyJob
from journal.models import JobRun
from journal.services import WORKER_LOST, TooManySetAside

Badge = tuple[str, str]  # class and text

_TONES: Final[dict[str, str]] = {RunState.DONE: "tag-good", RunState.FAILED: "tag-bad"}
# The way `desk.services.jobs` writes an error down: its class and its text.
_ERROR: Final = re.compile(r"(\w+): ")


def job_named(name: str) -> DailyJob:
    """The line of the timetable. Raises Http404."""
    for job in settings.JOBS:
        if job.name == name:
            return job
    raise Http404


def badge_of(run: JobRun, now: datetime) -> Badge:
    """State in words. A lease that has ended belongs to a worker that has died, one of a waiting run is its pause."""
    if is_stuck(run, now):
        return "tag-warn", pgettext("run of a job", "Stuck")
    if run.state == RunState.DUE and run.attempts:
        return "tag-warn", pgettext("run of a job", "Waits for another attempt")
    return _TONES.get(run.state, "tag-line"), str(run.get_state_display())


def is_stuck(run: JobRun, now: datetime) -> bool:
    """At work by the row, but its worker no longer holds it."""
    return run.state == RunState.RUNNING and run.lease_until is not None and run.lease_until < now


def explanation_of(run: JobRun, now: datetime) -> str:
    """What becomes of a run that is not simply done or at work; empty for those."""
    if run.state == RunState.FAILED:
        return _("All attempts have failed; the jobs behind it went on without it.")
    if is_stuck(run, now):
        return _("Its worker has gone silent; another one takes it over within a few minutes.")
    if run.state == RunState.DUE and run.attempts and run.lease_until is not None and run.lease_until > now:
        return _("The next attempt is at %(time)s.") % {"time": formats.time(run.lease_until)}
    return ""


def is_overdue(run: JobRun, now: datetime) -> bool:
    """Finished more than an hour after its time, or not finished yet by then."""
    if is_open(run):
        return (now - run.due_at).total_seconds() > LATE_SECONDS
    return run.is_late


def took(run: JobRun) -> str:
    """How long the last attempt lasted; empty while it goes on and where nobody noted its beginning."""
    if run.started_at is None or run.finished_at is None or is_open(run):
        return ""
    seconds = max(0, int((run.finished_at - run.started_at).total_seconds()))
    if seconds < 1:
        return _("less than a second")
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return _("%(n)d s") % {"n": rest}
    return _("%(minutes)s min %(seconds)d s") % {"minutes": formats.number(minutes), "seconds": rest}


def counts_of(run: JobRun, *, is_whole: bool = False) -> list[tuple[str, str]]:
    """(what, how many) in the order of the words, without zeros unless `is_whole`; a count without words keeps its key."""
    known = [key for key in COUNT_WORDS if key in run.counts]
    other = sorted(key for key in run.counts if key not in COUNT_WORDS and key != SET_ASIDE)
    return [
        (str(COUNT_WORDS.get(key, key)), formats.number(run.counts[key]))
        for key in [*known, *other]
        if run.counts[key] or is_whole
    ]


def error_of(run: JobRun, viewer: User) -> str:
    """Why the last attempt failed. Who looks after the installation reads its first line, everybody else its kind.

    What a database says after the first line quotes values, and those may be somebody else's clients.
    """
    first = run.error.strip().partition("\n")[0]
    if not first:
        return ""
    if first == WORKER_LOST:
        return _("The worker was lost in every attempt.")
    named = _ERROR.match(first)
    if named and named[1] == TooManySetAside.__name__:
        return _("More than %(n)d objects could not be handled: this is a fault of the program.") % {
            "n": MOST_SET_ASIDE
        }
    if viewer.is_director or viewer.is_administrator:
        return first
    return named[1] if named else _("unknown")


def line_of(run: JobRun, viewer: User, now: datetime) -> dict[str, Any]:
    """One run for templates: all texts are ready."""
    tone, badge = badge_of(run, now)
    return {
        "run": run,
        "day": formats.day(run.business_date),
        "url": reverse("job_run", args=[run.job, f"{run.business_date:%Y-%m-%d}"]),
        "tone": tone,
        "badge": badge,
        "explanation": explanation_of(run, now),
        "is_late": is_overdue(run, now),
        "finished": formats.day_time(run.finished_at) if run.finished_at and not is_open(run) else "",
        "took": took(run),
        "attempts": run.attempts if run.attempts > 1 else 0,
        "counts": counts_of(run),
        "is_idle": run.state == RunState.DONE and not counts_of(run),
        "aside": number_aside(run),
        "error": error_of(run, viewer),
    }


def times_of(job: DailyJob) -> str:
    """«0:20, every day»: when the timetable starts it."""
    days = _("on working days") if job.working_days_only else _("every day")
    return f"{formats.time(job.at)}, {days}"

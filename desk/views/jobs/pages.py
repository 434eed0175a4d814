"""The timetable with the newest run of each job, and one run with what it has set aside."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import may_see_settings
from accounts.views.requests import only_for, person
from common import clock, formats
from common.htmx import wants_fragment
from desk.choices import CATCH_UP_WORDS, JOB_WORDS, STEP_WORDS
from desk.selectors.job_runs import Timetable, set_aside_of, timetable
from desk.services import calendar_of_jobs
from desk.views.jobs.lines import counts_of, is_overdue, job_named, line_of, times_of
from journal.choices import OBJECT_WORDS
from journal.constants import BEAT_SECONDS, DailyJob
from journal.models import JobRun
from journal.selectors import Pulse

POLL_SECONDS: Final = 5


@require_safe
@only_for(may_see_settings)
def jobs(request: HttpRequest) -> HttpResponse:
    """A row per job in the order of the day. While a run waits or is at work the panel asks again by itself."""
    viewer, now, found = person(request), clock.now(), timetable()
    context = {
        "rows": [_row(job, found, viewer, now) for job in calendar_of_jobs()],
        "signs": [_sign(_("Timer"), found.beat), _sign(_("Worker"), found.worker)],
        "notes": _notes(found, now),
        "poll": POLL_SECONDS if found.unfinished else 0,
        "here": reverse("jobs"),
    }
    return render(request, "desk/_jobs.html" if wants_fragment(request) else "desk/jobs.html", context)


@require_safe
@only_for(may_see_settings)
def job_run(request: HttpRequest, job: str, day: str) -> HttpResponse:
    """One run: every count, the error, what was set aside. 404 for a day without a run."""
    viewer, planned = person(request), job_named(job)
    run = get_object_or_404(JobRun, job=planned.name, business_date=_day(day))
    found = set_aside_of(run, viewer)
    context = {
        "title": JOB_WORDS[job][0],
        "what": JOB_WORDS[job][1],
        "day": formats.date_long(run.business_date),
        "line": line_of(run, viewer, clock.now()),
        "counts": counts_of(run, is_whole=True),
        "due": formats.day_time(run.due_at),
        "started": formats.day_time(run.started_at) if run.started_at else "",
        "history_url": reverse("job_runs", args=[job]),
        "shown": [
            {
                "name": one.name,
                "url": reverse("client_card", args=[one.client_id]) if one.client_id else "",
                "what": _what(one.kind, one.step),
                "reason": one.reason,
            }
            for one in found.shown
        ],
        "hidden": [
            {"what": _what(kind, step), "reason": reason, "number": number}
            for (kind, step, reason), number in found.hidden.items()
        ],
    }
    return render(request, "desk/job_run.html", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def _what(kind: str, step: str) -> str:
    word = str(OBJECT_WORDS.get(kind, kind))
    return f"{word} · {STEP_WORDS.get(step, step)}" if step else word


def _row(job: DailyJob, found: Timetable, viewer: User, now: datetime) -> dict[str, Any]:
    title, what = JOB_WORDS[job.name]
    newest, done = found.newest.get(job.name), found.done.get(job.name)
    behind = [run for run in found.unfinished if run.job == job.name and run != newest]
    return {
        "name": job.name,
        "title": title,
        "what": what,
        "times": times_of(job),
        "catch_up": CATCH_UP_WORDS[job.catch_up],
        "url": reverse("job_runs", args=[job.name]),
        "line": line_of(newest, viewer, now) if newest else None,
        "last_done": formats.day_time(done.finished_at) if done and done != newest else "",
        "behind": ngettext("%(n)d earlier day waits", "%(n)d earlier days wait", len(behind)) % {"n": len(behind)}
        if behind
        else "",
    }


def _sign(name: str, pulse: Pulse) -> dict[str, Any]:
    if pulse.at is None:
        return {"name": name, "is_alive": False, "text": _("no sign of life yet")}
    at = {"at": formats.day_time(pulse.at)}
    text = _("alive, last sign: %(at)s") % at if pulse.is_alive else _("silent since %(at)s") % at
    return {"name": name, "is_alive": pulse.is_alive, "text": text}


def _notes(found: Timetable, now: datetime) -> list[dict[str, str]]:
    """What needs a look, gravest first, each with what to do."""
    notes = []
    if _is_silent(found.beat, found, now):
        text = _("The timer is silent: no job starts by itself.")
        todo = _("Have the administrator look whether the process “beat” runs. What was missed is made up afterwards.")
        notes.append({"kind": "warn", "text": text, "todo": todo})
    if _is_silent(found.worker, found, now):
        text = _("The worker is silent: jobs that are due are not done, letters and imports wait.")
        todo = _("Have the administrator look whether “worker” and Redis run. What was missed is made up afterwards.")
        notes.append({"kind": "warn", "text": text, "todo": todo})
    late = [run for run in found.unfinished if is_overdue(run, now)]
    if late:
        text = ngettext(
            "%(n)d run is more than an hour behind: %(jobs)s.",
            "%(n)d runs are more than an hour behind: %(jobs)s.",
            len(late),
        ) % {"n": len(late), "jobs": _named(late)}
        todo = _(
            "The lists and mails of the day rest on them. If nothing changes in ten minutes, call the administrator."
        )
        notes.append({"kind": "warn", "text": text, "todo": todo})
    waiting = [run for run in found.unfinished if run not in late]
    if waiting:
        text = ngettext(
            "%(n)d run is not finished yet: %(jobs)s.", "%(n)d runs are not finished yet: %(jobs)s.", len(waiting)
        )
        todo = _("The page shows by itself what becomes of them.")
        notes.append({"kind": "info", "text": text % {"n": len(waiting), "jobs": _named(waiting)}, "todo": todo})
    return notes


def _is_silent(pulse: Pulse, found: Timetable, now: datetime) -> bool:
    """A part that never gave a sign is not missed before it had the time for one: the product may just have begun."""
    if pulse.at is not None:
        return not pulse.is_alive
    begun = [run.created_at for run in found.newest.values()]
    return not begun or min(begun) < now - timedelta(seconds=BEAT_SECONDS)


def _named(runs: list[JobRun]) -> str:
    """«Plan and fact (20.11)»; jobs that left the timetable keep their key."""
    named = []
    for run in runs:
        title = JOB_WORDS[run.job][0] if run.job in JOB_WORDS else run.job
        named.append(f"{title} ({formats.date_num(run.business_date)})")
    return ", ".join(named[:5]) + ("…" if len(named) > 5 else "")

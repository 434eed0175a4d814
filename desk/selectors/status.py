"""Whether the machinery is alive: for /readyz and for the line «последний расчёт»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from common import clock
from journal.choices import RunState
from journal.constants import LATE_SECONDS, SET_ASIDE
from journal.models import JobRun
from journal.selectors import Pulse, latest_runs, pulse, unfinished_runs
from notifications.selectors import OutboxStatus, outbox_status

# A letter that has been ready for longer means that nobody sends.
STALE_LETTER: Final = timedelta(minutes=10)
NEW_INSTALLATION: Final = timedelta(hours=24)


@dataclass(frozen=True)
class JobStatus:
    """`latest`: the newest run of each job; `overdue`: names of jobs more than an hour behind; `failed`: given up;
    `set_aside`: how many objects the newest runs could not handle.
    """

    latest: dict[str, JobRun]
    overdue: tuple[str, ...]
    failed: tuple[str, ...]
    set_aside: int
    outbox: OutboxStatus
    worker: Pulse
    beat: Pulse
    problems: tuple[str, ...]

    @property
    def is_degraded(self) -> bool:
        return bool(self.problems)


def job_status(*, installed_at: datetime | None = None) -> JobStatus:
    """Five small queries. `installed_at`: parts that never gave a sign of life are no problem for the first 24 hours.

    Problem codes: worker, beat, jobs_late, jobs_failed, outbox.
    """
    now = clock.now()
    latest = latest_runs()
    late_since = now - timedelta(seconds=LATE_SECONDS)
    overdue = tuple(sorted({run.job for run in unfinished_runs() if run.due_at < late_since}))
    failed = tuple(name for name, run in sorted(latest.items()) if run.state == RunState.FAILED)
    set_aside = sum(run.counts.get(SET_ASIDE, 0) for run in latest.values())
    outbox, worker, beat = outbox_status(), pulse("worker"), pulse("beat")
    is_new = installed_at is not None and installed_at > now - NEW_INSTALLATION
    checks = {
        "worker": not worker.is_alive and not (is_new and worker.at is None),
        "beat": not beat.is_alive and not (is_new and beat.at is None),
        "jobs_late": bool(overdue),
        "jobs_failed": bool(failed),
        "outbox": outbox.oldest_at is not None and outbox.oldest_at < now - STALE_LETTER,
    }
    problems = tuple(name for name, is_wrong in checks.items() if is_wrong)
    return JobStatus(latest, overdue, failed, set_aside, outbox, worker, beat, problems)


def last_calculation() -> JobRun | None:
    """The run behind «последний расчёт: сегодня 00:31»: the flags are what the lists of the day stand on."""
    return JobRun.objects.filter(job="flags", state=RunState.DONE).order_by("-business_date").first()

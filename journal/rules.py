"""Which business dates of a daily job are due. Pure: dates and the timetable in, dates out (domain 1.6)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from journal.constants import CATCH_UP_DAYS, CatchUp, DailyJob


def due_dates(
    job: DailyJob,
    *,
    local_now: datetime,
    last: date | None,
    is_working: Callable[[date], bool],
) -> list[date]:
    """The dates that need a run now, oldest first.

    `local_now` is the wall time in the organisation's zone, `last` the newest date that has a run (None = never).
    A job that never ran begins with the present day. A date is due once its wall time has come; at the autumn fold the
    first of the two equal wall times counts, and the unique run refuses the second.
    """
    today = local_now.date()
    newest = today if local_now.time() >= job.at else today - timedelta(days=1)
    if last is not None and last >= newest:
        return []
    if job.catch_up is CatchUp.EVERY_MISSED_DAY:
        first = newest if last is None else max(last + timedelta(days=1), newest - timedelta(days=CATCH_UP_DAYS))
        # Before its time on the first day of all there is nothing to make up.
        if last is None and newest < today:
            return []
        days = [first + timedelta(days=offset) for offset in range((newest - first).days + 1)]
    else:
        days = [today] if newest == today else []
    return [day for day in days if not job.working_days_only or is_working(day)]

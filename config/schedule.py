"""The timetable (domain 1.6): which job at which wall time of the organisation, and what rings the bell in UTC.

Beat is only a doorbell: it says "look whether something is due". What is due is decided by the rows of the database,
so a lost, doubled or late ring changes nothing.
"""

from datetime import time
from typing import Any, Final

from journal.constants import CatchUp, DailyJob

JOBS: Final = (
    # colours whose facts depend on time; the missed nights are done by one run for today, with the true dates
    DailyJob("colours", time(0, 10), CatchUp.ONCE_FOR_TODAY),
    # deal terms that end and recalls that come due, before the flags of the same night; once for today
    DailyJob("terms", time(0, 15), CatchUp.ONCE_FOR_TODAY),
    # ages, warnings 7 and 10, flags and rotation orders; once for today
    DailyJob("flags", time(0, 20), CatchUp.ONCE_FOR_TODAY),
    # plan-fact, frozen forecasts, colour norms, sufficiency of the staff; on the first of a month proposals of reference
    # values; every missed date gets its own rows, oldest first
    DailyJob("plan", time(0, 30), CatchUp.EVERY_MISSED_DAY),
    # audit of the work lists; once for today
    DailyJob("audit", time(0, 50), CatchUp.ONCE_FOR_TODAY),
    # the morning mail; that of a missed day is not sent
    DailyJob("digest", time(7, 30), CatchUp.SKIP_MISSED, working_days_only=True),
    # «Доберите N»; that of a missed day is not sent
    DailyJob("low_worklist", time(9, 0), CatchUp.SKIP_MISSED, working_days_only=True),
    # rotation: once, at the first working 09:20 after a break, or at once when the break ends later that working day
    DailyJob("rotation", time(9, 20), CatchUp.ONCE_FOR_TODAY, working_days_only=True),
    # nobody moved today; that of a missed day is not sent
    DailyJob("no_movement", time(16, 0), CatchUp.SKIP_MISSED, working_days_only=True),
    # the day in figures at its end; that of a missed day is not sent
    DailyJob("day_preview", time(18, 5), CatchUp.SKIP_MISSED),
)


def _ring(task: str, seconds: int) -> dict[str, Any]:
    # A ring nobody heard in time is worth nothing: the next one asks the same question.
    return {"task": task, "schedule": float(seconds), "options": {"expires": max(seconds - 5, 10)}}


BEAT: Final = {
    # opens the runs that are due and wakes a worker for the first of them
    "tick": _ring("desk.tasks.tick", 60),
    # finds runs whose message or worker was lost
    "sweep": _ring("desk.tasks.sweep", 60),
    # sends what waits in the outbox
    "outbox": _ring("notifications.tasks.deliver_outbox", 30),
    # missed-call escalations, events nobody took, calls that ring for ever: what Redis forgot is found in two minutes
    "telephony": _ring("telephony.tasks.sweep", 60),
    # uploaded tables whose message or worker was lost, copies of files that were only checked
    "imports": _ring("clients.tasks.sweep_imports", 60),
    # closes what was committed to the audit log
    "seal": _ring("desk.tasks.seal", 60),
    # a sign of life of timer and worker together
    "heartbeat": _ring("desk.tasks.heartbeat", 60),
}

"""What a daily job is, and how a run of it is kept alive and given up."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Final

LEASE_SECONDS: Final = 60  # a killed worker's run is free again after this and the next sweep
MAX_ATTEMPTS: Final = 5  # then the run is failed, visibly, and those behind it go on
ROW_ATTEMPTS: Final = 3  # of one object by itself, after its batch has failed; then it is set aside till the next run
MOST_SET_ASIDE: Final = 20  # in one run: more is a fault of the program, and the run fails
SET_ASIDE: Final = "set_aside"  # result of an item and name of a count
RETRY_SECONDS: Final = 60  # pause after a failed attempt
LATE_SECONDS: Final = 60 * 60  # finished later than this after its time = late
CATCH_UP_DAYS: Final = 62  # missed dates further back are not made up by themselves
BEAT_SECONDS: Final = 180  # a younger heartbeat means alive
SEAL_EVENTS: Final = 1000  # audit events in one seal: the place that a broken seal names
SEALS_A_CALL: Final = 300  # what one ring may close
SEAL_WAIT_SECONDS: Final = 10.0  # for writers in the middle of their transaction; then the next ring tries again


class CatchUp(StrEnum):
    """What happens to the days on which nobody was there to run the job (domain 1.6)."""

    # one run for the present day does the work of the missed ones, whose dates stay true
    ONCE_FOR_TODAY = "once_for_today"
    # a run for every missed date, oldest first
    EVERY_MISSED_DAY = "every_missed_day"
    # yesterday's alert is no news: missed dates are dropped
    SKIP_MISSED = "skip_missed"


@dataclass(frozen=True, slots=True)
class DailyJob:
    """One line of the timetable: `at` is wall time of the organisation's zone."""

    name: str
    at: time
    catch_up: CatchUp
    working_days_only: bool = False

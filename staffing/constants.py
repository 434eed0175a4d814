"""Norms of time, ramp and thresholds of the staffing calculator. Minutes, weeks of five working days, parts of 1."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from funnels.constants import WORKLIST_CAP, WORKLIST_TARGET


class Pool(StrEnum):
    """Blocks of the time tables that do the selling (R-S3-18)."""

    TELEMARKETING = "telemarketing"
    MEETINGS = "meetings"
    DOCUMENTS = "documents"
    STUDY = "study"


class Bottleneck(StrEnum):
    """What decides how many people are needed: the work list or one block of the week."""

    LIST = "list"
    TELEMARKETING = "telemarketing"
    MEETINGS = "meetings"
    DOCUMENTS = "documents"
    STUDY = "study"


# R-S3-18: minutes a week in the blocks of the two time tables.
HUNTER_POOLS: Final = {Pool.TELEMARKETING: 500, Pool.MEETINGS: 1200, Pool.DOCUMENTS: 240}
FARMER_POOLS: Final = {Pool.TELEMARKETING: 600, Pool.MEETINGS: 720, Pool.STUDY: 500, Pool.DOCUMENTS: 240}


@dataclass(frozen=True)
class Effort:
    """Actions per client taken into work, and minutes of one."""

    per_entry: Fraction
    minutes: Fraction


# Section 3.2, step 3: what one client taken into work costs a hunter.
HUNTER_EFFORTS: Final = {
    Pool.TELEMARKETING: Effort(Fraction(2), Fraction(8)),
    Pool.MEETINGS: Effort(Fraction(6, 10), Fraction(100)),
    Pool.DOCUMENTS: Effort(Fraction(3, 10), Fraction(30)),
}

# Section 3.2, example 3: minutes of a farmer's contact, visit and monthly study of one customer.
WARM_CONTACT_MINUTES: Final = Fraction(15)
VISIT_MINUTES: Final = Fraction(90)
STUDY_MINUTES: Final = Fraction(10)

LIST_TARGET: Final = WORKLIST_TARGET  # R-S2-7: clients of one full manager
LIST_STRESS: Final = WORKLIST_CAP  # R-S2-7: the same when everybody is full to the cap
ABSENCE_SHARE: Final = Fraction(8, 100)  # holidays, illness, training
HIRE_MONTHS: Final = 1  # search until the first working day
SEES_MONTHS: Final = 12  # how far ahead hires are planned

# R-S0-A3
STAFF_GREEN_FROM: Final = Fraction(1)
STAFF_YELLOW_FROM: Final = Fraction(85, 100)

# Answering incoming lines: 80 % within 20 seconds.
SERVICE_LEVEL: Final = Fraction(80, 100)
SERVICE_SECONDS: Final = 20
MOST_ERLANGS: Final = 1000

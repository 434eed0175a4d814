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


class CustomerSize(StrEnum):
    """Groups of the base; values mirror clients.choices.SizeLabel."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"


@dataclass(frozen=True)
class CustomerNorm:
    """What one customer takes of a farmer in a month."""

    contacts: Fraction
    visits: Fraction


# Section 3.2, example 3: contacts and visits a month by the size of the customer.
CUSTOMER_NORMS: Final = {
    CustomerSize.LARGE: CustomerNorm(Fraction(4), Fraction(1)),
    CustomerSize.MEDIUM: CustomerNorm(Fraction(2), Fraction(1, 4)),
    CustomerSize.SMALL: CustomerNorm(Fraction(1), Fraction(1, 20)),
}

LIST_TARGET: Final = WORKLIST_TARGET  # R-S2-7: clients of one full manager
LIST_STRESS: Final = WORKLIST_CAP  # R-S2-7: the same when everybody is full to the cap
ABSENCE_SHARE: Final = Fraction(8, 100)  # holidays, illness, training
HIRE_MONTHS: Final = 1  # search until the first working day
SEES_MONTHS: Final = 12  # how far ahead hires are planned
# Search and ramp: whoever is searched for today is at full strength by then.
USUAL_HORIZON: Final = HIRE_MONTHS + 3
USUAL_ATTRITION: Final = Fraction(25, 100)  # the part of the staff that leaves in a year

# Own statistics speak where there is enough of them, the usual numbers where there is not.
LOOK_BACK_DAYS: Final = 365
LEAST_STAFF: Final = 10  # people whose leaving tells how many leave in a year
LEAST_DEALS: Final = 10  # won in ninety days, for an average cheque of one's own

# A role that nobody fills is not missed while its work is less than one person's: others do it on the side.
LEAST_FTE_OF_EMPTY_ROLE: Final = 1
# A vacancy that was closed is not opened again by the night for so many days, unless more people are missing.
QUIET_DAYS: Final = 30

# R-S0-A3
STAFF_GREEN_FROM: Final = Fraction(1)
STAFF_YELLOW_FROM: Final = Fraction(85, 100)

# Answering incoming lines: 80 % within 20 seconds.
SERVICE_LEVEL: Final = Fraction(80, 100)
SERVICE_SECONDS: Final = 20
MOST_ERLANGS: Final = 1000

"""Which indicators there are, whether more of them is better, and which of them lead (section 3.5, R-S1-3b)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from planning.constants import LEAST_CONVERSION, LONGEST_STAY_DAYS


class Kpi(StrEnum):
    """The indicators of section 3.5."""

    CONVERSION_RED = "p_red"
    CONVERSION_YELLOW = "p_yellow"
    CONVERSION_GREEN = "p_green"
    CONVERSION = "conversion"
    DAYS_RED = "t_red"
    DAYS_YELLOW = "t_yellow"
    DAYS_GREEN = "t_green"
    AVERAGE_CHEQUE = "average_cheque"
    PRODUCTIVE_CALLS = "productive_calls"
    HELD_MEETINGS = "held_meetings"
    PRODUCTIVE_MEETINGS = "productive_meetings"
    WARM_CONTACTS = "warm_contacts"
    VISITS = "visits"
    OFFERS = "offers"
    RESOLUTIONS = "resolutions"
    UPGRADES = "upgrades"
    GREEN_SHARE = "green_share"
    YELLOW_SHARE = "yellow_share"
    RED_SHARE = "red_share"
    VIOLATIONS = "violations"
    VERIFICATION = "verification"
    TECHNOLOGY = "technology"
    CALL_SCORE = "call_score"
    OVERDUE_TASKS = "overdue_tasks"
    CARD_COMPLETENESS = "card_completeness"
    FIRST_REACTION = "first_reaction"


class Side(StrEnum):
    """A result, or something done for it."""

    RESULT = "result"
    LEADING = "leading"


@dataclass(frozen=True)
class Nature:
    """How an indicator is read: its side, whether more is better, and bounds that no reference value leaves."""

    side: Side
    is_more_better: bool = True
    least: Fraction | None = None
    most: Fraction | None = None


_RESULT, _LEADING = Nature(Side.RESULT), Nature(Side.LEADING)
_STAY = Nature(Side.LEADING, is_more_better=False, most=Fraction(LONGEST_STAY_DAYS))
_FAULT = Nature(Side.LEADING, is_more_better=False)
_NEVER = Nature(Side.LEADING, is_more_better=False, most=Fraction(0))

NATURES: Final[Mapping[Kpi, Nature]] = MappingProxyType(
    {
        Kpi.CONVERSION_RED: _RESULT,
        Kpi.CONVERSION_YELLOW: _RESULT,
        Kpi.CONVERSION_GREEN: _RESULT,
        Kpi.CONVERSION: Nature(Side.RESULT, least=LEAST_CONVERSION),
        Kpi.DAYS_RED: _STAY,
        Kpi.DAYS_YELLOW: _STAY,
        Kpi.DAYS_GREEN: _STAY,
        Kpi.AVERAGE_CHEQUE: _RESULT,
        Kpi.PRODUCTIVE_CALLS: _LEADING,
        Kpi.HELD_MEETINGS: _LEADING,
        Kpi.PRODUCTIVE_MEETINGS: _LEADING,
        Kpi.WARM_CONTACTS: _LEADING,
        Kpi.VISITS: _LEADING,
        Kpi.OFFERS: _LEADING,
        Kpi.RESOLUTIONS: _LEADING,
        Kpi.UPGRADES: _LEADING,
        Kpi.GREEN_SHARE: _LEADING,
        Kpi.YELLOW_SHARE: _LEADING,
        Kpi.RED_SHARE: _FAULT,
        Kpi.VIOLATIONS: _NEVER,
        Kpi.VERIFICATION: _RESULT,
        Kpi.TECHNOLOGY: _LEADING,
        Kpi.CALL_SCORE: _LEADING,
        Kpi.OVERDUE_TASKS: _NEVER,
        Kpi.CARD_COMPLETENESS: _LEADING,
        Kpi.FIRST_REACTION: _FAULT,
    }
)

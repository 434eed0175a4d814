"""Who is there, who will be, and how many to hire when: ramp, part time, attrition (R-S0-A3, R-S2-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from common.money import Exact
from planning.calculator import Checks, Figure, Why, worst_zone
from planning.constants import Zone
from planning.rules import RAMP
from staffing.calculator.demand import Required
from staffing.constants import HIRE_MONTHS, SEES_MONTHS, STAFF_GREEN_FROM, STAFF_YELLOW_FROM, Bottleneck

_MONTHS_A_YEAR = 12
_MOST_MONTHS = 120


@dataclass(frozen=True)
class Employee:
    """One seller: which month of employment it is (1 = the first, 0 or less = hired and not yet there), part of a day.

    A head counts 0: give him `part_time` 0.
    """

    month: int
    part_time: Exact = Fraction(1)


def employment_month(employed_on: date | None, day: date) -> int:
    """1 in the first month of employment; 0 or less before it; a full employee's when the start is unknown."""
    if employed_on is None:
        return len(RAMP) + 1
    whole = (day.year - employed_on.year) * _MONTHS_A_YEAR + day.month - employed_on.month
    return whole - int(day.day < employed_on.day) + 1


def ramp_of_month(month: int) -> Fraction:
    """25, 50, 75 % in months 1, 2, 3 and 100 % from the fourth; 0 before the first."""
    if month < 1:
        return Fraction(0)
    return RAMP[month - 1] if month <= len(RAMP) else Fraction(1)


def available_fte(employees: Iterable[Employee], *, horizon: int = 0, attrition: Exact = 0) -> Fraction:
    """Σ part time · ramp(month + h) · (1 − attrition · h / 12), never below 0: full employees in `horizon` months.

    `attrition`: the part of the staff that leaves in a year, from 0. WrongInput by field: horizon, attrition, part_time.
    """
    checks = Checks()
    checks.whole("horizon", horizon, most=_MOST_MONTHS)
    checks.number("attrition", attrition, most=_MONTHS_A_YEAR)
    people = list(employees)
    for one in people:
        checks.share("part_time", one.part_time)
    checks.done()
    stay = max(Fraction(0), 1 - Fraction(attrition) * horizon / _MONTHS_A_YEAR)
    return sum((Fraction(one.part_time) * ramp_of_month(one.month + horizon) * stay for one in people), Fraction(0))


@dataclass(frozen=True)
class Verdict:
    """K_staff = available / required, and its light; `k` says why it is absent, `zone` is None when not computable."""

    required: Required
    available: Fraction
    k: Figure
    zone: Zone | None

    @property
    def bottleneck(self) -> Bottleneck | None:
        return self.required.bottleneck


def staff_zone(k: Fraction) -> Zone:
    """≥ 1 green, from 0.85 yellow, below red; compared unrounded."""
    if k >= STAFF_GREEN_FROM:
        return Zone.GREEN
    return Zone.YELLOW if k >= STAFF_YELLOW_FROM else Zone.RED


def check_staff(required: Required, available: Exact) -> Verdict:
    """Sufficiency of one role; nothing required is «—» and green, whoever is there."""
    there, needed = Fraction(available), required.fte.value
    if needed is None:
        return Verdict(required, there, required.fte, None)
    if not needed:
        return Verdict(required, there, Figure.absent(Why.NOTHING_REQUIRED), Zone.GREEN)
    k = there / needed
    return Verdict(required, there, Figure.of(k), staff_zone(k))


def worst_staff(verdicts: Iterable[Verdict]) -> tuple[Fraction | None, Zone | None]:
    """Least K and worst light of several roles; a role that requires nobody is left out of the least."""
    known = list(verdicts)
    least = min((one.k.value for one in known if one.k.value is not None), default=None)
    return least, worst_zone(one.zone for one in known)


@dataclass(frozen=True)
class MonthAhead:
    """`horizon` months from now: full employees then, what is missing, people to hire now for it.

    `hires` is None with `why` too_late: whoever is searched for today does not work yet.
    """

    horizon: int
    available: Fraction
    gap: Fraction
    hires: int | None
    why: Why | None = None


def hires_for(
    required: Exact,
    employees: Sequence[Employee],
    *,
    horizon: int,
    attrition: Exact = 0,
    search_months: int = HIRE_MONTHS,
) -> MonthAhead:
    """hires = ⌈max(0, FTE − Avail_h) / ramp(h − search + 1)⌉, step 7. WrongInput by field as `available_fte`, required."""
    checks = Checks()
    checks.number("required", required)
    checks.whole("search_months", search_months, most=_MOST_MONTHS)
    checks.done()
    there = available_fte(employees, horizon=horizon, attrition=attrition)
    gap = max(Fraction(0), Fraction(required) - there)
    strength = ramp_of_month(horizon - search_months + 1)
    if not strength:
        return MonthAhead(horizon, there, gap, None if gap else 0, Why.TOO_LATE if gap else None)
    return MonthAhead(horizon, there, gap, ceil(gap / strength))


@dataclass(frozen=True)
class HiringPlan:
    """The months ahead; the first of them with a gap, and in how many months the search for it must begin.

    `search_in` 0 with `is_late`: begun today, the newcomer still is not at full strength in that month.
    """

    months: tuple[MonthAhead, ...]
    first_gap: int | None
    search_in: int | None
    is_late: bool


def hiring_plan(
    required: Exact, employees: Sequence[Employee], *, attrition: Exact = 0, search_months: int = HIRE_MONTHS
) -> HiringPlan:
    """A year ahead at the same plan: when people run short, and when to begin to search (search plus ramp before it)."""
    months = tuple(
        hires_for(required, employees, horizon=at, attrition=attrition, search_months=search_months)
        for at in range(SEES_MONTHS + 1)
    )
    first = next((one.horizon for one in months if one.gap), None)
    if first is None:
        return HiringPlan(months, None, None, is_late=False)
    begin = first - search_months - len(RAMP)
    return HiringPlan(months, first, max(0, begin), is_late=begin < 0)

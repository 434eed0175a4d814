"""Split of a plan: year → half → quarter → month → control week → triad → day (R-S0-P13, C4). Exact to the kopeck."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from common.money import round_kopecks, split_exact
from common.workdays import Calendar, Period, control_weeks, facts_span, month_end, triads
from planning.calculator.zones import attainment_zone
from planning.constants import Zone

_NOTHING = Decimal("0.00")

MONTHS = range(1, 13)


def split_year(
    total: Decimal, calendar: Calendar, year: int, season: Mapping[int, Fraction] | None = None
) -> dict[int, Decimal]:
    """Month number → plan: by working days × season coefficient (1 where not given), ties to the earlier month.

    ValueError when the total is not zero and no month has a weight.
    """
    coefficients = season or {}
    weights = [
        len(calendar.working_days(date(year, month, 1), month_end(year, month)))
        * Fraction(coefficients.get(month, Fraction(1)))
        for month in MONTHS
    ]
    return dict(zip(MONTHS, split_exact(total, weights), strict=True))


def split_month(total: Decimal, calendar: Calendar, year: int, month: int) -> dict[date, Decimal]:
    """Working day → plan, evenly, spare kopecks to the earlier days. ValueError when there is no working day."""
    days = calendar.working_days(date(year, month, 1), month_end(year, month))
    return dict(zip(days, split_exact(total, [1] * len(days)), strict=True))


def quarter_plans(months: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Quarter number → sum of its months."""
    return _sums(months, 3)


def half_plans(months: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Half-year number → sum of its months."""
    return _sums(months, 6)


def _sums(months: Mapping[int, Decimal], length: int) -> dict[int, Decimal]:
    sums = dict.fromkeys(range(1, 12 // length + 1), _NOTHING)
    for month, plan in months.items():
        sums[(month - 1) // length + 1] += plan
    return sums


def sum_of_managers(managers: Iterable[Mapping[date, Decimal]]) -> dict[date, Decimal]:
    """The department's day plans when managers have plans of their own: the sums of theirs."""
    sums: dict[date, Decimal] = {}
    for days in managers:
        for day, plan in days.items():
            sums[day] = sums.get(day, _NOTHING) + plan
    return dict(sorted(sums.items()))


def plan_between(days: Mapping[date, Decimal], starts_on: date, ends_on: date) -> Decimal:
    """Sum of the day plans of a stretch, both ends included."""
    return sum((plan for day, plan in days.items() if starts_on <= day <= ends_on), _NOTHING)


def control_week_plans(days: Mapping[date, Decimal], year: int, month: int) -> list[tuple[Period, Decimal]]:
    """The four control weeks with their plans; a week without working days has plan 0."""
    weeks = control_weeks(year, month)
    return [(week, plan_between(days, week.starts_on, week.ends_on)) for week in weeks]


def triad_plans(
    days: Mapping[date, Decimal], calendar: Calendar, year: int, month: int
) -> list[tuple[Period, Decimal]]:
    """The triads of the month with their plans."""
    return [(triad, plan_between(days, *facts_span(triad, calendar))) for triad in triads(calendar, year, month)]


def plan_to_date(days: Mapping[date, Decimal], day: date) -> Decimal:
    """Σ day plans up to and including `day`; a live screen of a running period passes yesterday."""
    return sum((plan for at, plan in days.items() if at <= day), _NOTHING)


def attainment(fact: Decimal, plan: Decimal) -> Fraction | None:
    """Fact / plan, exact; None («нет плана») for a plan of 0."""
    return Fraction(fact) / Fraction(plan) if plan else None


def light(fact: Decimal, plan: Decimal) -> Zone | None:
    """The employee's light by plan execution (R-S0-B3); None without a plan."""
    return attainment_zone(attainment(fact, plan))


def catch_up(plan: Decimal, fact: Decimal, remaining_working_days: int) -> Decimal | None:
    """The day plan that would still reach the plan; 0 when it is reached, None when no working day remains.

    Shown beside the day plan, never instead of it.
    """
    if remaining_working_days <= 0:
        return None
    return round_kopecks(max(Fraction(0), Fraction(plan) - Fraction(fact)) / remaining_working_days)

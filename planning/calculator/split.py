"""Split of a plan: year → half → quarter → month → control week → triad → day (R-S0-P13, C4). Exact to the kopeck."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from common.money import round_kopecks, split_evenly, split_exact
from common.workdays import Calendar, Period, PeriodKind, control_weeks, facts_span, month_end, triads
from planning.calculator.inputs import Checks, Code, Problem, WrongInput
from planning.calculator.zones import attainment_zone
from planning.constants import SEASON_YEARS, Zone

_NOTHING = Decimal("0.00")

MONTHS = range(1, 13)

PlanTree = dict[PeriodKind, list[tuple[Period, Decimal]]]


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
    return dict(zip(days, split_evenly(total, len(days)), strict=True))


def split_days(total: Decimal, calendar: Calendar, starts_on: date, ends_on: date) -> dict[date, Decimal]:
    """Working day → plan over any stretch: the month of somebody who came or left in the middle of it.

    An empty stretch of no money is empty. WrongInput (total: no_working_day) for money on no working day.
    """
    days = calendar.working_days(starts_on, ends_on)
    if total and not days:
        raise WrongInput(Problem("total", Code.NO_WORKING_DAY))
    return dict(zip(days, split_evenly(total, len(days)), strict=True))


def resplit_month(
    total: Decimal, elapsed: Mapping[date, Decimal], calendar: Calendar, year: int, month: int, since: date
) -> dict[date, Decimal]:
    """Working day → plan after an edited calendar or a new version of the target: days before `since` keep theirs.

    What is left goes evenly to the working days from `since` on. WrongInput (total): below_elapsed when the days gone
    by already hold more, no_working_day when money is left and no day.
    """
    kept = {day: plan for day, plan in sorted(elapsed.items()) if day < since}
    left = total - sum(kept.values(), _NOTHING)
    if left < 0 <= total:
        raise WrongInput(Problem("total", Code.BELOW_ELAPSED))
    first = max(since, date(year, month, 1))
    return kept | split_days(left, calendar, first, month_end(year, month))


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
    length = (ends_on - starts_on).days + 1
    if length < len(days):  # a few days of a year: each is looked up
        each = (starts_on + timedelta(days=at) for at in range(length))
        return sum([days[day] for day in each if day in days], _NOTHING)
    return sum([plan for day, plan in days.items() if starts_on <= day <= ends_on], _NOTHING)


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
    if not plan:
        return None
    above, below = fact.as_integer_ratio()
    over, under = plan.as_integer_ratio()
    return Fraction(above * under, below * over)


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


def plan_tree(total: Decimal, calendar: Calendar, year: int, season: Mapping[int, Fraction] | None = None) -> PlanTree:
    """The whole year by each of the seven kinds of period, in order; every kind sums to the total (R-S0-P13).

    A month without working days has no day and no triad, and no money either. WrongInput by field: total, season.
    """
    checks = Checks()
    checks.money("total", total)
    for month, coefficient in (season or {}).items():
        checks.number(f"season_{month}", coefficient)
    checks.done()
    if Fraction(total) * 100 % 1:
        raise WrongInput(Problem("total", Code.TOO_FINE))
    return tree_of_months(_year(total, calendar, year, season), calendar, year)


def tree_of_months(by_month: Mapping[int, Decimal], calendar: Calendar, year: int) -> PlanTree:
    """The same tree of twelve months that stand already: a version that keeps the months that are over.

    WrongInput (total: no_working_day) for money in a month without working days.
    """
    tree: PlanTree = {kind: [] for kind in PeriodKind}
    tree[PeriodKind.YEAR] = _spans(PeriodKind.YEAR, year, 12, [sum(by_month.values(), _NOTHING)])
    tree[PeriodKind.HALF] = _spans(PeriodKind.HALF, year, 6, list(half_plans(by_month).values()))
    tree[PeriodKind.QUARTER] = _spans(PeriodKind.QUARTER, year, 3, list(quarter_plans(by_month).values()))
    tree[PeriodKind.MONTH] = _spans(PeriodKind.MONTH, year, 1, list(by_month.values()))
    for month, plan in by_month.items():
        days = split_days(plan, calendar, date(year, month, 1), month_end(year, month))
        tree[PeriodKind.WEEK] += control_week_plans(days, year, month)
        tree[PeriodKind.TRIAD] += triad_plans(days, calendar, year, month)
        tree[PeriodKind.DAY] += [(Period(PeriodKind.DAY, day, day), amount) for day, amount in days.items()]
    return tree


def _year(total: Decimal, calendar: Calendar, year: int, season: Mapping[int, Fraction] | None) -> dict[int, Decimal]:
    try:
        return split_year(total, calendar, year, season)
    except ValueError as error:
        raise WrongInput(Problem("total", Code.NO_WORKING_DAY)) from error


def _spans(kind: PeriodKind, year: int, length: int, plans: Sequence[Decimal]) -> list[tuple[Period, Decimal]]:
    starts = range(1, 13, length)
    return [
        (Period(kind, date(year, first, 1), month_end(year, first + length - 1)), plan)
        for first, plan in zip(starts, plans, strict=True)
    ]


def season_suggestion(history: Mapping[int, Mapping[int, Decimal]], calendar: Calendar) -> dict[int, Fraction] | None:
    """Month → coefficient: mean share of the month in the last two years / its mean share of their working days (3.1.5).

    `history`: year → month → roubles paid. A year that brought nothing says nothing; months of net returns count 0.
    None when no year says anything; 1 for a month that never had a working day.
    """
    years = []
    for year in sorted(history, reverse=True)[:SEASON_YEARS]:
        paid = {month: max(Fraction(0), Fraction(history[year].get(month, 0))) for month in MONTHS}
        if whole := sum(paid.values(), Fraction(0)):
            years.append((year, {month: amount / whole for month, amount in paid.items()}))
    if not years:
        return None
    worked = {month: Fraction(0) for month in MONTHS}
    for year, _ in years:
        days = {month: len(calendar.working_days(date(year, month, 1), month_end(year, month))) for month in MONTHS}
        for month in MONTHS:
            worked[month] += Fraction(days[month], max(1, sum(days.values())))
    return {
        month: sum((shares[month] for _, shares in years), Fraction(0)) / worked[month]
        if worked[month]
        else Fraction(1)
        for month in MONTHS
    }


def is_week_done(plan: Decimal, fact: Decimal) -> bool:
    """A control week is done when its plan is reached; one without a plan counts as done (C4)."""
    return not plan or fact >= plan


def weeks_done(weeks: Iterable[tuple[Decimal, Decimal]]) -> int:
    """How many of (plan, fact) are done: four times «week done» is the month done (R-S4-4)."""
    return sum(is_week_done(plan, fact) for plan, fact in weeks)

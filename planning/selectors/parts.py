"""A target beside the parts it is made of: the company by departments, any scope by segments (R-S0-P13, R-S0-P2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from clients.models import Segment
from common.snapshots import snapshot
from common.workdays import Calendar, PeriodKind, month_end
from deals.models import PaymentCredit
from planning.calculator import days_between, plan_between, sum_of_managers
from planning.choices import PlanStatus
from planning.models import MonthTarget, PlanMonth
from planning.rules import Span, span_of
from planning.selectors.figures import NOTHING, Figures, figures_of
from planning.selectors.targets import DayPlans, InForce, Targets, day_plans, days_of_month

Months = dict[date, Decimal]  # first day of the month → roubles


@dataclass(frozen=True)
class PartLine:
    """One department or segment of a scope in the period; `plan_id`: the approved year its plan follows from."""

    part: Department | Segment
    figures: Figures
    plan_id: int | None = None


@dataclass(frozen=True)
class Parts:
    """The whole of a scope and its parts in one period.

    `own`: roubles of the period by the scope's own approved year, None without one: the company's plan is the sum of
    its departments' as soon as one of them has any, a department's the sum of its people's. `own_id` is that year.
    """

    span: Span
    today: date
    whole: Figures
    own: Decimal | None
    own_id: int | None
    departments: list[PartLine] = field(default_factory=list)
    segments: list[PartLine] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.span.facts_from <= self.today <= self.span.facts_to

    @property
    def departments_plan(self) -> Decimal:
        return sum((line.figures.plan for line in self.departments), NOTHING)

    @property
    def segments_plan(self) -> Decimal:
        return sum((line.figures.plan for line in self.segments), NOTHING)


@dataclass
class _Years:
    """Months of approved years by (department, person, segment), and the year each follows from."""

    months: dict[tuple[int | None, int | None, int | None], Months] = field(default_factory=lambda: defaultdict(dict))
    plans: dict[tuple[int | None, int | None, int | None], int] = field(default_factory=dict)


@snapshot()
def parts_of(*, department: Department | None, user: User | None, kind: PeriodKind, day: date, today: date) -> Parts:
    """Nothing set: the company. A running period is counted to yesterday. Five queries, whatever the numbers."""
    calendar = production_calendar()
    span = span_of(kind, day, calendar)
    as_of = today - timedelta(days=1)
    first = span.facts_from.replace(day=1)
    targets = _targets(department, user, first, span.facts_to)
    years = _years(department, user, first, span.facts_to)
    facts = _facts(department, user, span, as_of)

    def figures(days: DayPlans, fact: Decimal) -> Figures:
        return figures_of(span, as_of, days, {str(span.period.kind): fact}, calendar)

    key = (department.pk if department else None, user.pk if user else None, None)
    by_department = {pk: _days_of(user, of_department, calendar) for pk, of_department in targets.items()}
    if department is not None:
        days = by_department.get(department.pk, {})
    else:
        planned = {at.replace(day=1) for days in by_department.values() for at in days}
        rest = {month: plan for month, plan in years.months.get(key, {}).items() if month not in planned}
        days = sum_of_managers([*by_department.values(), _evenly(rest, calendar)])
    departments: list[PartLine] = []
    if department is None:
        sums = _together(facts, 0)
        departments = [
            PartLine(
                one,
                figures(by_department.get(one.pk, {}), sums.get(one.pk, NOTHING)),
                years.plans.get((one.pk, None, None)),
            )
            for one in Department.objects.order_by("name", "pk")
            if one.is_active or one.pk in by_department or one.pk in sums
        ]
    by_segment = _together(facts, 1)
    shown = list(Segment.objects.order_by("name", "pk"))
    of_segments = {one.pk: _of_segment(years, key, one.pk) for one in shown}
    segment_days = _days({pk: months for pk, (months, _plan_id) in of_segments.items()}, days, calendar)
    segments = [
        PartLine(one, figures(segment_days[one.pk], by_segment.get(one.pk, NOTHING)), of_segments[one.pk][1])
        for one in shown
        if one.is_active or of_segments[one.pk][0] or one.pk in by_segment
    ]
    own = None
    if key in years.months:
        own = plan_between(_days({0: years.months[key]}, days, calendar)[0], span.facts_from, span.facts_to)
    whole = figures(days, sum(facts.values(), NOTHING))
    return Parts(span, today, whole, own, years.plans.get(key), departments, segments)


def _targets(department: Department | None, user: User | None, first: date, last: date) -> dict[int, Targets]:
    """Month targets in force by department. One query."""
    rows = MonthTarget.objects.filter(is_current=True, month__gte=first, month__lte=last)
    if department is not None:
        rows = rows.filter(department=department)
    if user is not None:
        rows = rows.filter(user=user)
    found: dict[int, Targets] = defaultdict(dict)
    told = ("department_id", "user_id", "month", "amount", "elapsed", "elapsed_before")
    for department_id, user_id, month, *values in rows.order_by().values_list(*told):
        found[department_id][user_id, month] = InForce(*values)
    return found


def _days_of(user: User | None, targets: Targets, calendar: Calendar) -> DayPlans:
    people, whole = day_plans(targets, calendar)
    return whole if user is None else people.get(user.pk, {})


def _years(department: Department | None, user: User | None, first: date, last: date) -> _Years:
    """Approved years of the scope and of everything one floor below it. One query."""
    rows = PlanMonth.objects.filter(plan__status=PlanStatus.APPROVED, month__gte=first, month__lte=last)
    if user is not None:
        rows = rows.filter(plan__department=department, plan__user=user)
    elif department is not None:
        rows = rows.filter(plan__department=department)
    else:
        rows = rows.filter(plan__user=None)
    found = _Years()
    told = ("plan__department_id", "plan__user_id", "plan__segment_id", "plan_id", "month", "amount")
    for department_id, user_id, segment_id, plan_id, month, amount in rows.order_by().values_list(*told):
        key = (department_id, user_id, segment_id)
        found.months[key][month] = amount
        found.plans[key] = plan_id
    return found


def _of_segment(
    years: _Years, key: tuple[int | None, int | None, int | None], segment_id: int
) -> tuple[Months, int | None]:
    """The segment's own months in the scope, else the sum of what the floor below has planned for it."""
    department_id, user_id, _none = key
    own = (department_id, user_id, segment_id)
    if own in years.months:
        return years.months[own], years.plans[own]
    sums: Months = {}
    for (of_department, of_user, of_segment), months in years.months.items():
        is_below = of_user is not None if department_id is not None else of_department is not None
        if of_segment == segment_id and user_id is None and is_below:
            for month, amount in months.items():
                sums[month] = sums.get(month, NOTHING) + amount
    return sums, None


def _days(parts: Mapping[int, Months], whole: DayPlans, calendar: Calendar) -> dict[int, DayPlans]:
    """Day plans of parts whose months stand: every day's parts make the whole's day, and with them the past stays put.

    Evenly in a month in which they have more than the whole, or the whole has nothing.
    """
    found: dict[int, DayPlans] = {part: {} for part in parts}
    for month in sorted({month for months in parts.values() for month in months}):
        amounts = {part: months[month] for part, months in parts.items() if month in months}
        last = month_end(month.year, month.month)
        split = days_between({at: plan for at, plan in whole.items() if month <= at <= last}, amounts)
        for part, amount in amounts.items():
            found[part] |= split[part] if split is not None else days_of_month(amount, month, calendar)
    return found


def _evenly(months: Months, calendar: Calendar) -> DayPlans:
    return {at: plan for month, amount in months.items() for at, plan in days_of_month(amount, month, calendar).items()}


def _facts(department: Department | None, user: User | None, span: Span, as_of: date) -> dict[tuple[int, int], Decimal]:
    """(department, segment) → roubles by payment date. One query."""
    rows: Any = PaymentCredit.objects.filter(
        is_void=False, paid_on__gte=span.facts_from, paid_on__lte=min(as_of, span.facts_to)
    )
    if department is not None:
        rows = rows.filter(department=department)
    if user is not None:
        rows = rows.filter(user=user)
    by = ("department_id", "payment__cycle__segment_id")
    return {
        (department_id, segment_id): amount
        for department_id, segment_id, amount in rows.order_by().values_list(*by).annotate(total=Sum("amount"))
    }


def _together(facts: Mapping[tuple[int, int], Decimal], at: int) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for pair, amount in facts.items():
        sums[pair[at]] = sums.get(pair[at], NOTHING) + amount
    return sums


def parts_gap(lines: Iterable[PartLine], whole: Decimal) -> Decimal | None:
    """What the parts lack to the whole (negative: what they exceed it by); None while no part has a plan."""
    plans = [line.figures.plan for line in lines]
    return whole - sum(plans, NOTHING) if any(plans) else None

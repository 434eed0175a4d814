"""Plan and fact of people and departments for the seven periods (R-S0-P13, sections 3.1.3 and 3.1.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common import clock
from common.prepared import Prepared
from common.workdays import Calendar, PeriodKind
from deals.models import PaymentCredit
from planning.calculator import attainment, attainment_zone, catch_up, plan_between
from planning.constants import Zone
from planning.rules import ALL_KINDS, Span, span_of
from planning.selectors.targets import DayPlans, Targets, current_targets, day_plans

NOTHING = Decimal("0.00")

Stretch = tuple[date, date]  # first and last day
Paid = Mapping[int, Mapping[date, Decimal]]  # user id → day → roubles


@dataclass(frozen=True)
class Figures:
    """One scope in one period, in roubles, as of the end of `as_of`.

    `plan_to_date`: Σ day plans of the elapsed working days; `days_left`: working days after `as_of`; `today_plan` and
    `today_fact` stand apart from the rest (0 outside the running period).
    """

    span: Span
    as_of: date
    plan: Decimal
    plan_to_date: Decimal
    fact: Decimal
    days_left: int
    days_done: int
    today_plan: Decimal = NOTHING
    today_fact: Decimal = NOTHING

    @property
    def attainment(self) -> Fraction | None:
        """Fact / plan-to-date; None («нет плана») while nothing was due."""
        return attainment(self.fact, self.plan_to_date)

    @property
    def zone(self) -> Zone | None:
        return attainment_zone(self.attainment)

    @property
    def done_share(self) -> Fraction | None:
        """Fact / whole plan."""
        return attainment(self.fact, self.plan)

    @property
    def needed_per_day(self) -> Decimal | None:
        """What every remaining working day would have to bring; beside the plan, never instead of it."""
        return catch_up(self.plan, self.fact, self.days_left) if self.plan else None


@dataclass(frozen=True)
class DepartmentFigures:
    """`people` by user id; `whole` is the department: facts are the sums of its people's."""

    department_id: int
    people: Mapping[int, Mapping[PeriodKind, Figures]]
    whole: Mapping[PeriodKind, Figures]
    person_days: Mapping[int, DayPlans]
    whole_days: DayPlans


def department_figures(
    *,
    department_id: int,
    day: date,
    as_of: date,
    kinds: Iterable[PeriodKind] = ALL_KINDS,
    today: date | None = None,
    user_id: int | None = None,
    of_people: Iterable[PeriodKind] | None = None,
) -> DepartmentFigures:
    """Figures of the periods that hold `day`, counted to the end of `as_of`. Two queries, whatever the numbers.

    `today` adds the running day's plan and fact apart; `user_id` narrows everything to one person; `of_people`: the
    periods of every single person, where not all of `kinds` are asked for.
    """
    calendar = production_calendar()
    spans = {PeriodKind(kind): span_of(kind, day, calendar) for kind in kinds}
    first = min(span.facts_from for span in spans.values())
    last = max(span.facts_to for span in spans.values())
    targets = current_targets(
        department_id=department_id, first_month=first.replace(day=1), last_month=last, user_id=user_id
    )
    facts = _facts(department_id, user_id, spans, as_of, today)
    return _figured(department_id, spans, as_of, targets, facts, today, of_people)


def figures_of_read(*, department_id: int, span: Span, as_of: date, targets: Targets, paid: Paid) -> DepartmentFigures:
    """The same of one period, from targets and money by day that hold it and may hold more. No query."""
    months = {key: one for key, one in targets.items() if span.facts_from.replace(day=1) <= key[1] <= span.facts_to}
    sums = paid_between(paid, span.facts_from, min(as_of, span.facts_to))
    facts = {user_id: {str(span.period.kind): amount} for user_id, amount in sums.items()}
    return _figured(department_id, {PeriodKind(span.period.kind): span}, as_of, months, facts, None)


def _figured(
    department_id: int,
    spans: Mapping[PeriodKind, Span],
    as_of: date,
    targets: Targets,
    facts: Mapping[int, Mapping[str, Decimal]],
    today: date | None,
    of_people: Iterable[PeriodKind] | None = None,
) -> DepartmentFigures:
    calendar = production_calendar()
    of_each = spans if of_people is None else {kind: spans[kind] for kind in of_people}
    person_days, whole_days = day_plans(targets, calendar)
    people = {
        person: {
            kind: figures_of(span, as_of, person_days.get(person, {}), facts.get(person, {}), calendar, today)
            for kind, span in of_each.items()
        }
        for person in sorted(person_days.keys() | facts.keys())
    }
    total: dict[str, Decimal] = {}
    for row in facts.values():
        for name, amount in row.items():
            total[name] = total.get(name, NOTHING) + amount
    whole = {kind: figures_of(span, as_of, whole_days, total, calendar, today) for kind, span in spans.items()}
    return DepartmentFigures(department_id, people, whole, person_days, whole_days)


def figures_of(
    span: Span,
    as_of: date,
    days: DayPlans,
    facts: Mapping[str, Decimal],
    calendar: Calendar,
    today: date | None = None,
) -> Figures:
    until = min(as_of, span.facts_to)
    is_running = today is not None and span.facts_from <= today <= span.facts_to
    left_from = max(span.facts_from, as_of + timedelta(days=1))
    return Figures(
        span=span,
        as_of=as_of,
        plan=plan_between(days, span.facts_from, span.facts_to),
        plan_to_date=plan_between(days, span.facts_from, until),
        fact=facts.get(str(span.period.kind), NOTHING),
        days_left=len(calendar.working_days(left_from, span.facts_to)),
        days_done=len(calendar.working_days(span.facts_from, until)),
        today_plan=days.get(today, NOTHING) if is_running and today else NOTHING,
        today_fact=facts.get("today", NOTHING) if is_running else NOTHING,
    )


def _facts(
    department_id: int, user_id: int | None, spans: Mapping[PeriodKind, Span], as_of: date, today: date | None
) -> dict[int, dict[str, Decimal]]:
    """User id → name of the period (or "today") → roubles by payment date (3.1.4). One query for all periods."""
    first = min(span.facts_from for span in spans.values())
    last = max(as_of, today) if today else as_of
    asked: dict[str, int | date] = {"department": department_id, "first": min(first, today or first), "last": last}
    if user_id is not None:
        asked["user"] = user_id
    for kind, span in spans.items():
        asked |= {f"{kind}_from": span.facts_from, f"{kind}_to": min(as_of, span.facts_to)}
    names = [str(kind) for kind in spans]
    if today is not None:
        names.append("today")
        asked |= {"today_from": today, "today_to": today}
    rows = _summed((tuple(names), user_id is not None), **asked)
    return {user: {name: amount or NOTHING for name, amount in zip(names, sums, strict=True)} for user, *sums in rows}


def _credits_summed(shape: tuple[tuple[str, ...], bool], **asked: Any) -> QuerySet:
    names, is_personal = shape
    rows = PaymentCredit.objects.filter(
        department_id=asked["department"], is_void=False, paid_on__gte=asked["first"], paid_on__lte=asked["last"]
    )
    if is_personal:
        rows = rows.filter(user_id=asked["user"])
    sums = {
        f"in_{name}": Sum("amount", filter=Q(paid_on__gte=asked[f"{name}_from"], paid_on__lte=asked[f"{name}_to"]))
        for name in names
    }
    return rows.order_by().values_list("user_id").annotate(**sums)


_summed = Prepared(_credits_summed)


def paid_by_day(*, department_id: int, stretches: Iterable[Stretch], user_id: int | None = None) -> Paid:
    """Money of the days that any of the stretches holds, both ends included. One query."""
    asked: dict[str, int | date] = {"department": department_id}
    if user_id is not None:
        asked["user"] = user_id
    number = 0
    for number, (first, last) in enumerate(stretches, start=1):
        asked |= {f"first_{number}": first, f"last_{number}": last}
    found: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for person, day, total in _summed_by_day((number, user_id is not None), **asked):
        found[person][day] = total
    return found


def _credits_by_day(shape: tuple[int, bool], **asked: Any) -> QuerySet:
    number, is_personal = shape
    held = Q(pk__in=[])
    for at in range(1, number + 1):
        held |= Q(paid_on__range=(asked[f"first_{at}"], asked[f"last_{at}"]))
    rows = PaymentCredit.objects.filter(held, department_id=asked["department"], is_void=False)
    if is_personal:
        rows = rows.filter(user_id=asked["user"])
    return rows.order_by().values_list("user_id", "paid_on").annotate(total=Sum("amount"))


_summed_by_day = Prepared(_credits_by_day)


def paid_between(paid: Paid, first: date, last: date) -> dict[int, Decimal]:
    """User id → roubles, of those who have any row of money between the two days, both included."""
    rows = {user_id: [amount for on, amount in days.items() if first <= on <= last] for user_id, days in paid.items()}
    return {user_id: sum(amounts, NOTHING) for user_id, amounts in rows.items() if amounts}


def plan_fact_for(
    scope: User | Department,
    *,
    day: date | None = None,
    kinds: Iterable[PeriodKind | str] = ALL_KINDS,
    today: date | None = None,
) -> dict[PeriodKind, Figures]:
    """Live figures of one person or department: a running period is counted to yesterday, today stands apart.

    Two queries. A person without a department has none.
    """
    today = today or clock.today()
    day = day or today
    wanted = [PeriodKind(kind) for kind in kinds]
    department_id = scope.pk if isinstance(scope, Department) else scope.department_id
    if department_id is None:
        return {}
    user_id = scope.pk if isinstance(scope, User) else None
    found = department_figures(
        department_id=department_id,
        day=day,
        as_of=today - timedelta(days=1),
        kinds=wanted,
        today=today,
        user_id=user_id,
    )
    if user_id is None:
        return dict(found.whole)
    if user_id in found.people:
        return dict(found.people[user_id])
    calendar = production_calendar()
    return {
        kind: figures_of(span_of(kind, day, calendar), today - timedelta(days=1), {}, {}, calendar, today)
        for kind in wanted
    }

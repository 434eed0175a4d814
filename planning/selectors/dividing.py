"""What a year's plan may be divided into, and by what: forecast, time, money of the past, plans in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.db.models import Sum

from accounts.choices import MANAGER_ROLES
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from clients.models import Segment
from common.money import Exact
from common.workdays import PeriodKind
from deals.models import PaymentCredit
from planning.choices import PlanStatus
from planning.models import YearPlan
from planning.rules import ramp, span_of
from planning.selectors.figures import department_figures
from planning.selectors.forecast import forecast_for, forecast_inputs
from planning.selectors.year_plans import people_to_plan

DEPARTMENTS, PEOPLE, SEGMENTS = "departments", "people", "segments"
# By what a plan is divided between parts of a kind; the first that says anything is offered.
WAYS: Final = {
    DEPARTMENTS: ("approved", "past", "time", "evenly"),
    PEOPLE: ("forecast", "time", "evenly"),
    SEGMENTS: ("approved", "past", "evenly"),
}
_PAST_DAYS: Final = 365
_NOTHING: Final = Decimal("0.00")


@dataclass(frozen=True)
class Share:
    """One part of a division and what it weighs by each way: roubles (approved, past, forecast), time (1 = a full
    employee), or the same as everybody."""

    part: Department | User | Segment
    weights: Mapping[str, Exact]


def kinds_of(plan: YearPlan) -> list[str]:
    """What the plan is divided into: the company into departments, a department into people, either into segments."""
    kinds = []
    if plan.department_id is None:
        kinds.append(DEPARTMENTS)
    elif plan.user_id is None:
        kinds.append(PEOPLE)
    return kinds if plan.segment_id is not None else [*kinds, SEGMENTS]


def shares_of(*, plan: YearPlan, kind: str, today: date) -> list[Share]:
    """The parts of a kind with their weights, in order of names; queries do not grow with their number."""
    if kind == PEOPLE:
        assert plan.department is not None  # noqa: S101 - only the plan of a department is divided between people
        return _people(plan.department, plan.year, today)
    past, approved = _past(plan, kind, today), _approved(plan, kind)
    if kind == SEGMENTS:
        return [
            Share(one, {"approved": approved.get(one.pk, _NOTHING), "past": past.get(one.pk, _NOTHING), "evenly": 1})
            for one in Segment.objects.filter(is_active=True).order_by("name", "pk")
        ]
    departments = list(Department.objects.filter(is_active=True).order_by("name", "pk"))
    time = _time(departments, today)
    return [
        Share(
            one,
            {
                "approved": approved.get(one.pk, _NOTHING),
                "past": past.get(one.pk, _NOTHING),
                "time": time.get(one.pk, Fraction(0)),
                "evenly": 1,
            },
        )
        for one in departments
    ]


def _capacity(user: User, today: date) -> Fraction:
    return ramp(user.employed_on, today) * Fraction(user.part_time_percent, 100)


def _time(departments: Iterable[Department], today: date) -> dict[int, Fraction]:
    found: dict[int, Fraction] = defaultdict(Fraction)
    for user in people_to_plan(departments):
        if user.role in MANAGER_ROLES and user.department_id is not None:
            found[user.department_id] += _capacity(user, today)
    return found


def _past(plan: YearPlan, kind: str, today: date) -> dict[int, Decimal]:
    """Part → roubles that came in the last year within the plan's scope; what was returned on balance weighs nothing."""
    rows = PaymentCredit.objects.filter(
        is_void=False, paid_on__gte=today - timedelta(days=_PAST_DAYS), paid_on__lt=today
    )
    for name, value in (
        ("department_id", plan.department_id),
        ("user_id", plan.user_id),
        ("payment__cycle__segment_id", plan.segment_id),
    ):
        if value is not None:
            rows = rows.filter(**{name: value})
    by = "payment__cycle__segment_id" if kind == SEGMENTS else "department_id"
    sums: dict[int, Decimal] = dict(rows.order_by().values_list(by).annotate(total=Sum("amount")))
    return {pk: max(_NOTHING, amount) for pk, amount in sums.items()}


def _approved(plan: YearPlan, kind: str) -> dict[int, Decimal]:
    """Part → roubles of its plan in force: of this year, else of the one before."""
    rows = YearPlan.objects.filter(
        status=PlanStatus.APPROVED, user=plan.user_id, year__in=(plan.year - 1, plan.year)
    ).order_by("year")
    if kind == SEGMENTS:
        found = rows.filter(department=plan.department_id, segment__isnull=False)
        return dict(found.values_list("segment_id", "amount"))
    found = rows.filter(department__isnull=False, segment=plan.segment_id)
    return dict(found.values_list("department_id", "amount"))


def _people(department: Department, year: int, today: date) -> list[Share]:
    """Managers of a department with their forecast of the year as it stands today and their time (R-S0-P11)."""
    people = [user for user in people_to_plan([department]) if user.role in MANAGER_ROLES]
    day = min(max(today, date(year, 1, 1)), date(year, 12, 31))
    span = span_of(PeriodKind.YEAR, day, production_calendar())
    found = department_figures(department_id=department.pk, day=day, as_of=today, kinds=[PeriodKind.YEAR])
    paid: Mapping[int, Decimal] = {user_id: one[PeriodKind.YEAR].fact for user_id, one in found.people.items()}
    made = forecast_for(
        inputs=forecast_inputs(department_id=department.pk, day=today),
        span=span,
        paid=paid,
        target=found.whole[PeriodKind.YEAR].plan,
    )
    amounts = {one.manager_id: one.amount for one in made.department.managers}
    return [
        Share(
            user,
            {
                "forecast": max(_NOTHING, amounts.get(user.pk, _NOTHING)),
                "time": _capacity(user, today),
                "evenly": 1,
            },
        )
        for user in people
    ]

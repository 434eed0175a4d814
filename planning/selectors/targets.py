"""Approved month targets and the day plans that follow from them (section 3.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import Department, User
from common.prepared import Prepared
from common.workdays import Calendar, month_end
from planning.calculator import WrongInput, resplit_month, split_month, sum_of_managers
from planning.models import MonthTarget

DayPlans = dict[date, Decimal]


@dataclass(frozen=True)
class InForce:
    """A month's target, and the days gone by that an edit of the calendar no longer moves (None: never edited)."""

    amount: Decimal
    elapsed: dict[str, str]
    elapsed_before: date | None


Targets = dict[tuple[int | None, date], InForce]  # user id or None for the department, first day of the month


def may_set_targets(user: User, department: Department) -> bool:
    """A director sets every target, a head those of his department (section 1.1)."""
    if not user.is_active:
        return False
    return user.role == Role.DIRECTOR or (user.role == Role.HEAD and user.department_id == department.pk)


def current_targets(*, department_id: int, first_month: date, last_month: date, user_id: int | None = None) -> Targets:
    """Targets in force. One query."""
    whose = {} if user_id is None else {"user": user_id}
    rows = _in_force(user_id is not None, department=department_id, first=first_month, last=last_month, **whose)
    return {(user, month): InForce(*values) for user, month, *values in rows}


def _targets_in_force(is_personal: bool, *, department: int, first: date, last: date, user: int = 0) -> QuerySet:
    rows = MonthTarget.objects.filter(department_id=department, is_current=True, month__gte=first, month__lte=last)
    if is_personal:
        rows = rows.filter(user_id=user)
    return rows.values_list("user_id", "month", "amount", "elapsed", "elapsed_before")


_in_force = Prepared(_targets_in_force)


def day_plans(targets: Targets, calendar: Calendar) -> tuple[dict[int, DayPlans], DayPlans]:
    """Day plans by person, and of the department: the sum of its people's, or its own target in a month without any."""
    people: dict[int, DayPlans] = {}
    own: list[DayPlans] = []
    personal_months = {month for user_id, month in targets if user_id is not None}
    for (user_id, month), target in sorted(targets.items(), key=lambda item: (item[0][0] or 0, item[0][1])):
        days = days_in_force(target, month, calendar)
        if user_id is not None:
            people.setdefault(user_id, {}).update(days)
        elif month not in personal_months:
            own.append(days)
    return people, sum_of_managers([*people.values(), *own])


def days_of_month(amount: Decimal, month: date, calendar: Calendar) -> DayPlans:
    """The working days of one month with their plans; a month without working days has none."""
    if not calendar.working_days(month, month_end(month.year, month.month)):
        return {}
    return split_month(amount, calendar, month.year, month.month)


def days_in_force(target: InForce, month: date, calendar: Calendar) -> DayPlans:
    """The same after an edited calendar: days gone by keep their plan, the rest goes to the working days left."""
    if target.elapsed_before is None:
        return days_of_month(target.amount, month, calendar)
    kept = {date.fromisoformat(day): Decimal(plan) for day, plan in target.elapsed.items()}
    try:
        return resplit_month(target.amount, kept, calendar, month.year, month.month, target.elapsed_before)
    except WrongInput:
        return kept  # rows written past the service left no working day for the rest


def target_history(*, department: Department, user: User | None, month: date) -> QuerySet[MonthTarget]:
    """Every version of one target, newest first."""
    return (
        MonthTarget.objects.filter(department=department, user=user, month=month)
        .select_related("created_by")
        .order_by("-version")
    )

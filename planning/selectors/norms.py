"""Norms of acts: what one manager owes a working day by the plan of his month (R-S4-1, section 3.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import QuerySet

from accounts.models import Department, User
from common.prepared import Prepared
from planning.calculator import Step
from planning.models import MonthNorms


def norms_for(user: User, day: date) -> dict[Step, int] | None:
    """Whole acts by step that this person owes every working day of the month of `day`; None where no plan says so.

    One query. The norms are those of the person's department; whom they bind, the caller decides by role.
    """
    return None if user.department_id is None else norms_of(user.department_id, day)


def norms_of(department_id: int, day: date) -> dict[Step, int] | None:
    """The same of a department. One query."""
    return _between(department_id, day, day).get(day.replace(day=1))


def norms_between(user: User, first: date, last: date) -> dict[date, dict[Step, int]]:
    """The same of every month that the stretch touches, by its first day; months without a plan are missing."""
    return {} if user.department_id is None else _between(user.department_id, first, last)


def _between(department_id: int, first: date, last: date) -> dict[date, dict[Step, int]]:
    rows = _current(None, department=department_id, first=first.replace(day=1), last=last)
    return {month: dict(zip(Step, acts, strict=True)) for month, *acts in rows}


def _current_norms(_shape: None, *, department: int, first: date, last: date) -> QuerySet:
    rows = MonthNorms.objects.filter(department_id=department, month__gte=first, month__lte=last, is_current=True)
    return rows.order_by().values_list("month", *(step.value for step in Step))


_current = Prepared(_current_norms)


def norms_by_department(departments: list[int], day: date) -> Mapping[int, dict[Step, int]]:
    """Department id → norms in force in the month of `day`; a department without a plan is missing. One query."""
    rows = MonthNorms.objects.filter(department__in=departments, month=day.replace(day=1), is_current=True)
    return {row.department_id: acts_of(row) for row in rows}


def acts_of(row: MonthNorms) -> dict[Step, int]:
    return {step: getattr(row, step.value) for step in Step}


def current_norms(*, department: Department, month: date) -> MonthNorms | None:
    """The norms in force of one month."""
    return MonthNorms.objects.filter(department=department, month=month, is_current=True).first()

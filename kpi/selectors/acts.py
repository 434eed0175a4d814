"""What one person is asked for in acts: the same answer as on the board of indicators, for pages opened all day (3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import User
from common.prepared import Prepared
from common.workdays import month_end
from kpi.calculator import Kpi
from kpi.constants import NORM_WEEK_DAYS
from kpi.models import ReferenceKPI
from kpi.selectors.funnels import Expected
from kpi.selectors.lines import person_norm, working_days
from kpi.selectors.references import PERSON_KPIS, References, Value, planned_acts
from planning.selectors.norms import norms_between

ByMonth = Mapping[date, References]  # first day of the month → what holds on its days


def _approved_of(_shape: None, *, department: int, role: str, day: date) -> QuerySet:
    rows = ReferenceKPI.objects.filter(department_id=department, approved_at__isnull=False, segment__isnull=True)
    rows = rows.filter(role=role, kpi__in=[str(kpi) for kpi in PERSON_KPIS]).started(day)
    return rows.order_by("valid_from", "approved_at", "pk").values_list("valid_from", "kpi", "value", "source")


_approved = Prepared(_approved_of)


def acts_references(user: User, first: date, last: date) -> ByMonth:
    """What the acts of this person are held against, by every month the stretch touches; at most two statements.

    Of two approvals for one month the later one counts, and the plan of a hunter's month goes before both.
    """
    found = {month: References({}) for month in _months(first, last)}
    if user.department_id is None or not user.is_manager:
        return found
    role = str(user.role)
    for since, kpi, value, source in _approved(None, department=user.department_id, role=role, day=last):
        for month, references in found.items():
            # Values take force with a month.
            if since <= month:
                references.decided[None, role, kpi] = Value(Fraction(value), source)
    if user.role == Role.HUNTER:
        for month, steps in norms_between(user, first, last).items():
            found[month].planned = planned_acts(steps)
    return found


def acts_asked(user: User, by_month: ByMonth, first: date, last: date) -> dict[Kpi, int]:
    """Whole acts between two days by indicator, of those that a week asks of the person; no query.

    Every day is asked what its own month asks, as it is in the control weeks of the indicators, which never cross a
    border of months; what a week across one is asked in all is rounded once.
    """
    found = {}
    for kpi in PERSON_KPIS:
        asked, is_asked = Fraction(0), False
        for month in _months(first, last):
            references = by_month[month]
            days = working_days(user, max(first, month), min(last, month_end(month.year, month.month)))
            asked += _a_day(user, kpi, references) * days
            is_asked |= bool(person_norm(user, kpi, NORM_WEEK_DAYS, references, Expected()))
        if is_asked:
            found[kpi] = floor(asked + Fraction(1, 2))
    return found


def _a_day(user: User, kpi: Kpi, references: References) -> Fraction:
    """Acts of one working day, exact; nobody counts those of a head."""
    if not user.is_manager:
        return Fraction(0)
    planned = references.of_plan(kpi, user.role)
    return Fraction(planned) if planned is not None else references.value(kpi, user.role).value / NORM_WEEK_DAYS


def _months(first: date, last: date) -> list[date]:
    """First days of the months that the stretch touches."""
    months = [first.replace(day=1)]
    while (following := month_end(months[-1].year, months[-1].month) + timedelta(days=1)) <= last:
        months.append(following)
    return months

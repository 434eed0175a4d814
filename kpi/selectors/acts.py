"""What one person is asked for in acts: the same answer as on the board of indicators, for pages opened all day (3.5)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from django.db.models import QuerySet

from accounts.choices import Role
from accounts.models import User
from common.prepared import Prepared
from kpi.calculator import Kpi
from kpi.constants import NORM_WEEK_DAYS
from kpi.models import ReferenceKPI
from kpi.selectors.funnels import Expected
from kpi.selectors.lines import person_norm, working_days
from kpi.selectors.references import PERSON_KPIS, References, Value, planned_acts
from planning.selectors import norms_for


def _approved_of(_shape: None, *, department: int, role: str, day: date) -> QuerySet:
    rows = ReferenceKPI.objects.filter(department_id=department, approved_at__isnull=False, segment__isnull=True)
    rows = rows.filter(role=role, kpi__in=[str(kpi) for kpi in PERSON_KPIS]).started(day)
    return rows.order_by("valid_from", "approved_at", "pk").values_list("kpi", "value", "source")


_approved = Prepared(_approved_of)


def acts_references(user: User, day: date) -> References:
    """What the acts of this person are held against on the day; at most two statements.

    Of two approvals for one month the later one counts, and the plan of a hunter's month goes before both.
    """
    found = References({})
    if user.department_id is None or not user.is_manager:
        return found
    role = str(user.role)
    for kpi, value, source in _approved(None, department=user.department_id, role=role, day=day):
        found.decided[None, role, kpi] = Value(Fraction(value), source)
    if user.role == Role.HUNTER:
        found.planned = planned_acts(norms_for(user, day) or {})
    return found


def acts_asked(user: User, references: References, first: date, last: date) -> dict[Kpi, int]:
    """Whole acts between two days by indicator: of those that a week asks of the person; no query."""
    days = working_days(user, first, last)
    asked = {kpi: person_norm(user, kpi, NORM_WEEK_DAYS, references, Expected()) for kpi in PERSON_KPIS}
    return {kpi: person_norm(user, kpi, days, references, Expected()) for kpi in PERSON_KPIS if asked[kpi]}

"""Year plans as a page needs them: scopes of a year, versions, the past that suggests a season."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet, Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.workdays import month_end
from deals.models import PaymentCredit
from planning.calculator import season_suggestion
from planning.choices import PlanStatus
from planning.constants import SEASON_YEARS
from planning.models import YearPlan

Months = dict[int, Decimal]
ScopeKey = tuple[int | None, int | None, int | None]  # department, person, segment


@dataclass(frozen=True)
class Standing:
    """What a scope has in a year: the version in force and the draft of the next one."""

    approved: YearPlan | None = None
    draft: YearPlan | None = None


def key_of(plan: YearPlan) -> ScopeKey:
    return plan.department_id, plan.user_id, plan.segment_id


def standings(*, viewer: User, year: int) -> dict[ScopeKey, Standing]:
    """Approved version and draft of every scope of the year within the viewer's sight. One query."""
    rows = (
        YearPlan.objects.visible_to(viewer)
        .filter(year=year, status__in=[PlanStatus.APPROVED, PlanStatus.DRAFT])
        .select_related("department", "user", "segment", "created_by", "approved_by")
        .annotate(months_sum=Sum("months__amount"))
    )
    approved = {key_of(row): row for row in rows if row.status == PlanStatus.APPROVED}
    drafts = {key_of(row): row for row in rows if row.status == PlanStatus.DRAFT}
    return {key: Standing(approved.get(key), drafts.get(key)) for key in approved.keys() | drafts.keys()}


def versions_of(*, viewer: User, plan: YearPlan) -> QuerySet[YearPlan]:
    """Every version of the plan's scope and year, newest first."""
    return (
        YearPlan.objects.visible_to(viewer)
        .filter(department=plan.department_id, user=plan.user_id, segment=plan.segment_id, year=plan.year)
        .select_related("created_by", "approved_by")
        .order_by("-version")
    )


def months_of(plan: YearPlan) -> Months:
    """Month number → roubles."""
    return {row.month.month: row.amount for row in plan.months.all()}


def kept_months(approved: YearPlan | None, *, today: date) -> Months:
    """Months of the approved version that are over: no later version moves them."""
    if approved is None:
        return {}
    return {month: amount for month, amount in months_of(approved).items() if month_end(approved.year, month) < today}


def season_from_past(
    *, year: int, today: date, department_id: int | None, user_id: int | None, segment_id: int | None
) -> dict[int, Fraction] | None:
    """Coefficients suggested by the two years before (3.1.5); None unless both are over and brought money."""
    last = min(year, today.year) - 1
    years = range(last, last - SEASON_YEARS, -1)
    rows = PaymentCredit.objects.filter(is_void=False, paid_on__year__gte=years[-1], paid_on__year__lte=last)
    if department_id is not None:
        rows = rows.filter(department_id=department_id)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    if segment_id is not None:
        rows = rows.filter(payment__cycle__segment_id=segment_id)
    found: dict[int, Months] = {one: {} for one in years}
    sums = rows.order_by().annotate(at_year=ExtractYear("paid_on"), at_month=ExtractMonth("paid_on"))
    for at_year, at_month, amount in sums.values_list("at_year", "at_month").annotate(total=Sum("amount")):
        found[at_year][at_month] = amount
    if not all(any(amount > 0 for amount in months.values()) for months in found.values()):
        return None
    return season_suggestion(found, production_calendar())


def people_to_plan(departments: Iterable[Department]) -> QuerySet[User]:
    """Who may have a plan of his own: active managers and the head, by department and name."""
    return (
        User.objects.active()
        .filter(department__in=list(departments), role__in=[*MANAGER_ROLES, Role.HEAD])
        .select_related("department")
        .order_by("department__name", "last_name", "first_name", "pk")
    )

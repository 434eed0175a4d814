"""Whose year a person may plan: the director everybody's, a head his department's; all else does not exist."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from clients.models import Segment
from common import clock
from planning.models import YearPlan
from planning.selectors.year_plans import people_to_plan
from planning.services import PlanScope
from planning.views.scope import departments_of, whole

FIRST_YEAR, LAST_YEAR = 2015, 2100


def planner(request: HttpRequest) -> User:
    """The person, if he plans at all. Http404."""
    viewer: User = request.user  # type: ignore[assignment]
    if viewer.role not in (Role.DIRECTOR, Role.HEAD):
        raise Http404
    return viewer


def year_asked(request: HttpRequest) -> int:
    """`?year=`, else this year. Http404 for what is no year of the calendar."""
    asked = whole(request.GET.get("year", ""))
    if asked is None:
        return clock.today().year
    if not FIRST_YEAR <= asked <= LAST_YEAR:
        raise Http404
    return asked


def scope_asked(request: HttpRequest) -> PlanScope:
    """The scope of `?year=&department=&user=&segment=`. Http404 outside the reader's right."""
    viewer = planner(request)
    departments = {one.pk: one for one in departments_of(viewer)}
    department_id, user_id, segment_id = (
        whole(request.GET.get(name, "")) for name in ("department", "user", "segment")
    )
    department: Department | None = None
    user: User | None = None
    if department_id is not None:
        department = departments.get(department_id) or _none()
    elif viewer.role != Role.DIRECTOR:
        department = next(iter(departments.values()), None) or _none()
    elif user_id is not None:
        raise Http404
    if user_id is not None and department is not None:
        user = people_to_plan([department]).filter(pk=user_id).first() or _none()
    segment = None if segment_id is None else (Segment.objects.filter(pk=segment_id).first() or _none())
    return PlanScope(year_asked(request), department, user, segment)


def plan_asked(request: HttpRequest, pk: int) -> YearPlan:
    """A version within the reader's sight. Http404."""
    found = (
        YearPlan.objects.visible_to(planner(request))
        .select_related("department", "user", "segment", "created_by", "approved_by")
        .filter(pk=pk)
        .first()
    )
    return found or _none()


def scope_of(plan: YearPlan) -> PlanScope:
    return PlanScope(plan.year, plan.department, plan.user, plan.segment)


def scope_pairs(scope: PlanScope) -> dict[str, Any]:
    """The scope as it stands in an address."""
    parts = {"department": scope.department, "user": scope.user, "segment": scope.segment}
    return {"year": scope.year} | {name: one.pk for name, one in parts.items() if one is not None}


def draft_url(scope: PlanScope) -> str:
    return "/plan/year/draft/?" + urlencode(scope_pairs(scope))


def list_url(year: int) -> str:
    return f"/plan/year/?year={year}"


def scope_name(scope: PlanScope) -> str:
    """«Компания», «Отдел продаж», «Иванова Мария», with the segment after it."""
    name = scope.user.full_name if scope.user else scope.department.name if scope.department else _("Company")
    return f"{name} · {scope.segment.name}" if scope.segment else name


def may_approve(viewer: User, scope: PlanScope) -> bool:
    """A whole department or company is approved by the director; plans of people by their head too."""
    return viewer.role == Role.DIRECTOR or (viewer.role == Role.HEAD and scope.user is not None)


def _none() -> Any:
    raise Http404

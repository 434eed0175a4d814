"""Plans of a year by scope: who has an approved version, who a draft, and whether the parts make the whole."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.choices import Role
from accounts.models import Department, User
from clients.models import Segment
from common import formats
from planning.models import YearPlan
from planning.selectors.year_plans import ScopeKey, Standing, people_to_plan, standings
from planning.services import PlanScope
from planning.views.scope import departments_of
from planning.views.years.scope import (
    FIRST_YEAR,
    LAST_YEAR,
    draft_url,
    list_url,
    may_approve,
    planner,
    scope_name,
    scope_of,
    year_asked,
)

_NOTHING = Decimal("0.00")


@require_GET
def year_plans(request: HttpRequest) -> HttpResponse:
    """`?year=`: the company (director), every department in sight, its segments and people."""
    viewer, year = planner(request), year_asked(request)
    departments = departments_of(viewer)
    found = standings(viewer=viewer, year=year)
    people: dict[int, list[User]] = {}
    for user in people_to_plan(departments):
        people.setdefault(user.department_id or 0, []).append(user)
    segments = list(Segment.objects.order_by("pk"))
    groups = []
    if viewer.role == Role.DIRECTOR:
        groups.append(_company(viewer, year, departments, segments, found))
    for department in departments:
        groups.append(_department(viewer, year, department, people.get(department.pk, []), segments, found))
    context = {
        "year": year,
        "groups": groups,
        "back_url": list_url(year - 1) if year > FIRST_YEAR else "",
        "ahead_url": list_url(year + 1) if year < LAST_YEAR else "",
        "import_url": f"/plan/year/import/?year={year}",
    }
    return render(request, "planning/year_plans.html", context)


def _company(
    viewer: User,
    year: int,
    departments: list[Department],
    segments: list[Segment],
    found: dict[ScopeKey, Standing],
) -> dict[str, Any]:
    whole = PlanScope(year)
    parts = [found[one.pk, None, None].approved for one in departments if (one.pk, None, None) in found]
    rows = [_row(viewer, whole, found, parts=parts)]
    rows += [_row(viewer, PlanScope(year, segment=one), found, is_part=True) for one in segments]
    return {"title": _("Company"), "rows": rows}


def _department(
    viewer: User,
    year: int,
    department: Department,
    people: list[User],
    segments: list[Segment],
    found: dict[ScopeKey, Standing],
) -> dict[str, Any]:
    own = {key: one for key, one in found.items() if key[0] == department.pk and key[1] is not None and key[2] is None}
    rows = [_row(viewer, PlanScope(year, department), found, parts=[one.approved for one in own.values()])]
    listed: set[ScopeKey] = {(department.pk, None, None)}
    for scope in [
        *(PlanScope(year, department, user) for user in people),
        *(PlanScope(year, department, None, segment) for segment in segments),
    ]:
        rows.append(_row(viewer, scope, found, is_part=True))
        listed.add(_key(scope))
    # Plans of people who have left, and of one person's segment.
    for key, standing in sorted(found.items(), key=lambda item: tuple(part or 0 for part in item[0])):
        plan = standing.approved or standing.draft
        if key[0] == department.pk and key not in listed and plan is not None:
            is_active = plan.user is None or any(plan.user_id == user.pk for user in people)
            rows.append(_row(viewer, scope_of(plan), found, is_part=True, may_edit=is_active))
    return {"title": department.name, "rows": rows}


def _key(scope: PlanScope) -> ScopeKey:
    parts = (scope.department, scope.user, scope.segment)
    return tuple(part.pk if part is not None else None for part in parts)  # type: ignore[return-value]


def _row(
    viewer: User,
    scope: PlanScope,
    found: dict[ScopeKey, Standing],
    *,
    parts: Iterable[YearPlan | None] = (),
    is_part: bool = False,
    may_edit: bool = True,
) -> dict[str, Any]:
    standing = found.get(_key(scope), Standing())
    approved, draft = standing.approved, standing.draft
    known = [one for one in parts if one is not None]
    parts_sum = sum((one.amount for one in known), _NOTHING)
    gap = approved.amount - parts_sum if approved is not None and known else None
    shown = approved or draft
    return {
        "name": scope_name(scope),
        "is_part": is_part,
        "approved": _cell(approved),
        "draft": _cell(draft),
        "months_sum": formats.money(shown.months_sum or _NOTHING) if shown is not None else "",  # type: ignore[attr-defined]
        "months_url": f"/plan/year/{shown.pk}/" if shown is not None else "",
        "parts_sum": formats.money(parts_sum) if known else "",
        "gap": formats.money(abs(gap)) if gap else "",
        "is_short": gap is not None and gap > 0,
        "edit_url": draft_url(scope) if may_edit else "",
        "edit": _("Edit the draft") if draft else _("New version") if approved else _("Plan the year"),
        "approve": {"url": f"/plan/year/{draft.pk}/approve/", "edition": draft.edition}
        if draft is not None and may_approve(viewer, scope)
        else None,
    }


def _cell(plan: YearPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    who, at = plan.approved_by or plan.created_by, plan.approved_at or plan.created_at
    return {
        "url": f"/plan/year/{plan.pk}/",
        "amount": formats.money(plan.amount),
        "version": plan.version,
        "by": who.short_name if who else formats.DASH,
        "at": formats.day_time(at),
    }

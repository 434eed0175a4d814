"""/plan/parts/: a target beside its parts: the company by departments, any scope by segments, in any period."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.workdays import PeriodKind
from deals.selectors import may_export
from planning.choices import PeriodKind as PeriodLabel
from planning.rules import ALL_KINDS, following_day, previous_day
from planning.selectors.figures import Figures
from planning.selectors.parts import PartLine, Parts, parts_gap, parts_of
from planning.views.cells import light_of
from planning.views.page import period_asked
from planning.views.scope import chosen


@require_safe
def plan_parts(request: HttpRequest) -> HttpResponse:
    """`?period=&day=&department=|user=`: nothing named is the company to a director, his own scope to anybody else."""
    viewer: User = request.user  # type: ignore[assignment]
    department, user, departments = parts_scope(request)
    kind, day = period_asked(request)
    found = parts_of(department=department, user=user, kind=kind, day=day, today=clock.today())
    calendar = production_calendar()
    who = _who(department, user)
    may_open_years = viewer.role in (Role.HEAD, Role.DIRECTOR)
    first, last = found.span.period.starts_on, found.span.period.ends_on
    back, ahead = (one(kind, day, calendar).isoformat() for one in (previous_day, following_day))
    context = {
        "who": user.full_name if user else department.name if department else _("Company"),
        "stretch": formats.date_num(first)
        if first == last
        else f"{formats.date_num(first)} – {formats.date_num(last)}",
        "tabs": [
            {"label": PeriodLabel(str(one)).label, "url": _url(who, one, day.isoformat()), "active": one == kind}
            for one in ALL_KINDS
        ],
        "whole": _figures(found, found.whole, _paid_url(found, who or {"credited": 1})),
        "own": _own(found, may_open_years),
        "groups": [
            *([_departments(found)] if department is None else []),
            _segments(found, who, may_open_years),
        ],
        "scopes": _scopes(departments, department, kind, day.isoformat()) if viewer.role == Role.DIRECTOR else [],
        "back_url": _url(who, kind, back),
        "ahead_url": _url(who, kind, ahead),
        "crumb_url": "/plan/?" + urlencode({**who, "period": str(kind), "day": day.isoformat()}),
        # The company has no plan and fact of its own: its plan is the departments below.
        "plan_url": "/plan/?" + urlencode({**who, "period": str(kind), "day": day.isoformat()})
        if who
        else "#departments",
        "export_url": _url(who, kind, day.isoformat(), page="parts/export") if may_export(viewer) else "",
        "years_url": f"/plan/year/?year={first.year}" if may_open_years else "",
    }
    return render(request, "planning/parts.html", context)


def parts_scope(request: HttpRequest) -> tuple[Department | None, User | None, list[Department]]:
    """Whose target the address asks for (nothing: the company), and what may be chosen instead. Http404."""
    scope = chosen(request)
    is_named = any(request.GET.get(name) for name in ("department", "user"))
    is_company = not is_named and request.user.role == Role.DIRECTOR  # type: ignore[union-attr]
    return None if is_company else scope.department, scope.user, scope.departments


def _who(department: Department | None, user: User | None) -> dict[str, int]:
    if user is not None:
        return {"user": user.pk}
    return {"department": department.pk} if department is not None else {}


def _url(who: dict[str, int], kind: PeriodKind, day: str, page: str = "parts") -> str:
    return f"/plan/{page}/?" + urlencode({**who, "period": str(kind), "day": day})


def _scopes(
    departments: list[Department], shown: Department | None, kind: PeriodKind, day: str
) -> list[dict[str, Any]]:
    choices = [(_("Company"), None), *((one.name, one) for one in departments)]
    return [{"label": label, "url": _url(_who(one, None), kind, day), "active": one == shown} for label, one in choices]


def _paid_url(found: Parts, which: dict[str, int]) -> str:
    """The payments behind a fact of this page."""
    until = min(found.whole.as_of, found.span.facts_to)
    stretch = {"from": found.span.facts_from.isoformat(), "to": until.isoformat()}
    return "/documents/?" + urlencode({"tab": "payments", **which, **stretch})


def _figures(found: Parts, figures: Figures, fact_url: str) -> dict[str, Any]:
    return {
        "plan": formats.money(figures.plan) if figures.plan else formats.DASH,
        "to_date": formats.money(figures.plan_to_date) if figures.plan else formats.DASH,
        "fact": formats.money(figures.fact),
        "fact_url": fact_url if figures.as_of >= found.span.facts_from else "",
        "light": light_of(figures.attainment, figures.zone),
    }


def _own(found: Parts, may_open_years: bool) -> dict[str, str] | None:
    """The scope's own approved target of the period, where it differs in nothing or in what."""
    if found.own is None:
        return None
    gap = found.own - found.whole.plan
    return {
        "amount": formats.money(found.own),
        "url": f"/plan/year/{found.own_id}/" if may_open_years else "",
        "gap": formats.money(abs(gap)) if gap else "",
        "is_short": "1" if gap > 0 else "",
    }


def _departments(found: Parts) -> dict[str, Any]:
    asked = {"period": str(found.span.period.kind), "day": found.span.period.starts_on.isoformat()}
    rows = [
        {
            "name": line.part.name,
            "plan_url": "/plan/?" + urlencode({"department": line.part.pk, **asked}),
            **_figures(found, line.figures, _paid_url(found, {"department": line.part.pk})),
        }
        for line in found.departments
    ]
    whole = found.own if found.own is not None else found.whole.plan
    return _group("departments", _("By departments"), _("Department"), rows, found.departments, whole)


def _segments(found: Parts, who: dict[str, int], may_open_years: bool) -> dict[str, Any]:
    rows = [
        {
            "name": line.part.name,
            "plan_url": f"/plan/year/{line.plan_id}/" if line.plan_id and may_open_years else "",
            **_figures(found, line.figures, _paid_url(found, {**who, "segment": line.part.pk})),
        }
        for line in found.segments
    ]
    return _group("segments", _("By segments"), _("Segment"), rows, found.segments, found.whole.plan)


def _group(name: str, title: str, label: str, rows: list[Any], lines: list[PartLine], whole: Decimal) -> dict[str, Any]:
    gap = parts_gap(lines, whole)
    nothing = Decimal("0.00")
    return {
        "id": name,
        "title": title,
        "label": label,
        "rows": rows,
        "plan": formats.money(sum((line.figures.plan for line in lines), nothing)) if gap is not None else formats.DASH,
        "to_date": formats.money(sum((line.figures.plan_to_date for line in lines), nothing))
        if gap is not None
        else formats.DASH,
        "fact": formats.money(sum((line.figures.fact for line in lines), nothing)),
        "gap": formats.money(abs(gap)) if gap else "",
        "is_short": gap is not None and gap > 0,
        "is_exact": gap is not None and not gap,
    }

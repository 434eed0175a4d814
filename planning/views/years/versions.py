"""One version of a year's plan: unfolded, with what it is made of, its history and its acts; two versions compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common import formats
from common.acts import answers_refusals
from common.errors import Conflict, Invalid, StaleVersion
from common.htmx import redirect
from planning import services
from planning.calculator import compare_versions
from planning.choices import PlanStatus
from planning.models import YearPlan
from planning.selectors.year_plans import months_of, versions_of
from planning.views.calculators.texts import number_text, share_text
from planning.views.scope import whole
from planning.views.years.dividing import divide_links
from planning.views.years.forms import RATE_LABELS
from planning.views.years.scope import draft_url, list_url, may_approve, plan_asked, planner, scope_name, scope_of
from planning.views.years.tree import month_name, tree_of_version


@require_GET
def year_plan(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, plan_asked(request, pk))


@answers_refusals
@require_POST
def year_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `edition`: the draft becomes the plan in force."""
    plan = plan_asked(request, pk)
    try:
        services.approve_year_plan(plan=plan, actor=planner(request), edition=_edition(request))
    except Invalid as error:
        return _page(request, plan, status=422, refusal=" ".join(dict.fromkeys(_texts(error))))
    except (StaleVersion, Conflict) as error:
        return _page(request, plan_asked(request, pk), status=409, refusal=error.text)
    told = _("The plan is approved: %(name)s, %(amount)s.")
    messages.success(request, told % {"name": scope_name(scope_of(plan)), "amount": formats.money(plan.amount)})
    return redirect(request, f"/plan/year/{plan.pk}/")


@answers_refusals
@require_POST
def year_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `edition`: the draft is forgotten."""
    plan = plan_asked(request, pk)
    try:
        services.drop_year_draft(plan=plan, actor=planner(request), edition=_edition(request))
    except (StaleVersion, Conflict) as error:
        return _page(request, plan_asked(request, pk), status=409, refusal=error.text)
    messages.success(request, _("The draft is dropped."))
    return redirect(request, list_url(plan.year))


@require_GET
def year_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """`?with=` another version of the same scope and year, the one before when not given."""
    after = plan_asked(request, pk)
    versions = list(versions_of(viewer=planner(request), plan=after))
    wanted = whole(request.GET.get("with", ""))
    if wanted is None:
        before = next((one for one in versions if one.version < after.version), None)
    else:
        before = next((one for one in versions if one.pk == wanted), None)
    if before is None:
        raise Http404
    lines = compare_versions(months_of(before), months_of(after))
    context = {
        "name": scope_name(scope_of(after)),
        "year": after.year,
        "before": _head(before),
        "after": _head(after),
        "months": [
            {
                "name": month_name(line.month),
                "before": formats.money(line.before),
                "after": formats.money(line.after),
                "difference": _difference(line.difference),
            }
            for line in lines
        ],
        "total": {
            "before": formats.money(before.amount),
            "after": formats.money(after.amount),
            "difference": _difference(after.amount - before.amount),
        },
        "made": [
            {"label": label, "before": mine, "after": theirs, "is_same": mine == theirs}
            for (label, mine), (_label, theirs) in zip(_made_of(before), _made_of(after), strict=True)
        ],
        "others": [one for one in map(_head, versions) if one["pk"] not in (before.pk, after.pk)],
        "plan_url": f"/plan/year/{after.pk}/",
    }
    return render(request, "planning/year_compare.html", context)


def _page(request: HttpRequest, plan: YearPlan, *, status: int = 200, refusal: str = "") -> HttpResponse:
    viewer, scope = planner(request), scope_of(plan)
    versions = list(versions_of(viewer=viewer, plan=plan))
    approved = next((one for one in versions if one.status == PlanStatus.APPROVED), None)
    is_draft = plan.status == PlanStatus.DRAFT
    context = {
        "name": scope_name(scope),
        "plan": _head(plan),
        "edition": plan.edition,
        "year": plan.year,
        "amount": formats.money(plan.amount),
        "tree": tree_of_version(plan, approved),
        "made": _made_of(plan),
        "history": [_head(one) | {"is_shown": one.pk == plan.pk, "url": f"/plan/year/{one.pk}/"} for one in versions],
        "refusal": refusal,
        "is_draft": is_draft,
        "may_approve": is_draft and may_approve(viewer, scope),
        "waits_for_director": is_draft and not may_approve(viewer, scope),
        "draft_url": draft_url(scope),
        "divisions": divide_links(plan),
        "compare_url": f"/plan/year/{plan.pk}/compare/" if any(one.version < plan.version for one in versions) else "",
        "back_url": list_url(plan.year),
    }
    return render(request, "planning/year_plan.html", context, status=status)


def _head(plan: YearPlan) -> dict[str, Any]:
    """A version in words: number, state, who, when, why."""
    who, at = plan.approved_by or plan.created_by, plan.approved_at or plan.created_at
    return {
        "pk": plan.pk,
        "version": plan.version,
        "status": plan.get_status_display(),
        "css": {PlanStatus.APPROVED: "tag-good", PlanStatus.DRAFT: "tag-warn"}.get(PlanStatus(plan.status), ""),
        "amount": formats.money(plan.amount),
        "by": who.short_name if who else formats.DASH,
        "at": formats.day_time(at),
        "reason": plan.reason,
    }


def _made_of(plan: YearPlan) -> list[tuple[str, str]]:
    """What the plan is made of (R-S4-1), label and value."""
    season = {int(month): Decimal(value) for month, value in plan.season.items()}
    coefficients = ", ".join(
        f"{month_name(month)} {number_text(value, 2, short=True)}" for month, value in sorted(season.items())
    )
    rates = [
        (str(label), share_text(Decimal(plan.rates[name]), 2, short=True) if name in plan.rates else formats.DASH)
        for name, label in RATE_LABELS.items()
    ]
    return [
        (_("Leads a year"), formats.number(plan.leads)),
        (_("Average cheque, ₽"), formats.money(plan.average_cheque)),
        *rates,
        (_("Season"), coefficients or _("even")),
    ]


def _difference(amount: Decimal) -> str:
    text = formats.money(abs(amount))
    return f"+{text}" if amount > 0 else f"{formats.MINUS}{text}" if amount < 0 else formats.DASH


def _edition(request: HttpRequest) -> int:
    """The edition the person saw; what cannot be read is none that stands."""
    text = request.POST.get("edition", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _texts(error: Invalid) -> list[str]:
    return [text for texts in error.fields.values() for text in texts]

"""A year divided between departments, people or segments: by a way that is offered, or by weights typed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common import clock, formats
from common.acts import answers_refusals
from common.errors import Invalid
from common.htmx import redirect
from planning import services
from planning.calculator import WrongInput, split_between
from planning.models import YearPlan
from planning.selectors.dividing import DEPARTMENTS, PEOPLE, SEGMENTS, WAYS, Share, kinds_of, shares_of
from planning.selectors.year_plans import months_of
from planning.services import invalid_of
from planning.views.calculators.texts import share_text, typed_number
from planning.views.years.forms import WeightsForm
from planning.views.years.scope import list_url, plan_asked, planner, scope_name, scope_of

WAY_LABELS = {
    "approved": gettext_lazy("By plans in force"),
    "past": gettext_lazy("By payments"),
    "forecast": gettext_lazy("By forecast"),
    "time": gettext_lazy("By working time"),
    "evenly": gettext_lazy("Evenly"),
}
_COLUMNS = {
    "approved": gettext_lazy("Plan in force"),
    "past": gettext_lazy("Paid in 12 months"),
    "forecast": gettext_lazy("Forecast of the year"),
    "time": gettext_lazy("Working time"),
}
_TITLES = {
    DEPARTMENTS: gettext_lazy("Divide between departments"),
    PEOPLE: gettext_lazy("Divide between people"),
    SEGMENTS: gettext_lazy("Divide between segments"),
}
_PARTS = {
    DEPARTMENTS: gettext_lazy("Department"),
    PEOPLE: gettext_lazy("Manager"),
    SEGMENTS: gettext_lazy("Segment"),
}


def divide_links(plan: YearPlan) -> list[dict[str, str]]:
    """What the plan may be divided into: a label and an address each."""
    return [{"label": str(_TITLES[kind]), "url": divide_url(plan, kind)} for kind in kinds_of(plan)]


def divide_url(plan: YearPlan, kind: str) -> str:
    return f"/plan/year/{plan.pk}/divide/?into={kind}"


@answers_refusals
@require_http_methods(["GET", "POST"])
def year_divide(request: HttpRequest, pk: int) -> HttpResponse:
    """`?into=departments|people|segments`; `&by=` fills the weights in; POST writes drafts, `act=preview` shows them."""
    plan = plan_asked(request, pk)
    kinds = kinds_of(plan)
    kind = request.GET.get("into", "") or next(iter(kinds), "")
    if kind not in kinds:
        raise Http404
    shares = shares_of(plan=plan, kind=kind, today=clock.today())
    names = {one.part.pk: _name(one) for one in shares}
    way = request.GET.get("by", "")
    way = way if way in WAYS[kind] else _default_way(shares, kind)
    filled = {f"weight_{one.part.pk}": typed_number(one.weights[way]) for one in shares}
    form = WeightsForm(request.POST if request.method == "POST" else filled, names=names)
    parts, refusal = _parts(plan, form)
    status = 422 if request.method == "POST" and (refusal or form.errors) else 200
    if request.method == "POST" and status == 200 and request.POST.get("act") != "preview":
        by_id = {one.part.pk: one.part for one in shares}
        weights: dict[Any, Any] = {by_id[part_id]: weight for part_id, weight in form.weights().items()}
        try:
            drafts = services.split_year_plan(plan=plan, weights=weights, actor=planner(request))
        except Invalid as error:
            status, refusal = 422, error.text
        else:
            told = ngettext("%(n)s draft is written.", "%(n)s drafts are written.", len(drafts)) % {"n": len(drafts)}
            messages.success(request, told)
            return redirect(request, list_url(plan.year))
    columns = [one for one in WAYS[kind] if one in _COLUMNS]
    context = {
        "title": str(_TITLES[kind]),
        "part_label": str(_PARTS[kind]),
        "columns": [str(_COLUMNS[one]) for one in columns],
        "name": scope_name(scope_of(plan)),
        "year": plan.year,
        "version": plan.version,
        "amount": formats.money(plan.amount),
        "form": form,
        "rows": [_row(one, form, parts.get(one.part.pk), plan, columns) for one in shares],
        "total": formats.money(sum((sum(one.values()) for one in parts.values()), Decimal("0.00"))) if parts else "",
        "totals": [_cell(one, sum(share.weights[one] for share in shares)) for one in columns],
        "refusal": refusal,
        "ways": [
            {"label": str(WAY_LABELS[name]), "url": f"{divide_url(plan, kind)}&by={name}", "active": name == way}
            for name in WAYS[kind]
        ]
        if request.method == "GET"
        else [],
        "action_url": divide_url(plan, kind),
        "back_url": f"/plan/year/{plan.pk}/",
    }
    return render(request, "planning/year_divide.html", context, status=status)


def _name(share: Share) -> str:
    return share.part.full_name if isinstance(share.part, User) else share.part.name


def _default_way(shares: list[Share], kind: str) -> str:
    """The first way by which anybody weighs anything: forecasts before time (3.1.1), plans in force before the past."""
    return next(way for way in WAYS[kind] if way == "evenly" or any(one.weights[way] for one in shares))


def _parts(plan: YearPlan, form: WeightsForm) -> tuple[dict[int, dict[int, Decimal]], str]:
    """Part id → month → roubles as the weights divide them, and why they do not."""
    if not form.is_valid():
        return {}, ""
    try:
        return split_between(months_of(plan), form.weights()), ""
    except WrongInput as error:
        return {}, invalid_of(error).text


def _cell(way: str, weight: Any) -> dict[str, str]:
    text = share_text(weight, 0) if way == "time" else formats.money(weight)
    return {"label": str(_COLUMNS[way]), "text": text}


def _row(
    share: Share, form: WeightsForm, months: dict[int, Decimal] | None, plan: YearPlan, columns: list[str]
) -> dict[str, Any]:
    amount = sum(months.values(), Decimal("0.00")) if months else None
    return {
        "name": _name(share),
        "role": share.part.get_role_display() if isinstance(share.part, User) else "",
        "cells": [_cell(one, share.weights[one]) for one in columns],
        "field": form[f"weight_{share.part.pk}"],
        "amount": formats.money(amount),
        "share": share_text(amount / plan.amount, 1) if amount is not None and plan.amount else "",
    }

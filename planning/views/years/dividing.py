"""A department's year divided between its people: by forecast, by time, evenly or by weights typed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from common import clock, formats
from common.acts import answers_refusals
from common.errors import Invalid
from common.htmx import redirect
from planning import services
from planning.calculator import WrongInput, split_between
from planning.models import YearPlan
from planning.selectors.year_plans import Share, months_of, shares_of
from planning.services import invalid_of
from planning.views.calculators.texts import share_text, typed_number
from planning.views.years.forms import WeightsForm
from planning.views.years.scope import list_url, plan_asked, planner, scope_name, scope_of

WAYS = ("forecast", "time", "evenly")


@answers_refusals
@require_http_methods(["GET", "POST"])
def year_divide(request: HttpRequest, pk: int) -> HttpResponse:
    """GET `?by=` fills the weights in; POST writes drafts of the people, or with `act=preview` only shows them."""
    plan = plan_asked(request, pk)
    if plan.department is None or plan.user_id is not None:
        raise Http404
    shares = shares_of(department=plan.department, year=plan.year, today=clock.today())
    names = {one.user.pk: one.user.full_name for one in shares}
    way = request.GET.get("by", "")
    way = way if way in WAYS else _default_way(shares)
    filled = {f"weight_{one.user.pk}": typed_number(_weight(one, way)) for one in shares}
    form = WeightsForm(request.POST if request.method == "POST" else filled, names=names)
    parts, refusal = _parts(plan, form)
    status = 422 if request.method == "POST" and (refusal or form.errors) else 200
    if request.method == "POST" and status == 200 and request.POST.get("act") != "preview":
        users = {one.user.pk: one.user for one in shares}
        weights: dict[Any, Any] = {users[user_id]: weight for user_id, weight in form.weights().items()}
        try:
            drafts = services.split_year_plan(plan=plan, weights=weights, actor=planner(request))
        except Invalid as error:
            status, refusal = 422, error.text
        else:
            told = ngettext("%(n)s draft is written.", "%(n)s drafts are written.", len(drafts)) % {"n": len(drafts)}
            messages.success(request, told)
            return redirect(request, list_url(plan.year))
    context = {
        "name": scope_name(scope_of(plan)),
        "year": plan.year,
        "version": plan.version,
        "amount": formats.money(plan.amount),
        "form": form,
        "rows": [_row(one, form, parts.get(one.user.pk), plan) for one in shares],
        "total": formats.money(sum((sum(one.values()) for one in parts.values()), Decimal("0.00"))) if parts else "",
        "forecast_total": formats.money(sum((one.forecast for one in shares), Decimal("0.00"))),
        "refusal": refusal,
        "ways": [
            {"label": label, "url": f"/plan/year/{plan.pk}/divide/?by={name}", "active": name == way}
            for name, label in zip(WAYS, (_("By forecast"), _("By working time"), _("Evenly")), strict=True)
        ]
        if request.method == "GET"
        else [],
        "action_url": f"/plan/year/{plan.pk}/divide/",
        "back_url": f"/plan/year/{plan.pk}/",
    }
    return render(request, "planning/year_divide.html", context, status=status)


def _default_way(shares: list[Share]) -> str:
    """Forecasts when anybody has one, else the time (3.1.1)."""
    if any(one.forecast for one in shares):
        return "forecast"
    return "time" if any(one.capacity for one in shares) else "evenly"


def _weight(share: Share, way: str) -> Any:
    return {"forecast": share.forecast, "time": share.capacity, "evenly": 1}[way]


def _parts(plan: YearPlan, form: WeightsForm) -> tuple[dict[int, dict[int, Decimal]], str]:
    """User id → month → roubles as the weights divide them, and why they do not."""
    if not form.is_valid():
        return {}, ""
    try:
        return split_between(months_of(plan), form.weights()), ""
    except WrongInput as error:
        return {}, invalid_of(error).text


def _row(share: Share, form: WeightsForm, months: dict[int, Decimal] | None, plan: YearPlan) -> dict[str, Any]:
    amount = sum(months.values(), Decimal("0.00")) if months else None
    return {
        "name": share.user.full_name,
        "role": share.user.get_role_display(),
        "forecast": formats.money(share.forecast),
        "time": share_text(share.capacity, 0),
        "field": form[f"weight_{share.user.pk}"],
        "amount": formats.money(amount),
        "share": share_text(amount / plan.amount, 1) if amount is not None and plan.amount else "",
    }

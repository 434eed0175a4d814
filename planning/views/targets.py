"""The form of one month target: a fragment in the dialog, a page without JavaScript."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from common import clock, formats
from common.errors import ActError, Invalid, StaleVersion
from common.htmx import redirect, wants_fragment
from planning import selectors, services
from planning.forms import AskForm, TargetForm
from planning.views.scope import chosen


@require_http_methods(["GET", "POST"])
def target(request: HttpRequest) -> HttpResponse:
    """GET and POST `?department=&user=&day=`: the target of the month that holds the day; no user = the department."""
    viewer: User = request.user  # type: ignore[assignment]
    scope = chosen(request)
    if not selectors.may_set_targets(viewer, scope.department):
        raise Http404
    ask = AskForm(request.GET)
    ask.is_valid()
    month: date = (ask.cleaned_data.get("day") or clock.today()).replace(day=1)
    history = list(selectors.target_history(department=scope.department, user=scope.user, month=month))
    current = next((row for row in history if row.is_current), None)
    initial = {"version": current.version if current else 0}
    if current is not None:
        initial["amount"] = formats.number(current.amount, 2)  # type: ignore[assignment]
    form = TargetForm(request.POST or None, needs_reason=current is not None, initial=initial)
    status, refusal = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = services.set_month_target(
                    department=scope.department, user=scope.user, month=month, actor=viewer, **form.cleaned_data
                )
            except Invalid as error:
                for name, texts in error.fields.items():
                    form.add_error(name if name in form.fields else None, list(texts))
            except StaleVersion as error:
                status, refusal = 409, error.text
            except ActError as error:
                status, refusal = error.status, error.text
            else:
                messages.success(
                    request, _("The target is approved: %(amount)s.") % {"amount": formats.money(saved.amount)}
                )
                return redirect(request, f"/plan/?period=month&department={scope.department.pk}&day={month:%Y-%m-%d}")
    context = {
        "form": form,
        "refusal": refusal,
        "history": [
            {
                "version": row.version,
                "amount": formats.money(row.amount),
                "reason": row.reason,
                "by": row.created_by.short_name if row.created_by else formats.DASH,
                "at": formats.day_time(row.created_at),
            }
            for row in history
        ],
        "who": scope.user.full_name if scope.user else scope.department.name,
        "month": month,
        "action_url": request.get_full_path(),
        "back_url": f"/plan/?period=month&department={scope.department.pk}&day={month:%Y-%m-%d}",
    }
    template = "planning/_target.html" if wants_fragment(request) else "planning/target_page.html"
    return render(request, template, context, status=status)

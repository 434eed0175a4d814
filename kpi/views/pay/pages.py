"""The month of a manager as it stands or was frozen, and the statements of a department."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from common import clock, formats
from common.htmx import wants_fragment
from common.workdays import month_end
from kpi import services
from kpi.calculator import pay_if
from kpi.forms import ExtraForm
from kpi.models import PayStatement
from kpi.selectors import month_pays, own_statements, statements
from kpi.selectors.pay import MonthPays, statement_of
from kpi.views.pay.asked import month_asked
from kpi.views.pay.rows import (
    attained_text,
    chain_closed,
    chain_live,
    closed_row,
    differs,
    indicators_closed,
    indicators_live,
    live_row,
    month_words,
    payments,
    terms_rows,
)
from planning.views.calculators import address_of, number_text, share_text
from planning.views.scope import Scope, chosen


@require_GET
def pay_page(request: HttpRequest) -> HttpResponse:
    """Without `?user=` a head's or director's department; a manager sees himself."""
    scope, month = chosen(request), month_asked(request)
    if scope.user is not None and scope.user.is_manager:
        return _statement(request, scope, scope.user, month)
    if scope.user is not None:
        raise Http404  # a head is not paid by this scheme
    return _department(request, scope, month)


def _frame(scope: Scope, viewer: User, month: date) -> dict[str, Any]:
    """The switches of month and scope."""
    who = {"user": scope.user.pk} if scope.user and scope.user.pk != viewer.pk else {"department": scope.department.pk}
    before, after = (month - timedelta(days=1)).replace(day=1), month_end(month.year, month.month) + timedelta(days=1)
    today = clock.today().replace(day=1)
    return {
        "month": month_words(month),
        "back_url": address_of("/kpi/pay/", who, {"month": before.isoformat()}),
        "ahead_url": address_of("/kpi/pay/", who, {"month": after.isoformat()}) if month < today else "",
        "now_url": address_of("/kpi/pay/", who) if month != today else "",
        "whole_url": address_of("/kpi/pay/", {"department": scope.department.pk, "month": month.isoformat()})
        if scope.user and not viewer.is_manager
        else "",
        "scheme_url": "/kpi/pay/scheme/" if services.may_edit_scheme(viewer) else "",
        "departments": [
            {
                "label": one.name,
                "url": address_of("/kpi/pay/", {"department": one.pk, "month": month.isoformat()}),
                "active": one == scope.department,
            }
            for one in scope.departments
        ]
        if len(scope.departments) > 1
        else [],
    }


def _department(request: HttpRequest, scope: Scope, month: date) -> HttpResponse:
    viewer = cast(User, request.user)
    department, today = scope.department, clock.today()
    closed = list(statements(viewer=viewer, department=department, month=month))
    live = month_pays(department=department, month=month, today=today)
    is_over = month_end(month.year, month.month) < today
    rows = [closed_row(row) for row in closed] or [live_row(live, line) for line in live.people]
    amounts = [row.amount for row in closed] or [line.pay.amount for line in live.people]
    context = {
        **_frame(scope, viewer, month),
        "title": department.name,
        "lead": _lead(closed, live, is_over),
        "rows": rows,
        "total": formats.money(sum(amounts, Decimal("0.00"))),
        "is_closed": bool(closed),
        "is_over": is_over,
        "can_close": services.may_close(viewer) and is_over and not closed and bool(live.people),
        "close_url": address_of("/kpi/pay/close/", {"department": department.pk, "month": month.isoformat()}),
        "export_url": address_of("/kpi/pay/export/", {"department": department.pk, "month": month.isoformat()}),
        "terms": terms_rows(live.terms) if not closed else [],
        "changed": [closed_row(row)["name"] for row in closed if differs(row, live)],
    }
    return render(request, "kpi/pay.html", context)


def _lead(closed: list[PayStatement], live: MonthPays, is_over: bool) -> str:
    if closed:
        first = closed[0]
        return _("closed %(at)s by %(name)s; nobody recalculates it") % {
            "at": formats.day_time(first.closed_at),
            "name": first.closed_by.short_name,
        }
    if is_over:
        return _("the month is over and not closed yet")
    return _(
        "as it stands on %(day)s: money against the plan of the month, acts against the norms of the days gone by"
    ) % {"day": formats.date_long(live.as_of)}


def _statement(request: HttpRequest, scope: Scope, user: User, month: date) -> HttpResponse:
    """The month of one person: frozen when it is closed, live with «one more → pay» while it runs."""
    viewer = cast(User, request.user)
    today = clock.today()
    row = statement_of(viewer=viewer, user=user, month=month)
    live = month_pays(department=scope.department, month=month, today=today, user=user)
    line = live.people[0]
    is_over = month_end(month.year, month.month) < today
    extra = ExtraForm(request.GET if "extra" in request.GET else None)
    status, what_if = 200, None
    if extra.is_bound and row is None:
        if extra.is_valid() and extra.cleaned_data["extra"] is not None:
            step = pay_if(
                fact=line.pay.fact,
                plan=line.pay.plan,
                kpi=line.pay.kpi,
                extra=extra.cleaned_data["extra"],
                scheme=live.terms,
            )
            what_if = {
                "extra": formats.money(step.extra),
                "pay": formats.money(step.pay.amount),
                "gain": formats.money(step.gain),
                "attained": attained_text(step.pay.attainment),
            }
        else:
            status = 422
    context = {
        **_frame(scope, viewer, month),
        "title": user.full_name,
        "lead": _lead([row] if row else [], live, is_over),
        "is_closed": row is not None,
        "amount": formats.money(row.amount if row else line.pay.amount),
        "chain": chain_closed(row) if row else chain_live(line),
        "fact_url": payments(user, month, live.as_of),
        "indicators": indicators_closed(row) if row else indicators_live(line, live),
        "steps": [
            {
                "extra": formats.money(step.extra),
                "pay": formats.money(step.pay.amount),
                "gain": formats.money(step.gain),
                "multiplier": number_text(step.pay.multiplier, 2, short=True),
            }
            for step in line.steps
        ]
        if row is None and not is_over
        else [],
        "terms": terms_rows(live.terms) if row is None else [],
        "extra_form": extra if row is None and not is_over else None,
        "what_if": what_if,
        "hidden": [(key, request.GET[key]) for key in ("user", "month", "department") if key in request.GET],
        "changed": row is not None and differs(row, live),
        "live_fact": formats.money(line.pay.fact),
        "past": [
            {
                "month": month_words(one.month),
                "url": address_of("/kpi/pay/", {"user": user.pk, "month": one.month.isoformat()}),
                "amount": formats.money(one.amount),
                "light": share_text(one.attainment) if one.attainment is not None else _("no plan"),
            }
            for one in own_statements(viewer=viewer, user=user)
        ],
    }
    template = "kpi/_what_if.html" if wants_fragment(request) and extra.is_bound else "kpi/statement.html"
    return render(request, template, context, status=status)

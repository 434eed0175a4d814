"""/kpi/pay/: the month of a manager as it stands, the statements of a department, the terms of pay."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import Department, User
from common import clock, formats
from common.acts import answers_refusals, done
from common.books import XLSX, write_book
from common.workdays import month_end
from journal.services import record
from kpi import services
from kpi.calculator import Kpi, pay_if
from kpi.calculator import PayScheme as Terms
from kpi.forms import AskForm, ExtraForm
from kpi.models import PayStatement
from kpi.selectors import may_approve, month_pays, own_statements, statements
from kpi.selectors.pay import WEIGHED, MonthPay, MonthPays
from kpi.views.cells import label, list_url
from planning.views.calculators import address_of, number_text, rounded, share_text
from planning.views.scope import Scope, chosen

EARLIEST, LATEST = date(2015, 1, 1), date(2100, 12, 1)


def _month(request: HttpRequest) -> date:
    ask = AskForm(request.GET)
    ask.is_valid()
    found = ask.cleaned_data.get("month") or clock.today()
    return min(max(found, EARLIEST), LATEST).replace(day=1)


def month_words(month: date) -> str:
    return date_format(month, "F Y").lower()


@require_GET
def pay_page(request: HttpRequest) -> HttpResponse:
    """Without `?user=` a head's or director's department; a manager sees himself."""
    scope, month = chosen(request), _month(request)
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
    rows = [_closed_row(row) for row in closed] or [_live_row(live, line) for line in live.people]
    amounts = [row.amount for row in closed] or [line.pay.amount for line in live.people]
    context = {
        **_frame(scope, viewer, month),
        "title": department.name,
        "lead": _lead(closed, live, is_over),
        "rows": rows,
        "total": formats.money(sum(amounts, Decimal("0.00"))),
        "is_closed": bool(closed),
        "can_close": services.may_close(viewer) and is_over and not closed and bool(live.people),
        "close_url": address_of("/kpi/pay/close/", {"department": department.pk, "month": month.isoformat()}),
        "export_url": address_of("/kpi/pay/export/", {"department": department.pk, "month": month.isoformat()}),
        "terms": terms_rows(live.terms) if not closed else [],
        "changed": [_closed_row(row)["name"] for row in closed if _differs(row, live)],
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


def _live_row(live: MonthPays, line: MonthPay) -> dict[str, Any]:
    pay = line.pay
    return {
        "name": line.user.full_name,
        "role": line.user.get_role_display(),
        "url": address_of("/kpi/pay/", {"user": line.user.pk, "month": live.month.isoformat()}),
        "fact": formats.money(pay.fact),
        "fact_url": payments(line.user, live.month, live.as_of),
        "plan": formats.money(pay.plan),
        "light": _attained(pay.attainment),
        "multiplier": number_text(pay.multiplier, 2, short=True),
        "kpi": share_text(pay.kpi),
        "amount": formats.money(pay.amount),
        "step": _step(line),
    }


def _attained(share: Fraction | None) -> str:
    return _("no plan") if share is None else share_text(share)


def _step(line: MonthPay) -> str:
    if not line.steps:
        return ""
    step = line.steps[0]
    return _("%(extra)s more → %(pay)s") % {"extra": formats.money(step.extra), "pay": formats.money(step.pay.amount)}


def _closed_row(row: PayStatement) -> dict[str, Any]:
    return {
        "name": row.user.full_name,
        "role": row.user.get_role_display(),
        "url": address_of("/kpi/pay/", {"user": row.user_id, "month": row.month.isoformat()}),
        "fact": formats.money(row.fact),
        "fact_url": payments(row.user, row.month, month_end(row.month.year, row.month.month)),
        "plan": formats.money(row.plan),
        "light": share_text(row.attainment) if row.attainment is not None else _("no plan"),
        "multiplier": number_text(row.multiplier, 2, short=True),
        "kpi": share_text(row.kpi),
        "amount": formats.money(row.amount),
        "step": "",
    }


def payments(user: User, first: date, last: date) -> str:
    stretch = {"from": first.isoformat(), "to": last.isoformat()}
    return address_of("/documents/", {"tab": "payments", "user": user.pk}, stretch)


def _differs(row: PayStatement, live: MonthPays) -> bool:
    """Whether the month has changed since it was closed: the statement stands, the reader is told."""
    now = next((line.pay for line in live.people if line.user.pk == row.user_id), None)
    return now is not None and (now.fact, now.plan, now.amount) != (row.fact, row.plan, row.amount)


def _statement(request: HttpRequest, scope: Scope, user: User, month: date) -> HttpResponse:
    """The month of one person: frozen when it is closed, live with «one more → pay» while it runs."""
    viewer = cast(User, request.user)
    today = clock.today()
    row = statements(viewer=viewer, department=scope.department, month=month).filter(user=user).first()
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
                "attained": _attained(step.pay.attainment),
            }
        else:
            status = 422
    context = {
        **_frame(scope, viewer, month),
        "title": user.full_name,
        "lead": _lead([row] if row else [], live, is_over),
        "is_closed": row is not None,
        "amount": formats.money(row.amount if row else line.pay.amount),
        "chain": _chain_closed(row) if row else _chain_live(line),
        "fact_url": payments(user, month, live.as_of),
        "indicators": _indicators_closed(row) if row else _indicators_live(line, live),
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
        "changed": row is not None and _differs(row, live),
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
    return render(request, "kpi/statement.html", context, status=status)


def _chain_live(line: MonthPay) -> list[dict[str, str]]:
    pay = line.pay
    return _chain(pay.fact, pay.plan, pay.rate, pay.attainment, pay.multiplier, pay.kpi, pay.kpi_factor)


def _chain_closed(row: PayStatement) -> list[dict[str, str]]:
    return _chain(
        row.fact,
        row.plan,
        Fraction(row.terms["rate"]),
        Fraction(row.attainment) if row.attainment is not None else None,
        Fraction(row.multiplier),
        Fraction(row.kpi) if row.kpi is not None else None,
        Fraction(row.kpi_factor),
    )


def _chain(
    fact: Decimal,
    plan: Decimal,
    rate: Fraction,
    attained: Fraction | None,
    multiplier: Fraction,
    kpi: Fraction | None,
    factor: Fraction,
) -> list[dict[str, str]]:
    """Every factor of the pay in its order."""
    return [
        {
            "name": _("Fact of the month"),
            "value": formats.money(fact),
            "what": _("plan %(plan)s") % {"plan": formats.money(plan)},
        },
        {"name": _("Rate"), "value": share_text(rate, 2, short=True), "what": ""},
        {
            "name": _("Multiplier"),
            "value": number_text(multiplier, 2, short=True),
            "what": _("plan done by %(share)s") % {"share": share_text(attained)}
            if attained is not None
            else _("no plan"),
        },
        {
            "name": _("KPI"),
            "value": share_text(factor),
            "what": _("no norm, so it neither raises nor lowers")
            if kpi is None
            else _("counted %(kpi)s, kept inside its bounds") % {"kpi": share_text(kpi)}
            if kpi != factor
            else "",
        },
    ]


def _indicators_live(line: MonthPay, live: MonthPays) -> list[dict[str, Any]]:
    last = min(live.as_of, clock.today() - timedelta(days=1))
    return [
        {
            "name": label(name),
            "fact": number_text(Fraction(one.fact), 0),
            "norm": number_text(Fraction(one.norm), 0),
            "share": share_text(line.kpis.shares.get(name)),
            "weight": share_text(line.kpis.weights.get(name), 0) if name in line.kpis.weights else _("no norm"),
            "url": list_url(name, live.month, last, user=line.user) if one.fact and name != Kpi.RESOLUTIONS else "",
        }
        for name, one in line.indicators.items()
    ]


def _indicators_closed(row: PayStatement) -> list[dict[str, Any]]:
    last = month_end(row.month.year, row.month.month)
    return [
        {
            "name": label(name),
            "fact": number_text(Decimal(one["fact"]), 0),
            "norm": number_text(Decimal(one["norm"]), 0),
            "share": share_text(Decimal(one["share"])) if one["share"] is not None else formats.DASH,
            "weight": share_text(Decimal(one["weight"]), 0) if one["weight"] is not None else _("no norm"),
            "url": list_url(name, row.month, last, user=row.user),
        }
        for name, one in row.indicators.items()
    ]


def terms_rows(terms: Terms) -> list[dict[str, str]]:
    """The terms in words, for whoever is paid by them."""
    steps = "; ".join(
        _("from %(share)s × %(times)s")
        % {"share": share_text(start, 2, short=True), "times": number_text(times, 2, short=True)}
        for start, times in terms.steps
    )
    weights = "; ".join(
        f"{label(kpi).lower()} {share_text(terms.weights[kpi], 0)}"
        for kpi in WEIGHED
        if Fraction(terms.weights.get(kpi, 0))
    )
    return [
        {"name": _("Rate"), "value": share_text(terms.rate, 2, short=True)},
        {"name": _("Multiplier by the plan"), "value": steps},
        {"name": _("KPI, weights"), "value": weights},
        {
            "name": _("KPI, bounds"),
            "value": _("%(least)s to %(most)s, one indicator at most %(cap)s")
            % {
                "least": number_text(terms.kpi_least, 2, short=True),
                "most": number_text(terms.kpi_most, 2, short=True),
                "cap": number_text(terms.cap, 2, short=True),
            },
        },
    ]


def _asked_department(request: HttpRequest) -> tuple[Department, date]:
    scope = chosen(request)
    if scope.user is not None or not may_approve(cast(User, request.user), scope.department):
        raise Http404
    return scope.department, _month(request)


@require_POST
@answers_refusals
def pay_close(request: HttpRequest) -> HttpResponse:
    """POST: the statements of a department for a month that is over are frozen."""
    department, month = _asked_department(request)
    rows = services.close_month(department=department, month=month, actor=cast(User, request.user))
    told = ngettext("The month is closed: %(n)s statement.", "The month is closed: %(n)s statements.", len(rows))
    url = address_of("/kpi/pay/", {"department": department.pk, "month": month.isoformat()})
    return done(request, told % {"n": len(rows)}, url)


@require_safe
def pay_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The statements of a department as a spreadsheet; written to the audit log with their number."""
    viewer = cast(User, request.user)
    department, month = _asked_department(request)
    closed = list(statements(viewer=viewer, department=department, month=month))
    head = [
        _("Manager"),
        _("Role"),
        _("Fact, ₽"),
        _("Plan, ₽"),
        _("Plan done, %"),
        _("Rate, %"),
        _("Multiplier"),
        _("KPI, %"),
        _("Pay, ₽"),
        _("State"),
    ]
    if closed:
        lines = [_closed_cells(row) for row in closed]
    else:
        live = month_pays(department=department, month=month, today=clock.today())
        lines = [_live_cells(line) for line in live.people]
    file, count = write_book(head, lines)
    after = {"rows": count, "month": month, "closed": bool(closed)}
    record(action="pay.export", obj=department, actor=viewer, after=after)
    response = FileResponse(file, as_attachment=True, filename=f"pay-{month:%Y-%m}.xlsx", content_type=XLSX)
    response["Cache-Control"] = "private, no-store"
    return response


def _live_cells(line: MonthPay) -> list[Any]:
    pay = line.pay
    return [
        line.user.full_name,
        str(line.user.get_role_display()),
        pay.fact,
        pay.plan,
        _percent(pay.attainment),
        _percent(pay.rate),
        rounded(pay.multiplier, 2),
        _percent(pay.kpi),
        pay.amount,
        _("not closed"),
    ]


def _closed_cells(row: PayStatement) -> list[Any]:
    return [
        row.user.full_name,
        str(row.user.get_role_display()),
        row.fact,
        row.plan,
        _percent(row.attainment),
        _percent(Decimal(row.terms["rate"])),
        rounded(row.multiplier, 2),
        _percent(row.kpi),
        row.amount,
        _("closed %(at)s") % {"at": formats.date_num(row.closed_at)},
    ]


def _percent(share: Fraction | Decimal | None) -> Decimal | None:
    return None if share is None else rounded(Fraction(share) * 100, 2)

"""Closing a month, and its statements as a workbook."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Department, User
from common import clock, formats
from common.acts import answers_refusals, done
from common.books import book_response, write_book
from journal.services import record
from kpi import services
from kpi.models import PayStatement
from kpi.selectors import may_approve, month_pays, statements
from kpi.selectors.pay import MonthPay
from kpi.views.pay.asked import month_asked
from planning.views.calculators import address_of, rounded
from planning.views.scope import chosen


def _asked_department(request: HttpRequest) -> tuple[Department, date]:
    scope = chosen(request)
    if scope.user is not None or not may_approve(cast(User, request.user), scope.department):
        raise Http404
    return scope.department, month_asked(request)


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
    return book_response(file, f"pay-{month:%Y-%m}")


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

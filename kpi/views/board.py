"""/kpi/: leading indicators beside resulting ones, each against its norm, productive acts only."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.htmx import wants_fragment
from common.workdays import PeriodKind
from kpi.calculator import Kpi
from kpi.forms import AskForm
from kpi.selectors import KINDS, Board, Line, board_of, may_approve
from kpi.selectors.references import SET_NORMS
from kpi.views.cells import cell, label, list_url, short_label
from kpi.views.parts import COLUMNS, head_of, money_of, person_of, risk_of, say_of, segments_of, weeks_of
from planning.choices import PeriodKind as PeriodLabel
from planning.rules import following_day, previous_day
from planning.views.calculators import address_of
from planning.views.scope import Scope, chosen

EARLIEST, LATEST = date(2015, 1, 1), date(2100, 12, 31)


def asked_of(request: HttpRequest) -> tuple[Scope, PeriodKind, date]:
    scope = chosen(request)
    ask = AskForm(request.GET)
    ask.is_valid()
    kind = PeriodKind(ask.cleaned_data.get("period") or PeriodKind.MONTH)
    day = ask.cleaned_data.get("day") or clock.today()
    return scope, kind, min(max(day, EARLIEST), LATEST)


def _url(scope: Scope, viewer: User, path: str = "/kpi/", **asked: Any) -> str:
    pairs = dict(asked)
    if scope.user is not None and scope.user.pk != viewer.pk:
        pairs.setdefault("user", scope.user.pk)
    elif len(scope.departments) > 1:
        pairs.setdefault("department", scope.department.pk)
    return f"{path}?" + urlencode({key: value for key, value in pairs.items() if value not in (None, "")})


@require_GET
def kpi_board(request: HttpRequest) -> HttpResponse:
    viewer = cast(User, request.user)
    scope, kind, day = asked_of(request)
    today = clock.today()
    board = board_of(department=scope.department, user=scope.user, kind=kind, day=day, today=today)
    calendar = production_calendar()
    back, ahead = previous_day(kind, day, calendar), following_day(kind, day, calendar)
    leads = may_approve(viewer, scope.department)
    context = {
        "title": scope.user.full_name if scope.user else scope.department.name,
        "lead": _lead(board),
        "tabs": [
            {
                "label": PeriodLabel(str(one)).label if one is not PeriodKind.WEEK else _("Control week"),
                "url": _url(scope, viewer, period=str(one), day=day.isoformat()),
                "active": one == kind,
            }
            for one in KINDS
        ],
        "money": money_of(board),
        "leading": [_line(board, line, leads=leads) for line in board.lines if line.kpi is not Kpi.VERIFICATION],
        "verification": _line(board, board.line(Kpi.VERIFICATION), leads=leads),
        "uncredited": formats.number(board.uncredited),
        "uncredited_url": list_url(
            "uncredited", board.first, board.as_of, user=board.user, department=board.department.pk
        ),
        "segments": segments_of(board, leads=leads) if board.segments else None,
        "columns": [{"name": short_label(kpi), "title": label(kpi)} for kpi in COLUMNS],
        "rows": [person_of(board, row) for row in board.rows] if scope.user is None else [],
        "weeks": weeks_of(board.rows[0]) if scope.user is not None and board.rows else [],
        "risks": [risk_of(row) for row in board.at_risk] if leads else [],
        "own_risk": bool(scope.user is not None and board.at_risk),
        "head": head_of(board) if leads and board.head is not None else None,
        "back_url": _url(scope, viewer, period=str(kind), day=back.isoformat()),
        "ahead_url": _url(scope, viewer, period=str(kind), day=ahead.isoformat()),
        "now_url": "" if board.is_running else _url(scope, viewer, period=str(kind)),
        "export_url": _url(scope, viewer, "/kpi/export/", period=str(kind), day=day.isoformat())
        if leads and scope.user is None
        else "",
        "references_url": f"/kpi/references/?department={scope.department.pk}" if leads else "",
        "pay_url": _url(scope, viewer, "/kpi/pay/", month=board.span.period.starts_on.replace(day=1).isoformat()),
        "whole_url": f"/kpi/?period={kind}&department={scope.department.pk}&day={day.isoformat()}"
        if scope.user and not viewer.is_manager
        else "",
        "departments": [
            {"label": one.name, "url": f"/kpi/?period={kind}&department={one.pk}", "active": one == scope.department}
            for one in scope.departments
        ]
        if len(scope.departments) > 1
        else [],
        "say": say_of(board),
    }
    return render(request, "kpi/_board.html" if wants_fragment(request) else "kpi/page.html", context)


def _line(board: Board, line: Line | None, *, leads: bool) -> dict[str, Any]:
    """A row with the page its norm comes from: days × people, or the value somebody has set."""
    one = cell(board, line)
    if leads and line is not None and line.kpi in SET_NORMS:
        one["norm_url"] = address_of("/kpi/references/", {"department": board.department.pk}) + "#set"
    return one


def _lead(board: Board) -> str:
    period = board.span.period
    name = formats.date_long(period.starts_on)
    if period.ends_on != period.starts_on:
        name = f"{name}{formats.SPACE}– {formats.date_long(period.ends_on)}"
    if not board.is_running or board.kind is PeriodKind.DAY:
        return name
    if board.as_of < board.first:
        return _("%(period)s; counted from tomorrow on: the first day is not over") % {"period": name}
    return _("%(period)s; counted to the end of %(day)s, norms of the days gone by") % {
        "period": name,
        "day": formats.date_long(board.as_of),
    }

"""/plan/: plan and fact by period and scope; every number leads to the payments behind it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.htmx import wants_fragment
from common.workdays import PeriodKind
from deals.selectors import may_export
from planning import selectors
from planning.choices import PeriodKind as PeriodLabel
from planning.forms import AskForm
from planning.rules import ALL_KINDS, following_day, previous_day
from planning.selectors.board import Board, board_of
from planning.selectors.counts import SHOWN_ACTS
from planning.views.cells import ACT_LABELS, light_of, person_line, stats_of, target_url, total_line
from planning.views.charts import chart_of, day_table, week_cell, weeks_word
from planning.views.heat import heat_of
from planning.views.scope import Scope, chosen

EARLIEST, LATEST = date(2015, 1, 1), date(2100, 12, 31)


def _url(scope: Scope, viewer: User, *, page: str = "", **asked: Any) -> str:
    """An address of this page, or of a `page` under it, that keeps the scope."""
    pairs = dict(asked)
    if scope.user is not None and scope.user.pk != viewer.pk:
        pairs.setdefault("user", scope.user.pk)
    if len(scope.departments) > 1:
        pairs.setdefault("department", scope.department.pk)
    return f"/plan/{page}/?".replace("//", "/") + urlencode(
        {key: value for key, value in pairs.items() if value not in (None, "")}
    )


def period_asked(request: HttpRequest) -> tuple[PeriodKind, date]:
    """`?period=&day=`; what cannot be read falls back to the month of today."""
    ask = AskForm(request.GET)
    ask.is_valid()
    day = ask.cleaned_data.get("day") or clock.today()
    return PeriodKind(ask.cleaned_data.get("period") or PeriodKind.MONTH), min(max(day, EARLIEST), LATEST)


@require_GET
def plan_fact(request: HttpRequest) -> HttpResponse:
    viewer: User = request.user  # type: ignore[assignment]
    scope = chosen(request)
    today = clock.today()
    kind, day = period_asked(request)
    board = board_of(department=scope.department, user=scope.user, kind=kind, day=day, today=today)
    calendar = production_calendar()
    back, ahead = previous_day(kind, day, calendar), following_day(kind, day, calendar)
    may_set = selectors.may_set_targets(viewer, scope.department)
    context = {
        "board": board,
        "title": _title(board),
        "lead": _lead(board),
        "tabs": [_tab(board, one, scope, viewer, day) for one in ALL_KINDS],
        "stats": stats_of(board, viewer),
        "chart": chart_of(board),
        "table": day_table(board),
        "weeks": [week_cell(board, part, today) for part in board.weeks],
        "weeks_word": weeks_word(board),
        "heat": heat_of(board),
        "acts": [str(ACT_LABELS[name]) for name in SHOWN_ACTS],
        "lines": [person_line(board, line, may_set=may_set, viewer=viewer) for line in board.lines],
        "total": total_line(board, viewer),
        "say": _say(board),
        "back_url": _url(scope, viewer, period=str(kind), day=back.isoformat()),
        "ahead_url": _url(scope, viewer, period=str(kind), day=ahead.isoformat()),
        "now_url": "" if board.is_running else _url(scope, viewer, period=str(kind)),
        "departments": [
            {"label": one.name, "url": f"/plan/?period={kind}&department={one.pk}", "active": one == scope.department}
            for one in scope.departments
        ]
        if len(scope.departments) > 1
        else [],
        "whole_url": f"/plan/?period={kind}&department={scope.department.pk}&day={day.isoformat()}"
        if scope.user and not viewer.is_manager
        else "",
        "department_target_url": target_url(board, None) if may_set and _needs_department_target(board) else "",
        "export_url": _url(scope, viewer, page="export", period=str(kind), day=day.isoformat())
        if may_export(viewer)
        else "",
        "parts_url": _url(scope, viewer, page="parts", period=str(kind), day=day.isoformat()),
        "years_url": f"/plan/year/?year={board.span.period.starts_on.year}"
        if viewer.role in (Role.HEAD, Role.DIRECTOR)
        else "",
        "computed_at": formats.day_time(board.computed_at) if board.computed_at else "",
    }
    template = "planning/_board.html" if wants_fragment(request) else "planning/page.html"
    return render(request, template, context)


def _needs_department_target(board: Board) -> bool:
    """A department is planned as a whole only while none of its people has a plan."""
    is_month = board.kind is PeriodKind.MONTH and board.user is None
    return is_month and not any(line.figures.plan for line in board.lines)


def _title(board: Board) -> str:
    return board.user.full_name if board.user else board.department.name


def _lead(board: Board) -> str:
    figures, period = board.figures, board.span.period
    name = formats.date_long(period.starts_on)
    if period.ends_on != period.starts_on:
        name = f"{name}{formats.SPACE}– {formats.date_long(period.ends_on)}"
    if not board.is_running:
        return name
    whole = figures.days_done + figures.days_left
    return _("%(period)s; data as of the morning of %(day)s: %(done)s of %(whole)s working days have passed") % {
        "period": name,
        "day": formats.date_long(board.today),
        "done": figures.days_done,
        "whole": whole,
    }


def _tab(board: Board, kind: PeriodKind, scope: Scope, viewer: User, day: date) -> dict[str, Any]:
    figures = board.by_kind[kind]
    return {
        "label": PeriodLabel(str(kind)).label,
        "url": _url(scope, viewer, period=str(kind), day=day.isoformat()),
        "light": light_of(figures.attainment, figures.zone, "") if figures.zone else "",
        "active": kind == board.kind,
    }


def _say(board: Board) -> str:
    """One sentence that says what to do about the gap."""
    gap = board.forecast_gap
    if gap is None:
        return "" if board.figures.plan else _("There is no plan for this period yet.")
    if gap <= 0:
        return _("The forecast reaches the plan: %(over)s above it.") % {"over": formats.money(-gap)}
    text = _("The forecast lacks %(gap)s to the plan.") % {"gap": formats.money(gap)}
    gaps = [(line.figures.plan - (line.forecast or Decimal(0)), line) for line in board.lines if line.figures.plan]
    if board.user is None and gaps:
        most, line = max(gaps, key=lambda pair: (pair[0], -pair[1].user.pk))
        if most > 0:
            text += " " + _("The largest part, %(part)s, is at %(name)s.") % {
                "part": formats.money(most),
                "name": line.user.short_name,
            }
    return text

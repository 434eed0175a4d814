"""/kpi/: leading indicators beside resulting ones, each against its norm, productive acts only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.acts import answers_refusals, done
from common.books import XLSX, write_book
from common.htmx import wants_fragment
from common.workdays import PeriodKind
from journal.services import record
from kpi import services
from kpi.calculator import Kpi
from kpi.choices import RiskAct
from kpi.forms import AskForm
from kpi.selectors import KINDS, Board, PersonRow, SegmentRow, board_of, may_approve
from kpi.selectors.references import SEGMENT_KPIS
from kpi.views.cells import cell, label, list_url, met
from planning.choices import PeriodKind as PeriodLabel
from planning.constants import Zone
from planning.rules import following_day, previous_day
from planning.views.calculators import because, figure_text, light, money_text, number_text, rounded, share_text
from planning.views.cells import light_of, payments_url
from planning.views.scope import Scope, chosen

EARLIEST, LATEST = date(2015, 1, 1), date(2100, 12, 31)
# Columns of the managers' table: what is asked of most of them.
COLUMNS = (
    Kpi.PRODUCTIVE_CALLS,
    Kpi.HELD_MEETINGS,
    Kpi.PRODUCTIVE_MEETINGS,
    Kpi.OFFERS,
    Kpi.UPGRADES,
    Kpi.RESOLUTIONS,
    Kpi.OVERDUE_TASKS,
    Kpi.VIOLATIONS,
)


def _asked(request: HttpRequest) -> tuple[Scope, PeriodKind, date]:
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
    scope, kind, day = _asked(request)
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
        "money": _money(board),
        "leading": [cell(board, line) for line in board.lines if line.kpi is not Kpi.VERIFICATION],
        "verification": cell(board, board.line(Kpi.VERIFICATION)),
        "uncredited": formats.number(board.uncredited),
        "uncredited_url": list_url(
            "uncredited", board.first, board.as_of, user=board.user, department=board.department.pk
        ),
        "segments": _segments(board) if board.segments else None,
        "columns": [label(kpi) for kpi in COLUMNS],
        "rows": [_person(board, row, scope) for row in board.rows] if scope.user is None else [],
        "weeks": _weeks(board.rows[0]) if scope.user is not None and board.rows else [],
        "risks": [_risk(row) for row in board.at_risk] if leads else [],
        "own_risk": bool(scope.user is not None and board.at_risk),
        "head": _head(board) if leads and board.head is not None else None,
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
        "say": _say(board),
    }
    return render(request, "kpi/_board.html" if wants_fragment(request) else "kpi/page.html", context)


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


def _money(board: Board) -> dict[str, Any]:
    figures = board.figures
    return {
        "fact": formats.money(figures.fact),
        "plan": formats.money(figures.plan_to_date),
        "light": light_of(figures.attainment, figures.zone),
        "url": payments_url(
            board.span, board.as_of, user=board.user, department=None if board.user else board.department.pk
        ),
    }


def _segments(board: Board) -> dict[str, Any]:
    """One table: indicators down, segments across; below them what the funnel of each is worth (3.4)."""
    rows = []
    for kpi in SEGMENT_KPIS:
        cells = []
        for segment in board.segments:
            one = cell(board, segment.lines[kpi])
            if one["url"]:
                one["url"] += f"&segment={segment.segment_id}"
            cells.append({**one, "segment": board.names[segment.segment_id]})
        rows.append({"name": label(kpi), "cells": cells})
    return {
        "names": [
            {"name": board.names[one.segment_id], "clients": formats.number(one.clients)} for one in board.segments
        ],
        "rows": rows,
        "pipelines": [_pipeline(one) for one in board.segments],
    }


def _pipeline(row: SegmentRow) -> dict[str, Any]:
    pipeline = row.pipeline
    return {
        "velocity": _("%(money)s a day") % {"money": money_text(pipeline.velocity)}
        if pipeline.velocity is not None
        else because(pipeline.why)
        if pipeline.why
        else formats.DASH,
        "required": figure_text(pipeline.required, _times),
        "actual": figure_text(pipeline.actual, _times),
        "light": light(None, Zone.GREEN if pipeline.is_enough else Zone.RED, _enough(pipeline.is_enough))
        if pipeline.is_enough is not None
        else "",
    }


def _times(value: Any) -> str:
    return f"{number_text(value, 2)}×"


def _enough(is_enough: bool | None) -> str:
    return _("enough") if is_enough else _("too little")


def _weeks(row: PersonRow, most: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{week.starts_on.day}–{formats.date_long(week.ends_on)}",
            "light": light_of(week.share, week.light),
            "text": _("%(fact)s of %(plan)s") % {"fact": formats.money(week.fact), "plan": formats.money(week.plan)},
        }
        for week in row.weeks[-most:]
    ]


def _person(board: Board, row: PersonRow, scope: Scope) -> dict[str, Any]:
    figures, user = row.figures, row.user
    return {
        "name": user.full_name,
        "role": user.get_role_display(),
        "url": f"/kpi/?period={board.kind}&user={user.pk}&day={board.span.period.starts_on}",
        "fact": formats.money(figures.fact),
        "fact_url": payments_url(board.span, board.as_of, user=user),
        "light": light_of(figures.attainment, row.light),
        "cells": [{**cell(board, row.lines.get(kpi), user), "name": label(kpi)} for kpi in COLUMNS],
        "uncredited": formats.number(row.uncredited),
        "uncredited_url": list_url("uncredited", board.first, board.as_of, user=user) if row.uncredited else "",
    }


def _risk(row: PersonRow) -> dict[str, Any]:
    return {
        "name": row.user.full_name,
        "url": f"/kpi/?period=month&user={row.user.pk}",
        "weeks": _weeks(row, 2),
        "act_url": f"/kpi/risk/{row.user.pk}/",
        "acts": [{"value": value, "label": text} for value, text in RiskAct.choices],
    }


def _head(board: Board) -> dict[str, Any]:
    head = board.head
    assert head is not None  # noqa: S101 - asked for by the caller
    judged = [one for one in head.managers if one.floors_met is not None]
    review = head.review
    return {
        "stats": [
            {
                "label": _("Morning reviews signed"),
                "value": figure_text(review.figure, share_text),
                "foot": _("of the working days, at least %(share)s") % {"share": share_text(review.target, 0)},
                "light": met(review.is_met),
            },
            {
                "label": _("Managers whose funnel is enough"),
                "value": figure_text(head.whole.sufficient, share_text),
                "foot": ngettext("K of %(n)s manager", "K of %(n)s managers", len(head.managers))
                % {"n": len(head.managers)},
                "light": "",
            },
            {
                "label": _("Managers with the floors met"),
                "value": figure_text(head.whole.floors_met, share_text),
                "foot": ngettext(
                    "of %(n)s who has enough clients to be judged",
                    "of %(n)s who have enough clients to be judged",
                    len(judged),
                )
                % {"n": len(judged)},
                "light": "",
            },
        ],
        "rows": [
            {
                "name": one.user.full_name,
                "url": f"/clients/?section=any&open=yes&owner={one.user.pk}",
                "clients": formats.number(one.clients),
                "k": number_text(one.k, 3) if one.k is not None else _("nothing is required"),
                "k_light": met(one.k is None or one.k >= 1),
                "floors": met(one.floors_met) if one.floors_met is not None else _("not judged yet"),
            }
            for one in head.managers
        ],
    }


def _say(board: Board) -> str:
    """One sentence about what is furthest from its norm."""
    judged = [line for line in board.lines if line.held.share is not None and line.held.zone is not Zone.GREEN]
    if not judged:
        return _("Everything that is counted is at its norm.") if board.lines else ""
    worst = min(judged, key=lambda line: line.held.share or 0)
    one = cell(board, worst)
    return _("Furthest from its norm: %(name)s, %(fact)s of %(norm)s.") % {
        "name": one["name"].lower(),
        "fact": one["fact"],
        "norm": one["norm"],
    }


@require_safe
def kpi_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The managers' table as a spreadsheet; written to the audit log with its number of rows."""
    viewer = cast(User, request.user)
    scope, kind, day = _asked(request)
    if not may_approve(viewer, scope.department):
        raise Http404
    board = board_of(department=scope.department, user=None, kind=kind, day=day, today=clock.today())
    head = [_("Manager"), _("Role"), _("Fact, ₽"), _("Plan to date, ₽"), _("Plan to date, %")]
    for kpi in COLUMNS:
        head += [label(kpi), _("%(name)s, norm") % {"name": label(kpi)}]
    head.append(_("Not credited"))
    file, count = write_book(head, (_cells(row) for row in board.rows))
    after = {"rows": count, "from": board.first, "to": board.as_of}
    record(action="kpi.export", obj=scope.department, actor=viewer, after=after)
    name = f"kpi-{board.span.period.starts_on:%Y-%m-%d}.xlsx"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    response["Cache-Control"] = "private, no-store"
    return response


def _cells(row: PersonRow) -> list[Any]:
    share = row.figures.attainment
    cells: list[Any] = [
        row.user.full_name,
        str(row.user.get_role_display()),
        row.figures.fact,
        row.figures.plan_to_date,
        rounded(share * 100, 2) if share is not None else None,
    ]
    for kpi in COLUMNS:
        line = row.lines.get(kpi)
        cells += [_whole(line.fact), _whole(line.norm)] if line is not None else [None, None]
    return [*cells, row.uncredited]


def _whole(value: Any) -> int | Decimal | None:
    if value is None:
        return None
    return int(value) if value.denominator == 1 else rounded(value, 2)


@require_POST
@answers_refusals
def risk_act(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `act`: a task of the head about a manager at risk."""
    viewer = cast(User, request.user)
    user = User.objects.visible_to(viewer).active().managers().filter(pk=pk).select_related("department").first()
    if user is None or user.department is None or not may_approve(viewer, user.department):
        raise Http404
    task = services.act_on_risk(department=user.department, user=user, act=request.POST.get("act", ""), actor=viewer)
    told = _("The task is set: %(text)s") % {"text": task.text}
    return done(request, told, f"/kpi/?department={user.department_id}")

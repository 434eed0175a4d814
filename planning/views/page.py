"""/plan/: plan and fact by period and scope; every number leads to the payments behind it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock, formats, markup, svg
from common.htmx import wants_fragment
from common.workdays import PeriodKind
from planning import selectors
from planning.calculator import Verification, attainment
from planning.choices import PeriodKind as PeriodLabel
from planning.constants import Zone
from planning.forms import AskForm
from planning.rules import ALL_KINDS, Span, following_day, previous_day
from planning.selectors.board import Board, Part, PersonLine, board_of
from planning.views.scope import Scope, chosen

EARLIEST, LATEST = date(2015, 1, 1), date(2100, 12, 31)


def _percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(share.numerator * 100) / Decimal(share.denominator)


def _light(share: Fraction | None, zone: Zone | None, word: str | None = None) -> SafeString:
    return markup.plan_light(_percent(share), colour=str(zone) if zone else None, word=word)


def _url(scope: Scope, viewer: User, **asked: Any) -> str:
    """An address of this page that keeps the scope."""
    pairs = dict(asked)
    if scope.user is not None and scope.user.pk != viewer.pk:
        pairs.setdefault("user", scope.user.pk)
    if len(scope.departments) > 1:
        pairs.setdefault("department", scope.department.pk)
    return "/plan/?" + urlencode({key: value for key, value in pairs.items() if value not in (None, "")})


def _payments(span: Span, until: date, *, user: User | None = None, department: int | None = None) -> str:
    """The payments behind a figure."""
    who = {"user": user.pk} if user else {}
    where = {"department": department} if department else {}
    stretch = {"from": span.facts_from.isoformat(), "to": min(until, span.facts_to).isoformat()}
    return "/documents/?" + urlencode({"tab": "payments", **who, **where, **stretch})


@require_GET
def plan_fact(request: HttpRequest) -> HttpResponse:
    viewer: User = request.user  # type: ignore[assignment]
    scope = chosen(request)
    ask = AskForm(request.GET)
    ask.is_valid()
    kind = PeriodKind(ask.cleaned_data.get("period") or PeriodKind.MONTH)
    today = clock.today()
    day = ask.cleaned_data.get("day") or today
    day = min(max(day, EARLIEST), LATEST)
    board = board_of(department=scope.department, user=scope.user, kind=kind, day=day, today=today)
    calendar = production_calendar()
    back, ahead = previous_day(kind, day, calendar), following_day(kind, day, calendar)
    may_set = selectors.may_set_targets(viewer, scope.department)
    context = {
        "board": board,
        "title": _title(board),
        "lead": _lead(board),
        "tabs": [_tab(board, one, scope, viewer, day) for one in ALL_KINDS],
        "stats": _stats(board),
        "chart": _chart(board),
        "table": _day_table(board),
        "weeks": [_week(part, today) for part in board.weeks],
        "lines": [_line(board, line, may_set=may_set, viewer=viewer) for line in board.lines],
        "total": _total(board),
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
        "department_target_url": _target_url(board, None) if may_set and _needs_department_target(board) else "",
        "computed_at": formats.day_time(board.computed_at) if board.computed_at else "",
    }
    template = "planning/_board.html" if wants_fragment(request) else "planning/page.html"
    return render(request, template, context)


def _needs_department_target(board: Board) -> bool:
    """A department is planned as a whole only while none of its people has a plan."""
    is_month = board.kind is PeriodKind.MONTH and board.user is None
    return is_month and not any(line.figures.plan for line in board.lines)


def _target_url(board: Board, user: User | None) -> str:
    who = {"user": user.pk} if user else {}
    month = board.span.period.starts_on.isoformat()
    return "/plan/target/?" + urlencode({"department": board.department.pk, **who, "day": month})


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
        "light": _light(figures.attainment, figures.zone, "") if figures.zone else "",
        "active": kind == board.kind,
    }


def _stats(board: Board) -> list[dict[str, Any]]:
    figures = board.figures
    link = _payments(board.span, figures.as_of, user=board.user, department=None if board.user else board.department.pk)
    stats = [
        {
            "label": _("Fact to plan as of the morning") if board.is_running else _("Fact to plan"),
            "value": formats.percent(_percent(figures.attainment)),
            "light": _light(None, figures.zone),
            "foot": _("%(fact)s of %(plan)s")
            % {"fact": formats.money(figures.fact), "plan": formats.money(figures.plan_to_date)},
            "url": link,
        },
        {
            "label": _("Plan of the period"),
            "value": formats.money_short(figures.plan),
            "foot": _plan_foot(board),
            "url": _payments_of_day(board) if board.is_running else "",
        },
    ]
    if board.is_running:
        needed = figures.needed_per_day
        stats.append(
            {
                "label": _("Needed a day to make it"),
                "value": formats.money(needed),
                "foot": ngettext(
                    "%(days)s working day left, today included; beside the plan, not instead of it",
                    "%(days)s working days left, today included; beside the plan, not instead of it",
                    figures.days_left,
                )
                % {"days": figures.days_left},
            }
        )
    if board.forecast is not None:
        share = attainment(board.forecast, figures.plan)
        stats.append(
            {
                "label": _("Forecast of the period"),
                "value": formats.money_short(board.forecast),
                "light": markup.plan_light(_percent(share)) if share is not None else "",
                "foot": formats.money(board.forecast),
            }
        )
    stats.append(_verification_stat(board))
    return stats


def _plan_foot(board: Board) -> str:
    """The exact plan, what is done of it, and today apart from both."""
    figures = board.figures
    text = _("%(plan)s, done %(share)s") % {
        "share": formats.percent(_percent(figures.done_share)),
        "plan": formats.money(figures.plan),
    }
    if not board.is_running:
        return text
    today = _("today %(fact)s of the day's plan %(plan)s") % {
        "fact": formats.money(figures.today_fact),
        "plan": formats.money(figures.today_plan),
    }
    return f"{text}; {today}"


def _payments_of_day(board: Board) -> str:
    who = {"user": board.user.pk} if board.user else {"department": board.department.pk}
    day = board.today.isoformat()
    return "/documents/?" + urlencode({"tab": "payments", **who, "from": day, "to": day})


def _verification_stat(board: Board) -> dict[str, Any]:
    label = _("Verification of the forecast, the period before")
    verified = board.verification
    if verified is None:
        return {"label": label, "value": formats.DASH, "foot": _("no forecast was frozen for that period")}
    return {
        "label": label,
        "value": formats.percent(_percent(verified.value)),
        "light": _light(None, verified.zone, _trust(verified)),
        "foot": _("bias %(bias)s") % {"bias": _bias(verified)},
    }


def _trust(verified: Verification) -> str:
    return {
        Zone.GREEN: _("the forecast can be trusted"),
        Zone.YELLOW: _("take the forecast with care"),
        Zone.RED: _("the forecast cannot be trusted"),
    }[verified.zone]


def _bias(verified: Verification) -> str:
    if verified.bias is None:
        return formats.DASH
    text = f"{formats.signed(_percent(verified.bias), 1)}{formats.SPACE}%"
    if verified.systematic is None:
        return text
    word = (
        _("systematically overstated") if str(verified.systematic) == "overstated" else _("systematically understated")
    )
    return f"{text}, {word}"


def _chart(board: Board) -> SafeString | str:
    if not board.points or not board.figures.plan:
        return ""
    known = [point for point in board.points if point.fact_total is not None]
    last = known[-1] if known else None
    ahead = [point for point in board.points if point.fact_total is None]
    starts = {week.starts_on for week in board.weeks}
    weeks = (
        {min((p.day for p in board.points if p.day >= start), default=start) for start in starts} if starts else set()
    )
    forecast: dict[date, Decimal] = {}
    if board.forecast is not None and ahead:
        base = last.fact_total if last and last.fact_total is not None else Decimal(0)
        for number, point in enumerate(ahead, start=1):
            forecast[point.day] = base + (board.forecast - base) * number / len(ahead)
    days = [
        svg.CumulativeDay(
            label=str(point.day.day) if board.span.period.days <= 31 else formats.date_num(point.day),
            plan=point.plan_total,
            fact=point.fact_total,
            forecast=forecast.get(point.day),
            week_start=point.day in weeks and point is not board.points[0],
        )
        for point in board.points
    ]
    label = f"{formats.money_short(last.fact_total)} · {formats.date_long(last.day)}" if last else ""
    return svg.cumulative(
        days,
        title=_("Payments as a running total"),
        desc=_("Fact, plan and forecast by working days; the corridor is 80 to 100 % of the plan"),
        fact_label=label,
    )


def _day_table(board: Board) -> SafeString | str:
    if not board.points:
        return ""
    head = [_("Day"), _("Plan of the day"), _("Fact"), _("Plan, total"), _("Fact, total")]
    rows = [
        [
            formats.date_num(point.day),
            formats.money(point.plan),
            formats.money(point.fact),
            formats.money(point.plan_total),
            formats.money(point.fact_total),
        ]
        for point in board.points
    ]
    return svg.data_table(head, rows, summary=_("Table by days"))


def _week(part: Part, today: date) -> dict[str, Any]:
    if part.is_ahead:
        light: str = _("ahead")
    elif not part.plan and not part.plan_to_date:
        light = _("no plan")
    else:
        percent = _percent(part.attainment)
        light = markup.plan_light(percent)
    return {
        "name": f"{part.starts_on.day}–{formats.date_long(part.ends_on, today=today)}",
        "light": light,
        "text": formats.money(part.plan)
        if part.is_ahead
        else _("%(fact)s of %(plan)s") % {"fact": formats.money(part.fact), "plan": formats.money(part.plan)},
    }


def _line(board: Board, line: PersonLine, *, may_set: bool, viewer: User) -> dict[str, Any]:
    figures, user = line.figures, line.user
    verified = line.verification
    return {
        "name": user.full_name,
        "url": ""
        if viewer.is_manager
        else f"/plan/?period={board.kind}&user={user.pk}&day={board.span.period.starts_on}",
        "plan": formats.money(figures.plan),
        "fact": formats.money(figures.fact),
        "fact_url": _payments(board.span, figures.as_of, user=user),
        "light": _light(figures.attainment, figures.zone),
        "bar": svg.bullet(figures.fact, figures.plan, forecast=line.forecast, title=_bar_title(line)),
        "forecast": formats.money(line.forecast),
        "forecast_share": formats.percent(_percent(attainment(line.forecast, figures.plan)), 0)
        if line.forecast is not None and figures.plan
        else "",
        "needed": formats.money(figures.needed_per_day) if board.is_running else formats.DASH,
        "verification": _light(verified.value, verified.zone, "") if verified else formats.DASH,
        "bias": _bias(verified) if verified else formats.DASH,
        "target_url": _target_url(board, user) if may_set and board.kind is PeriodKind.MONTH and user.is_active else "",
    }


def _bar_title(line: PersonLine) -> str:
    return _("%(name)s: fact %(fact)s, plan %(plan)s") % {
        "name": line.user.short_name,
        "fact": formats.money(line.figures.fact),
        "plan": formats.money(line.figures.plan),
    }


def _total(board: Board) -> dict[str, Any] | None:
    if board.user is not None:
        return None
    figures, verified = board.figures, board.verification
    return {
        "plan": formats.money(figures.plan),
        "fact": formats.money(figures.fact),
        "fact_url": _payments(board.span, figures.as_of, department=board.department.pk),
        "light": _light(figures.attainment, figures.zone),
        "forecast": formats.money(board.forecast),
        "needed": formats.money(figures.needed_per_day) if board.is_running else formats.DASH,
        "verification": _light(verified.value, verified.zone, "") if verified else formats.DASH,
        "bias": _bias(verified) if verified else formats.DASH,
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

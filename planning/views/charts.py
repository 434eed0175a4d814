"""The running total of /plan/: chart, control weeks, table by days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import formats, markup, svg
from planning.calculator import weeks_done
from planning.selectors.board import Board, DayPoint, Part
from planning.views.cells import corrected_mark, payments_of_board, percent_of


def chart_of(board: Board) -> SafeString | str:
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


def day_table(board: Board) -> SafeString | str:
    if not board.points:
        return ""
    head = [_("Day"), _("Plan of the day"), _("Fact"), _("Plan, total"), _("Fact, total")]
    rows = [
        [
            formats.date_num(point.day),
            formats.money(point.plan),
            _fact_cell(board, point),
            formats.money(point.plan_total),
            formats.money(point.fact_total),
        ]
        for point in board.points
    ]
    return svg.data_table(head, rows, summary=_("Table by days"))


def _fact_cell(board: Board, point: DayPoint) -> SafeString | str:
    """The money of the day with the way to its payments."""
    text = formats.money(point.fact)
    if not point.fact:
        return text
    url = payments_of_board(board, point.stretch.starts_on, min(point.stretch.ends_on, board.figures.as_of))
    return markup.piece('<a class="figure" href="{}">{}</a> {}', url, text, corrected_mark(point.corrected_at))


def week_cell(board: Board, part: Part, today: date) -> dict[str, Any]:
    if part.is_ahead:
        light: str = _("ahead")
    elif not part.plan and not part.plan_to_date:
        light = _("no plan")
    else:
        percent = percent_of(part.attainment)
        light = markup.plan_light(percent)
    return {
        "name": f"{part.starts_on.day}–{formats.date_long(part.ends_on, today=today)}",
        "light": light,
        "url": ""
        if part.is_ahead
        else payments_of_board(board, part.starts_on, min(part.ends_on, board.figures.as_of)),
        "text": formats.money(part.plan)
        if part.is_ahead
        else _("%(fact)s of %(plan)s") % {"fact": formats.money(part.fact), "plan": formats.money(part.plan)},
    }


def weeks_word(board: Board) -> str:
    """«Сделано контрольных недель: 3 из 4» (R-S4-4); empty without a plan of the month."""
    if not board.weeks or not board.figures.plan:
        return ""
    done = weeks_done((part.plan, part.fact) for part in board.weeks)
    return _("Control weeks done: %(done)s of %(whole)s") % {"done": done, "whole": len(board.weeks)}

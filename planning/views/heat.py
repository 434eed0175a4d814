"""The heat table of /plan/: how each manager made the plan of each day, a real table that reads without colour."""

from __future__ import annotations

from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import formats
from common.markup import join, piece
from planning.selectors.board import Board
from planning.selectors.heat import HeatCell, HeatRow, Stretch
from planning.views.cells import payments_between, percent_of

# Per cent of the plan from which a cell is darker by one step: behind by half, behind, red from R-S0-B3, met.
_STEPS: Final = ((100, 4), (80, 3), (50, 2), (0, 1))


def heat_of(board: Board) -> dict[str, Any] | None:
    """Head and rows as the template prints them; None while nothing of the period is over or nobody is in it."""
    as_of = board.figures.as_of
    begun = [
        at
        for at, one in enumerate(board.stretches)
        if (one.starts_on if one.is_month else one.day) <= as_of
        or any(row.cells[at].has_payments for row in board.heat)
    ]
    if not begun or not board.heat:
        return None
    title = _("%(fact)s of %(plan)s")
    return {
        "head": [_name(board.stretches[at]) for at in begun],
        "rows": [
            {"name": row.user.short_name, "cells": join([_cell(board, row, row.cells[at], title) for at in begun], "")}
            for row in board.heat
        ],
        "has_corrections": any(row.cells[at].corrected_at for row in board.heat for at in begun),
    }


def _name(stretch: Stretch) -> str:
    return formats.month_short(stretch.day.month) if stretch.is_month else formats.date_num(stretch.day)


def _cell(board: Board, row: HeatRow, cell: HeatCell, titled: str) -> SafeString:
    """«92» of the plan with the way to its payments; money alone where nothing was planned."""
    percent = percent_of(cell.attainment)
    text = formats.number(percent, 0) if percent is not None else _money(cell)
    step = next((step for least, step in _STEPS if percent is not None and percent >= least and cell.fact), 0)
    css = piece(' class="heat-{}"', step) if step else ""
    if cell.corrected_at is not None:
        text += "*"
    if not cell.has_payments:
        return piece("<td{}>{}</td>", css, text)
    title = titled % {"fact": formats.money(cell.fact), "plan": formats.money(cell.plan)}
    url = payments_between(cell.stretch.starts_on, min(cell.stretch.ends_on, board.figures.as_of), user=row.user.pk)
    return piece('<td{}><a class="plain" href="{}" title="{}">{}</a></td>', css, url, title, text)


def _money(cell: HeatCell) -> str:
    return formats.money_short(cell.fact) if cell.fact else formats.DASH

"""Figures of /kpi/ in words: units, lights, trends, and the addresses of the lists behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from common import formats, markup
from common.money import Exact
from kpi.calculator import Kpi, Trend
from kpi.choices import Indicator, Source
from kpi.selectors import Board, Line, Numbers
from kpi.selectors.counts import SOURCES
from kpi.selectors.lines import COUNTED
from kpi.selectors.references import PERSON_KPIS, SHARES
from planning.constants import Zone
from planning.views.calculators import address_of, light, money_text, number_text, share_text


@markup.remembered
def label(kpi: str) -> str:
    return str(Indicator(str(kpi)).label)


@markup.remembered
def short_label(kpi: Kpi) -> str:
    """For the head of a wide table, which is printed too."""
    return {
        Kpi.PRODUCTIVE_CALLS: pgettext("column", "Calls"),
        Kpi.HELD_MEETINGS: pgettext("column", "Held"),
        Kpi.PRODUCTIVE_MEETINGS: pgettext("column", "Productive"),
        Kpi.OFFERS: pgettext("column", "Offers"),
        Kpi.UPGRADES: pgettext("column", "Upgrades"),
        Kpi.RESOLUTIONS: pgettext("column", "Resolutions"),
        Kpi.OVERDUE_TASKS: pgettext("column", "Overdue"),
        Kpi.VIOLATIONS: pgettext("column", "Violations"),
    }.get(kpi) or label(kpi)


def shown(kpi: Kpi, value: Exact | None) -> str:
    """A value in the unit of its indicator."""
    if value is None:
        return formats.DASH
    if kpi in SHARES:
        return share_text(value, 2, short=True)
    if kpi is Kpi.AVERAGE_CHEQUE:
        return money_text(value)
    return number_text(value, 1, short=True)


def unit(kpi: Kpi) -> str:
    """What a reference value is counted in."""
    if kpi in SHARES:
        return "%"
    if kpi is Kpi.AVERAGE_CHEQUE:
        return "₽"
    if kpi is Kpi.FIRST_REACTION:
        return pgettext("unit", "min")
    return pgettext("unit", "a week") if kpi in PERSON_KPIS else pgettext("unit", "days")


def trend_of(going: Trend | None) -> dict[str, str] | None:
    """An arrow of the value and the word of the judgement: fewer violations is an arrow down and «better»."""
    if going is None:
        return None
    if going.is_better is None:
        return {"arrow": "=", "text": _("as before")}
    word = _("better") if going.is_better else _("worse")
    change = going.change.value
    by = f" {share_text(abs(change), 0)}" if change is not None else ""
    return {"arrow": "↑" if going.difference > 0 else "↓", "text": f"{word}{by}"}


def list_url(
    name: str, first: date, last: date, *, user: User | None = None, department: int | None = None, **more: Any
) -> str:
    """The rows a number was made of."""
    who = {"user": user.pk} if user else {"department": department}
    return address_of("/kpi/list/", {"of": name, **who, "from": first.isoformat(), "to": last.isoformat(), **more})


def behind(board: Board, line: Line | Numbers, user: User | None = None) -> str:
    """Where a number leads, empty where no such list exists."""
    if line.fact is None:
        return ""
    person = user or board.user
    if line.kpi is Kpi.CARD_COMPLETENESS:
        return address_of("/clients/", {"section": "in_work", "owner": person.pk if person else None})
    if line.kpi is Kpi.VERIFICATION:
        return address_of("/plan/", {"period": str(board.kind), "user": person.pk if person else None})
    known = str(line.kpi) in SOURCES or line.kpi is Kpi.RESOLUTIONS
    if not known:
        return ""
    last = board.as_of
    if line.kpi is Kpi.OVERDUE_TASKS:
        last = board.today if board.is_running else board.span.facts_to
    return list_url(str(line.kpi), board.first, last, user=person, department=board.department.pk)


def norm_url(board: Board, line: Line | Numbers, user: User | None = None) -> str:
    """Where it stands how a number of acts that is asked for came about; empty where none is asked."""
    if line.kpi not in COUNTED or not line.norm:
        return ""
    person = user or board.user
    who = {"user": person.pk} if person else {"department": board.department.pk}
    asked = {"of": str(line.kpi), "period": str(board.kind), "day": board.span.period.starts_on.isoformat()}
    return address_of("/kpi/norms/", asked, who)


_CELL: Final = '<td class="num" data-label="{}"><div>{} <span class="muted">/ {}</span></div></td>'


def person_cells(board: Board, lines: Mapping[Kpi, Numbers], user: User, columns: Iterable[Kpi]) -> SafeString:
    """The numbers of one person as cells of the managers' table: «12 / 15», the first a link to what was done."""
    cells = []
    for kpi in columns:
        line = lines.get(kpi)
        figure = norm = formats.DASH
        if line is not None:
            figure = _linked("figure", behind(board, line, user), shown(kpi, line.fact))
            norm = _linked("plain", norm_url(board, line, user), _norm(line))
        cells.append(markup.piece(_CELL, label(kpi), figure, norm))
    return markup.join(cells, "")


def _linked(css: str, url: str, text: str) -> str:
    return markup.piece('<a class="{}" href="{}">{}</a>', css, url, text) if url else text


def _norm(line: Line | Numbers) -> str:
    return formats.DASH if line.kpi in COUNTED and not line.norm else shown(line.kpi, line.norm)


def cell(board: Board, line: Line | None) -> dict[str, Any]:
    """One indicator as a row of a table."""
    if line is None:
        return {"fact": formats.DASH, "norm": formats.DASH, "norm_url": "", "light": "", "url": "", "trend": None}
    return {
        "name": label(line.kpi),
        "fact": shown(line.kpi, line.fact),
        "norm": _norm(line),
        "norm_url": norm_url(board, line),
        "light": verdict(line),
        "trend": trend_of(line.trend),
        "url": behind(board, line),
        "counted": line.counted,
        "source": source_text(line.source),
    }


def verdict(line: Line) -> SafeString | str:
    """The share of the norm with its light; a fault that must not happen has a word only."""
    if line.held.zone is None:
        return ""
    if line.held.share is None:
        return met(line.held.zone is Zone.GREEN)
    return light(line.held.share, line.held.zone)


def met(is_met: bool | None) -> SafeString | str:
    if is_met is None:
        return ""
    word = pgettext("indicator", "met") if is_met else pgettext("indicator", "not met")
    return light(None, Zone.GREEN if is_met else Zone.RED, word)


def source_text(source: str) -> str:
    return str(Source(source).label).lower() if source else ""

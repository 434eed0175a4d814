"""The three big cards of the colours."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from common import formats, markup, svg
from desk.selectors.lights import Lights
from desk.views.lights.rows import percent_of


def cards_of(board: Lights) -> list[dict[str, Any]]:
    whole = board.whole
    if whole is None:
        return []
    counts, ratio = whole.counts, whole.ratio
    total = counts.total or 1
    words = {
        "green": (pgettext("clients", "Green"), _("have promised to pay")),
        "yellow": (pgettext("clients", "Yellow"), _("need and step agreed")),
        "red": (pgettext("clients", "Red"), _("in work, nothing confirmed")),
    }
    needs = {"green": ratio.need_green, "yellow": ratio.need_yellow, "red": 0}
    floors = {"green": ratio.green_floor, "yellow": ratio.yellow_floor}
    feet = {"green": _foot_green(board), "yellow": _foot_yellow(board), "red": _foot_red(board)}
    cards = []
    for colour in ("green", "yellow", "red"):
        floor = floors.get(colour)
        share = Fraction(counts[colour], total)
        cards.append(
            {
                "lamp": markup.lamp(colour, size="big", silent=True),
                "name": words[colour][0],
                "what": words[colour][1],
                "count": formats.number(counts[colour]),
                "url": f"{reverse('client_list')}?section=any&colour={colour}&department={board.department.pk}",
                "share": formats.percent(percent_of(share), 2),
                "change": _("%(n)s in a week") % {"n": formats.signed(board.changes[colour])},
                "bar": svg.meter(
                    counts[colour], total, tick=float(floor * total) if floor is not None else None, tone=colour
                ),
                "amount": formats.money_short(whole.amounts.get(colour, Decimal(0))),
                "floor": _("norm at least %(share)s") % {"share": formats.percent(percent_of(floor), 2)}
                if floor is not None
                else _("the rest, no norm"),
                "need": _("%(n)s missing") % {"n": needs[colour]} if needs[colour] else "",
                "is_met": floor is not None and ratio.is_judged and not needs[colour],
                "foot": feet[colour],
            }
        )
    return cards


def _foot_green(board: Lights) -> str:
    over = [one for one in board.stagnant if one.colour == "green" and one.age > 10]
    if not over:
        return _("no green client is stagnant")
    told = f"{over[0].client}, {formats.money_short(over[0].amount)}"
    return ngettext("%(n)s stagnant: %(client)s", "%(n)s stagnant, first %(client)s", len(over)) % {
        "n": len(over),
        "client": told,
    }


def _foot_yellow(board: Lights) -> str:
    when = formats.date_num(board.next_day, today=board.today)
    if not board.lapsing:
        return _("till %(day)s no progress ends") % {"day": when}
    return _("till %(day)s the progress of %(n)s ends") % {"day": when, "n": board.lapsing}


def _foot_red(board: Lights) -> str:
    return _("without a next step: %(n)s") % {"n": board.stepless}

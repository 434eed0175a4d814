"""The answer of the staffing calculator in words and exact figures."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from common import formats
from common.money import Exact
from planning.calculator import Why
from planning.constants import Colour, Zone
from planning.views.calculators import because, light, number_text, rounded, share_text
from staffing.calculator import Answering, MonthAhead, ScenarioResult, Verdict
from staffing.choices import BottleneckName, StaffRole
from staffing.constants import Bottleneck
from staffing.services import month_after
from staffing.views.calculator.questions import Found

_FTE_PLACES = 3


def fte_text(value: Exact | None) -> str:
    """Full employees to three digits: «6,617»."""
    return number_text(value, _FTE_PLACES)


def staff_word(zone: Zone | None) -> str:
    return {
        Zone.GREEN: pgettext("staff", "enough"),
        Zone.YELLOW: pgettext("staff", "barely"),
        Zone.RED: pgettext("staff", "too few"),
        None: pgettext("staff", "not known"),
    }[zone]


def k_light(k: Exact | None, zone: Zone | str | None) -> SafeString:
    """K in per cent with its sign and word; «—» when nobody is required."""
    known = Zone(zone) if zone else None
    return light(k, known, staff_word(known))


def verdict_of(found: Found) -> dict[str, Any]:
    """The one big answer: people needed, K and its light."""
    verdict, required = found.verdict, found.required
    titles = {
        Zone.GREEN: _("There are enough people"),
        Zone.YELLOW: _("There are barely enough people"),
        Zone.RED: _("There are too few people"),
        None: _("It cannot be counted"),
    }
    title = titles[verdict.zone]
    if required.fte.value == 0:
        title = _("Nobody is needed")
    number = required.headcount
    unit = ""
    if number is not None:
        unit = ngettext(
            "person is needed; at work they are worth %(have)s",
            "people are needed; at work they are worth %(have)s",
            number,
        ) % {"have": fte_text(verdict.available)}
    return {
        "title": title,
        "figure": formats.number(number) if number is not None else formats.DASH,
        "unit": unit,
        "k": fte_text(verdict.k.value),
        "light": k_light(verdict.k.value, verdict.zone),
        "exact": _("exactly %(fte)s of a full employee") % {"fte": fte_text(required.fte.value)}
        if required.fte.value is not None
        else "",
        "why": because(verdict.k.why) if verdict.k.why else "",
    }


def bottleneck_name(name: Bottleneck | str | None) -> str:
    return str(BottleneckName(str(name)).label) if name else formats.DASH


def say_of(found: Found, role: StaffRole, day: date) -> tuple[str, str]:
    """What decides, and what to do about it."""
    verdict, required = found.verdict, found.required
    if required.fte.value is None:
        why = required.fte.why or Why.NO_DATA
        return _("It cannot be counted."), because(why)
    if not required.fte.value:
        if role == StaffRole.HUNTER:
            return _("There is no plan, so nobody is needed."), _("Set the plan of the month or type one here.")
        return _("There are no customers, so nobody is needed."), ""
    lead = _("The bottleneck is “%(name)s”:") % {"name": bottleneck_name(verdict.bottleneck)}
    lead += " " + _("%(need)s full employees are needed there, and there are %(have)s.") % {
        "need": fte_text(required.fte.value),
        "have": fte_text(verdict.available),
    }
    return lead, _hires_said(found, day)


def _hires_said(found: Found, day: date) -> str:
    ahead = found.ahead
    if ahead is None:
        return ""
    when = ngettext("In %(n)s month", "In %(n)s months", ahead.horizon) % {"n": ahead.horizon}
    if not ahead.horizon:
        when = _("Now")
    told = {"when": when, "have": fte_text(ahead.available), "gap": fte_text(ahead.gap)}
    if not ahead.gap:
        return _("%(when)s they are worth %(have)s: nobody has to be hired.") % told
    text = _("%(when)s they are worth %(have)s, %(gap)s too little:") % told
    if ahead.hires is None:
        return (
            text
            + " "
            + _("whoever is searched for now does not work yet by then. Move plan or clients, and look further ahead.")
        )
    start = date_format(month_after(day, found.search), "F Y").lower()
    return (
        text
        + " "
        + ngettext(
            "begin to search for %(n)s person now, for work from %(start)s.",
            "begin to search for %(n)s people now, for work from %(start)s.",
            ahead.hires,
        )
        % {"n": formats.number(ahead.hires), "start": start}
    )


def chain_of(found: Found) -> list[dict[str, Any]]:
    """From the plan to full employees: what each step is made of and what it asks for."""
    required = found.required
    rows: list[dict[str, Any]] = []
    if found.flow is not None:
        flow = found.flow
        at_once = flow.concurrent
        rows = [
            _row(_("Deals paid in a month"), number_text(flow.deals, 2, short=True), _("plan / average cheque")),
            _row(
                _("Clients taken into work"), number_text(required.entries), _("deals / conversions of three colours")
            ),
            _row(
                _("Clients in work at once"),
                number_text(required.clients),
                _("green %(green)s, yellow %(yellow)s, red %(red)s")
                % {str(colour): number_text(at_once[colour]) for colour in Colour},
            ),
            _row(
                str(BottleneckName.LIST.label),
                "",
                _("clients / 70 of a full list; with lists of 90 it would be %(stress)s")
                % {"stress": fte_text(required.fte_stress)},
                fte=required.fte_list,
                is_tight=required.bottleneck is Bottleneck.LIST,
            ),
        ]
    for pool, load in required.pools.items():
        hint = _("%(asked)s min / %(room)s min of one employee") % {
            "asked": number_text(load.minutes, 0),
            "room": number_text(load.capacity, 0),
        }
        rows.append(
            _row(
                bottleneck_name(pool),
                "",
                hint,
                fte=load.fte.value,
                is_tight=required.bottleneck is not None and str(required.bottleneck) == str(pool),
                why=because(load.fte.why) if load.fte.why else "",
            )
        )
    return rows


def _row(
    name: str, figure: str, hint: str, *, fte: Fraction | None = None, is_tight: bool = False, why: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "figure": figure,
        "hint": why or hint,
        "fte": fte_text(fte) if fte is not None else formats.DASH if why else "",
        "is_tight": is_tight,
    }


def months_of(found: Found, day: date) -> list[dict[str, Any]]:
    return [_month(one, day) for one in found.months]


def _month(one: MonthAhead, day: date) -> dict[str, Any]:
    hires, note = formats.DASH, ""
    if one.hires is not None:
        hires = formats.number(one.hires)
    elif one.why is not None:
        note = because(one.why)
    return {
        "name": date_format(month_after(day, one.horizon), "F Y").capitalize(),
        "in": _("now") if not one.horizon else _("in %(n)s mo.") % {"n": one.horizon},
        "available": fte_text(one.available),
        "gap": fte_text(one.gap) if one.gap else "0",
        "hires": hires,
        "note": note,
    }


def variants_of(found: Found) -> list[dict[str, Any]]:
    return [_variant(one, is_base=not at) for at, one in enumerate(found.variants)]


def _variant(one: ScenarioResult, *, is_base: bool) -> dict[str, Any]:
    verdict: Verdict = one.verdict
    required = verdict.required
    hires = formats.DASH
    if one.ahead is not None and one.ahead.hires is not None:
        hires = formats.number(one.ahead.hires)
    return {
        "name": one.name,
        "fte": fte_text(required.fte.value),
        "fte_apart": "" if is_base else _apart(one.fte_difference, _FTE_PLACES),
        "headcount": formats.number(required.headcount) if required.headcount is not None else formats.DASH,
        "headcount_apart": "" if is_base else _apart(one.headcount_difference, 0),
        "available": fte_text(verdict.available),
        "k": fte_text(verdict.k.value),
        "light": k_light(verdict.k.value, verdict.zone),
        "bottleneck": bottleneck_name(verdict.bottleneck),
        "hires": hires,
        "why": because(verdict.k.why) if verdict.k.why else "",
    }


def _apart(value: Exact | None, places: int) -> str:
    """«+1,103», «−2», «±0»: from the base."""
    if value is None:
        return ""
    return formats.signed(rounded(value, places), places) if value else "±0"


def lines_of(found: Found) -> dict[str, Any] | None:
    """People on the incoming lines, by Erlang C."""
    needed = found.lines
    if needed is None:
        return None
    return {
        "needed": formats.number(needed.agents),
        "level": _level(needed),
        "load": number_text(needed.load, 2),
        "now": "" if found.lines_now is None else _now(found.lines_now),
    }


def _level(one: Answering) -> str:
    return _("answered in time %(level)s, waits %(waits)s") % {
        "level": share_text(Fraction(one.level), 1),
        "waits": share_text(Fraction(one.waits), 1),
    }


def _now(one: Answering) -> str:
    people = ngettext("With %(n)s person", "With %(n)s people", one.agents) % {"n": one.agents}
    if one.is_growing:
        return _("%(people)s the queue only grows.") % {"people": people}
    return _("%(people)s: %(level)s.") % {"people": people, "level": _level(one)}

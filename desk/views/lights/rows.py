"""A line per manager, what to do about the deficit, the columns of stagnation."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import calendar
from common import formats, markup, svg
from common.addresses import address
from desk.constants import STAGNATION_ROWS
from desk.selectors.lights import Lights, Line, Stagnant
from desk.selectors.shell import end_of


def percent_of(share: Fraction | None, places: int = 2) -> Decimal | None:
    """A part of 1 in per cent, rounded half up."""
    if share is None:
        return None
    return (Decimal(share.numerator * 100) / Decimal(share.denominator)).quantize(
        Decimal(1).scaleb(-places), "ROUND_HALF_UP"
    )


def role_of(line: Line) -> str:
    if line.user is None:
        return ""
    return _("reserve") if line.is_reserve else markup.label_of(line.user, "role").lower()


def line_of(board: Lights, line: Line) -> dict[str, Any]:
    counts, ratio, user = line.counts, line.ratio, line.user
    floors: dict[str, Any] = {}
    if ratio.is_judged and not line.is_reserve:
        floors = {
            "green_floor": float(ratio.green_floor * 100),
            "yellow_floor": float(ratio.yellow_floor * 100),
        }
    owner = f"&owner={user.pk}" if user else f"&department={board.department.pk}"
    base = f"{reverse('client_list')}?section=any&open=yes{owner}"
    title = _("%(name)s: %(green)s green, %(yellow)s yellow, %(red)s red") % {
        "name": user.short_name if user else board.department.name,
        "green": counts.green,
        "yellow": counts.yellow,
        "red": counts.red,
    }
    points = percent_of(line.deviation, 1)
    repeat = " · " + _("%(n)s repeat") % {"n": line.repeat} if line.repeat else ""
    return {
        "name": user.short_name if user else _("Department"),
        "url": f"{reverse('day')}?manager={user.pk}" if user and user.is_manager else "",
        "sub": f"{role_of(line)} · {counts.total}{repeat}" if user else f"{counts.total}{repeat}",
        "bar": svg.light_bar(counts.green, counts.yellow, counts.red, title=title, **floors) if counts.total else "",
        "sums": f"{counts.green} · {counts.yellow} · {counts.red}",
        "need": _need(line),
        "points": formats.number(points, 1)
        if points is not None and not line.is_reserve and not ratio.is_newcomer
        else formats.DASH,
        "is_deviating": line.is_deviating,
        "aged": [
            {"n": line.aged[name], "css": css, "url": f"{base}&age={value}&sort=age"}
            for name, css, value in (
                ("warn", "", "7-9"),
                ("last", "age age-last", "10"),
                ("over", "age age-over", "11plus"),
            )
        ],
        "rises": formats.number(line.rises),
        "rises_url": _movements_url(board, line) if line.rises else "",
        "norm": _("of %(n)s") % {"n": line.rises_norm} if not line.is_reserve else "",
        "falls": formats.signed(-line.falls) if line.falls else "",
        "light": markup.plan_light(percent_of(line.attainment), colour=str(line.zone) if line.zone else None),
        "walk": f"{base}&sort=age" if user and counts.total else "",
    }


def _movements_url(board: Lights, line: Line) -> str:
    """The movements of the span, one by one."""
    who = f"user={line.user.pk}" if line.user else f"department={board.department.pk}"
    first, last = board.span
    return f"{reverse('kpi_list')}?of=resolutions&part=moves&from={first}&to={last}&{who}"


def _need(line: Line) -> SafeString | str:
    ratio = line.ratio
    if line.is_reserve or not ratio.counts.total:
        return formats.DASH
    if ratio.is_newcomer:
        return _("gathering")
    if not ratio.is_judged:
        return _("fewer than 18")
    if ratio.is_met:
        return markup.piece("{} {}", markup.icon("check", size="s"), _("met"))
    parts = []
    if ratio.need_green:
        parts.append(markup.lamp("green", word=f"+{ratio.need_green}"))
    if ratio.need_yellow:
        parts.append(markup.lamp("yellow", word=f"+{ratio.need_yellow}"))
    return SafeString(" ".join(parts))


def span_of(board: Lights) -> str:
    first, last = board.span
    if (last - first).days >= 6:
        return f"{formats.date_num(first)}–{formats.date_num(last)}"
    names = date_format(first, "D").lower(), date_format(last, "D").lower()
    return names[0] if first == last else "–".join(names)


def say_of(board: Lights) -> tuple[str, str]:
    """The one sentence what to do: who holds the shortage and which moves would mend it."""
    short = [line for line in board.lines if line.shortage]
    if not short:
        if board.stagnant:
            return _("The norms are met."), _(
                "Start with the clients of ten days: %(n)s of them are on the last day."
            ) % {"n": sum(1 for one in board.stagnant if one.age == 10)}
        return _("The norms are met."), _("Nobody is near the rotation.")
    line = short[0]
    moves = line.moves
    parts = []
    if moves.red_to_yellow:
        parts.append(_("%(n)s red to yellow") % {"n": moves.red_to_yellow})
    if moves.yellow_to_green:
        parts.append(_("%(n)s yellow to green") % {"n": moves.yellow_to_green})
    if moves.clients_missing:
        parts.append(_("find %(n)s new") % {"n": moves.clients_missing})
    aged = sum(line.aged.values())
    lead = _("%(name)s holds the department's shortage:") % {"name": line.user.short_name if line.user else ""}
    body = (_("too many red: ") if moves.is_red_excess else "") + ", ".join(parts) + "."
    if aged:
        body += " " + ngettext(
            "Begin the meeting with him: %(n)s client at seven days and more.",
            "Begin the meeting with him: %(n)s clients at seven days and more.",
            aged,
        ) % {"n": aged}
    return lead, body


def columns_of(board: Lights) -> list[dict[str, Any]]:
    groups: list[tuple[int, list[Stagnant]]] = [
        (age, [one for one in board.stagnant if (one.age == age if age < 11 else one.age >= 11)])
        for age in (7, 8, 9, 10, 11)
    ]
    columns = []
    for age, found in groups:
        rows = found[:STAGNATION_ROWS]
        columns.append(
            {
                "chip": markup.piece('<span class="age age-over">{}</span>', _("11 · stagnant"))
                if age == 11
                else markup.age(age),
                "count": len(found),
                "hint": _column_hint(board, age, found),
                "rows": [_mini(one) for one in rows],
                "more": len(found) - len(rows),
                "url": f"{reverse('client_list')}?section=any&department={board.department.pk}"
                f"&age={'11plus' if age == 11 else age}&sort=age",
            }
        )
    return columns


def _column_hint(board: Lights, age: int, found: list[Stagnant]) -> str:
    if age == 10:
        return _("last day")
    if age == 11:
        return (
            _("today at 09:20") if board.executes_at and board.executes_at < end_of(board.today) else _("in the queue")
        )
    flagged = [one.flag_on for one in found if one.flag_on]
    if not flagged:
        return ""
    return _("rotation %(day)s") % {"day": formats.date_num(calendar().working_day_on_or_after(min(flagged)))}


def _mini(one: Stagnant) -> dict[str, Any]:
    return {
        "lamp": markup.lamp(one.colour, silent=True),
        "name": one.client,
        "url": address("client_card", one.client_id),
        "sub": f"{one.owner} · {formats.money_short(one.amount)}",
    }

"""«Светофор отдела»: the head's morning screen (R-S0-P5, P8, P9, P14, P17)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import calendar
from common import clock, formats, markup, svg
from common.acts import answers_refusals
from desk.constants import STAGNATION_ROWS
from desk.selectors.lights import Lights, Line, Stagnant, lights_of
from desk.selectors.shell import end_of
from desk.views.books import XLSX, write_book
from desk.views.conversions import conversion_rows
from desk.views.scope import department_asked
from funnels.services.reviews import sign_review
from journal.services import record


@require_safe
def lights(request: HttpRequest) -> HttpResponse:
    department, departments = department_asked(request)
    board = lights_of(department)
    viewer = cast(User, request.user)
    query = f"?department={department.pk}" if len(departments) > 1 else ""
    context = {
        "department": department,
        "departments": [
            {"url": f"?department={one.pk}", "label": one.name, "active": one.pk == department.pk}
            for one in departments
        ]
        if len(departments) > 1
        else [],
        "subtitle": _subtitle(board),
        "cards": _cards(board),
        "lines": [_line(board, line) for line in board.lines],
        "total": _line(board, board.whole) if board.whole else None,
        "span": _span(board),
        "month": date_format(board.today, "F").lower(),
        "say": _say(board),
        "conversions": conversion_rows(board),
        "columns": _columns(board),
        "soon": _soon(board),
        "orders": board.orders,
        "orders_url": reverse("rotation_queue") if board.orders else "",
        "minutes": _minutes(board),
        "export_url": reverse("lights_export") + query,
        "sign_url": reverse("lights_sign") + query,
        "may_sign": viewer.role == Role.HEAD,
        "review": board.review,
        "calculated": formats.day_time(board.calculated.finished_at) if board.calculated else "",
    }
    return render(request, "desk/lights.html", context)


@require_POST
@answers_refusals
def lights_sign(request: HttpRequest) -> HttpResponse:
    department, _departments = department_asked(request)
    sign_review(department=department, day=clock.today(), actor=cast(User, request.user))
    messages.success(request, _("Checked: the review of today is signed."))
    return redirect("lights")


@require_safe
def lights_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The table of managers as a spreadsheet; written to the audit log with its number of rows."""
    department, _departments = department_asked(request)
    board = lights_of(department)
    head = [
        _("Manager"),
        _("Role"),
        _("Green"),
        _("Yellow"),
        _("Red"),
        _("Green, ₽"),
        _("Yellow, ₽"),
        _("Red, ₽"),
        _("To the norm: green"),
        _("To the norm: yellow"),
        _("From the department, p.p."),
        "7–9",
        "10",
        "11+",
        _("Movements"),
        _("Movements, norm"),
        _("Plan to date, %"),
    ]
    lines = [*board.lines, *([board.whole] if board.whole else [])]
    file, count = write_book(head, (_cells(line, department.name) for line in lines))
    record(action="lights.export", obj=department, actor=cast(User, request.user), after={"rows": count})
    name = f"lights-{board.today:%Y-%m-%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _cells(line: Line, department: str) -> list[Any]:
    counts, user = line.counts, line.user
    return [
        user.full_name if user else department,
        _role(line) if user else _("Department"),
        counts.green,
        counts.yellow,
        counts.red,
        *(line.amounts.get(colour, Decimal(0)) for colour in ("green", "yellow", "red")),
        line.ratio.need_green if line.ratio.is_judged else None,
        line.ratio.need_yellow if line.ratio.is_judged else None,
        _percent(line.deviation),
        line.aged["warn"],
        line.aged["last"],
        line.aged["over"],
        line.rises,
        line.rises_norm,
        _percent(line.attainment),
    ]


def _percent(share: Fraction | None, places: int = 2) -> Decimal | None:
    """A part of 1 in per cent, rounded half up."""
    if share is None:
        return None
    return (Decimal(share.numerator * 100) / Decimal(share.denominator)).quantize(
        Decimal(1).scaleb(-places), "ROUND_HALF_UP"
    )


def _subtitle(board: Lights) -> str:
    total = board.whole.counts.total if board.whole else 0
    people = sum(1 for line in board.lines if not line.is_reserve)
    day = f"{date_format(board.today, 'l').capitalize()}, {formats.date_long(board.today)}"
    clients = ngettext("%(n)s client", "%(n)s clients", total) % {"n": formats.number(total)}
    managers = ngettext("%(n)s manager", "%(n)s managers", people) % {"n": people}
    reserve = " " + _("and in the reserve") if any(line.is_reserve for line in board.lines) else ""
    return _("%(day)s, %(time)s · %(clients)s with %(managers)s%(reserve)s") % {
        "day": day,
        "time": formats.time(board.now),
        "clients": clients,
        "managers": managers,
        "reserve": reserve,
    }


def _cards(board: Lights) -> list[dict[str, Any]]:
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
                "share": formats.percent(_percent(share), 2),
                "change": _("%(n)s in a week") % {"n": formats.signed(board.changes[colour])},
                "bar": svg.meter(
                    counts[colour], total, tick=float(floor * total) if floor is not None else None, tone=colour
                ),
                "amount": formats.money_short(whole.amounts.get(colour, Decimal(0))),
                "floor": _("norm at least %(share)s") % {"share": formats.percent(_percent(floor), 2)}
                if floor is not None
                else _("the rest, no norm"),
                "need": _("%(n)s missing") % {"n": needs[colour]} if needs[colour] else "",
                "is_met": floor is not None and ratio.is_judged and not needs[colour],
                "foot": feet[colour],
            }
        )
    return cards


def _foot_green(board: Lights) -> str:
    over = [one for one in board.stagnant if one.ownership.cycle.colour == "green" and one.age > 10]
    if not over:
        return _("no green client is stagnant")
    first = over[0].ownership
    told = f"{first.client.name}, {formats.money_short(first.cycle.expected_amount)}"
    return ngettext("%(n)s stagnant: %(client)s", "%(n)s stagnant, first %(client)s", len(over)) % {
        "n": len(over),
        "client": told,
    }


def _foot_yellow(board: Lights) -> str:
    when = formats.date_num(board.next_day, today=board.today)
    return _("till %(day)s the progress of %(n)s ends") % {"day": when, "n": board.lapsing}


def _foot_red(board: Lights) -> str:
    return _("without a next step: %(n)s") % {"n": board.stepless}


def _role(line: Line) -> str:
    if line.user is None:
        return ""
    return _("reserve") if line.is_reserve else line.user.get_role_display().lower()


def _line(board: Lights, line: Line) -> dict[str, Any]:
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
    points = _percent(line.deviation, 1)
    repeat = " · " + _("%(n)s repeat") % {"n": line.repeat} if line.repeat else ""
    return {
        "name": user.short_name if user else _("Department"),
        "url": f"{reverse('day')}?manager={user.pk}" if user and user.is_manager else "",
        "sub": f"{_role(line)} · {counts.total}{repeat}" if user else f"{counts.total}{repeat}",
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
        "norm": _("of %(n)s") % {"n": line.rises_norm} if not line.is_reserve else "",
        "falls": formats.signed(-line.falls) if line.falls else "",
        "light": markup.plan_light(_percent(line.attainment), colour=str(line.zone) if line.zone else None),
        "walk": f"{base}&sort=age" if user and counts.total else "",
    }


def _need(line: Line) -> SafeString | str:
    ratio = line.ratio
    if line.is_reserve or not ratio.counts.total:
        return formats.DASH
    if ratio.is_newcomer:
        return _("gathering")
    if not ratio.is_judged:
        return _("fewer than 18")
    if ratio.is_met:
        return SafeString(f"{markup.icon('check', size='s')} {_('met')}")
    parts = []
    if ratio.need_green:
        parts.append(markup.lamp("green", word=f"+{ratio.need_green}"))
    if ratio.need_yellow:
        parts.append(markup.lamp("yellow", word=f"+{ratio.need_yellow}"))
    return SafeString(" ".join(parts))


def _span(board: Lights) -> str:
    first, last = board.span
    if (last - first).days >= 6:
        return f"{formats.date_num(first)}–{formats.date_num(last)}"
    names = date_format(first, "D").lower(), date_format(last, "D").lower()
    return names[0] if first == last else "–".join(names)


def _say(board: Lights) -> tuple[str, str]:
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


def _columns(board: Lights) -> list[dict[str, Any]]:
    groups: list[tuple[int, list[Stagnant]]] = [
        (age, [one for one in board.stagnant if (one.age == age if age < 11 else one.age >= 11)])
        for age in (7, 8, 9, 10, 11)
    ]
    columns = []
    for age, found in groups:
        rows = found[:STAGNATION_ROWS]
        columns.append(
            {
                "chip": SafeString(f'<span class="age age-over">{_("11 · stagnant")}</span>')
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
    flagged = [one.ownership.flag_on for one in found if one.ownership.flag_on]
    if not flagged:
        return ""
    return _("rotation %(day)s") % {"day": formats.date_num(calendar().working_day_on_or_after(min(flagged)))}


def _mini(one: Stagnant) -> dict[str, Any]:
    row = one.ownership
    return {
        "lamp": markup.lamp(row.cycle.colour, silent=True),
        "name": row.client.name,
        "url": reverse("client_card", args=[row.client_id]),
        "sub": f"{row.user.last_name} · {formats.money_short(row.cycle.expected_amount)}",
    }


def _soon(board: Lights) -> str:
    when = formats.date_num(board.next_day, today=board.today)
    return _("days in one colour; till %(day)s %(n)s more become stagnant") % {"day": when, "n": board.soon}


def _minutes(board: Lights) -> int | None:
    if board.executes_at is None:
        return None
    left = int((board.executes_at - board.now).total_seconds() // 60)
    return left if 0 <= left <= 24 * 60 else None

"""The present block, the pinned clients and the queue."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from common import clock, formats, markup, svg
from common.htmx import wants_fragment
from common.paging import CappedCount
from desk.constants import DAY_PINNED_ROWS, DAY_QUEUE_ROWS
from desk.selectors.day import Day, day_of
from desk.selectors.rows import Work, reaches, work_row
from desk.views.day.side import side_of
from funnels.constants import WORKLIST_CAP, WORKLIST_MIN

CHIPS = ("all", "late", "yellow", "red", "timed", "deal")


def manager_asked(request: HttpRequest) -> User:
    """The reader himself, or, for a head and the director, the manager of `?manager=`; anything else is 404."""
    viewer = cast(User, request.user)
    asked = request.GET.get("manager", "")
    if not asked:
        if viewer.role not in MANAGER_ROLES:
            raise Http404
        return viewer
    if not asked.isdecimal() or len(asked) > 9:
        raise Http404
    people = User.objects.visible_to(viewer).managers().select_related("department")
    if viewer.role not in (*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR):
        raise Http404
    return get_object_or_404(people, pk=int(asked))


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    person = manager_asked(request)
    found = day_of(person)
    is_own = person.pk == request.user.pk
    context = _now(found) | _rows(found, request.GET.get("queue", ""), is_own, request) | side_of(found, is_own)
    context |= {"person": person, "is_own": is_own, "title": _("My day") if is_own else person.short_name}
    template = "desk/_day.html" if wants_fragment(request) else "desk/day.html"
    return render(request, template, context)


def _now(found: Day) -> dict[str, Any]:
    ratio = found.ratio
    local = found.now.astimezone(clock.zone())
    lamps = [
        (markup.lamp(colour, size="mid", silent=True), found.colours[colour], word)
        for colour, word in (
            ("green", formats.plural(found.colours["green"], pgettext("of clients", "green,green,green"))),
            ("yellow", formats.plural(found.colours["yellow"], pgettext("of clients", "yellow,yellow,yellow"))),
            ("red", formats.plural(found.colours["red"], pgettext("of clients", "red,red,red"))),
        )
    ]
    block = found.block
    minutes = 0
    if block is not None:
        minutes = (block.end.hour * 60 + block.end.minute) - (local.hour * 60 + local.minute)
    blocks = [svg.Block(one.start, one.end, str(one.label), one.is_rest) for one in found.blocks]
    return {
        "subtitle": f"{_day_name(found)}, {formats.time(local)} · {_list_words(found)}",
        "lamps": lamps,
        "ratio": ratio if ratio and ratio.is_judged else None,
        "ratio_text": _ratio_text(found),
        "now_block": block,
        "block_text": _("%(block)s till %(time)s") % {"block": block.label, "time": formats.time(block.end)}
        if block
        else (_("The working day is over") if found.blocks else _("A day off")),
        "minutes_left": minutes,
        "strip": svg.day_strip(blocks, local.time(), title=_("Time table of the day")) if blocks else "",
        "productive_today": found.productive_today,
        "productive_norm": found.calls_norm,
        "queue_count": len(found.queue),
    }


def _list_words(found: Day) -> str:
    """How full the work list is; a farmer's repeat sales fill none (S2-7)."""
    if found.user.role == Role.FARMER:
        repeat = sum(found.colours.values()) - found.worklist
        return ngettext("%(n)s repeat sale", "%(n)s repeat sales", repeat) % {"n": repeat}
    return _("%(count)s on the list, the norm is %(least)s–%(most)s") % {
        "count": found.worklist,
        "least": WORKLIST_MIN if found.user.role != Role.INTERN else 0,
        "most": min(found.user.worklist_cap, WORKLIST_CAP),
    }


def _day_name(found: Day) -> str:
    return f"{date_format(found.today, 'l').capitalize()}, {formats.date_long(found.today)}"


def _ratio_text(found: Day) -> str:
    ratio = found.ratio
    if ratio is None or not ratio.counts.total:
        return ""
    if ratio.is_newcomer:
        return _("gathering the list: the norm is not asked yet")
    if not ratio.is_judged:
        return _("fewer than 18 clients: the norm is not asked")
    if ratio.is_met:
        return _("norm 3 : 5 : 10 met") if ratio.is_constant else _("raised norm met")
    parts = []
    if ratio.need_green:
        parts.append(_("%(n)s green") % {"n": f"+{ratio.need_green}"})
    if ratio.need_yellow:
        parts.append(_("%(n)s yellow") % {"n": f"+{ratio.need_yellow}"})
    return _("to the norm 3 : 5 : 10: %(parts)s") % {"parts": ", ".join(parts)}


def _rows(found: Day, asked: str, is_own: bool, request: HttpRequest) -> dict[str, Any]:
    default = {"meetings": "timed", "documents": "deal"}.get(found.block.kind if found.block else "", "all")
    lists: dict[str, list[Work]] = {
        "all": found.queue,
        "late": found.late,
        "yellow": [row for row in found.queue if row.colour == "yellow"],
        "red": [row for row in found.queue if row.colour == "red"],
        "timed": [row for row in found.queue if row.cycle_id in found.timed],
        "deal": found.deal,
    }
    if asked not in CHIPS:
        # A block with nothing of its kind is spent on the calls.
        asked = default if lists[default] else "all"
    names = {
        "all": _("All"),
        "late": _("Overdue"),
        "yellow": pgettext("clients", "Yellow"),
        "red": pgettext("clients", "Red"),
        "timed": _("By the hour"),
        "deal": _("Deals"),
    }
    colours = {"yellow": "yellow", "red": "red"}
    manager = "" if is_own else f"&manager={found.user.pk}"
    chips = [
        {
            "url": f"?queue={name}{manager}",
            "label": names[name],
            "count": len(lists[name]),
            "active": name == asked,
            "colour": colours.get(name),
        }
        for name in CHIPS
        if lists[name] or name in ("all", asked)
    ]
    shown = lists[asked][:DAY_QUEUE_ROWS]
    pinned = found.pinned[:DAY_PINNED_ROWS]
    received = found.received[:DAY_PINNED_ROWS]
    whom = reaches({row.client_id for row in [*shown, *pinned, *received]}, cast(User, request.user))

    def lines(rows: list[Work], list_query: str) -> list[dict[str, Any]]:
        return [
            work_row(
                row,
                whom[row.client_id],
                day=found.today,
                days=found.ages[row.pk],
                owner=found.owners.get(row.user_id, ""),
                list_query=list_query,
            )
            for row in rows
        ]

    list_url = reverse("client_list")
    owner = "" if is_own else f"&owner={found.user.pk}"
    aged, due = f"section=any&age=7plus&sort=age{owner}", f"section=any&step=due&sort=step{owner}"
    return {
        "received": lines(received, ""),
        "received_more": len(found.received) - len(received),
        "pinned": lines(pinned, aged),
        "pinned_more": len(found.pinned) - len(pinned),
        "pinned_url": f"{list_url}?{aged}",
        "gone": [_gone(order) for order in found.gone],
        "queue": lines(shown, due),
        "queue_more": len(lists[asked]) - len(shown),
        "queue_url": f"{list_url}?{due}",
        "queue_title": {"deal": _("Deals and documents"), "timed": _("Meetings and calls by the hour")}.get(
            asked, _("Call queue")
        ),
        "chips": chips,
        "free": _capped(found.free),
        "free_count": found.free.value if found.free else 0,
        "free_url": f"{list_url}?section=call_base",
        "refresh_url": request.get_full_path(),
    }


def _capped(count: CappedCount | None) -> str:
    return f"{formats.number(count.value)}{'+' if count.is_capped else ''}" if count else "0"


def _gone(order: Any) -> dict[str, Any]:
    """A client that left this morning: told, not linked; the card is closed for the old owner."""
    return {
        "name": order.client.name,
        "lamp": markup.lamp(order.colour),
        "to": order.recipient.short_name if order.recipient else "",
        "at": formats.time(order.executed_at),
        "age": markup.age(order.age, rotation_at=order.executed_at),
        "sum": formats.money_short(order.amount),
    }

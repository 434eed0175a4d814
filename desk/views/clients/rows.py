"""The heads and rows of the list, in words."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from clients.models import Client
from common import formats, markup
from common.workdays import Calendar
from desk.selectors import clients as lists
from desk.selectors.rows import Reach, card_address, colour_why, last_contact, stale_mark, state_word
from desk.views.clients.asked import Asked


def columns_of(asked: Asked) -> list[dict[str, Any]]:
    """Heads of the table; those that sort carry their address and present direction."""
    if asked.is_work:
        heads = [
            ("name", _("Client"), ""),
            ("", _("Contact person"), ""),
            ("", _("Colour"), ""),
            ("age", _("Days"), ""),
            ("", _("State"), ""),
            ("step", _("Next step"), ""),
            ("", _("Last contact"), ""),
            ("", _("To the term"), "num"),
            ("sum", _("Sum"), "num"),
        ]
    elif asked.reads_papers:
        heads = [("name", _("Client"), ""), ("", _("INN"), ""), ("", _("KPP"), ""), ("", _("City"), "")]
        heads.append(("", _("Manager"), ""))
    else:
        heads = [
            ("name", _("Client"), ""),
            ("", _("Contact person"), ""),
            ("", _("Phone"), ""),
            ("", _("City"), ""),
            ("", _("State"), ""),
            ("", _("Recall on"), ""),
            ("", _("Responsible before"), ""),
        ]
    columns = []
    for name, label, css in heads:
        active = bool(name) and asked.sort.lstrip("-") == name
        goes_down = active and (asked.sort.startswith("-") != lists.SORTS[name][1])
        url = asked.address(sort=f"-{name}" if active and not asked.sort.startswith("-") else name) if name else ""
        arrow = markup.icon("arrow-down" if goes_down else "arrow-up", size="s") if active else ""
        sort = "descending" if goes_down else "ascending"
        columns.append({"label": label, "css": css, "url": url, "arrow": arrow, "sort": sort if active else ""})
    return columns


def _common(row: Client, asked: Asked) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": card_address(row.pk, asked.tail[1:]),
        "contact_url": reverse("contact_form", args=[row.pk]),
        "sub": " · ".join(
            part for part in (str(row.get_size_display() or ""), row.category.name if row.category else "") if part
        ),
    }


def work_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> dict[str, Any]:
    viewer = asked.viewer
    work: Any = row
    days = max(0, plain.counted_days(work.running_from, today)) if work.running_from else None
    left = lists.days_left(work.term_ends_on, today)
    owner = row.owner.short_name if row.owner and row.owner_id != viewer.pk else ""
    step: Any = formats.DASH
    if work.next_step_at:
        step = format_html(
            '{}<span class="sub">{}</span>', markup.due(work.next_step_at, today=today), work.next_step_text
        )
    elif work.cycle_id:
        url = reverse("client_next_step", args=[row.pk])
        step = format_html(
            '<a class="chip chip-add" href="{0}" hx-get="{0}" hx-target="#dialog-body">{1}{2}</a>',
            url,
            markup.icon("plus", size="s"),
            _("Set the step"),
        )
    stale = stale_mark(work.state_flag_on if work.cycle_id else None, today)
    state = format_html("{} {}", state_word(row.state), stale)
    lamp = markup.lamp(work.colour, why=colour_why(work.colour, work.colour_rule)) if work.cycle_id else formats.DASH
    return _common(row, asked) | {
        "owner": owner,
        "cells": (
            (
                "",
                _("Contact person"),
                format_html('{}<span class="sub">{}</span>', reach.person or formats.DASH, owner),
            ),
            ("", _("Colour"), lamp),
            ("", _("Days"), markup.age(days, short=True) if days is not None else formats.DASH),
            (
                "",
                _("State"),
                state,
            ),
            ("", _("Next step"), step),
            ("", _("Last contact"), last_contact(work.last_contact_kind, work.last_contact_at)),
            (
                "num",
                _("To the term"),
                _term(left),
            ),
            ("num", _("Sum"), formats.money(work.amount)),
        ),
    }


def _term(left: int | None) -> str:
    if left is None:
        return formats.DASH
    return _("%(n)s d.") % {"n": formats.number(left)} if left >= 0 else _("over")


def base_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> dict[str, Any]:
    return _common(row, asked) | {
        "owner": "",
        "cells": (
            ("", _("Contact person"), reach.person or formats.DASH),
            ("", _("Phone"), markup.tel(reach.phone) or formats.DASH),
            ("", _("City"), row.city or formats.DASH),
            ("", _("State"), state_word(row.state)),
            ("", _("Recall on"), formats.date_num(row.recall_on, today=today)),
            ("", _("Responsible before"), row.imported_responsible or formats.DASH),
        ),
    }


def papers_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> dict[str, Any]:
    """Requisites alone, as an accountant reads them."""
    return _common(row, asked) | {
        "owner": "",
        "cells": (
            ("", _("INN"), row.inn or formats.DASH),
            ("", _("KPP"), row.kpp or formats.DASH),
            ("", _("City"), row.city or formats.DASH),
            ("", _("Manager"), row.owner.short_name if row.owner else formats.DASH),
        ),
    }

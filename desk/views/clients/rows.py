"""The heads and rows of the list, in words."""

from __future__ import annotations

from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clients.choices import SizeLabel
from clients.models import Client
from common import formats, markup
from common.addresses import address
from common.workdays import Calendar
from desk.selectors import clients as lists
from desk.selectors.rows import Reach, colour_why, last_contact, stale_mark, state_word, step_cell
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


_LINE: Final = (
    '<tr id="client-{0}" data-row data-href="{1}"{2}>{3}'
    '<th scope="row"><a class="plain" href="{1}">{4}</a><small>{5}</small></th>{6}</tr>'
)
_CHOICE: Final = (
    '<td class="check"><label><span class="sr">{} {}</span>'
    '<input type="checkbox" form="bulk-form" name="ids" value="{}" data-bulk-item></label></td>'
)


def _line(row: Client, asked: Asked, cells: SafeString) -> SafeString:
    """One row of the table as one piece: a template would ask for each of five hundred."""
    sub = " · ".join(part for part in (size_word(row.size), row.category.name if row.category else "") if part)
    contact, choice = "", ""
    if asked.is_work:
        contact = markup.piece(' data-contact-url="{}"', address("contact_form", row.pk))
    if asked.acts["any"]:
        choice = markup.piece(_CHOICE, _choose(), row.name, row.pk)
    url = address("client_card", row.pk) + asked.list_query
    return markup.piece(_LINE, row.pk, url, contact, choice, row.name, sub, cells)


@markup.remembered
def _choose() -> str:
    return _("Choose")


@markup.remembered
def size_word(size: str) -> str:
    return str(SizeLabel(size).label) if size else ""


@markup.remembered
def _opening(css: str, label: str) -> SafeString:
    """The beginning of a cell: fifty rows share it."""
    return markup.piece('<td{} data-label="{}"><div>', markup.piece(' class="{}"', css) if css else "", label)


def _cells(openings: tuple[SafeString, ...], texts: tuple[Any, ...]) -> SafeString:
    cells = (markup.piece("{}{}</div></td>", opening, text) for opening, text in zip(openings, texts, strict=True))
    return markup.join(cells, "")


@markup.remembered
def _work_openings() -> tuple[SafeString, ...]:
    labels = (
        _("Contact person"),
        _("Colour"),
        _("Days"),
        _("State"),
        _("Next step"),
        _("Last contact"),
        _("To the term"),
        _("Sum"),
    )
    return tuple(_opening("num" if place > 5 else "", label) for place, label in enumerate(labels))


@markup.remembered
def _base_openings() -> tuple[SafeString, ...]:
    labels = (_("Contact person"), _("Phone"), _("City"), _("State"), _("Recall on"), _("Responsible before"))
    return tuple(_opening("", label) for label in labels)


@markup.remembered
def _papers_openings() -> tuple[SafeString, ...]:
    return tuple(_opening("", label) for label in (_("INN"), _("KPP"), _("City"), _("Manager")))


def work_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> SafeString:
    viewer = asked.viewer
    work: Any = row
    days = max(0, plain.counted_days(work.running_from, today)) if work.running_from else None
    left = lists.days_left(work.term_ends_on, today)
    owner = row.owner.short_name if row.owner and row.owner_id != viewer.pk else ""
    step: Any = formats.DASH
    if work.next_step_at or work.cycle_id:
        due = markup.due(work.next_step_at, today=today) if work.next_step_at else SafeString("")
        step = step_cell(row.pk, due, work.next_step_text)
    stale = stale_mark(work.state_flag_on if work.cycle_id else None, today)
    state = markup.piece("{} {}", state_word(row.state), stale) if stale else state_word(row.state)
    lamp = markup.lamp(work.colour, why=colour_why(work.colour, work.colour_rule)) if work.cycle_id else formats.DASH
    cells = (
        markup.piece('{}<span class="sub">{}</span>', reach.person or formats.DASH, owner),
        lamp,
        markup.age(days, short=True) if days is not None else formats.DASH,
        state,
        step,
        last_contact(work.last_contact_kind, work.last_contact_at),
        _term(left),
        formats.money(work.amount),
    )
    return _line(row, asked, _cells(_work_openings(), cells))


@markup.remembered
def _term(left: int | None) -> str:
    if left is None:
        return formats.DASH
    return _("%(n)s d.") % {"n": formats.number(left)} if left >= 0 else _("over")


def base_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> SafeString:
    cells = (
        reach.person or formats.DASH,
        markup.tel(reach.phone) or formats.DASH,
        row.city or formats.DASH,
        state_word(row.state),
        formats.date_num(row.recall_on, today=today),
        row.imported_responsible or formats.DASH,
    )
    return _line(row, asked, _cells(_base_openings(), cells))


def papers_line(row: Client, reach: Reach, today: Any, plain: Calendar, asked: Asked) -> SafeString:
    """Requisites alone, as an accountant reads them."""
    owner = row.owner.short_name if row.owner else formats.DASH
    cells = (row.inn or formats.DASH, row.kpp or formats.DASH, row.city or formats.DASH, owner)
    return _line(row, asked, _cells(_papers_openings(), cells))

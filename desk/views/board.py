"""/funnel/: the funnel as a board, by state or by colour."""

from __future__ import annotations

from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from accounts.choices import Role
from accounts.models import User
from common import clock, formats, markup, svg
from common.addresses import address
from common.htmx import wants_fragment
from common.paging import KeysetPage, cursor_after
from desk.constants import BOARD_CARDS
from desk.selectors import board as boards
from desk.selectors.rows import age_of, reaches, stale_mark, state_word
from desk.views.scope import department_asked, employee_asked
from funnels.choices import Colour, State
from funnels.models import SalesCycle
from funnels.rules import next_forward_state


def _wanted(request: HttpRequest) -> tuple[boards.Wanted, str]:
    """Whose funnel, and the part of the address that says so."""
    viewer = cast(User, request.user)
    manager = employee_asked(request)
    if manager is not None:
        return boards.Wanted(manager=manager), f"&manager={manager.pk}"
    if request.GET.get("department") and viewer.role in (Role.HEAD, Role.DIRECTOR):
        department, _all = department_asked(request)
        return boards.Wanted(department=department), f"&department={department.pk}"
    return boards.Wanted(), ""


def _by(request: HttpRequest) -> str:
    return "colour" if request.GET.get("by") == "colour" else "state"


@require_safe
def funnel_board(request: HttpRequest) -> HttpResponse:
    viewer, by = cast(User, request.user), _by(request)
    wanted, tail = _wanted(request)
    columns = boards.columns_of(viewer, wanted, by)
    cards = [card for column in columns for card in column.cards]
    support = boards.in_support(viewer, wanted) if by == "state" else None
    drawn = _drawn(viewer, cards)
    shown = [_column(column, drawn, by, tail) for column in columns]
    if support is not None:
        shown.append(_support(*support))
    outside = boards.outside(viewer, wanted)
    people = boards.people_of(viewer) if viewer.role in (Role.HEAD, Role.DIRECTOR) else []
    total = sum(column.count for column in columns)
    amount = formats.money_short(sum(column.amount for column in columns))
    in_support = support[0].value if support else 0
    context = {
        "subtitle": _subtitle(total, amount, in_support, wanted),
        "columns": shown,
        "by": [
            {"url": f"?by=state{tail}", "label": _("By state"), "active": by == "state"},
            {"url": f"?by=colour{tail}", "label": _("By colour"), "active": by == "colour"},
        ],
        "by_name": by,
        "people": [{"id": pk, "name": f"{last_name} {first_name}"} for pk, last_name, first_name in people],
        "manager_id": wanted.manager.pk if wanted.manager else None,
        "outside": [
            {
                "label": state_word(name),
                "count": f"{formats.number(outside[name].value)}{'+' if outside[name].is_capped else ''}",
                "url": f"{reverse('client_list')}?section=any&state={name}",
            }
            for name in boards.OUTSIDE
            if outside[name].value
        ],
        "is_empty": not total and not in_support,
        "base_url": f"{reverse('client_list')}?section=call_base",
    }
    return render(request, "desk/board.html", context)


@require_safe
def funnel_column(request: HttpRequest) -> HttpResponse:
    """The following cards of a column. Without JavaScript the whole board is shown instead."""
    viewer, by = cast(User, request.user), _by(request)
    name = request.GET.get("column", "")
    if name not in (boards.STATES if by == "state" else boards.COLOURS):
        raise Http404
    wanted, tail = _wanted(request)
    page = boards.column_page(viewer, wanted, by, name, request.GET.get("cursor", ""))
    left = int(request.GET.get("left", "0")) if request.GET.get("left", "0").isdecimal() else 0
    left = max(0, left - len(page.rows))
    drawn = _drawn(viewer, page.rows)
    context = {
        "column": {"cards": [drawn[row.pk] for row in page.rows], "more": left if page.has_next else 0},
        "more_url": _more_url(by, name, tail, page, left) if page.has_next else "",
    }
    if not wants_fragment(request):
        return render(request, "desk/board_column.html", context)
    return render(request, "desk/_board_cards.html", context)


def _more_url(by: str, name: str, tail: str, page: KeysetPage | None, left: int) -> str:
    cursor = page.next_cursor if page is not None else ""
    return f"{reverse('funnel_column')}?by={by}&column={name}&cursor={cursor}&left={left}{tail}"


def _subtitle(total: int, amount: str, in_support: int, wanted: boards.Wanted) -> str:
    text = _("%(count)s in work, %(amount)s") % {"count": formats.number(total), "amount": amount}
    if in_support:
        text += " · " + ngettext("%(n)s in support", "%(n)s in support", in_support) % {"n": in_support}
    if wanted.manager is not None:
        text += f" · {wanted.manager.short_name}"
    elif wanted.department is not None:
        text += f" · {wanted.department.name}"
    return text


def _column(column: boards.Column, drawn: dict[int, SafeString], by: str, tail: str) -> dict[str, Any]:
    split = column.split
    if by == "state":
        bar = svg.light_bar(
            split.get("green", 0),
            split.get("yellow", 0),
            split.get("red", 0),
            thin=True,
            title=_("Colours of the column"),
        )
        lamps = [
            markup.lamp(colour, word=formats.number(split[colour])) for colour in boards.COLOURS if split.get(colour)
        ]
        title = str(State(column.name).label) if column.name != "new" else pgettext("state in a column", "New")
    else:
        bar, title = SafeString(""), str(Colour(column.name).label)
        lamps = [f"{state_word(state)} {split[state]}" for state in boards.STATES if split.get(state)]
    return {
        "title": title,
        "lamp": markup.lamp(column.name, silent=True) if by == "colour" else "",
        "count": formats.number(column.count),
        "amount": formats.money_short(column.amount),
        "bar": bar,
        "lamps": lamps,
        "cards": [drawn[card.pk] for card in column.cards],
        "more": column.more,
        "more_url": _first_more(column, by, tail) if column.more > 0 else "",
    }


def _first_more(column: boards.Column, by: str, tail: str) -> str:
    cursor = cursor_after(SalesCycle.objects.all(), field="next_step_at", row=column.cards[-1])
    return f"{reverse('funnel_column')}?by={by}&column={column.name}&cursor={cursor}&left={column.more}{tail}"


@markup.remembered
def _advance_words(state: str) -> str:
    return _("Step to “%(state)s”") % {"state": State(state).label}


@markup.remembered
def _act_words(name: str) -> SafeString:
    icon, words = {
        "contact": ("phone", _("Log a contact")),
        "step": ("calendar-clock", _("Set the next step")),
        "plan": ("target", _("Plan the sale")),
        "card": ("eye", _("Card")),
    }[name]
    return markup.piece("{}{}", markup.icon(icon), words)


@markup.remembered
def _menu_of_any(target: str | None, works: bool) -> str:
    """What the ⋯ of a card offers: the same five links for every client of a state, the number in them aside."""
    pk, link = markup.ANY_PK, '<a class="menu-item" href="{0}">{1}</a>'
    dialog = '<a class="menu-item" href="{0}" hx-get="{0}" hx-target="#dialog-body">{1}</a>'
    acts: list[str] = []
    if works and target:
        words = markup.piece("{}{}", markup.icon("arrow-right"), _advance_words(target))
        acts.append(markup.piece(dialog, address("client_advance", pk), words))
    if works:
        acts.append(markup.piece(link, address("contact_form", pk), _act_words("contact")))
        acts.append(markup.piece(dialog, address("client_next_step", pk), _act_words("step")))
        acts.append(markup.piece(dialog, address("client_plan", pk), _act_words("plan")))
    acts.append(markup.piece(link, address("client_card", pk), _act_words("card")))
    return markup.join(acts, "")


def _menu(card: SalesCycle, *, target: str | None = None, works: bool = False) -> SafeString:
    return SafeString(_menu_of_any(target, works).replace(str(markup.ANY_PK), str(int(card.client_id))))


_CARD: Final = (
    '<article class="card" tabindex="0"><p class="name"><a href="{}">{}</a></p>{}{}'
    '<div class="line line-apart">{}{}</div>{}<footer>{}</footer></article>'
)


def _card(
    card: SalesCycle, *, sub: str, age: str, due: str, menu: SafeString, lamp: str = "", stale: str = ""
) -> SafeString:
    """One card as one piece: a template would ask for each of a thousand."""
    name = card.client.name
    acts = markup.menu(menu, name=_("Actions: %(name)s") % {"name": name})
    below = markup.piece('<span class="muted">{}</span>', sub) if sub else ""
    return markup.piece(_CARD, address("client_card", card.client_id), name, acts, below, lamp, age, stale, due)


def _drawn(viewer: User, cards: list[SalesCycle]) -> dict[int, SafeString]:
    """Cards in words, by cycle; five queries for all of them."""
    today = clock.today()
    running = boards.running_of(cards)
    owners, go_lives = boards.owners_of(cards), boards.go_lives()
    whom = reaches((card.client_id for card in cards), viewer)
    works = viewer.is_manager or viewer.role in (Role.HEAD, Role.DIRECTOR)
    drawn = {}
    for card in cards:
        row = running.get(card.pk)
        parts = [whom[card.client_id].person, formats.money_short(card.expected_amount) if card.expected_amount else ""]
        if card.owner_id != viewer.pk and card.owner_id in owners:
            parts.append(owners[card.owner_id])
        drawn[card.pk] = _card(
            card,
            sub=" · ".join(part for part in parts if part),
            lamp=markup.lamp(card.colour),
            age=markup.age(age_of(row, go_lives.get(card.client.department_id), today), short=True) if row else "",
            stale=stale_mark(row.state_flag_on, today) if row else "",
            due=markup.due(card.next_step_at, today=today) if card.next_step_at else _("no next step"),
            menu=_menu(card, target=next_forward_state(card.state), works=works),
        )
    return drawn


def _support(count: Any, amount: Any, rows: list[SalesCycle]) -> dict[str, Any]:
    cards = [
        _card(
            row,
            sub=formats.money_short(row.paid_amount),
            age=_("paid in full"),
            due=_("closing documents are open"),
            menu=_menu(row),
        )
        for row in rows
    ]
    return {
        "title": pgettext("state in a column", "Support"),
        "count": f"{formats.number(count.value)}{'+' if count.is_capped else ''}",
        "amount": formats.money_short(amount) if len(rows) < BOARD_CARDS else "",
        "bar": svg.light_bar(0, 0, 0, thin=True),
        "lamps": [_("no colour, the clock is stopped")],
        "cards": cards,
        "more": count.value - len(rows),
        "more_url": "",
        "list_url": f"{reverse('client_list')}?section=any&state=support" if count.value > len(rows) else "",
    }

"""The client card and its history."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.choices import Role
from accounts.models import User
from clients.choices import Section
from common import clock, formats, markup
from common.htmx import wants_fragment
from desk.selectors import card as cards
from desk.selectors import card_rows
from desk.selectors.rows import card_address
from desk.selectors.timeline import KINDS, Entry, counts, timeline
from desk.views.clients.asked import Asked
from funnels.views.contacts import fresh_line
from funnels.views.fetching import ways_of


@require_GET
def client_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole card; a fragment is the same card without the shell, or one more page of its history."""
    viewer = cast(User, request.user)
    client = card_rows.client_of(viewer, pk)
    if client is None:
        raise Http404
    card = cards.read_card(client, viewer)
    if viewer.role == Role.ACCOUNTANT:
        context = _requisites(card)
        return render(request, "desk/_card_requisites.html" if wants_fragment(request) else "desk/card.html", context)
    if wants_fragment(request) and "after" in request.GET:
        return render(request, "desk/_card_timeline_page.html", _history(request, card, with_counts=False))
    if wants_fragment(request) and request.headers.get("HX-Target") == "history":
        return render(request, "desk/_card_timeline.html", _history(request, card))
    context = _requisites(card) | _history(request, card) | _panels(request, card)
    return render(request, "desk/_card.html" if wants_fragment(request) else "desk/card.html", context)


def _requisites(card: cards.Card) -> dict[str, Any]:
    """What everybody sees, the accountant nothing else."""
    client = card.client
    return {
        "client": client,
        "card": card,
        "acts": cards.acts_of(card),
        "documents": card.documents,
        "document_links": _document_links(card),
        "is_accountant": card.viewer.role == Role.ACCOUNTANT,
        "can_see_documents": card.viewer.role != Role.QUALITY,
        "requisites": [
            (label, value)
            for label, value in (
                (_("INN"), client.inn),
                (_("KPP"), client.kpp),
                (_("OGRN"), client.ogrn),
                (_("Address"), client.address),
            )
            if value
        ],
        "here": reverse("client_card", args=[client.pk]),
    }


def _document_links(card: cards.Card) -> list[tuple[str, str]]:
    names = []
    if card.can_act and card.is_open:
        names += [
            ("offer_new", _("Record an offer")),
            ("invoice_new", _("Issue an invoice")),
            ("contract_new", _("Record a contract")),
        ]
    if card.can_pay and card.cycle is not None:
        names.append(("payment_new", _("Enter a payment")))
    return [(reverse(name, args=[card.client.pk]), label) for name, label in names]


def _history(request: HttpRequest, card: cards.Card, *, with_counts: bool = True) -> dict[str, Any]:
    kind = request.GET.get("history", "all")
    kind = kind if kind in KINDS else "all"
    cursor = request.GET.get("after", "")[:80]
    source = card.source()
    shown = timeline(client=card.client, viewer=card.viewer, kind=kind, source=source, cursor=cursor)
    url = reverse("client_card", args=[card.client.pk])
    numbers = counts(card.client, source) if with_counts else {}
    labels = {
        "all": _("Everything"),
        "contacts": _("Contacts"),
        "credited": pgettext("contacts", "Credited"),
        "facts": _("Facts and colour"),
    }
    return {
        "client": card.client,
        "events": [_events(day, entries) for day, entries in shown.days],
        "history_chips": [
            {"label": labels[name], "url": f"{url}?history={name}", "count": numbers.get(name), "active": name == kind}
            for name in KINDS
        ],
        "more_url": f"{url}?history={kind}&after={shown.next_cursor}" if shown.next_cursor else "",
    }


_EVENT: Final = '<article class="event">{}<div><p><b>{}</b>{}{}</p>{}{}</div><time datetime="{}">{}</time></article>'


def _events(day: date, entries: list[Entry]) -> SafeString:
    """A day of the history as one piece."""
    return markup.join((markup.piece("<h3>{}</h3>", formats.day(day)), *map(_event, entries)), "")


def _event(entry: Entry) -> SafeString:
    return markup.piece(
        _EVENT,
        entry.mark,
        entry.title,
        markup.piece(" · {}", entry.more) if entry.more else "",
        markup.join((_tag(css, words) for css, words in entry.tags), ""),
        markup.piece('<p class="pre">{}</p>', entry.text) if entry.text else "",
        markup.piece("<p>{}</p>", entry.note) if entry.note else "",
        entry.place[0].astimezone(clock.zone()).isoformat(),
        entry.time,
    )


@markup.remembered
def _tag(css: str, words: str) -> SafeString:
    check = markup.icon("check", size="s") if css == "tag-ok" else ""
    return markup.piece(' <span class="tag{}">{}{}</span>', f" {css}" if css else "", check, words)


def _list_query(request: HttpRequest) -> str:
    """The address of the list the reader came from; nothing that is not one."""
    return request.GET.get("list", "")[:500]


def _near(request: HttpRequest, card: cards.Card) -> dict[str, str]:
    """The cards before and after: in the list the reader came from, else in the owner's list by name."""
    query = _list_query(request)
    found = (
        Asked(request, QueryDict(query)).beside(card.client.pk)
        if query
        else card_rows.neighbours(card.client, card.viewer, card.day)
    )
    return {name: card_address(pk, query) for name, pk in found.items()}


def _panels(request: HttpRequest, card: cards.Card) -> dict[str, Any]:
    client, viewer = card.client, card.viewer
    ways = ways_of(client)
    head = cards.head_of_card(card)
    for item in head.get("lacks", []):
        item["url"], item["action"] = ways.get(item["code"], ("", ""))
    people = card_rows.people(client, viewer)
    can_log = card.can_act and (card.is_open or client.section == Section.CUSTOMERS)
    context = {
        "head": head,
        "subtitle": " · ".join(
            str(part)
            for part in (
                client.get_size_display() if client.size else "",
                client.category.name if client.category else "",
                client.city,
                _("INN %(inn)s") % {"inn": client.inn} if client.inn else "",
            )
            if part
        ),
        "people": people,
        "phones": card_rows.phones(client, viewer),
        "emails": card_rows.emails(client, viewer),
        "can_edit": card.can_act,
        "answers_panel": cards.questionnaire_panel(card),
        "owners": card.ownerships,
        "next_due": cards.next_due(card),
        "near": _near(request, card),
        "can_log": can_log,
        "list_query": _list_query(request),
        "today": clock.today(),
    }
    if can_log:
        context["log_line"] = fresh_line(request, client, people)
    return context

"""/search/: one box for names, phones, ИНН and e-mails; `?for=contact` leads to the contact form."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.choices import Role
from accounts.models import User
from clients.selectors import can_create
from common import clock, markup
from common.addresses import address
from common.htmx import wants_fragment
from desk.selectors.rows import age_chip, age_of, reaches, state_word
from desk.selectors.search import Found, find, recent


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    viewer = cast(User, request.user)
    text = request.GET.get("q", "").strip()
    for_contact = request.GET.get("for") == "contact"
    found = find(viewer, text) if text else recent(viewer)
    context = {
        "text": text,
        "for_contact": for_contact,
        "rows": _rows(found, viewer, for_contact),
        "hidden": found.hidden,
        "title": _("Who was the contact with?") if for_contact else _("Search"),
        "heading": (_("Found") if text else _("Recent clients")),
        "new_url": reverse("client_new") if text and can_create(viewer) else "",
        "list_url": f"{reverse('client_list')}?section=any&search=" if text and len(found.clients) >= 20 else "",
    }
    return render(request, "desk/_search.html" if wants_fragment(request) else "desk/search.html", context)


def _rows(found: Found, viewer: User, for_contact: bool) -> list[dict[str, Any]]:
    today, whom = clock.today(), reaches((client.pk for client in found.clients), viewer)
    reads_papers = viewer.role == Role.ACCOUNTANT  # requisites and documents only
    rows = []
    for client in found.clients:
        own = None if reads_papers else found.own.get(client.pk)
        card, contact = address("client_card", client.pk), address("contact_form", client.pk)
        works = not reads_papers and (own is not None or client.section == "customers")
        rows.append(
            {
                "id": client.pk,
                "name": client.name,
                "url": contact if for_contact and works else card,
                "card_url": card,
                "contact_url": contact if works else "",
                "person": whom[client.pk].person,
                "tel": markup.tel(whom[client.pk].phone),
                "lamp": markup.lamp(own.cycle.colour) if own else "",
                "age": age_chip(
                    own, age_of(own, own.client.department.rotation_starts_on, today), short=True, last=False
                )
                if own
                else "",
                "state": "" if reads_papers else state_word(client.state),
                "section": "" if reads_papers else markup.label_of(client, "section"),
                "owner": client.owner.short_name if client.owner else _("no owner"),
                "city": client.city,
            }
        )
    return rows

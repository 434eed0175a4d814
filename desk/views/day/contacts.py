"""One's own contacts: date, kind, client, credited or why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Client
from common import clock, formats, markup
from common.paging import keyset_page
from desk.selectors.rows import KIND_ICONS
from desk.views.day.pages import manager_asked
from funnels.models import Contact
from funnels.selectors.credits import credit_names
from funnels.services import reason_text


@require_safe
def own_contacts(request: HttpRequest) -> HttpResponse:
    """Date, kind, client and credit of one's own contacts; the name stays after a rotation, the link does not."""
    person = manager_asked(request) if request.GET.get("manager") else cast(User, request.user)
    rows = Contact.objects.own_list(person).select_related("client")
    if wanted := request.GET.get("only") == "uncredited":
        rows = rows.filter(
            is_productive_call=False,
            is_walk=False,
            is_held_meeting=False,
            is_warm_contact=False,
            is_visit=False,
            is_incoming_call=False,
        )
    since = clock.today() - timedelta(days=90)
    page = keyset_page(
        rows.filter(day__gte=since), field="at", cursor=request.GET.get("cursor", ""), is_descending=True
    )
    visible = set(
        Client.objects.visible_to(cast(User, request.user))
        .filter(pk__in={row.client_id for row in page.rows})
        .values_list("pk", flat=True)
    )
    manager = f"&manager={person.pk}" if person.pk != request.user.pk else ""
    only = "&only=uncredited" if wanted else ""
    context = {
        "person": person,
        "rows": [_contact_line(row, row.client_id in visible) for row in page.rows],
        "chips": [
            {"url": f"?all=1{manager}", "label": _("All"), "active": not wanted},
            {"url": f"?only=uncredited{manager}", "label": _("Not credited"), "active": wanted},
        ],
        "next_url": f"?cursor={page.next_cursor}{only}{manager}" if page.has_next else "",
        "previous_url": f"?cursor={page.previous_cursor}{only}{manager}" if page.has_previous else "",
    }
    return render(request, "desk/own_contacts.html", context)


def _contact_line(contact: Contact, is_visible: bool) -> dict[str, Any]:
    credited = ", ".join(credit_names(contact))
    return {
        "at": formats.day_time(contact.at),
        "icon": markup.icon(KIND_ICONS.get(contact.kind, "phone"), size="s"),
        "kind": markup.label_of(contact, "kind"),
        "client": contact.client.name,
        "url": reverse("client_card", args=[contact.client_id]) if is_visible else "",
        "result": markup.label_of(contact, "result"),
        "credited": credited,
        "reason": "" if credited else reason_text(contact.reason, contact.reason_detail.get("value")),
    }

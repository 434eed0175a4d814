"""What every view of the funnel starts with: the client in the person's scope, the open cycle, who may be chosen."""

from __future__ import annotations

from typing import cast

from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from clients.models import Client
from common.acts import Way
from common.errors import Conflict, Invalid
from funnels.forms.acts import people_with_load
from funnels.models import SalesCycle

CHANGED = "clientChanged"  # the event by which a page that shows a client refreshes itself


def person_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def client_of(request: HttpRequest, pk: int) -> Client:
    """The client, or 404: out of scope and absent look the same."""
    return get_object_or_404(Client.objects.visible_to(person_of(request)).select_related("department", "owner"), pk=pk)


def find_cycle(client: Client) -> SalesCycle | None:
    cycle = SalesCycle.objects.open().filter(client=client).select_related("owner", "segment").first()
    if cycle is not None:
        cycle.client = client
    return cycle


def cycle_of(client: Client) -> SalesCycle:
    """The open cycle; Conflict when the client is not in work."""
    cycle = find_cycle(client)
    if cycle is None:
        raise Conflict(_("The client is not in work: take it into work first."), code="not_in_work")
    return cycle


def still_visible(person: User, client: Client) -> bool:
    return Client.objects.visible_to(person).filter(pk=client.pk).exists()


def managers_of(client: Client, *, everywhere: bool = False) -> list[tuple[int, str]]:
    """Choices: managers and heads of the client's department, or of all, with their work lists."""
    people = User.objects.active().with_clients()
    if not everywhere:
        people = people.filter(department_id=client.department_id)
    rows = list(people.order_by("last_name", "first_name", "pk"))
    loads = SalesCycle.objects.in_worklist().filter(owner__in=rows).order_by()
    counts = {row["owner"]: row["n"] for row in loads.values("owner").annotate(n=Count("pk"))}
    return people_with_load(rows, counts)


def chosen(pk: int, field: str) -> User:
    """The person chosen in a form; Invalid when he has left meanwhile."""
    user = User.objects.active().filter(pk=pk).first()
    if user is None:
        raise Invalid({field: _("Choose an active manager.")})
    return user


_WAYS = {
    "first_contact": ("contact_form", gettext_lazy("Log the contact")),
    "next_action": ("client_next_step", gettext_lazy("Set the next step")),
    "questionnaire_or_offer": ("questionnaire", gettext_lazy("Fill in the questionnaire")),
    "questionnaire_full": ("questionnaire", gettext_lazy("Fill in the questionnaire")),
    "offer_sent": ("offer_new", gettext_lazy("Record the offer")),
    "offer_discussed": ("contact_form", gettext_lazy("Log the discussion")),
    "terms_discussed": ("contact_form", gettext_lazy("Log the discussion")),
    "interest": ("contact_form", gettext_lazy("Log the contact")),
    "progress": ("contact_form", gettext_lazy("Log the contact")),
    "progress_lapsed": ("contact_form", gettext_lazy("Log the contact")),
    "terms_agreed": ("client_terms", gettext_lazy("Record the terms")),
    "binding_step": ("invoice_new", gettext_lazy("Issue an invoice")),
    "invoice_issued": ("invoice_new", gettext_lazy("Issue an invoice")),
    "contract_signed": ("contract_new", gettext_lazy("Record the contract")),
    "closing_documents": ("client_closing", gettext_lazy("Record the closing documents")),
    "missing_name": ("client_edit", gettext_lazy("Fill in")),
    "missing_phone_or_email": ("client_edit", gettext_lazy("Fill in")),
    "missing_size": ("client_edit", gettext_lazy("Fill in")),
    "missing_category": ("client_edit", gettext_lazy("Fill in")),
}


def ways_of(client: Client) -> dict[str, Way]:
    """For each missing fact the form that adds it: (address, caption)."""
    return {code: (reverse(name, args=[client.pk]), str(caption)) for code, (name, caption) in _WAYS.items()}

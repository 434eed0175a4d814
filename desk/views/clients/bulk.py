"""Acts on the ticked clients: take into work, transfer."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from clients.models import Client
from common.acts import answers_refusals
from common.errors import ActError, Conflict
from common.htmx import redirect, wants_fragment
from desk.constants import BULK_LIMIT
from desk.views.clients.asked import Asked
from funnels.choices import OwnershipReason
from funnels.models import SalesCycle
from funnels.services import take_into_work, transfer

TRANSFER_REASONS = (
    OwnershipReason.TRANSFER,
    OwnershipReason.ABSENCE,
    OwnershipReason.DISMISSAL,
    OwnershipReason.HANDOVER,
    OwnershipReason.INTERN,
)


def chosen_of(request: HttpRequest, asked: Asked) -> list[int]:
    """The ticked clients inside the scope and the filters, or all that the filters leave; at most BULK_LIMIT."""
    rows = asked.filter.qs.order_by("sort_key", "pk")
    if not request.POST.get("all"):
        ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 18]
        rows = rows.filter(pk__in=ids[:BULK_LIMIT])
    return list(rows.values_list("pk", flat=True)[:BULK_LIMIT])


@require_POST
@answers_refusals
def client_bulk(request: HttpRequest) -> HttpResponse:
    asked = Asked(request)
    act = request.POST.get("act", "")
    allowed = asked.acts
    name = act.removesuffix("_form")
    if name not in ("take", "transfer") or not allowed[name]:
        raise Http404
    chosen = chosen_of(request, asked)
    if not chosen:
        raise Conflict(_("Choose at least one client."), code="nothing_chosen")
    if act == "transfer_form":
        return _transfer_form(request, asked, chosen)
    if act == "take":
        done, refused = _take(asked.viewer, chosen)
        told = ngettext("%(n)s client taken into work.", "%(n)s clients taken into work.", done) % {"n": done}
    else:
        done, refused = _transfer(request, asked.viewer, chosen)
        told = ngettext("%(n)s client transferred.", "%(n)s clients transferred.", done) % {"n": done}
    if refused:
        first = "; ".join(f"{client}: {text}" for client, text in refused[:3])
        told += " " + _("Refused: %(n)s. %(first)s") % {"n": len(refused), "first": first}
    messages.add_message(request, messages.WARNING if refused else messages.SUCCESS, told)
    return redirect(request, reverse("client_list") + asked.tail)


def _take(actor: User, chosen: list[int]) -> tuple[int, list[tuple[str, str]]]:
    """Each client is an act of its own: what can be taken is taken; a full list ends it."""
    done, refused = 0, []
    for client in Client.objects.visible_to(actor).filter(pk__in=chosen).order_by("sort_key", "pk"):
        try:
            take_into_work(client=client, owner=actor, actor=actor)
            done += 1
        except ActError as error:
            refused.append((client.name, error.text))
            if getattr(error, "code", "") == "worklist_full":
                break
    return done, refused


def _recipients(viewer: User) -> list[User]:
    people = User.objects.visible_to(viewer).active().with_clients().select_related("department")
    return list(people.order_by("last_name", "first_name", "pk"))


def _transfer_form(request: HttpRequest, asked: Asked, chosen: list[int]) -> HttpResponse:
    context = {
        "ids": chosen,
        "people": _recipients(asked.viewer),
        "reasons": [(reason.value, reason.label) for reason in TRANSFER_REASONS],
        "action": reverse("client_bulk") + asked.tail,
        "title": _("Transfer clients"),
        "count": len(chosen),
    }
    template = "desk/_bulk_transfer.html" if wants_fragment(request) else "desk/bulk_transfer.html"
    return render(request, template, context)


def _transfer(request: HttpRequest, actor: User, chosen: list[int]) -> tuple[int, list[tuple[str, str]]]:
    asked = request.POST.get("to", "")
    to = next((one for one in _recipients(actor) if str(one.pk) == asked), None)
    if to is None:
        raise Conflict(_("Choose who receives the clients."), code="no_recipient")
    reason, note = request.POST.get("reason", ""), request.POST.get("note", "")[:500]
    done, refused = 0, []
    cycles = SalesCycle.objects.open().visible_to(actor).filter(client__in=chosen).select_related("client")
    for cycle in cycles.order_by("client__sort_key", "pk"):
        try:
            transfer(cycle=cycle, to=to, actor=actor, reason=reason, note=note)
            done += 1
        except ActError as error:
            refused.append((cycle.client.name, error.text))
    return done, refused

"""Coming into work and after the sale: take, repeat, hand-over to a farmer, closing documents."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from clients.models import Client
from common import formats
from common.acts import Refusal, answers_refusals, missing_rows
from common.errors import NotAllowed
from funnels import forms as f
from funnels import services
from funnels.choices import CycleKind, TaskKind
from funnels.models import Task
from funnels.rules import Missing as RuleMissing
from funnels.views.dialogs import bound, dialog, get_or_post
from funnels.views.fetching import (
    chosen,
    client_of,
    managers_of,
    person_of,
    ways_of,
)


@get_or_post
@answers_refusals
def client_take(request: HttpRequest, pk: int) -> HttpResponse:
    """A manager takes for himself, a head gives to his people."""
    client, person = client_of(request, pk), person_of(request)
    gives = person.role in (Role.HEAD, Role.DIRECTOR)
    if not gives and person.role not in MANAGER_ROLES:
        raise NotAllowed(_("Your role takes no clients into work."))
    people = managers_of(client) if gives else []
    lacks = card_gaps(client)
    asks = {item.code.removeprefix("missing_") for item in lacks if item.code in ("missing_size", "missing_category")}
    form = bound(request, f.TakeForm, people=people, asks=asks)

    def act(data: dict[str, Any]) -> str:
        owner = person
        if gives:
            owner = chosen(data["owner"], "owner")
        cycle = services.take_into_work(
            client=client, owner=owner, actor=person, card={name: data[name] for name in asks}
        )
        return _("%(client)s is in work with %(name)s. The term: %(days)s days, till %(day)s.") % {
            "client": client.name,
            "name": owner.short_name,
            "days": cycle.segment.term_days,
            "day": formats.date_num(cycle.term_ends_on),
        }

    unasked = [item for item in lacks if item.code.removeprefix("missing_") not in asks]
    refusal = Refusal(200, "", missing_rows(services.missing_list(unasked), ways_of(client))) if unasked else None
    return dialog(
        request,
        client,
        title=_("Take into work"),
        action=_("Give into work") if gives else _("Take into work"),
        form=form,
        act=act,
        hint=_("The client becomes red, the ten days in one colour and the deal term start today."),
        refusal=refusal,
        stays=False,
    )


@get_or_post
@answers_refusals
def client_repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """A farmer opens a repeat sale of his customer."""
    client, person = client_of(request, pk), person_of(request)
    services.ensure_may_work(person, client)
    owner = client.owner or person

    def act(_data: dict[str, Any]) -> str:
        services.take_into_work(client=client, owner=owner, actor=person, kind=CycleKind.REPEAT)
        return _("A repeat sale is open. It has the ten days in one colour and no deal term.")

    return dialog(
        request,
        client,
        title=_("Repeat sale"),
        action=_("Open a repeat sale"),
        form=bound(request, f.ConfirmForm),
        act=act,
        hint=_(
            "The customer gets a colour and the ten-day clock; it does not fill the 50–90 list and has no deal term."
        ),
    )


@get_or_post
@answers_refusals
def client_handover(request: HttpRequest, pk: int) -> HttpResponse:
    """A farmer accepts a customer; until then he sees it through his hand-over task alone."""
    person = person_of(request)
    task = (
        Task.objects.visible_to(person)
        .open()
        .filter(kind=TaskKind.HANDOVER, client_id=pk, client__is_live=True)
        .select_related("client__department", "client__owner")
        .first()
    )
    client = task.client if task is not None and task.client is not None else client_of(request, pk)
    if person.role != Role.FARMER:
        raise NotAllowed(_("Only a farmer of the department accepts a customer."))

    def act(_data: dict[str, Any]) -> str:
        services.accept_handover(client=client, actor=person)
        return _("%(client)s is your customer now.") % {"client": client.name}

    owner = client.owner.short_name if client.owner else ""
    return dialog(
        request,
        client,
        title=_("Accept the customer"),
        action=_("Accept"),
        form=bound(request, f.ConfirmForm),
        act=act,
        hint=_("%(client)s was led by %(name)s.") % {"client": client.name, "name": owner} if owner else "",
        stays=False,
    )


@get_or_post
@answers_refusals
def client_closing(request: HttpRequest, pk: int) -> HttpResponse:
    client, person = client_of(request, pk), person_of(request)
    services.ensure_may_work(person, client)

    def act(data: dict[str, Any]) -> str:
        services.sign_closing(client=client, actor=person, on=data["on"])
        return _("Closing documents are signed: the client is a customer, a repeat sale may be opened.")

    return dialog(
        request,
        client,
        title=_("Closing documents signed"),
        action=_("Record"),
        form=bound(request, f.ClosingForm),
        act=act,
    )


def card_gaps(client: Client) -> list[RuleMissing]:
    """Fields of the card still needed before a take, as the rules name them."""
    has_way = client.phones.exists() or client.emails.exists()
    checks = (
        ("missing_phone_or_email", has_way),
        ("missing_size", bool(client.size) and client.size != "not_ours"),
        ("missing_category", client.category_id is not None),
    )
    return [RuleMissing(code) for code, is_there in checks if not is_there]

"""Acts on a client in the funnel: a dialog over the page, a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from clients.models import Client
from common import clock, formats
from common.acts import Refusal, answers_refusals, attempt, done, missing_rows
from common.errors import NotAllowed
from common.htmx import wants_fragment
from funnels import forms as f
from funnels import services
from funnels.choices import CycleKind, State, TaskKind
from funnels.forms.fields import moment
from funnels.models import SalesCycle, Task
from funnels.rules import Missing as RuleMissing
from funnels.rules import missing_for, next_forward_state
from funnels.services.access import is_head_of
from funnels.views.fetching import (
    CHANGED,
    chosen,
    client_of,
    cycle_of,
    find_cycle,
    managers_of,
    person_of,
    still_visible,
    ways_of,
)

Act = Callable[[dict[str, Any]], str]
get_or_post = require_http_methods(["GET", "POST"])


def _dialog(
    request: HttpRequest,
    client: Client,
    *,
    title: str,
    action: str,
    form: forms.Form,
    act: Act,
    hint: str = "",
    is_danger: bool = False,
    refusal: Refusal | None = None,
    stays: bool = True,
) -> HttpResponse:
    """One form, one act. `act` does it and returns what is told; `stays` False leads to the card, as after a take."""
    told: list[str] = []
    if request.method == "POST":
        refusal = attempt(form, lambda data: told.append(act(data)), ways_of(client))
        if refusal is None:
            card = reverse("client_card", args=[client.pk])
            is_visible = still_visible(person_of(request), client)
            return done(request, told[0], card if is_visible else "/", event=CHANGED if stays and is_visible else "")
    context = {
        "client": client,
        "title": title,
        "action": action,
        "form": form,
        "hint": hint,
        "is_danger": is_danger,
        "refusal": refusal,
    }
    template = "funnels/_act.html" if wants_fragment(request) else "funnels/act_page.html"
    status = refusal.status if refusal and request.method == "POST" else 200
    return render(request, template, context, status=status)


def _bound(request: HttpRequest, form_class: type[forms.Form], **kwargs: Any) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    return form_class(data, auto_id="act_%s", **kwargs)


def _workable(request: HttpRequest, pk: int) -> tuple[Client, SalesCycle, User]:
    client, person = client_of(request, pk), person_of(request)
    services.ensure_may_work(person, client)
    return client, cycle_of(client), person


def _of_head(request: HttpRequest, pk: int) -> tuple[Client, SalesCycle, User]:
    client, person = client_of(request, pk), person_of(request)
    if not is_head_of(person, client):
        raise NotAllowed(_("Only the head of the department does this."))
    return client, cycle_of(client), person


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
    form = _bound(request, f.TakeForm, people=people, asks=asks)

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
    return _dialog(
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

    return _dialog(
        request,
        client,
        title=_("Repeat sale"),
        action=_("Open a repeat sale"),
        form=_bound(request, f.ConfirmForm),
        act=act,
        hint=_(
            "The customer gets a colour and the ten-day clock; it does not fill the 50–90 list and has no deal term."
        ),
    )


@get_or_post
@answers_refusals
def client_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.refuse(
            cycle=cycle,
            actor=person,
            reason=data["refusal_reason"],
            note=data["note"],
            recall_on=data["recall_on"],
        )
        client.refresh_from_db()
        return _("%(client)s: %(section)s.") % {"client": client.name, "section": client.get_section_display()}

    return _dialog(
        request,
        client,
        title=_("Refusal"),
        action=_("Record the refusal"),
        form=_bound(request, f.RefusalForm),
        act=act,
        hint=_("The reason decides the section. The client leaves your list, its history stays."),
        is_danger=True,
    )


@get_or_post
@answers_refusals
def client_reserve(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.park(cycle=cycle, actor=person, contact_on=data["contact_on"], note=data["note"])
        return _("%(client)s is in the strategic archive till %(day)s.") % {
            "client": client.name,
            "day": f"{data['contact_on']:%d.%m.%Y}",
        }

    return _dialog(
        request,
        client,
        title=_("Strategic reserve"),
        action=_("Put into the reserve"),
        form=_bound(request, f.ReserveForm),
        act=act,
        hint=_(
            "Ready to talk, dates unknown. From the day of the next talk any manager of the department may take it."
        ),
        is_danger=True,
    )


@get_or_post
@answers_refusals
def client_terms(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)
    form = _bound(request, f.TermsForm, cycle=cycle)

    def act(data: dict[str, Any]) -> str:
        services.agree_terms(
            cycle=cycle,
            actor=person,
            amount=data["amount"],
            pay_on=data["pay_on"],
            person=data["person"],
            on=data["on"],
        )
        return _("Terms are recorded: %(amount)s by %(day)s. %(colour)s") % {
            "amount": formats.money(data["amount"]),
            "day": f"{data['pay_on']:%d.%m.%Y}",
            "colour": _now(cycle),
        }

    return _dialog(request, client, title=_("Terms agreed"), action=_("Record the terms"), form=form, act=act)


@get_or_post
@answers_refusals
def client_calculation(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.accept_calculation(cycle=cycle, actor=person, on=data["on"], note=data["note"])
        return _("The accepted calculation is recorded. %(colour)s") % {"colour": _now(cycle)}

    return _dialog(
        request,
        client,
        title=_("Calculation or survey accepted"),
        action=_("Record"),
        form=_bound(request, f.CalculationForm),
        act=act,
        hint=_("Opens the step to “Deal”; it is not green by itself."),
    )


@get_or_post
@answers_refusals
def client_plan(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)
    form = _bound(request, f.PlanForm, cycle=cycle)

    def act(data: dict[str, Any]) -> str:
        services.plan_sale(cycle=cycle, actor=person, amount=data["amount"], pay_on=data["pay_on"])
        return _("In the plan: %(amount)s by %(day)s. Colour and term do not change.") % {
            "amount": formats.money(data["amount"]),
            "day": f"{data['pay_on']:%d.%m.%Y}",
        }

    return _dialog(
        request,
        client,
        title=_("Put into the plan"),
        action=_("Put into the plan"),
        form=form,
        act=act,
        hint=_("The sale joins the forecast. What is expected changes neither the colour nor the term."),
    )


@get_or_post
@answers_refusals
def client_next_step(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _workable(request, pk)
    form = _bound(request, f.NextStepForm, cycle=cycle)

    def act(data: dict[str, Any]) -> str:
        at = moment(data["next_on"], data["next_time"])
        assert at is not None  # noqa: S101 - the field is required
        task = services.set_next_step(
            cycle=cycle, at=at, text=data["next_text"], actor=person, has_time=data["next_time"] is not None
        )
        return _("Next step: %(day)s, %(text)s. Its date does not reset the term.") % {
            "day": formats.day(data["next_on"]),
            "text": task.text,
        }

    return _dialog(request, client, title=_("Next step"), action=_("Save"), form=form, act=act)


@get_or_post
@answers_refusals
def client_advance(request: HttpRequest, pk: int) -> HttpResponse:
    """The step to the next state: refused with the list of missing facts and the forms that add them."""
    client, cycle, person = _workable(request, pk)
    asked = request.POST.get("to_state") or request.GET.get("to") or ""
    target = asked if asked in State.values else next_forward_state(cycle.state)
    if target is None:
        raise Http404
    form = _bound(request, f.AdvanceForm, initial={"to_state": target})
    label = State(target).label

    def act(data: dict[str, Any]) -> str:
        services.advance(cycle=cycle, to_state=data["to_state"], actor=person)
        return _("State: %(state)s.") % {"state": label}

    lacks = missing_for(cycle.state, target, services.step_context(cycle, clock.today()))
    refusal = None
    if lacks and cycle.state != target:
        text = _("Not enough for the step to “%(state)s”.") % {"state": label}
        refusal = Refusal(200, text, missing_rows(services.missing_list(lacks), ways_of(client)))
    return _dialog(
        request,
        client,
        title=_("Step to “%(state)s”") % {"state": label},
        action=_("Make the step"),
        form=form,
        act=act,
        refusal=refusal,
    )


@get_or_post
@answers_refusals
def client_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _of_head(request, pk)
    people = [row for row in managers_of(client, everywhere=person.is_director) if row[0] != cycle.owner_id]
    form = _bound(request, f.TransferForm, people=people)

    def act(data: dict[str, Any]) -> str:
        to = chosen(data["to"], "to")
        services.transfer(cycle=cycle, to=to, actor=person, reason=data["reason"], note=data["note"])
        return _("%(client)s is with %(name)s now.") % {"client": client.name, "name": to.short_name}

    return _dialog(
        request,
        client,
        title=_("Transfer"),
        action=_("Transfer"),
        form=form,
        act=act,
        hint=_(
            "By decree: younger than 7 days keeps its clock, from 7 days on it counts as a rotation. "
            "Absence, dismissal and the hand-over of an intern start the clock anew, without a violation."
        ),
    )


@get_or_post
@answers_refusals
def client_correct(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _of_head(request, pk)
    form = _bound(request, f.CorrectionForm, initial={"state": cycle.state})

    def act(data: dict[str, Any]) -> str:
        services.correct_state(cycle=cycle, to_state=data["state"], actor=person, reason=data["reason"])
        return _("State: %(state)s.") % {"state": State(data["state"]).label}

    return _dialog(
        request,
        client,
        title=_("Correct the state"),
        action=_("Correct"),
        form=form,
        act=act,
        hint=_("A correction stands in the history with its reason and resets no clock."),
    )


@get_or_post
@answers_refusals
def client_no_more(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = _of_head(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.confirm_no_more(cycle=cycle, actor=person, reason=data["reason"])
        return _("Confirmed: what is paid is all that will be paid.")

    return _dialog(
        request,
        client,
        title=_("No more payments"),
        action=_("Confirm"),
        form=_bound(request, f.NoMoreForm),
        act=act,
        hint=_("Paid so far: %(amount)s. The sale closes as won.") % {"amount": formats.money(cycle.paid_amount)},
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
    return _dialog(
        request,
        client,
        title=_("Accept the customer"),
        action=_("Accept"),
        form=_bound(request, f.ConfirmForm),
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

    return _dialog(
        request,
        client,
        title=_("Closing documents signed"),
        action=_("Record"),
        form=_bound(request, f.ClosingForm),
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


def _now(cycle: SalesCycle) -> str:
    """«Цвет: Зелёный.» as it stands after the act."""
    fresh = find_cycle(cycle.client)
    return _("Colour: %(colour)s.") % {"colour": fresh.get_colour_display()} if fresh is not None else ""

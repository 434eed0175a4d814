"""Acts on a client in work: plan, terms, steps, refusal, reserve, and what the head alone does."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common import clock, formats
from common.acts import Refusal, answers_refusals, missing_rows
from common.fields import moment
from funnels import forms as f
from funnels import services
from funnels.choices import State
from funnels.models import SalesCycle
from funnels.rules import missing_for, next_forward_state
from funnels.views.dialogs import bound, dialog, get_or_post, of_head, workable
from funnels.views.fetching import (
    chosen,
    find_cycle,
    managers_of,
    ways_of,
)


@get_or_post
@answers_refusals
def client_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = workable(request, pk)

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

    return dialog(
        request,
        client,
        title=_("Refusal"),
        action=_("Record the refusal"),
        form=bound(request, f.RefusalForm),
        act=act,
        hint=_("The reason decides the section. The client leaves your list, its history stays."),
        is_danger=True,
    )


@get_or_post
@answers_refusals
def client_reserve(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = workable(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.park(cycle=cycle, actor=person, contact_on=data["contact_on"], note=data["note"])
        return _("%(client)s is in the strategic archive till %(day)s.") % {
            "client": client.name,
            "day": f"{data['contact_on']:%d.%m.%Y}",
        }

    return dialog(
        request,
        client,
        title=_("Strategic reserve"),
        action=_("Put into the reserve"),
        form=bound(request, f.ReserveForm),
        act=act,
        hint=_(
            "Ready to talk, dates unknown. From the day of the next talk any manager of the department may take it."
        ),
        is_danger=True,
    )


@get_or_post
@answers_refusals
def client_terms(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = workable(request, pk)
    form = bound(request, f.TermsForm, cycle=cycle)

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

    return dialog(request, client, title=_("Terms agreed"), action=_("Record the terms"), form=form, act=act)


@get_or_post
@answers_refusals
def client_calculation(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = workable(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.accept_calculation(cycle=cycle, actor=person, on=data["on"], note=data["note"])
        return _("The accepted calculation is recorded. %(colour)s") % {"colour": _now(cycle)}

    return dialog(
        request,
        client,
        title=_("Calculation or survey accepted"),
        action=_("Record"),
        form=bound(request, f.CalculationForm),
        act=act,
        hint=_("Opens the step to “Deal”; it is not green by itself."),
    )


@get_or_post
@answers_refusals
def client_plan(request: HttpRequest, pk: int) -> HttpResponse:
    client, cycle, person = workable(request, pk)
    form = bound(request, f.PlanForm, cycle=cycle)

    def act(data: dict[str, Any]) -> str:
        services.plan_sale(cycle=cycle, actor=person, amount=data["amount"], pay_on=data["pay_on"])
        return _("In the plan: %(amount)s by %(day)s. Colour and term do not change.") % {
            "amount": formats.money(data["amount"]),
            "day": f"{data['pay_on']:%d.%m.%Y}",
        }

    return dialog(
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
    client, cycle, person = workable(request, pk)
    form = bound(request, f.NextStepForm, cycle=cycle)

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

    return dialog(request, client, title=_("Next step"), action=_("Save"), form=form, act=act)


@get_or_post
@answers_refusals
def client_advance(request: HttpRequest, pk: int) -> HttpResponse:
    """The step to the next state: refused with the list of missing facts and the forms that add them."""
    client, cycle, person = workable(request, pk)
    asked = request.POST.get("to_state") or request.GET.get("to") or ""
    target = asked if asked in State.values else next_forward_state(cycle.state)
    if target is None:
        raise Http404
    form = bound(request, f.AdvanceForm, initial={"to_state": target})
    label = State(target).label

    def act(data: dict[str, Any]) -> str:
        services.advance(cycle=cycle, to_state=data["to_state"], actor=person)
        return _("State: %(state)s.") % {"state": label}

    lacks = missing_for(cycle.state, target, services.step_context(cycle, clock.today()))
    refusal = None
    if lacks and cycle.state != target:
        text = _("Not enough for the step to “%(state)s”.") % {"state": label}
        refusal = Refusal(200, text, missing_rows(services.missing_list(lacks), ways_of(client)))
    return dialog(
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
    client, cycle, person = of_head(request, pk)
    people = [row for row in managers_of(client, everywhere=person.is_director) if row[0] != cycle.owner_id]
    form = bound(request, f.TransferForm, people=people)

    def act(data: dict[str, Any]) -> str:
        to = chosen(data["to"], "to")
        services.transfer(cycle=cycle, to=to, actor=person, reason=data["reason"], note=data["note"])
        return _("%(client)s is with %(name)s now.") % {"client": client.name, "name": to.short_name}

    return dialog(
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
    client, cycle, person = of_head(request, pk)
    form = bound(request, f.CorrectionForm, initial={"state": cycle.state})

    def act(data: dict[str, Any]) -> str:
        services.correct_state(cycle=cycle, to_state=data["state"], actor=person, reason=data["reason"])
        return _("State: %(state)s.") % {"state": State(data["state"]).label}

    return dialog(
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
    client, cycle, person = of_head(request, pk)

    def act(data: dict[str, Any]) -> str:
        services.confirm_no_more(cycle=cycle, actor=person, reason=data["reason"])
        return _("Confirmed: what is paid is all that will be paid.")

    return dialog(
        request,
        client,
        title=_("No more payments"),
        action=_("Confirm"),
        form=bound(request, f.NoMoreForm),
        act=act,
        hint=_("Paid so far: %(amount)s. The sale closes as won.") % {"amount": formats.money(cycle.paid_amount)},
    )


def _now(cycle: SalesCycle) -> str:
    """«Цвет: Зелёный.» as it stands after the act."""
    fresh = find_cycle(cycle.client)
    return _("Colour: %(colour)s.") % {"colour": fresh.get_colour_display()} if fresh is not None else ""

"""What the client card shows: read once, formatted for the templates; the number of queries does not grow with rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from accounts.selectors import calendar
from clients.choices import Section
from clients.models import Client
from common import clock, formats
from deals.selectors import may_enter_payment
from desk.selectors import card_rows, words
from desk.selectors.documents import DocumentRow, documents_of
from desk.selectors.timeline import Source
from funnels.choices import State
from funnels.models import Fact, Ownership, SalesCycle, StateChange
from funnels.rules import (
    StepContext,
    Verdict,
    age,
    colour_on,
    missing_for,
    next_forward_state,
    what_would_turn_it,
)
from funnels.services import fact_rows, may_work, missing_text, situation_of, step_context

STEPS: Final = (State.NEW, State.C1, State.C2, State.C3, State.DEAL, State.SUPPORT)
AFTER_SALE: Final = (State.SUPPORT, State.CUSTOMER)
_NEEDS: Final = {
    State.C3: gettext_lazy("offer and terms"),
    State.DEAL: gettext_lazy("invoice, calculation or contract"),
    State.SUPPORT: gettext_lazy("paid in full"),
}


@dataclass
class Card:
    """One client as its card reads it. `cycle`: the open sale, else the last one; None before the first."""

    client: Client
    viewer: User
    cycle: SalesCycle | None
    ownership: Ownership | None
    ownerships: list[Ownership]
    facts: list[Fact]
    states: list[StateChange]
    documents: list[DocumentRow]
    can_act: bool
    can_pay: bool
    day: date

    @property
    def is_open(self) -> bool:
        return self.cycle is not None and self.cycle.is_open

    @property
    def is_head(self) -> bool:
        return self.viewer.role == Role.DIRECTOR or (
            self.viewer.role == Role.HEAD and self.viewer.department_id == self.client.department_id
        )

    @property
    def cycle_facts(self) -> list[Fact]:
        return [row for row in self.facts if self.cycle is not None and row.cycle_id == self.cycle.pk]

    def source(self) -> Source:
        names = {(row.kind, row.id): row.name.rpartition("№ ")[2] for row in self.documents if "№" in row.name}
        return Source(
            facts=self.facts,
            states=self.states,
            ownerships=self.ownerships,
            owner_id=self.client.owner_id,
            numbers=names,
        )


def read_card(client: Client, viewer: User) -> Card:
    """Everything the panels share; seven queries."""
    can_act = may_work(viewer, client)
    can_pay = may_enter_payment(viewer, client)
    cycle = card_rows.last_cycle(client)
    if cycle is not None:
        cycle.client = client
    ownerships = card_rows.ownerships(client)
    return Card(
        client=client,
        viewer=viewer,
        cycle=cycle,
        ownership=next((row for row in ownerships if row.ended_at is None), None),
        ownerships=ownerships,
        facts=card_rows.facts(client),
        states=card_rows.states(client),
        documents=documents_of(client, viewer, can_act=can_act, can_pay=can_pay),
        can_act=can_act,
        can_pay=can_pay,
        day=clock.today(),
    )


def head_of_card(card: Card) -> dict[str, Any]:
    """The upper panel: colour and why, clock, sum, term, steps, what the next step needs."""
    client, cycle, day = card.client, card.cycle, card.day
    shown: dict[str, Any] = {"amount": None, "term": "", "term_hint": "", "fall": "", "turn": "", "age_days": None}
    if cycle is None:
        verdict = Verdict("none", "R2" if client.section == Section.CALL_BASE else "R1")  # type: ignore[arg-type]
        return shown | {"colour": "none", "rule": verdict.rule, "cause": words.cause_words(verdict, (), client, day)}
    rows = fact_rows(cycle, card.cycle_facts)
    situation = situation_of(cycle, client)
    verdict = colour_on(rows, day, situation)
    shown |= {
        # The stored colour is what everybody sees; the rules are asked for its words.
        "colour": cycle.colour,
        "rule": verdict.rule,
        "cause": words.cause_words(verdict, rows, client, day),
        "turn": words.way_words(what_would_turn_it(rows, day, situation)),
        "fall": words.fall_words(verdict, day),
        "amount": max(cycle.invoiced_amount, cycle.contract_amount) or cycle.expected_amount,
        "paid": cycle.paid_amount,
        "planned": cycle.planned_pay_on,
    }
    if cycle.is_open:
        shown |= _term(cycle, day) | _clock(card)
    if cycle.is_open or client.state in AFTER_SALE:
        shown["steps"] = _steps(card)
    if cycle.is_open:
        shown |= _needs(card, step_context(cycle, day, rows))
    return shown


def _term(cycle: SalesCycle, day: date) -> dict[str, str]:
    if cycle.term_ends_on is None:
        return {"term": _("none"), "term_hint": _("Repeat sale")}
    hint = _("Deal term, %(days)s days") % {"days": cycle.segment.term_days}
    if cycle.state == State.DEAL or cycle.contract_amount or cycle.paid_amount or cycle.has_open_invoice:
        return {"term": _("met: there is a document"), "term_hint": hint}
    left = calendar().counted_days(day, cycle.term_ends_on) if cycle.term_ends_on >= day else -1
    if left < 0:
        return {"term": _("ran out on %(day)s") % {"day": formats.date_num(cycle.term_ends_on)}, "term_hint": hint}
    if left == 0:
        return {"term": _("last day"), "term_hint": hint}
    return {"term": _("%(count)s left") % {"count": _days(left)}, "term_hint": hint}


def _days(count: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", count) % {"days": count}


def _stale_state(ownership: Ownership, go_live: date | None, day: date) -> str:
    """The red mark of a state older than ten counted days; the colour's own stagnation is told apart (R-S0-P7)."""
    if ownership.state_flag_on is None or day < ownership.state_flag_on:
        return ""
    old = age(ownership.state_started_on, go_live, day, calendar())
    return _("Stagnant in the state: %(days)s") % {"days": _days(old)}


def _clock(card: Card) -> dict[str, Any]:
    ownership, client = card.ownership, card.client
    if ownership is None:
        return {}
    go_live, days = client.department.rotation_starts_on, calendar()
    old = age(ownership.clock_started_on, go_live, card.day, days)
    order = card_rows.open_order(card.cycle) if card.cycle is not None else None
    told = words.clock_words(ownership, go_live, old, card.day, days)
    if order is not None:
        name = order.suggested.short_name if order.suggested else _("the reserve of the head")
        told.append(_("Queued for rotation: %(name)s.") % {"name": name})
    return {
        "age_days": old,
        "stale_state": _stale_state(ownership, go_live, card.day),
        "clock": told,
        "rotation_at": words.rotation_moment(ownership, days) if old > 10 else None,
    }


def _steps(card: Card) -> list[dict[str, Any]]:
    """The stepper: entered states with their day, the present one with its age, what the later ones need."""
    cycle = card.cycle
    assert cycle is not None  # noqa: S101 - the caller has looked
    here = STEPS.index(State(cycle.state)) if cycle.state in STEPS else len(STEPS)
    entered = {row.to_state: row.on for row in card.states if row.cycle_id == cycle.pk}
    entered.setdefault(State.NEW, cycle.opened_on)
    steps = []
    for index, state in enumerate(STEPS):
        on = entered.get(state)
        sub = formats.date_num(on) if on and index <= here else ""
        if index == here and cycle.is_open:
            started = card.ownership.state_started_on if card.ownership else cycle.state_since
            old = age(started, card.client.department.rotation_starts_on, card.day, calendar())
            sub = _("since %(day)s · %(age)s") % {"day": formats.date_num(cycle.state_since), "age": _days(old)}
        elif index > here:
            sub = str(_NEEDS.get(state, ""))
        steps.append(
            {"number": index + 1, "label": state.label, "sub": sub, "is_done": index < here, "is_here": index == here}
        )
    return steps


def _needs(card: Card, context: StepContext) -> dict[str, Any]:
    """What the next step asks for: what is there and what is missing."""
    cycle = card.cycle
    assert cycle is not None  # noqa: S101 - the caller has looked
    target = next_forward_state(cycle.state)
    if target is None:
        return {}
    lacks = missing_for(cycle.state, target, context)
    asked = missing_for(cycle.state, target, StepContext(day=card.day))
    missing = {item.code for item in lacks}
    return {
        "next_state": State(target).label,
        "there": [missing_text(item) for item in asked if item.code not in missing],
        "lacks": [{"code": item.code, "text": missing_text(item)} for item in lacks],
    }


def acts_of(card: Card) -> dict[str, Any]:
    """Buttons and the ⋯ menu: only what this person may do now."""
    client, cycle = card.client, card.cycle
    person = card.viewer

    def link(name: str, label: str, icon: str) -> dict[str, str]:
        return {"url": reverse(name, args=[client.pk]), "label": label, "icon": icon}

    main: list[dict[str, str]] = []
    menu: list[dict[str, str]] = []
    if card.is_open and card.can_act:
        assert cycle is not None  # noqa: S101 - an open card has a cycle
        main.append(link("client_plan", _("Put into the plan"), "calendar-check"))
        if cycle.state != State.NEW:
            menu.append(link("client_terms", _("Terms agreed"), "handshake"))
            menu.append(link("client_calculation", _("Calculation or survey accepted"), "calculator"))
            if cycle.state != State.DEAL:
                menu.append(link("client_reserve", _("Strategic reserve"), "archive"))
        menu.append(link("client_refuse", _("Refusal"), "ban"))
        if card.is_head:
            menu.append(link("client_transfer", _("Transfer"), "arrow-left-right"))
            menu.append(link("client_correct", _("Correct the state"), "undo-2"))
            if cycle.paid_amount > 0:
                menu.append(link("client_no_more", _("No more payments"), "banknote"))
    elif _may_take(card):
        main.append(link("client_take", _("Take into work"), "user-plus"))
    elif client.section == Section.CUSTOMERS:
        if person.role == Role.FARMER and client.owner_id != person.pk:
            main.append(link("client_handover", _("Accept the customer"), "user-check"))
        elif card.can_act:
            main.append(link("client_repeat", _("Open a repeat sale"), "repeat"))
        if card.can_act and client.state == State.SUPPORT:
            menu.append(link("client_closing", _("Closing documents signed"), "file-check"))
    if card.can_act or person.role == Role.ACCOUNTANT:
        menu.insert(0, link("client_edit", _("Edit the card"), "pencil"))
    return {"main": main, "menu": menu}


def _may_take(card: Card) -> bool:
    client = card.client
    if card.is_open or client.owner_id is not None:
        return False
    if card.is_head:
        return client.section != Section.HARD_REFUSAL
    is_free = client.section == Section.CALL_BASE or (client.recall_on is not None and client.recall_on <= card.day)
    return card.viewer.role in MANAGER_ROLES and is_free and client.department_id == card.viewer.department_id


def questionnaire_panel(card: Card) -> dict[str, Any] | None:
    """Progress by section; None without an open sale. Two queries."""
    if card.cycle is None or not card.is_open:
        return None
    answers = card_rows.questionnaire(card.cycle)
    given = answers.answers if answers else {}
    sections: dict[str, list[int]] = {}
    required = done = 0
    for question in card_rows.questions(answers):
        counts = sections.setdefault(question.section, [0, 0])
        has_answer = bool(given.get(str(question.pk)))
        counts[0] += has_answer
        counts[1] += 1
        required += question.is_required
        done += question.is_required and has_answer
    if not sections:
        return None
    return {"answered": done, "required": required, "sections": [(name, *pair) for name, pair in sections.items()]}


def next_due(card: Card) -> date | datetime | None:
    """When the next step is due: a moment if its hour matters, else a day."""
    if card.cycle is None or not card.is_open:
        return None
    step = card_rows.next_step(card.cycle)
    if step is None:
        return None
    due_at, has_time = step
    return due_at if has_time else clock.day_of(due_at)

"""Logging a contact: credit by table 1.4, facts, next step, colour: one act for page, API and PBX."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User
from clients.choices import Section
from clients.models import Client, ContactPerson
from common import clock
from common.errors import Conflict, Invalid
from funnels.choices import (
    ContactKind,
    ContactResult,
    Direction,
    EvidenceType,
    FactKind,
    Place,
    ProgressKind,
    RefusalReason,
)
from funnels.models import Contact, Fact, Questionnaire, SalesCycle
from funnels.rules import ContactInput, Credit, credit, progress_failure
from funnels.services.access import ensure_may_work, lock_client, open_cycle_of
from funnels.services.colours import ColourResult
from funnels.services.exits import refuse
from funnels.services.facts import settle_facts, write_fact
from funnels.services.states import advance_when_ready
from funnels.services.tasks import put_next_step
from journal.services import record

OLDEST_ENTRY_DAYS = 31  # older work is history and enters by import


@dataclass(frozen=True)
class ContactData:
    """One interaction as a form, the API or the PBX tells it. `talk_seconds` None = by hand, without telephony."""

    kind: str
    result: str
    person: ContactPerson | None = None
    text: str = ""
    direction: str = Direction.OUT
    talk_seconds: int | None = None
    is_manual: bool = True
    is_personal: bool = True
    place: str = ""
    has_interest: bool = False
    is_offer_discussed: bool = False
    is_terms_discussed: bool = False
    progress_kind: str = ""
    progress_due_on: date | None = None
    next_step_at: datetime | None = None
    next_step_has_time: bool = False
    next_step_text: str = ""
    refusal_reason: str = ""
    recall_on: date | None = None
    key: str | None = None


@transaction.atomic
def log_contact(
    *, client: Client, actor: User, data: ContactData, at: datetime | None = None, is_proven: bool = False
) -> Contact:
    """Writes a contact and everything that follows from it; a repeated `data.key` returns the first one.

    `is_proven`: the exchange itself says that this employee talked to this client, whoever owns it and whatever its
    section; the talk is kept and credited by the table (rows 4 and 5 need no open cycle).

    `at` is the moment of the interaction (default now). A contact never resets a clock by itself; only a fact it
    records may (2.4). Raises Invalid by field, NotAllowed, Conflict (ownerless client), and what `refuse` raises.
    """
    client = lock_client(client.pk)
    if data.key:
        known = Contact.objects.filter(user=actor, key=data.key).first()
        if known is not None:
            return known
    if not is_proven:
        ensure_may_work(actor, client)
    moment = at or clock.now()
    _validate(client, data, moment)
    cycle = open_cycle_of(client)
    if cycle is None and not is_proven and client.section != Section.CUSTOMERS:
        raise Conflict(_("Take the client into work first."), code="not_in_work")
    form = Questionnaire.objects.filter(cycle=cycle).first() if cycle is not None else None
    contact = _build(client, cycle, actor, data, moment, form)
    score = credit(_credit_input(contact, client, actor, form))
    _apply(contact, score)
    contact.save(force_insert=True)
    if cycle is not None:
        _conclude(cycle, contact, score, data, actor)
    record(
        action="contact.log",
        obj=contact,
        actor=actor,
        object_name=client.name,
        after={
            "client": client.pk,
            "kind": contact.kind,
            "result": contact.result,
            "credited": contact.is_credited,
            "reason": contact.reason,
            "on": contact.day,
        },
    )
    if cycle is not None and data.result == ContactResult.REFUSED:
        refuse(cycle=cycle, actor=actor, reason=data.refusal_reason, note=data.text, recall_on=data.recall_on)
    return contact


def preview_credit(*, client: Client, actor: User, data: ContactData, at: datetime | None = None) -> Credit:
    """What such a contact would be credited as, were it saved now; nothing is written."""
    cycle = SalesCycle.objects.open().filter(client=client).first()
    form = Questionnaire.objects.filter(cycle=cycle).first() if cycle is not None else None
    contact = _build(client, cycle, actor, data, at or clock.now(), form)
    return credit(_credit_input(contact, client, actor, form))


def _validate(client: Client, data: ContactData, moment: datetime) -> None:
    errors: dict[str, str] = {}
    now = clock.now()
    if data.kind not in ContactKind.values:
        errors["kind"] = _("Choose what it was.")
    if data.result not in ContactResult.values:
        errors["result"] = _("Choose the result.")
    if data.direction not in Direction.values or (data.place and data.place not in Place.values):
        errors["direction"] = _("Unknown value.")
    if data.person is not None and (data.person.client_id != client.pk or not data.person.is_active):
        errors["person"] = _("Choose a person of this client.")
    if moment > now + timedelta(minutes=5):
        errors["at"] = _("The date cannot be in the future.")
    elif moment < now - timedelta(days=OLDEST_ENTRY_DAYS):
        errors["at"] = _("A contact is entered within 31 days.")
    if bool(data.progress_kind) != (data.progress_due_on is not None):
        errors["progress_due_on"] = _("Progress is an action and its date.")
    elif data.progress_kind and data.progress_kind not in ProgressKind.values:
        errors["progress_kind"] = _("Choose the progress from the list.")
    if data.result == ContactResult.REFUSED and data.refusal_reason not in RefusalReason.values:
        errors["refusal_reason"] = _("Choose the reason of the refusal.")
    if data.next_step_at is not None and clock.day_of(data.next_step_at) < clock.day_of(moment):
        errors["next_step_at"] = _("The next step cannot be before the contact.")
    if errors:
        raise Invalid(errors)


def _build(
    client: Client,
    cycle: SalesCycle | None,
    actor: User,
    data: ContactData,
    moment: datetime,
    form: Questionnaire | None,
) -> Contact:
    return Contact(
        client=client,
        cycle=cycle,
        person=data.person,
        user=actor,
        kind=data.kind,
        direction=data.direction,
        at=moment,
        day=clock.day_of(moment),
        result=data.result,
        talk_seconds=data.talk_seconds,
        is_manual=data.is_manual,
        is_personal=data.is_personal,
        place=data.place,
        text=data.text.strip(),
        has_interest=data.has_interest,
        is_offer_discussed=data.is_offer_discussed,
        is_terms_discussed=data.is_terms_discussed,
        progress_kind=data.progress_kind,
        progress_due_on=data.progress_due_on,
        questionnaire_percent=form.percent if form else 0,
        key=data.key,
        recorded_at=clock.now(),
    )


def _credit_input(contact: Contact, client: Client, actor: User, form: Questionnaire | None) -> ContactInput:
    person = contact.person
    same_day = Contact.objects.filter(client=client, day=contact.day)
    of_person = same_day.filter(person=person)
    return ContactInput(
        kind=contact.kind,
        on=contact.day,
        answered=contact.result in (ContactResult.TALKED, ContactResult.CALLBACK, ContactResult.REFUSED),
        incoming=contact.direction == Direction.IN,
        talk_seconds=contact.talk_seconds,
        is_dm=person is not None and person.is_dm,
        has_name=person is not None and bool(person.full_name.strip()),
        has_position=person is not None and bool(person.position.strip()),
        is_personal=contact.is_personal,
        in_open_cycle=contact.cycle_id is not None,
        is_customer=client.section == Section.CUSTOMERS,
        by_farmer=actor.role == Role.FARMER,
        questionnaire_answered=form.answered_required if form else 0,
        questionnaire_required=form.required if form else 0,
        interest=contact.has_interest,
        progress_due=contact.progress_due_on,
        had_productive_today=person is not None
        and (of_person.filter(is_productive_call=True) | of_person.filter(is_walk=True)).exists(),
        had_warm_today=of_person.filter(is_warm_contact=True).exists(),
        had_visit_today=of_person.filter(is_visit=True).exists(),
    )


def _apply(contact: Contact, score: Credit) -> None:
    contact.is_productive_call = bool(score.productive_call)
    contact.is_walk = bool(score.walk)
    contact.is_held_meeting = bool(score.held_meeting)
    contact.is_productive_meeting = bool(score.productive_meeting)
    contact.is_warm_contact = bool(score.warm_contact)
    contact.is_visit = bool(score.visit)
    contact.is_incoming_call = bool(score.incoming_call)
    contact.reason = score.reason or ""
    contact.reason_detail = {"value": score.detail} if score.detail is not None else {}


def _conclude(cycle: SalesCycle, contact: Contact, score: Credit, data: ContactData, actor: User) -> None:
    """Facts, colour, steps and the next action that follow from a contact of an open cycle."""
    day, at = clock.today(), clock.now()
    if cycle.last_contact_at is None or cycle.last_contact_at < contact.at:
        cycle.last_contact_at, cycle.last_contact_kind = contact.at, contact.kind
        cycle.save(update_fields=["last_contact_at", "last_contact_kind"])
    leaves = data.result == ContactResult.REFUSED
    if data.next_step_at is not None and not leaves and cycle.owner is not None:
        put_next_step(
            cycle=cycle,
            owner=cycle.owner,
            at=data.next_step_at,
            text=data.next_step_text,
            actor=actor,
            has_time=data.next_step_has_time,
        )
    facts = _facts_of(cycle, contact, score, day, at, actor)
    result: ColourResult | None = None
    entered: list[str] = []
    if facts:
        result, entered = settle_facts(cycle=cycle, facts=facts, day=day, at=at, actor=actor)
    elif data.next_step_at is not None and not leaves:
        entered = advance_when_ready(cycle=cycle, day=day, at=at, actor=actor)
    made_progress = any(fact.kind == FactKind.PROGRESS for fact in facts)
    if entered or made_progress or (result is not None and result.is_movement):
        contact.is_advancing = True
        contact.save(update_fields=["is_advancing"])


def _facts_of(cycle: SalesCycle, contact: Contact, score: Credit, day: date, at: datetime, actor: User) -> list[Fact]:
    """What the contact proves (2.2): nothing is taken on a manager's word alone."""
    known = set(
        Fact.objects.filter(cycle=cycle, revokes__isnull=True, revoked_by__isnull=True).values_list("kind", flat=True)
    )
    talked = contact.result == ContactResult.TALKED
    with_dm = contact.person is not None and contact.person.is_dm
    wanted: list[tuple[str, date | None]] = []
    if score.is_productive and FactKind.FIRST_CONTACT not in known:
        wanted.append((FactKind.FIRST_CONTACT, None))
    if contact.has_interest and score.is_productive and FactKind.INTEREST not in known:
        wanted.append((FactKind.INTEREST, None))
    if (
        contact.progress_due_on
        and talked
        and with_dm
        and progress_failure(contact.day, contact.progress_due_on) is None
    ):
        wanted.append((FactKind.PROGRESS, contact.progress_due_on))
    if contact.is_offer_discussed and score.is_productive and FactKind.OFFER_SENT in known:
        wanted.append((FactKind.OFFER_DISCUSSED, None))
    if contact.is_terms_discussed and talked and with_dm:
        wanted.append((FactKind.TERMS_DISCUSSED, None))
    return [
        write_fact(
            cycle=cycle,
            kind=kind,
            on=contact.day,
            until=until,
            evidence_type=EvidenceType.CONTACT,
            evidence_id=contact.pk,
            is_evidence_dated=not contact.is_manual,
            day=day,
            at=at,
            actor=actor,
        )
        for kind, until in wanted
    ]

"""Saves lives in bulk: parents first, then the rows that point at them, then the numbers nobody knew before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from django.db import transaction

from accounts.models import User
from clients.models import Client, ContactPerson, Email, Phone, RetakeBan
from common.phones import normalise
from common.text import sort_key
from config.demo.life import REQUIRED_ANSWERS, Life
from deals.models import Contract, Invoice, NumberCounter, Offer, Payment, PaymentCredit
from funnels.models import (
    ColourChange,
    Contact,
    Fact,
    Movement,
    Ownership,
    Question,
    Questionnaire,
    QuestionnaireTemplate,
    RotationOrder,
    SalesCycle,
    StateChange,
    Task,
    Violation,
)
from journal.choices import Channel
from journal.models import AuditEvent
from journal.services import acting, draft
from telephony.models import Call, Line

BATCH = 2000


@transaction.atomic
def write_lives(
    lives: Sequence[Life], *, phones: Sequence[str], actor: User, at: datetime, line: Line, rng: Random
) -> None:
    """Saves a batch of lives in one transaction; `phones` gives one E.164 number per person, in order."""
    for life in lives:
        life.client.sort_key = sort_key(life.client.name)
        life.client.has_documents = bool(life.offers or life.invoices or life.contracts or life.payments)
        life.client.version = 1 + len(life.orders)  # as if each hand-over had been an act
        life.client.has_calls = any(row.kind == "call" for row in life.contacts)
    Client.objects.bulk_create([life.client for life in lives], BATCH)
    people = [person for life in lives for person in life.people]
    ContactPerson.objects.bulk_create(people, BATCH)
    Phone.objects.bulk_create([_phone(person, number) for person, number in zip(people, phones, strict=False)], BATCH)
    Email.objects.bulk_create(
        [Email(client=life.client, address=f"office{life.client.pk}@client.example") for life in lives], BATCH
    )
    worked = [life for life in lives if life.cycle is not None]
    SalesCycle.objects.bulk_create([life.cycle for life in worked if life.cycle], BATCH)
    _bulk(Ownership, [row for life in worked for row in life.ownerships])
    contacts = [row for life in worked for row in life.contacts]
    _bulk(Contact, contacts)
    _write_documents(worked)
    for life in worked:
        for fact, evidence in life.evidence:
            fact.evidence_id = evidence.pk  # type: ignore[attr-defined]
    _bulk(Fact, [row for life in worked for row in life.facts])
    for life in worked:
        _name_facts(life)
    _bulk(StateChange, [row for life in worked for row in life.state_changes])
    _bulk(ColourChange, [row for life in worked for row in life.colour_changes])
    _bulk(Movement, [row for life in worked for row in life.movements])
    _bulk(RotationOrder, [row for life in worked for row in life.orders])
    _bulk(Violation, [row for life in worked for row in life.violations])
    bans = {(row.client.pk, row.user_id): row for life in worked for row in life.bans}
    _bulk(RetakeBan, list(bans.values()))
    _bulk(Task, [row for life in worked for row in life.tasks])
    SalesCycle.objects.bulk_update(
        [life.cycle for life in worked if life.cycle], ["colour_fact_ids", "settled_invoice_ids"], BATCH
    )
    _write_questionnaires(worked, at)
    _write_calls([row for row in contacts if row.kind == "call" and not row.is_manual], line, rng)
    with acting(via=Channel.SHELL, actor=actor):
        events = [draft(action="client.create", obj=life.client, after={"name": life.client.name}) for life in lives]
        events += [
            draft(
                action="rotation.execute",
                obj=order,
                before={"owner": order.old_owner_id},
                after={"owner": order.recipient_id, "client": order.client_id},
            )
            for life in worked
            for order in life.orders
        ]
        AuditEvent.objects.bulk_create(events, BATCH)


def _bulk(model, rows) -> None:
    if rows:
        model.objects.bulk_create(rows, BATCH)


def _phone(person: ContactPerson, number: str) -> Phone:
    parsed = normalise(number)
    return Phone(
        client=person.client, person=person, raw=number, e164=parsed.e164 or "", last10=parsed.last10, extension=""
    )


def _write_documents(worked: Sequence[Life]) -> None:
    offers = sorted((row for life in worked for row in life.offers), key=lambda row: row.created_at)
    invoices = sorted((row for life in worked for row in life.invoices), key=lambda row: row.created_at)
    _number(offers, "offer")
    _number(invoices, "invoice")
    _bulk(Offer, offers)
    _bulk(Invoice, invoices)
    _bulk(Contract, [row for life in worked for row in life.contracts])
    _bulk(Payment, [row for life in worked for row in life.payments])
    _bulk(PaymentCredit, [row for life in worked for row in life.credits])
    for life in worked:
        if life.cycle is not None:
            life.cycle.settled_invoice_ids = [row.pk for row in life.invoices if row.status == "paid"]


def _number(rows, kind: str) -> None:
    """Gapless numbers per year, going on from the counter (section 6.6)."""
    counters: dict[int, NumberCounter] = {}
    for row in rows:
        year = row.created_at.year
        if year not in counters:
            counters[year], _made = NumberCounter.objects.select_for_update().get_or_create(kind=kind, year=year)
        counters[year].last += 1
        row.year, row.number = year, counters[year].last
    for counter in counters.values():
        counter.save(update_fields=["last"])


def _name_facts(life: Life) -> None:
    """Histories speak of facts by their place in the life; now they get the real ids."""

    def real(numbers: list[int]) -> list[int]:
        return [life.facts[number - 1].pk for number in numbers]

    for change in life.colour_changes:
        change.fact_ids = real(change.fact_ids)
    for movement in life.movements:
        movement.fact_ids = real(movement.fact_ids)
    if life.cycle is not None:
        life.cycle.colour_fact_ids = real(life.cycle.colour_fact_ids)


def _write_questionnaires(worked: Sequence[Life], at: datetime) -> None:
    template = QuestionnaireTemplate.objects.filter(is_active=True).order_by("-version").first()
    if template is None:
        return
    questions = [
        str(pk) for pk in Question.objects.filter(template=template, is_required=True).values_list("pk", flat=True)
    ]
    rows = []
    for life in worked:
        if life.cycle is None or not life.answered:
            continue
        answered = min(life.answered, len(questions))
        rows.append(
            Questionnaire(
                cycle=life.cycle,
                template=template,
                answers=dict.fromkeys(questions[:answered], "см. протокол встречи"),
                answered_required=answered,
                required=len(questions) or REQUIRED_ANSWERS,
                completed_on=life.cycle.opened_on if answered == len(questions) else None,
                updated_at=life.cycle.last_contact_at or at,
                updated_by=life.contacts[-1].user if life.contacts else None,
            )
        )
    _bulk(Questionnaire, rows)


def _write_calls(contacts: Sequence[Contact], line: Line, rng: Random) -> None:
    numbers: dict[int | None, str] = dict(
        Phone.objects.filter(person__in={row.person_id for row in contacts}).values_list("person_id", "e164")
    )
    rows = []
    for contact in sorted(contacts, key=lambda contact: contact.at):
        talk = contact.talk_seconds or 0
        rows.append(
            Call(
                connection_id=line.connection_id,
                call_id=f"demo-{contact.pk}",
                rank=3,
                direction="out",
                client_number=numbers.get(contact.person_id, ""),
                e164=numbers.get(contact.person_id, ""),
                line=line,
                line_number=line.number,
                extension=contact.user.extension,
                user=contact.user,
                department_id=contact.client.department_id,
                client=contact.client,
                person=contact.person,
                started_at=contact.at,
                answered_at=contact.at if talk else None,
                ended_at=contact.at,
                talk_seconds=talk,
                wait_seconds=5 + rng.randrange(20),
                result="answered" if contact.result == "talked" else "no_answer",
                contact=contact,
                created_at=contact.at,
                updated_at=contact.at,
            )
        )
    _bulk(Call, rows)

"""Shortcuts that do a day's work through the real services."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal

import time_machine

from clients.models import Client, ContactPerson
from common import clock
from funnels.choices import EvidenceType, FactKind
from funnels.models import Question, QuestionnaireTemplate, SalesCycle
from funnels.services import ContactData, log_contact, record_fact, save_questionnaire, take_into_work
from tests.factories.clients import ClientFactory, PersonFactory, PhoneFactory


@contextmanager
def on(day: date, hour: int = 10, minute: int = 0):
    """The organisation's clock stands at this local time."""
    moment = clock.local_moment(day, time(hour, minute))
    with time_machine.travel(moment, tick=False) as traveller:
        yield traveller


def make_client(cast, owner=None, **fields) -> Client:
    """A complete card with a decision maker and a phone in the call base of the sales department."""
    client = ClientFactory(
        department=fields.pop("department", cast.sales),
        segment=fields.pop("segment", cast.medium),
        category=cast.category,
        **fields,
    )
    PersonFactory(client=client)
    PhoneFactory(client=client)
    return client


def dm_of(client: Client) -> ContactPerson:
    return client.people.filter(is_dm=True).first()


def take(cast, owner, **fields) -> SalesCycle:
    """A client taken into work by `owner` at the present moment."""
    client = fields.pop("client", None) or make_client(cast, **fields)
    return take_into_work(client=client, owner=owner, actor=owner)


def call(cycle: SalesCycle, actor=None, **fields):
    """A productive call to the decision maker with a next step."""
    client = cycle.client
    fields.setdefault("next_step_at", clock.local_moment(clock.today(), time(18, 0)))
    fields.setdefault("person", dm_of(client))
    data = ContactData(kind=fields.pop("kind", "call"), result=fields.pop("result", "talked"), **fields)
    return log_contact(client=client, actor=actor or cycle.owner, data=data)


def make_template(required: int = 20) -> QuestionnaireTemplate:
    template = QuestionnaireTemplate.objects.create(name="Анкета потребностей клиента")
    Question.objects.bulk_create(
        [
            Question(template=template, section="Компания", text=f"Вопрос {number}", order=number)
            for number in range(1, required + 1)
        ]
    )
    return template


def answer(cycle: SalesCycle, count: int = 20, actor=None):
    """Answers the first `count` required questions of the active template."""
    template = QuestionnaireTemplate.objects.filter(is_active=True).first() or make_template()
    questions = list(template.questions.order_by("order")[:count])
    return save_questionnaire(
        cycle=cycle, actor=actor or cycle.owner, answers={str(question.pk): "да" for question in questions}
    )


def offer(cycle: SalesCycle, on_day: date | None = None, amount: str = "100000"):
    """The fact an offer leaves behind, without the document."""
    return record_fact(
        cycle=cycle,
        kind=FactKind.OFFER_SENT,
        on=on_day or clock.today(),
        amount=Decimal(amount),
        evidence_type=EvidenceType.OFFER,
        evidence_id=cycle.pk,
        actor=cycle.owner,
        is_evidence_dated=True,
    )


def invoice(cycle: SalesCycle, due: date, on_day: date | None = None, amount: str = "100000", number: int = 1):
    """The fact an invoice leaves behind, without the document."""
    return record_fact(
        cycle=cycle,
        kind=FactKind.INVOICE_ISSUED,
        on=on_day or clock.today(),
        until=due,
        amount=Decimal(amount),
        evidence_type=EvidenceType.INVOICE,
        evidence_id=number,
        actor=cycle.owner,
        is_evidence_dated=True,
    )


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return clock.local_moment(day, time(hour, minute))

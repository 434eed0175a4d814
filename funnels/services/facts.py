"""Recording evidence: the only input of a colour. A fact is never changed, only taken back by another row (2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import calendar
from clients.models import ContactPerson
from common import clock
from common.errors import Conflict, GuardFailed, Invalid
from common.money import MAX_MONEY
from funnels.choices import EvidenceType, FactKind, State
from funnels.models import Contact, Fact, SalesCycle
from funnels.rules import PaymentStep, effective_day, missing_for, payment_step, payment_target
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from funnels.services.colours import ColourResult, highest_paid, refresh_colour
from funnels.services.exits import win_cycle
from funnels.services.states import advance_when_ready, is_fully_paid, step_context
from funnels.services.texts import missing_list
from journal.services import record

# F6–F10: documents and terms speak only once the first contact has been made (section 2.2).
FROM_FIRST_CONTACT = frozenset(
    {
        FactKind.OFFER_SENT,
        FactKind.OFFER_DISCUSSED,
        FactKind.TERMS_AGREED,
        FactKind.INVOICE_ISSUED,
        FactKind.CONTRACT_SIGNED,
    }
)


@transaction.atomic
def record_fact(
    *,
    cycle: SalesCycle,
    kind: str,
    on: date,
    evidence_type: str,
    evidence_id: int,
    actor: User | None,
    until: date | None = None,
    amount: Decimal | None = None,
    is_evidence_dated: bool = False,
    replaces: Fact | None = None,
) -> Fact:
    """Records one fact, asks the colour anew and makes the steps that have become possible.

    `on` is the fact date, `until` the last day it speaks (progress, invoice due, agreed pay date), `amount` in roubles.
    A payment adds to the paid sum, counts by its share and closes the cycle when it completes it. Raises GuardFailed
    for documents before the first contact, Conflict for a closed cycle, Invalid for a date in the future. Rights are
    those of the act that calls.
    """
    cycle = lock_cycle(cycle)
    ensure_open(cycle)
    day, at = clock.today(), clock.now()
    if on > day:
        raise Invalid({"on": _("The date cannot be in the future.")})
    ensure_first_contact(cycle, kind, day)
    fact = write_fact(
        cycle=cycle,
        kind=kind,
        on=on,
        until=until,
        amount=amount,
        evidence_type=evidence_type,
        evidence_id=evidence_id,
        is_evidence_dated=is_evidence_dated,
        replaces=replaces,
        day=day,
        at=at,
        actor=actor,
    )
    settle_facts(cycle=cycle, facts=[fact], day=day, at=at, actor=actor)
    return fact


def ensure_first_contact(cycle: SalesCycle, kind: str, day: date) -> None:
    if kind in FROM_FIRST_CONTACT and cycle.state == State.NEW:
        missing = missing_for(State.NEW, State.C1, step_context(cycle, day))
        raise GuardFailed(_("First the first contact."), missing_list(missing))


def write_fact(
    *,
    cycle: SalesCycle,
    kind: str,
    on: date,
    evidence_type: str,
    evidence_id: int,
    day: date,
    at: datetime,
    actor: User | None,
    until: date | None = None,
    amount: Decimal | None = None,
    is_evidence_dated: bool = False,
    replaces: Fact | None = None,
) -> Fact:
    """The row alone; the colour is asked by `settle_facts` once for all facts of an act."""
    return Fact.objects.create(
        cycle=cycle,
        kind=kind,
        on=on,
        until=until,
        amount=amount,
        evidence_type=evidence_type,
        evidence_id=evidence_id,
        is_evidence_dated=is_evidence_dated,
        replaces=replaces,
        effective_on=effective_day(on, day, is_evidence_dated, calendar()),
        recorded_at=at,
        recorded_by=actor,
    )


def settle_facts(
    *, cycle: SalesCycle, facts: Sequence[Fact], day: date, at: datetime, actor: User | None
) -> tuple[ColourResult | None, list[str]]:
    """Draws every conclusion of facts just written: paid sum, win, colour, movement, steps.

    Returns the colour's result (None when the cycle was won) and the states entered.
    """
    payments = [fact for fact in facts if fact.kind == FactKind.PAYMENT and fact.revokes_id is None]
    step = _add_payments(cycle, payments) if payments else None
    if payments and is_fully_paid(cycle):
        win_cycle(cycle=cycle, day=day, at=at, actor=actor, facts=payments)
        return None, []
    result = refresh_colour(cycle=cycle, day=day, at=at, facts=facts, payment=step)
    return result, advance_when_ready(cycle=cycle, day=day, at=at, actor=actor)


@transaction.atomic
def revoke_fact(*, fact: Fact, actor: User | None, on: date | None = None) -> Fact:
    """Takes a fact back by another row (a cancelled invoice, a terminated contract, a returned payment).

    The colour is asked anew; a fall resets no clock. A closed cycle stays closed. Raises Conflict when already revoked.
    """
    cycle = lock_cycle(fact.cycle)
    if fact.revokes_id is not None or Fact.objects.filter(revokes=fact).exists():
        raise Conflict(_("This has already been taken back."))
    day, at = clock.today(), clock.now()
    row = Fact.objects.create(
        cycle=cycle,
        kind=fact.kind,
        on=on or day,
        amount=fact.amount,
        evidence_type=fact.evidence_type,
        evidence_id=fact.evidence_id,
        revokes=fact,
        effective_on=on or day,
        recorded_at=at,
        recorded_by=actor,
    )
    if fact.kind == FactKind.PAYMENT:
        cycle.paid_amount -= fact.amount or Decimal(0)
        cycle.save(update_fields=["paid_amount"])
    if cycle.is_open:
        refresh_colour(cycle=cycle, day=day, at=at, facts=[row], is_correction=True)
    return row


@transaction.atomic
def set_money(
    *,
    cycle: SalesCycle,
    actor: User | None,
    invoiced: Decimal,
    contract: Decimal,
    has_open_invoice: bool,
    settled_invoice_ids: Sequence[int],
    paid: Decimal | None = None,
    on: date | None = None,
    fact: Fact | None = None,
) -> SalesCycle:
    """The sums of the documents of a cycle, told by deals after each of its acts.

    `invoiced`: Σ of not cancelled invoices; `contract`: the signed, not terminated contract; `paid`: Σ of counted
    payments (record_fact keeps it, here it is only checked); `settled_invoice_ids`: invoices paid in full, which no
    longer make GREEN by R5. When the sums complete the payment, the cycle is won.
    """
    cycle = lock_cycle(cycle)
    cycle.invoiced_amount, cycle.contract_amount = invoiced, contract
    cycle.has_open_invoice, cycle.settled_invoice_ids = has_open_invoice, sorted(settled_invoice_ids)
    if paid is not None:
        cycle.paid_amount = paid
    cycle.save(
        update_fields=["invoiced_amount", "contract_amount", "has_open_invoice", "settled_invoice_ids", "paid_amount"]
    )
    if not cycle.is_open:
        return cycle
    day, at = clock.today(), clock.now()
    if is_fully_paid(cycle):
        win_cycle(cycle=cycle, day=day, at=at, actor=actor, facts=[fact] if fact is not None else [])
    else:
        refresh_colour(cycle=cycle, day=day, at=at, is_correction=True)
    return cycle


@transaction.atomic
def agree_terms(
    *,
    cycle: SalesCycle,
    actor: User,
    amount: Decimal,
    pay_on: date,
    person: ContactPerson | None,
    contact: Contact | None = None,
    on: date | None = None,
) -> Fact:
    """«Условия согласованы»: amount, pay date and the decision maker who agreed (F8).

    Raises Invalid for the amount, a pay date before the agreement or a person who is no decision maker.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    day = clock.today()
    agreed_on = on or day
    errors = {}
    if not Decimal(0) < amount <= MAX_MONEY:
        errors["amount"] = _("The amount must be positive and not larger than 999 999 999 999.99.")
    if pay_on < agreed_on:
        errors["pay_on"] = _("The pay date cannot be before the agreement.")
    if person is None or person.client_id != cycle.client_id or not (person.is_dm and person.is_active):
        errors["person"] = _("Choose the decision maker who agreed.")
    if errors:
        raise Invalid(errors)
    cycle.expected_amount = amount
    cycle.version += 1
    cycle.save(update_fields=["expected_amount", "version"])
    fact = record_fact(
        cycle=cycle,
        kind=FactKind.TERMS_AGREED,
        on=agreed_on,
        until=pay_on,
        amount=amount,
        evidence_type=EvidenceType.CONTACT if contact else EvidenceType.CYCLE,
        evidence_id=contact.pk if contact else cycle.pk,
        actor=actor,
    )
    record(action="cycle.terms", obj=cycle, actor=actor, after={"amount": amount, "pay_on": pay_on, "on": agreed_on})
    return fact


@transaction.atomic
def accept_calculation(*, cycle: SalesCycle, actor: User, on: date, note: str = "") -> Fact:
    """A calculation or survey (расчёт, замер) made and accepted: opens the step to «Сделка», is not green by itself."""
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    if cycle.state == State.NEW:
        missing = missing_for(State.NEW, State.C1, step_context(cycle, clock.today()))
        raise GuardFailed(_("First the first contact."), missing_list(missing))
    fact = record_fact(
        cycle=cycle,
        kind=FactKind.CALCULATION_ACCEPTED,
        on=on,
        evidence_type=EvidenceType.CYCLE,
        evidence_id=cycle.pk,
        actor=actor,
    )
    record(action="cycle.calculation", obj=cycle, actor=actor, after={"on": on, "note": note})
    return fact


@transaction.atomic
def plan_sale(*, cycle: SalesCycle, actor: User, amount: Decimal, pay_on: date) -> SalesCycle:
    """«Поставить в план»: expected amount and pay date; joins the forecast, changes no colour and no clock (R-S0-B2)."""
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    errors = {}
    if not Decimal(0) < amount <= MAX_MONEY:
        errors["amount"] = _("The amount must be positive and not larger than 999 999 999 999.99.")
    if pay_on < clock.today():
        errors["pay_on"] = _("The pay date cannot be in the past.")
    if errors:
        raise Invalid(errors)
    before = {"amount": cycle.expected_amount, "pay_on": cycle.planned_pay_on}
    cycle.expected_amount, cycle.planned_pay_on, cycle.planned_at = amount, pay_on, clock.now()
    cycle.version += 1
    cycle.save(update_fields=["expected_amount", "planned_pay_on", "planned_at", "version"])
    record(action="cycle.plan", obj=cycle, actor=actor, before=before, after={"amount": amount, "pay_on": pay_on})
    return cycle


def _add_payments(cycle: SalesCycle, payments: Sequence[Fact]) -> PaymentStep | None:
    history = list(Fact.objects.filter(cycle=cycle, kind=FactKind.PAYMENT))
    before = cycle.paid_amount
    cycle.paid_amount = before + sum((fact.amount or Decimal(0) for fact in payments), Decimal(0))
    cycle.save(update_fields=["paid_amount"])
    target = payment_target([cycle.invoiced_amount], cycle.contract_amount, cycle.expected_amount)
    return payment_step(before, cycle.paid_amount, target, highest_paid(history, min(fact.pk for fact in payments)))

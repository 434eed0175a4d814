from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts import selectors as accounts
from accounts.choices import Role
from accounts.models import User
from clients.models import Client
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from common.formats import date_num, money
from deals.choices import InvoiceStatus, PaymentSource
from deals.models import Invoice, Payment, PaymentCredit
from deals.rules import invoice_is_covered
from deals.services.credits import write_credits
from deals.services.guards import already_saved, check_amount, check_dates, fact_of, mark_documents, plain, refuse
from deals.services.sums import NOTHING, tell_money
from deals.signals import payment_changed
from funnels import services as funnels
from funnels.choices import EvidenceType, FactKind, Outcome, TaskKind
from funnels.models import SalesCycle
from funnels.services.access import lock_cycle
from journal.choices import Channel
from journal.services import current_act, record
from notifications import services as notifications


def source_for(actor: User, client: Client, source: str | None = None) -> str:
    """In which capacity this person enters a payment (section 1.1). NotAllowed for everybody but accountant, the
    department's head, and an import."""
    if actor.is_active and source == PaymentSource.BANK and current_act().via in (Channel.IMPORT, Channel.JOB):
        return PaymentSource.BANK
    if actor.is_active and actor.role == Role.ACCOUNTANT:
        return source if source == PaymentSource.BANK else PaymentSource.ACCOUNTANT
    if actor.is_active and actor.role == Role.HEAD and actor.department_id == client.department_id:
        return PaymentSource.HEAD
    raise NotAllowed(_("Payments are entered by the accountant, or by the head with a document."))


@transaction.atomic
def enter_payment(
    *,
    cycle: SalesCycle,
    actor: User,
    amount: Decimal,
    paid_on: date,
    invoice: Invoice | None = None,
    document: str = "",
    source: str | None = None,
    key: str | None = None,
) -> Payment:
    """Money came, or went back (negative): fact F11, credits, state of the invoice, sums of the cycle, re-opened day.

    A closed cycle takes late payments and returns too. NotAllowed for those who may not; Invalid by field: amount,
    paid_on, invoice, document (a head must name one, and the directors are told).
    """
    cycle = lock_cycle(cycle)
    source = source_for(actor, cycle.client, source)
    if (saved := already_saved(Payment, actor=actor, key=key, cycle=cycle)) is not None:
        return saved
    document = plain("document", document, 120)
    errors = check_amount(amount, may_be_negative=True) | check_dates({"paid_on": paid_on}, cycle)
    if source == PaymentSource.HEAD and not document:
        errors["document"] = _("A head enters a payment only with its document.")
    if invoice is not None:
        invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice.pk).get()
        if invoice.cycle_id != cycle.pk:
            errors["invoice"] = _("This invoice belongs to another sale.")
        elif invoice.status == InvoiceStatus.CANCELLED:
            errors["invoice"] = _("This invoice is cancelled.")
    refuse(errors)
    payment = Payment.objects.create(
        client=cycle.client,
        cycle=cycle,
        invoice=invoice,
        amount=amount,
        paid_on=paid_on,
        source=source,
        document=document,
        entered_by=actor,
        entered_at=clock.now(),
        key=key or None,
    )
    mark_documents(cycle.client)
    credits = write_credits(payment=payment)
    if invoice is not None:
        _settle(invoice)
    record(
        action="payment.enter",
        obj=payment,
        actor=actor,
        after={
            "client": cycle.client_id,
            "amount": amount,
            "paid_on": paid_on,
            "invoice": invoice.pk if invoice else None,
            "document": document,
            "source": source,
            "credits": {str(row.user_id): row.amount for row in credits},
        },
    )
    fact = None
    if cycle.is_open:
        # Late money of a closed sale, or a return, moves no colour: it only corrects the sums.
        fact = funnels.record_fact(
            cycle=cycle,
            kind=FactKind.PAYMENT,
            on=paid_on,
            amount=amount,
            evidence_type=EvidenceType.PAYMENT,
            evidence_id=payment.pk,
            is_evidence_dated=True,
            actor=actor,
        )
    tell_money(cycle=cycle, actor=actor, on=paid_on, fact=fact)
    if source == PaymentSource.HEAD:
        _tell_directors(payment)
    _announce(payment, credits)
    return payment


@transaction.atomic
def cancel_payment(*, payment: Payment, actor: User, reason: str) -> Payment:
    """The payment was a mistake: credits void, fact revoked, sums and the day corrected.

    A won cycle is not re-opened by itself: the head gets the task «Вернуть в сделку?» (section 1.2). NotAllowed;
    Conflict when already cancelled; Invalid without a reason.
    """
    cycle = lock_cycle(payment.cycle)
    source_for(actor, cycle.client)
    payment = Payment.objects.select_for_update(of=("self",)).filter(pk=payment.pk).get()
    if payment.cancelled_at is not None:
        raise Conflict(_("The payment is already cancelled."), code="payment_cancelled")
    reason = plain("reason", reason, 300)
    if not reason:
        raise Invalid({"reason": _("Say why.")})
    payment.cancelled_at, payment.cancelled_by, payment.cancel_reason = clock.now(), actor, reason
    payment.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    credits = list(PaymentCredit.objects.filter(payment=payment))
    PaymentCredit.objects.filter(payment=payment).update(is_void=True)
    if payment.invoice_id:
        _settle(Invoice.objects.select_for_update(of=("self",)).filter(pk=payment.invoice_id).get())
    record(
        action="payment.cancel",
        obj=payment,
        actor=actor,
        before={"amount": payment.amount, "paid_on": payment.paid_on},
        after={"reason": reason},
    )
    was_won = cycle.outcome == Outcome.WON
    fact = fact_of(cycle=cycle, evidence_type=EvidenceType.PAYMENT, evidence_id=payment.pk)
    if fact is not None:
        fact = funnels.revoke_fact(fact=fact, actor=actor, on=clock.today())
    tell_money(cycle=cycle, actor=actor, on=clock.today(), fact=fact)
    if was_won:
        _ask_head(payment, actor)
    _announce(payment, credits)
    return payment


def _settle(invoice: Invoice) -> None:
    """An invoice is paid while its counted payments cover it, open otherwise."""
    if invoice.status == InvoiceStatus.CANCELLED:
        return
    paid = invoice.payments.counted().aggregate(total=Sum("amount"))["total"] or NOTHING
    status = InvoiceStatus.PAID if invoice_is_covered(invoice.amount, paid) else InvoiceStatus.OPEN
    if status != invoice.status:
        invoice.status = status
        invoice.version += 1
        invoice.save(update_fields=["status", "version"])


def _announce(payment: Payment, credits: list[PaymentCredit]) -> None:
    payment_changed.send(
        sender=Payment,
        day=payment.paid_on,
        departments={row.department_id for row in credits},
        users={row.user_id for row in credits},
    )


def _tell_directors(payment: Payment) -> None:
    """Section 1.1: a payment entered by a head is shown to the director."""
    text = _("%(head)s entered a payment of %(amount)s by %(document)s: %(client)s") % {
        "head": payment.entered_by.short_name,
        "amount": money(payment.amount),
        "document": payment.document,
        "client": payment.client.name,
    }
    for director in accounts.directors():
        notifications.ring(
            recipient=director,
            key=f"payment-of-head:{payment.pk}:{director.pk}",
            text=text[:300],
            url=f"/clients/{payment.client_id}/",
        )


def _ask_head(payment: Payment, actor: User) -> None:
    head = accounts.head_of(payment.client.department) or accounts.directors().first()
    if head is None:
        return
    funnels.create_task(
        kind=TaskKind.HEAD_DECISION,
        text=_("Return to the deal? The payment of %(day)s, %(amount)s, was cancelled")
        % {"day": date_num(payment.paid_on), "amount": money(payment.amount)},
        due_at=_end_of_working_day(),
        assignee=head,
        client=payment.client,
        actor=actor,
        key=f"return-to-deal:{payment.pk}",
    )


def _end_of_working_day() -> datetime:
    day = accounts.calendar().next_working_day(clock.today())
    return clock.local_moment(day, time(18, 0))

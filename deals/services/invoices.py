from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Conflict, StaleVersion
from deals.choices import InvoiceStatus, VatRate
from deals.constants import NUMBERED_INVOICE
from deals.models import Invoice
from deals.rules import default_vat
from deals.services.guards import already_saved, check_amount, check_dates, fact_of, mark_documents, plain, refuse
from deals.services.numbering import next_number
from deals.services.sums import tell_money
from funnels import services as funnels
from funnels.choices import EvidenceType, FactKind
from funnels.models import Fact, SalesCycle
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from journal.services import record


@transaction.atomic
def issue_invoice(
    *,
    cycle: SalesCycle,
    actor: User,
    amount: Decimal,
    issued_on: date,
    due_on: date,
    vat_rate: str | None = None,
    subject: str = "",
    key: str | None = None,
) -> Invoice:
    """An invoice with a gapless number of its year (section 6.6): fact F9, from state c1 on (GuardFailed before).

    `vat_rate`: a value of VatRate; None = the rate of the year. An invoice after a lapsed or cancelled one replaces it:
    the colour may return, the clock never does. NotAllowed, Conflict (closed cycle), Invalid by field: amount,
    issued_on, due_on, vat_rate, subject.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    if (saved := already_saved(Invoice, actor=actor, key=key, cycle=cycle)) is not None:
        return saved
    ensure_open(cycle)
    rate = vat_rate if vat_rate is not None else default_vat(issued_on)
    errors = check_amount(amount) | check_dates({"issued_on": issued_on}, cycle)
    if due_on < issued_on:
        errors["due_on"] = _("The due date is before the issue date.")
    if rate not in VatRate.values:
        errors["vat_rate"] = _("There is no such rate.")
    refuse(errors)
    replaced = _replaced_fact(cycle, issued_on)
    invoice = Invoice(
        client=cycle.client,
        cycle=cycle,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        vat_rate=rate,
        subject=plain("subject", subject, 300),
        year=issued_on.year,
        created_at=clock.now(),
        created_by=actor,
        key=key or None,
    )
    invoice.number = next_number(kind=NUMBERED_INVOICE, year=invoice.year)
    invoice.save(force_insert=True)
    mark_documents(cycle.client)
    record(
        action="invoice.issue",
        obj=invoice,
        actor=actor,
        after={
            "client": cycle.client_id,
            "amount": amount,
            "issued_on": issued_on,
            "due_on": due_on,
            "vat_rate": rate,
            "replaces": replaced.evidence_id if replaced else None,
        },
    )
    fact = funnels.record_fact(
        cycle=cycle,
        kind=FactKind.INVOICE_ISSUED,
        on=issued_on,
        until=due_on,
        amount=amount,
        evidence_type=EvidenceType.INVOICE,
        evidence_id=invoice.pk,
        is_evidence_dated=True,
        replaces=replaced,
        actor=actor,
    )
    tell_money(cycle=cycle, actor=actor, on=issued_on, fact=fact)
    return invoice


def _replaced_fact(cycle: SalesCycle, issued_on: date) -> Fact | None:
    """The fact of the latest unpaid invoice that had lapsed or was cancelled before the new one was issued."""
    old = (
        Invoice.objects.filter(cycle=cycle)
        .filter(Q(status=InvoiceStatus.CANCELLED) | Q(status=InvoiceStatus.OPEN, due_on__lt=issued_on))
        .order_by("pk")
        .last()
    )
    if old is None:
        return None
    facts = Fact.objects.filter(
        cycle=cycle,
        kind=FactKind.INVOICE_ISSUED,
        evidence_type=EvidenceType.INVOICE,
        evidence_id=old.pk,
        revokes__isnull=True,
    )
    return facts.order_by("pk").last()


@transaction.atomic
def cancel_invoice(*, invoice: Invoice, actor: User, reason: str, version: int | None = None) -> Invoice:
    """The invoice no longer stands: its fact is revoked, its number stays taken.

    NotAllowed; StaleVersion; Conflict for a paid, partly paid or cancelled one; Invalid without a reason.
    """
    cycle = lock_cycle(invoice.cycle)
    ensure_may_work(actor, cycle.client)
    invoice = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice.pk).get()
    if version is not None and version != invoice.version:
        raise StaleVersion(_("The invoice was changed meanwhile."), current={"status": invoice.status})
    if invoice.status == InvoiceStatus.CANCELLED:
        raise Conflict(_("The invoice is already cancelled."), code="invoice_cancelled")
    if invoice.status == InvoiceStatus.PAID or invoice.payments.counted().exists():
        raise Conflict(_("A paid invoice cannot be cancelled: cancel its payments first."), code="invoice_paid")
    reason = plain("reason", reason, 300)
    refuse({} if reason else {"reason": _("Say why.")})
    today = clock.today()
    invoice.status, invoice.cancelled_at = InvoiceStatus.CANCELLED, clock.now()
    invoice.version += 1
    invoice.save(update_fields=["status", "cancelled_at", "version"])
    record(
        action="invoice.cancel",
        obj=invoice,
        actor=actor,
        before={"status": InvoiceStatus.OPEN},
        after={"status": InvoiceStatus.CANCELLED, "reason": reason},
    )
    fact = fact_of(cycle=cycle, evidence_type=EvidenceType.INVOICE, evidence_id=invoice.pk)
    if fact is not None:
        fact = funnels.revoke_fact(fact=fact, actor=actor, on=today)
    tell_money(cycle=cycle, actor=actor, on=today, fact=fact)
    return invoice

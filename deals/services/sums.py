"""The sums of a cycle's documents, told to the funnel after every change (section 1.2, deal → support)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import User
from deals.choices import ContractStatus, InvoiceStatus
from deals.models import Contract, Invoice, Payment
from funnels import services as funnels
from funnels.models import Fact, SalesCycle

NOTHING = Decimal("0.00")


def tell_money(*, cycle: SalesCycle, actor: User, on: date, fact: Fact | None) -> None:
    """Sums of not cancelled invoices, signed contracts and counted payments go down to the cycle."""
    invoices = Invoice.objects.filter(cycle=cycle).exclude(status=InvoiceStatus.CANCELLED)
    contracts = Contract.objects.filter(cycle=cycle, status=ContractStatus.SIGNED)
    payments = Payment.objects.filter(cycle=cycle).counted()
    funnels.set_money(
        cycle=cycle,
        actor=actor,
        invoiced=invoices.aggregate(total=Sum("amount"))["total"] or NOTHING,
        contract=contracts.aggregate(total=Sum("amount"))["total"] or NOTHING,
        paid=payments.aggregate(total=Sum("amount"))["total"] or NOTHING,
        has_open_invoice=invoices.filter(status=InvoiceStatus.OPEN).exists(),
        settled_invoice_ids=list(invoices.filter(status=InvoiceStatus.PAID).values_list("pk", flat=True)),
        on=on,
        fact=fact,
    )

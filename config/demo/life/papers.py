"""Documents and money of a life: offers, invoices, terms, contracts, payments and whom they count for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from config.demo.life.ledger import Ledger
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from funnels.constants import FactKind
from funnels.rules import (
    payment_step,
    payment_target,
)


class Papers(Ledger):
    """Acts that leave a document or a payment."""

    def _offer(self, day: date, at: datetime) -> None:
        offer = Offer(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            status="sent",
            sent_on=day,
        )
        self.life.offers.append(offer)
        self._record(day, at, [(FactKind.OFFER_SENT, None)], offer, amount=offer.amount)

    def _invoice(self, day: date, at: datetime) -> None:
        invoice = Invoice(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            issued_on=day,
            due_on=day + timedelta(days=5 + self.rng.randrange(10)),
            vat_rate="22" if day.year >= 2026 else "20",
            subject="Поставка по спецификации",
        )
        self.life.invoices.append(invoice)
        self.cycle.invoiced_amount = self.cycle.expected_amount or Decimal(0)
        self.cycle.has_open_invoice = True
        self._record(day, at, [(FactKind.INVOICE_ISSUED, invoice.due_on)], invoice, amount=invoice.amount)

    def _terms(self, day: date, at: datetime) -> None:
        pay_on = day + timedelta(days=10 + self.rng.randrange(25))
        self.cycle.planned_pay_on, self.cycle.planned_at = pay_on, at
        self._record(day, at, [(FactKind.TERMS_AGREED, pay_on)], self.cycle, amount=self.cycle.expected_amount)

    def _contract(self, day: date, at: datetime) -> None:
        contract = Contract(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            number=f"{day:%d%m}-{self.rng.randrange(100, 999)}",
            status="signed",
            signed_by_us_on=day,
            signed_by_client_on=day,
            file="contracts/demo.pdf",
            file_name="Договор.pdf",
        )
        self.life.contracts.append(contract)
        self.cycle.contract_amount = self.cycle.expected_amount or Decimal(0)
        self._record(day, at, [(FactKind.CONTRACT_SIGNED, None)], contract, amount=contract.amount)

    def _owed(self) -> Decimal:
        return max((self.cycle.expected_amount or Decimal(0)) - self.cycle.paid_amount, Decimal("100.00"))

    def _pay(self, day: date, at: datetime, amount: Decimal) -> None:
        cycle, life = self.cycle, self.life
        if not life.invoices:
            self._invoice(day, at)
        invoice = life.invoices[-1]
        payment = Payment(
            client=life.client,
            cycle=cycle,
            invoice=invoice,
            amount=amount,
            paid_on=day,
            source="accountant",
            document=f"п/п {self.rng.randrange(100, 999)}",
            entered_by=self.scene.accountant,
            entered_at=at,
        )
        life.payments.append(payment)
        self._credit_payment(payment)
        before = cycle.paid_amount
        cycle.paid_amount += amount
        target = payment_target([cycle.invoiced_amount], cycle.contract_amount, cycle.expected_amount)
        if target is not None and cycle.paid_amount >= target:
            fact = self._fact(FactKind.PAYMENT, day, None, payment, at, amount)
            invoice.status, cycle.has_open_invoice = "paid", False
            life.movements.append(self._movement("full_payment", cycle.colour, "none", 0, day, at, [len(life.facts)]))
            self._close("won", "customers", "support", day, at, facts=[fact])
            return
        step = payment_step(before, cycle.paid_amount, target)
        self._record(day, at, [(FactKind.PAYMENT, None)], payment, amount=amount, step=step)

    def _credit_payment(self, payment: Payment) -> None:
        owner, rest = self.ownership.user, payment.amount
        if self.life.share is not None:
            old, percent = self.life.share
            part = (payment.amount * percent / 100).quantize(Decimal("0.01"))
            rest -= part
            self._credit_row(payment, old, part)
        self._credit_row(payment, owner, rest)

    def _credit_row(self, payment: Payment, user: User, amount: Decimal) -> None:
        self.life.credits.append(
            PaymentCredit(
                payment=payment, user=user, department=self.scene.department, amount=amount, paid_on=payment.paid_on
            )
        )

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from clients.models import Client
from deals.choices import ContractStatus, InvoiceStatus, OfferStatus, PaymentSource, VatRate
from deals.querysets import CreditQuerySet, DocumentQuerySet, PaymentQuerySet
from funnels.models import SalesCycle

USER = settings.AUTH_USER_MODEL
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}


def private_storage():
    return storages["default"]


class NumberCounter(models.Model):
    """The last number given out in a year; locked while a document is numbered, so that there is no gap (6.6)."""

    kind = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="deals_counter_once_a_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class Document(models.Model):
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="%(class)ss")
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="%(class)ss")
    amount = models.DecimalField(_("amount, ₽"), **MONEY)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80, null=True, blank=True)  # form key: a second press creates nothing

    class Meta:
        abstract = True


class Offer(Document):
    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, choices=OfferStatus.choices, default=OfferStatus.SENT)
    sent_on = models.DateField(_("sent on"), null=True, blank=True)
    sent_to = models.CharField(_("sent to"), max_length=254, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="deals_offer_number_once"),
            models.UniqueConstraint(fields=["created_by", "key"], name="deals_offer_saved_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deals_offer_amount_positive"),
        ]
        indexes = [models.Index(fields=["client", "-id"], name="deals_offer_by_client")]

    def __str__(self) -> str:
        return f"{self.number}"


class Invoice(Document):
    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, choices=InvoiceStatus.choices, default=InvoiceStatus.OPEN)
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due on"))
    vat_rate = models.CharField(_("VAT"), max_length=4, choices=VatRate.choices, default=VatRate.VAT_22)
    subject = models.CharField(_("for what"), max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="deals_invoice_number_once"),
            models.UniqueConstraint(fields=["created_by", "key"], name="deals_invoice_saved_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deals_invoice_amount_positive"),
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("issued_on")), name="deals_invoice_due_after_issue"
            ),
        ]
        indexes = [
            models.Index(fields=["client", "-id"], name="deals_invoice_by_client"),
            models.Index(fields=["status", "due_on"], name="deals_invoice_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Contract(Document):
    number = models.CharField(_("number"), max_length=40)
    status = models.CharField(max_length=10, choices=ContractStatus.choices, default=ContractStatus.DRAFT)
    signed_by_us_on = models.DateField(_("signed by us"), null=True, blank=True)
    signed_by_client_on = models.DateField(_("signed by the client"), null=True, blank=True)
    file = models.FileField(
        _("signed copy"), upload_to="contracts/", storage=private_storage, blank=True, max_length=200
    )
    file_name = models.CharField(max_length=200, blank=True)
    terminated_on = models.DateField(_("terminated on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["client", "number"], name="deals_contract_number_once"),
            models.UniqueConstraint(fields=["created_by", "key"], name="deals_contract_saved_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deals_contract_amount_positive"),
            models.CheckConstraint(
                condition=~Q(status=ContractStatus.SIGNED)
                | (Q(signed_by_us_on__isnull=False, signed_by_client_on__isnull=False) & ~Q(file="")),
                name="deals_contract_signed_is_proven",
            ),
        ]
        indexes = [models.Index(fields=["client", "-id"], name="deals_contract_by_client")]

    def __str__(self) -> str:
        return self.number


class Payment(models.Model):
    """Money that came (or went back: negative). Managers cannot create one (section 1.1)."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="payments")
    cycle = models.ForeignKey(SalesCycle, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("amount, ₽"), **MONEY)
    paid_on = models.DateField(_("paid on"))
    source = models.CharField(max_length=10, choices=PaymentSource.choices)
    document = models.CharField(_("payment document"), max_length=120, blank=True)
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=80, null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=Decimal(0)), name="deals_payment_amount_not_zero"),
            models.CheckConstraint(
                condition=~Q(source=PaymentSource.HEAD) | ~Q(document=""), name="deals_payment_of_head_has_document"
            ),
            models.UniqueConstraint(fields=["entered_by", "key"], name="deals_payment_saved_once"),
        ]
        indexes = [
            models.Index(fields=["paid_on"], name="deals_payment_by_day"),
            models.Index(fields=["client", "-paid_on"], name="deals_payment_by_client"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.paid_on}"


class PaymentCredit(models.Model):
    """Whose plan a payment counts for: the owner at the payment date, and the old owner's share (2.5, 3.1.4)."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="credits")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(**MONEY)
    paid_on = models.DateField()
    is_void = models.BooleanField(default=False)

    objects = CreditQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payment", "user"], name="deals_credit_once")]
        indexes = [
            models.Index(fields=["user", "paid_on"], condition=Q(is_void=False), name="deals_credit_by_user"),
            models.Index(
                fields=["department", "paid_on"], condition=Q(is_void=False), name="deals_credit_by_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.amount}"

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OfferStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class InvoiceStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("invoice", "Open")
    PAID = "paid", pgettext_lazy("invoice", "Paid")
    CANCELLED = "cancelled", pgettext_lazy("invoice", "Cancelled")


class ContractStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SIGNED = "signed", _("Signed")
    TERMINATED = "terminated", _("Terminated")


class PaymentSource(models.TextChoices):
    BANK = "bank", _("Bank import")
    ACCOUNTANT = "accountant", _("Accountant")
    HEAD = "head", _("Head, with a document")


class VatRate(models.TextChoices):
    NONE = "none", _("VAT exempt")
    VAT_5 = "5", "5 %"
    VAT_7 = "7", "7 %"
    VAT_10 = "10", "10 %"
    VAT_20 = "20", "20 %"
    VAT_22 = "22", "22 %"

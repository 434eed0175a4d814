"""Documents and payments as the API tells and takes them."""

from __future__ import annotations

from rest_framework import serializers

from common.api import DayField, MoneyField, StrictSerializer, columns_of
from deals.choices import VatRate
from deals.models import Contract, Invoice, Offer, Payment

_DOCUMENT = ["id", "number", "client", "cycle", "amount", "status", "created_at", "created_by"]


class DocumentSerializer(serializers.ModelSerializer):
    client = serializers.IntegerField(source="client_id")
    cycle = serializers.IntegerField(source="cycle_id")
    created_by = serializers.IntegerField(source="created_by_id")


class OfferSerializer(DocumentSerializer):
    class Meta:
        model = Offer
        fields = [*_DOCUMENT, "year", "sent_on", "sent_to", "note"]


class InvoiceSerializer(DocumentSerializer):
    class Meta:
        model = Invoice
        fields = [*_DOCUMENT, "year", "issued_on", "due_on", "vat_rate", "subject", "version"]


class ContractSerializer(DocumentSerializer):
    class Meta:
        model = Contract
        fields = [*_DOCUMENT, "signed_by_us_on", "signed_by_client_on", "file_name", "terminated_on", "version"]


class PaymentSerializer(serializers.ModelSerializer):
    client = serializers.IntegerField(source="client_id")
    cycle = serializers.IntegerField(source="cycle_id")
    invoice = serializers.IntegerField(source="invoice_id", allow_null=True)
    entered_by = serializers.IntegerField(source="entered_by_id")

    class Meta:
        model = Payment
        fields = [
            "id",
            "client",
            "cycle",
            "invoice",
            "amount",
            "paid_on",
            "source",
            "document",
            "entered_by",
            "entered_at",
            "cancelled_at",
        ]


class OfferInput(StrictSerializer):
    read_only_keys = columns_of(Offer) | {"colour"}

    amount = MoneyField()
    sent_on = DayField()
    sent_to = serializers.CharField(required=False, allow_blank=True, max_length=254)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class InvoiceInput(StrictSerializer):
    read_only_keys = columns_of(Invoice) | {"colour"}

    amount = MoneyField()
    issued_on = DayField()
    due_on = DayField()
    vat_rate = serializers.ChoiceField(choices=VatRate.choices, required=False)
    subject = serializers.CharField(required=False, allow_blank=True, max_length=300)


class ContractInput(StrictSerializer):
    """Signed by both; the file is a PDF, JPG, PNG or DOCX up to 10 MB."""

    read_only_keys = columns_of(Contract) | {"colour"}

    number = serializers.CharField(max_length=40)
    amount = MoneyField()
    signed_by_us_on = DayField()
    signed_by_client_on = DayField()
    file = serializers.FileField(max_length=200, allow_empty_file=True)


class PaymentInput(StrictSerializer):
    """A return is negative; a head names the document."""

    read_only_keys = columns_of(Payment) | {"colour"}

    amount = MoneyField()
    paid_on = DayField()
    document = serializers.CharField(required=False, allow_blank=True, max_length=120)

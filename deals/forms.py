"""Input of documents and payments, and the filters of their list. Sums are typed as people write them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import clock
from common.fields import DayField, MoneyField
from deals.choices import InvoiceStatus, VatRate
from deals.constants import CONTRACT_FILES
from deals.models import Invoice
from deals.rules import default_vat
from funnels.models import SalesCycle


class ActForm(forms.Form):
    """A form that acts once: its key is made when it is opened and travels with every press of its button."""

    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4().hex, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class OfferForm(ActForm):
    amount = MoneyField(label=_("Amount, ₽"))
    sent_on = DayField(label=_("Sent on"), initial=clock.today)
    sent_to = forms.CharField(label=_("Sent to"), max_length=254, required=False, help_text=_("E-mail or a name"))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class InvoiceForm(ActForm):
    amount = MoneyField(label=_("Amount, ₽"))
    issued_on = DayField(label=_("Issued on"), initial=clock.today)
    due_on = DayField(label=_("Valid until"))
    vat_rate = forms.ChoiceField(label=_("VAT"), choices=VatRate.choices)
    subject = forms.CharField(label=_("For what"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("vat_rate", default_vat(clock.today()))


class ContractForm(ActForm):
    number = forms.CharField(label=_("Number"), max_length=40)
    amount = MoneyField(label=_("Amount, ₽"))
    signed_by_us_on = DayField(label=_("Signed by us on"))
    signed_by_client_on = DayField(label=_("Signed by the client on"))
    file = forms.FileField(
        label=_("Signed copy"),
        max_length=200,
        help_text=_("PDF, JPG, PNG or DOCX, up to 10 MB"),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{extension}" for extension in CONTRACT_FILES)}),
    )


class PaymentForm(ActForm):
    invoice = forms.ModelChoiceField(label=_("Invoice"), queryset=Invoice.objects.none(), required=False)
    amount = MoneyField(label=_("Amount, ₽"), may_be_negative=True, help_text=_("A return is entered with a minus"))
    paid_on = DayField(label=_("Paid on"), initial=clock.today)
    document = forms.CharField(label=_("Payment document"), max_length=120, required=False)

    def __init__(self, *args: Any, cycle: SalesCycle, needs_document: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["invoice"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.queryset = Invoice.objects.filter(cycle=cycle).exclude(status=InvoiceStatus.CANCELLED).order_by("pk")
        field.empty_label = str(_("without an invoice"))
        self.fields["document"].required = needs_document
        if needs_document:
            self.fields["document"].help_text = _("The directors are told about a payment entered by a head")


class CancelForm(forms.Form):
    """Why a document no longer stands; `version` is the one the person saw."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)


class TerminateForm(CancelForm):
    on = DayField(label=_("Terminated on"), initial=clock.today)


class FilterForm(forms.Form):
    """Filters of /documents/; they live in the address."""

    q = forms.CharField(
        label=_("Find"), max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    status = forms.ChoiceField(label=_("Status"), required=False)
    owner = forms.TypedChoiceField(label=_("Owner"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, statuses: list, owners: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField(label=_("From"), required=False)
        self.fields["to"] = DayField(label=_("To"), required=False)
        self.fields["status"].choices = [("", _("any")), *statuses]  # type: ignore[attr-defined]
        self.fields["owner"].choices = [("", _("anybody")), *owners]  # type: ignore[attr-defined]
        if not owners:
            del self.fields["owner"]

    def wanted(self) -> dict[str, Any]:
        """What could be read; a filter that could not is left out and explained beside its field."""
        self.is_valid()
        found: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return found

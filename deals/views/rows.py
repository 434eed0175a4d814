"""Lines of /documents/, formatted once: the templates only print them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.choices import Role
from accounts.models import User
from common import clock, formats, markup
from deals import selectors
from deals.choices import ContractStatus, InvoiceStatus, OfferStatus
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit


@dataclass(frozen=True)
class Row:
    """One line, formatted once: the template only prints it."""

    pk: int
    name: str
    sub: str
    client_id: int
    client: str
    owner: str
    day: str
    amount: str
    status: SafeString
    more: str = ""
    file_url: str = ""
    act_url: str = ""
    act: str = ""
    is_struck: bool = False
    is_client_open: bool = True


def _tag(kind: str, text: str) -> SafeString:
    return markup.piece('<span class="tag tag-line{}">{}</span>', f" tag-{kind}" if kind else "", text)


def _flow_tag(amount: Decimal) -> SafeString:
    """Money that came, or a return."""
    if amount > 0:
        return _tag("good", pgettext("payment", "counted"))
    return _tag("warn", pgettext("payment", "return"))


def document_row(document: Any, viewer: User) -> Row:
    client = document.client
    base = {
        "pk": document.pk,
        "client_id": client.pk,
        "client": client.name,
        "owner": client.owner.short_name if client.owner else formats.DASH,
        "amount": formats.money(document.amount),
    }
    works = viewer.role in (Role.HEAD, Role.DIRECTOR) or client.owner_id == viewer.pk
    if isinstance(document, Offer):
        tag = _tag("good" if document.status == OfferStatus.SENT else "", document.get_status_display())
        return Row(
            name=_("Offer %(number)s") % {"number": document.number},
            sub=document.note,
            day=formats.date_num(document.sent_on),
            status=tag,
            more=document.sent_to,
            **base,
        )
    if isinstance(document, Invoice):
        return _invoice_row(document, base, works, viewer)
    if isinstance(document, Contract):
        is_signed = document.status == ContractStatus.SIGNED
        act_url = act = ""
        if is_signed and works:
            act_url, act = f"/clients/{client.pk}/contracts/{document.pk}/terminate/", _("Terminate")
        elif is_signed and selectors.may_enter_payment(viewer, client):
            # Money may come by the contract, without an invoice.
            act_url, act = f"/clients/{client.pk}/payments/new/?next=/documents/%3Ftab=contracts", _("Payment")
        return Row(
            name=_("Contract %(number)s") % {"number": document.number},
            sub="",
            day=formats.date_num(document.signed_by_client_on),
            status=_tag("good" if is_signed else "", document.get_status_display()),
            more=formats.date_num(document.signed_by_us_on),
            file_url=f"/documents/contracts/{document.pk}/file/" if document.file else "",
            act_url=act_url,
            act=act,
            **base,
        )
    return _payment_row(document, base, viewer)


def _invoice_row(invoice: Invoice, base: dict[str, Any], works: bool, viewer: User) -> Row:
    is_open = invoice.status == InvoiceStatus.OPEN
    if is_open and invoice.due_on < clock.today():
        tag = _tag("warn", pgettext("invoice", "Expired"))
    else:
        tag = _tag("good" if invoice.status == InvoiceStatus.PAID else "", invoice.get_status_display())
    act_url = act = ""
    if is_open and selectors.may_enter_payment(viewer, invoice.client):
        act_url = f"/clients/{invoice.client_id}/payments/new/?invoice={invoice.pk}&next=/documents/%3Ftab=invoices"
        act = _("Payment")
    elif is_open and works:
        act_url, act = f"/clients/{invoice.client_id}/invoices/{invoice.pk}/cancel/", _("Cancel")
    return Row(
        name=_("Invoice %(number)s") % {"number": invoice.number},
        sub=invoice.subject,
        day=formats.date_num(invoice.issued_on),
        status=tag,
        more=formats.date_num(invoice.due_on),
        act_url=act_url,
        act=act,
        is_struck=invoice.status == InvoiceStatus.CANCELLED,
        **base,
    )


def _payment_row(payment: Payment, base: dict[str, Any], viewer: User) -> Row:
    is_cancelled = payment.cancelled_at is not None
    if is_cancelled:
        tag = _tag("bad", pgettext("payment", "cancelled"))
    else:
        tag = _tag(
            "good" if payment.amount > 0 else "warn",
            pgettext("payment", "counted") if payment.amount > 0 else pgettext("payment", "return"),
        )
    may_cancel = not is_cancelled and selectors.may_enter_payment(viewer, payment.client)
    return Row(
        name=_("Invoice %(number)s") % {"number": payment.invoice.number}
        if payment.invoice
        else _("Without an invoice"),
        sub=payment.document,
        day=formats.date_num(payment.paid_on),
        status=tag,
        more=str(payment.get_source_display()),
        act_url=f"/clients/{payment.client_id}/payments/{payment.pk}/cancel/?next=/documents/%3Ftab=payments"
        if may_cancel
        else "",
        act=_("Cancel"),
        is_struck=is_cancelled,
        **base,
    )


def credit_row(credit: PaymentCredit, open_ids: set[int]) -> Row:
    payment = credit.payment
    is_part = credit.amount != payment.amount
    return Row(
        pk=credit.pk,
        name=_("Share of the payment") if is_part else _("Payment"),
        sub=_("of %(amount)s") % {"amount": formats.money(payment.amount)} if is_part else "",
        client_id=payment.client_id,
        client=payment.client.name,
        owner=credit.user.short_name,
        day=formats.date_num(credit.paid_on),
        amount=formats.money(credit.amount),
        status=_tag(
            "good" if credit.amount > 0 else "warn",
            pgettext("payment", "counted") if credit.amount > 0 else pgettext("payment", "return"),
        ),
        is_client_open=payment.client_id in open_ids,
    )

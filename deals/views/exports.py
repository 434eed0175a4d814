"""The list as a spreadsheet: real dates and numbers, no cell a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.books import write_book
from deals.constants import EXPORT_ROWS
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from deals.selectors import Tab


def documents_book(tab: Tab, rows: QuerySet[Any]) -> tuple[IO[bytes], int]:
    """The rows of a tab and their number, at most EXPORT_ROWS."""
    heads: dict[type[Any], tuple[list[str], Callable[[Any], list[Any]]]] = {
        Offer: ([_("Number"), _("Sent on"), _("Sent to"), _("Note")], _offer),
        Invoice: ([_("Number"), _("Issued on"), _("Valid until"), _("VAT"), _("For what")], _invoice),
        Contract: ([_("Number"), _("Signed by us on"), _("Signed by the client on")], _contract),
        Payment: ([_("Invoice"), _("Paid on"), _("Payment document"), _("Source")], _payment),
    }
    head, cells = heads[tab.model]
    lines = ([row.client.name, _owner(row), row.amount, _status(row), *cells(row)] for row in _all(rows))
    return write_book([_("Client"), _("Owner"), _("Amount, ₽"), _("Status"), *head], lines)


def credits_book(rows: QuerySet[PaymentCredit]) -> tuple[IO[bytes], int]:
    """The money behind a figure of the plan: whom it counts for and how much of the payment."""
    lines = (
        [row.payment.client.name, row.user.full_name, row.amount, row.payment.amount, row.paid_on] for row in _all(rows)
    )
    return write_book([_("Client"), _("Manager"), _("Credited, ₽"), _("Payment, ₽"), _("Paid on")], lines)


def _all(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows[:EXPORT_ROWS].iterator(chunk_size=1000)


def _owner(row: Any) -> str:
    return row.client.owner.full_name if row.client.owner else ""


def _status(row: Any) -> str:
    if hasattr(row, "status"):
        return str(row.get_status_display())
    return pgettext("payment", "cancelled") if row.cancelled_at else pgettext("payment", "counted")


def _offer(row: Offer) -> list[Any]:
    return [row.number, row.sent_on, row.sent_to, row.note]


def _invoice(row: Invoice) -> list[Any]:
    return [row.number, row.issued_on, row.due_on, str(row.get_vat_rate_display()), row.subject]


def _contract(row: Contract) -> list[Any]:
    return [row.number, row.signed_by_us_on, row.signed_by_client_on]


def _payment(row: Any) -> list[Any]:
    number = row.invoice.number if row.invoice else ""
    return [number, row.paid_on, row.document, str(row.get_source_display())]

"""Reads of documents and payments: what the list shows, its sums, the money behind a figure of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from clients.models import Client
from deals.choices import ContractStatus, InvoiceStatus, OfferStatus
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from funnels.choices import Outcome
from funnels.models import SalesCycle


@dataclass(frozen=True)
class Tab:
    """One tab of /documents/: its rows, and the column that dates them."""

    name: str
    model: type[Any]
    day: str
    text: tuple[str, ...]
    statuses: tuple[tuple[str, Any], ...] = ()


TABS: Final = {
    "offers": Tab(
        "offers", Offer, "sent_on", ("client__name__icontains", "note__icontains"), tuple(OfferStatus.choices)
    ),
    "invoices": Tab(
        "invoices",
        Invoice,
        "issued_on",
        ("client__name__icontains", "subject__icontains"),
        tuple(InvoiceStatus.choices),
    ),
    "contracts": Tab(
        "contracts",
        Contract,
        "signed_by_client_on",
        ("client__name__icontains", "number__icontains"),
        tuple(ContractStatus.choices),
    ),
    "payments": Tab("payments", Payment, "paid_on", ("client__name__icontains", "document__icontains")),
}


@dataclass(frozen=True)
class Wanted:
    """The filters of the list; empty = everything in scope. `day_to` is included."""

    status: str = ""
    day_from: date | None = None
    day_to: date | None = None
    owner_id: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Totals:
    """How many rows the filters leave and what they sum to, in roubles."""

    count: int
    amount: Decimal


def documents(*, tab: Tab, viewer: User, wanted: Wanted) -> QuerySet[Any]:
    """Rows of a tab in the viewer's scope. Cancelled payments are shown, and left out of the sum."""
    rows = tab.model.objects.visible_to(viewer).select_related("client", "client__owner")
    if tab.model is Payment:
        rows = rows.select_related("invoice", "entered_by")
        if wanted.status == "cancelled":
            rows = rows.filter(cancelled_at__isnull=False)
        elif wanted.status == "counted":
            rows = rows.filter(cancelled_at__isnull=True)
    elif wanted.status:
        rows = rows.filter(status=wanted.status)
    rows = _between(rows, tab.day, wanted)
    if wanted.owner_id is not None:
        rows = rows.filter(client__owner_id=wanted.owner_id)
    if wanted.text:
        found = Q()
        for lookup in tab.text:
            found |= Q(**{lookup: wanted.text})
        if wanted.text.isdecimal() and len(wanted.text) <= 9 and tab.model in (Offer, Invoice):
            found |= Q(number=int(wanted.text))
        rows = rows.filter(found)
    return rows


def _between(rows: QuerySet[Any], day: str, wanted: Wanted) -> QuerySet[Any]:
    if wanted.day_from is not None:
        rows = rows.filter(**{f"{day}__gte": wanted.day_from})
    if wanted.day_to is not None:
        rows = rows.filter(**{f"{day}__lte": wanted.day_to})
    return rows


def totals(*, tab: Tab, rows: QuerySet[Any]) -> Totals:
    """One query: number and sum of the filtered rows, without what no longer stands."""
    stands = Q()
    if tab.model is Payment:
        stands = Q(cancelled_at__isnull=True)
    elif tab.model is Invoice:
        stands = ~Q(status=InvoiceStatus.CANCELLED)
    found = rows.order_by().aggregate(count=Count("pk"), amount=Sum("amount", filter=stands))
    return Totals(found["count"], found["amount"] or Decimal("0.00"))


def credited(
    *, viewer: User, wanted: Wanted, user_id: int | None, department_id: int | None, segment_id: int | None = None
) -> QuerySet[PaymentCredit]:
    """The payments behind a figure of the plan: what counts for a person, a department, a segment (section 3.1.4).

    A former owner still finds his share here, with the client's name and nothing else of the client (section 1.1).
    """
    rows = PaymentCredit.objects.visible_to(viewer).filter(is_void=False)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    if department_id is not None:
        rows = rows.filter(department_id=department_id)
    if segment_id is not None:
        rows = rows.filter(payment__cycle__segment_id=segment_id)
    return _between(rows, "paid_on", wanted).select_related("payment", "payment__client", "user")


def credited_totals(rows: QuerySet[PaymentCredit]) -> Totals:
    found = rows.order_by().aggregate(count=Count("pk"), amount=Sum("amount"))
    return Totals(found["count"], found["amount"] or Decimal("0.00"))


def visible_client_ids(*, viewer: User, client_ids: Iterable[int]) -> set[int]:
    """Which of these clients the viewer may open."""
    return set(Client.objects.visible_to(viewer).filter(pk__in=set(client_ids)).values_list("pk", flat=True))


def may_export(user: User) -> bool:
    """Section 1.1: director all, head the department, a manager only when his head has switched it on."""
    if user.role in (Role.DIRECTOR, Role.HEAD):
        return True
    return user.role in MANAGER_ROLES and user.department is not None and user.department.managers_may_export


def owners_for_filter(viewer: User) -> QuerySet[User]:
    """Whom the owner filter offers: people with clients in the viewer's scope."""
    return User.objects.visible_to(viewer).with_clients().active()


def cycle_for_document(client: Client) -> SalesCycle | None:
    """The open cycle of the client: a new offer, invoice or contract belongs to it."""
    return SalesCycle.objects.open().select_related("client").filter(client=client).first()


def cycle_for_payment(client: Client) -> SalesCycle | None:
    """The open cycle, else the last won one: late money and returns belong to the sale they come from."""
    return (
        cycle_for_document(client)
        or SalesCycle.objects.select_related("client")
        .filter(client=client, outcome=Outcome.WON)
        .order_by("-closed_at", "-pk")
        .first()
        or SalesCycle.objects.select_related("client").filter(client=client).order_by("-closed_at", "-pk").first()
    )


@dataclass(frozen=True)
class ClientDocuments:
    """Everything on paper and in money of one client, newest first: for the card."""

    offers: list[Offer]
    invoices: list[Invoice]
    contracts: list[Contract]
    payments: list[Payment]

    def __bool__(self) -> bool:
        return bool(self.offers or self.invoices or self.contracts or self.payments)


def documents_of(client: Client, *, most: int = 50) -> ClientDocuments:
    """The documents of a client whom the caller may see; four queries."""
    return ClientDocuments(
        list(Offer.objects.filter(client=client)[:most]),
        list(Invoice.objects.filter(client=client)[:most]),
        list(Contract.objects.filter(client=client)[:most]),
        list(Payment.objects.filter(client=client).select_related("invoice")[:most]),
    )


def may_enter_payment(user: User, client: Client) -> bool:
    """Whether the payment form is offered: the accountant, the head of the client's department (section 1.1)."""
    if not user.is_active:
        return False
    return user.role == Role.ACCOUNTANT or (user.role == Role.HEAD and user.department_id == client.department_id)

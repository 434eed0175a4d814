"""The board of the funnel: columns by state or by colour with counts, sums and their first cards."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.choices import Role
from accounts.models import Department, User
from clients.choices import Section
from clients.models import Client
from clients.querysets import visibility_q
from common.paging import CappedCount, KeysetPage, count_up_to, counts_up_to, keyset_page
from desk.constants import BOARD_CARDS, COUNT_LIMIT
from funnels.models import Ownership, SalesCycle

STATES: Final = ("new", "c1", "c2", "c3", "deal")
COLOURS: Final = ("green", "yellow", "red")
OWNED: Final = (Section.IN_WORK, Section.CUSTOMERS)  # where an open sale, or one in support, can be
OUTSIDE: Final = ("refusal", "reserve", "recall", "customer")


@dataclass
class Column:
    """`name`: a state or a colour; `split`: clients by colour (by state on the board of colours)."""

    name: str
    count: int = 0
    amount: Decimal = Decimal(0)
    split: dict[str, int] = field(default_factory=dict)
    cards: list[SalesCycle] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Wanted:
    """Whose funnel: one manager's, one department's, or everything in the reader's scope."""

    manager: User | None = None
    department: Department | None = None


def cycles_of(viewer: User, wanted: Wanted) -> QuerySet[SalesCycle]:
    rows = SalesCycle.objects.coloured().filter(visibility_q(viewer, "client__", OWNED))
    if viewer.role == Role.ACCOUNTANT:
        rows = rows.none()  # requisites and documents only
    if wanted.manager is not None:
        rows = rows.filter(owner=wanted.manager)
    if wanted.department is not None:
        rows = rows.filter(client__department=wanted.department)
    return rows


def columns_of(viewer: User, wanted: Wanted, by: str) -> list[Column]:
    """Every column with its first cards; the next step's day decides the order. Three queries."""
    names = STATES if by == "state" else COLOURS
    columns = {name: Column(name) for name in names}
    counted = (
        cycles_of(viewer, wanted)
        .order_by()
        .values_list("state", "colour")
        .annotate(number=Count("pk"), total=Coalesce(Sum("expected_amount"), Decimal(0)))
    )
    for state, colour, number, total in counted:
        key, other = (state, colour) if by == "state" else (colour, state)
        if (column := columns.get(key)) is None:
            continue
        column.count += number
        column.amount += total
        column.split[other] = column.split.get(other, 0) + number
    # Each column's first cards by an index of its own: the others of its rows are neither sorted nor read.
    order = (F("next_step_at").asc(nulls_last=True), F("pk").asc())
    firsts = [
        cycles_of(viewer, wanted).filter(**{by: name}).order_by(*order).values("pk")[:BOARD_CARDS] for name in names
    ]
    keys = firsts[0].union(*firsts[1:], all=True)
    cards = SalesCycle.objects.filter(pk__in=[row["pk"] for row in keys]).select_related("client__department", "owner")
    for card in cards.order_by(*order):
        columns[getattr(card, by)].cards.append(card)
    return list(columns.values())


def column_page(viewer: User, wanted: Wanted, by: str, name: str, cursor: str) -> KeysetPage[SalesCycle]:
    """The following cards of one column, in the same order."""
    rows = cycles_of(viewer, wanted).filter(**{by: name}).select_related("client__department", "owner")
    return keyset_page(rows, field="next_step_at", cursor=cursor, size=BOARD_CARDS)


def ownerships_of(cards: list[SalesCycle]) -> dict[int, Ownership]:
    """The open ownership by cycle; one query."""
    rows = Ownership.objects.open().filter(cycle__in=[card.pk for card in cards])
    return {row.cycle_id: row for row in rows}


def clients_of(viewer: User, wanted: Wanted) -> QuerySet[Client]:
    return _narrowed(Client.objects.visible_to(viewer, sections=OWNED), viewer, wanted)


def _narrowed(rows: QuerySet[Client], viewer: User, wanted: Wanted) -> QuerySet[Client]:
    if viewer.role == Role.ACCOUNTANT:
        rows = rows.none()
    if wanted.manager is not None:
        rows = rows.filter(owner=wanted.manager)
    if wanted.department is not None:
        rows = rows.filter(department=wanted.department)
    return rows


def in_support(viewer: User, wanted: Wanted) -> tuple[CappedCount, Decimal, list[SalesCycle]]:
    """Paid in full, documents not closed: the last won cycles with their clients. Three queries."""
    clients = clients_of(viewer, wanted).filter(state="support")
    newest = SalesCycle.objects.filter(client__in=clients, outcome="won", client__state="support")
    rows = list(newest.select_related("client").order_by("client_id", "-closed_at").distinct("client_id")[:BOARD_CARDS])
    amount = sum((row.paid_amount for row in rows), Decimal(0))
    return count_up_to(clients, COUNT_LIMIT), amount, rows


def outside(viewer: User, wanted: Wanted) -> dict[str, CappedCount]:
    """Clients that left the funnel, by state, each counted up to COUNT_LIMIT; one query.

    Ownerless ones belong to a department, to no manager.
    """
    rows = _narrowed(Client.objects.visible_to(viewer), viewer, Wanted())
    if wanted.department is not None:
        rows = rows.filter(department=wanted.department)
    if wanted.manager is not None:
        rows = rows.filter(Q(owner=wanted.manager) | Q(department_id=wanted.manager.department_id, owner__isnull=True))
    return counts_up_to({state: rows.filter(state=state) for state in OUTSIDE}, COUNT_LIMIT)

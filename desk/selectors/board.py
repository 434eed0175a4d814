"""The board of the funnel: columns by state or by colour with counts, sums and their first cards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import ScopeShape, scope_of, viewer_of
from clients.choices import Section
from clients.models import Client
from common.paging import CappedCount, KeysetPage, capped, keyset_page, number_up_to, numbers_up_to
from common.prepared import Prepared
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
    rows = SalesCycle.objects.open_to(viewer).coloured()
    if viewer.role == Role.ACCOUNTANT:
        rows = rows.none()  # requisites and documents only
    if wanted.manager is not None:
        rows = rows.filter(owner=wanted.manager)
    if wanted.department is not None:
        rows = rows.filter(owner__department=wanted.department)  # the client's own
    return rows


def columns_of(viewer: User, wanted: Wanted, by: str) -> list[Column]:
    """Every column with its first cards; the next step's day decides the order. Three queries."""
    names = STATES if by == "state" else COLOURS
    columns = {name: Column(name) for name in names}
    shape, values = _shape_of(viewer, wanted)
    for state, colour, number, total in _counted(shape, **values):
        key, other = (state, colour) if by == "state" else (colour, state)
        if (column := columns.get(key)) is None:
            continue
        column.count += number
        column.amount += total
        column.split[other] = column.split.get(other, 0) + number
    keys = [pk for (pk,) in _firsts((shape, by), **values)]
    for card in _cards.models(None, keys=keys):
        columns[getattr(card, by)].cards.append(card)
    return list(columns.values())


_ORDER: Final = (F("next_step_at").asc(nulls_last=True), F("pk").asc())

# What a card shows, and nothing else of two wide tables.
_SHOWN: Final = (
    *("state", "colour", "next_step_at", "expected_amount", "paid_amount", "owner_id", "client_id"),
    *("client__name", "client__department_id"),
)


def _cards_of(_shape: None, *, keys: list[int]) -> QuerySet[SalesCycle]:
    return _shown(SalesCycle.objects.filter(pk__in=keys)).order_by(*_ORDER)


def _shown(cycles: QuerySet[SalesCycle]) -> QuerySet[SalesCycle]:
    return cycles.select_related("client").only(*_SHOWN)


# Whose funnel is a question of the same shape for everybody of a role: by whom it is asked, of a manager, of a department.
Shape = tuple[ScopeShape, bool, bool]


def _shape_of(viewer: User, wanted: Wanted) -> tuple[Shape, dict[str, int]]:
    scope, values = scope_of(viewer)
    if wanted.manager is not None:
        values |= {"manager": wanted.manager.pk, "home": wanted.manager.department_id or 0}
    if wanted.department is not None:
        values |= {"wanted": wanted.department.pk}
    return (scope, wanted.manager is not None, wanted.department is not None), values


def _asked(
    shape: Shape, user: int, department: int, manager: int = 0, home: int = 0, wanted: int = 0
) -> tuple[User, Wanted]:
    scope, of_manager, of_department = shape
    return viewer_of(scope, user, department), Wanted(
        User(pk=manager, department_id=home) if of_manager else None, Department(pk=wanted) if of_department else None
    )


def _counted_of(shape: Shape, **values: int) -> QuerySet[Any]:
    rows = cycles_of(*_asked(shape, **values)).order_by().values_list("state", "colour")
    return rows.annotate(number=Count("*"), total=Coalesce(Sum("expected_amount"), Decimal(0)))


def _firsts_of(shape: tuple[Shape, str], **values: int) -> QuerySet[Any]:
    """Each column's first cards by an index of its own: the others of its rows are neither sorted nor read."""
    whose, by = shape
    rows = cycles_of(*_asked(whose, **values))
    names = STATES if by == "state" else COLOURS
    firsts = [rows.filter(**{by: name}).order_by(*_ORDER).values_list("pk")[:BOARD_CARDS] for name in names]
    return firsts[0].union(*firsts[1:], all=True)


def _supported_of(shape: Shape, **values: int) -> QuerySet[SalesCycle]:
    clients = clients_of(*_asked(shape, **values)).filter(state="support")
    newest = SalesCycle.objects.filter(client__in=clients, outcome="won", client__state="support")
    return _shown(newest).order_by("client_id", "-closed_at").distinct("client_id")[:BOARD_CARDS]


def _in_support_of(shape: Shape, **values: int) -> QuerySet[Any]:
    return number_up_to(clients_of(*_asked(shape, **values)).filter(state="support"), COUNT_LIMIT)


def _outside_of(shape: Shape, **values: int) -> QuerySet[Any]:
    viewer, wanted = _asked(shape, **values)
    rows = _narrowed(Client.objects.visible_to(viewer), viewer, wanted, with_ownerless=True)
    return numbers_up_to({state: rows.filter(state=state) for state in OUTSIDE}, COUNT_LIMIT)


_counted, _firsts = Prepared(_counted_of), Prepared(_firsts_of)
_cards = Prepared(_cards_of)
_supported, _in_support, _outside = Prepared(_supported_of), Prepared(_in_support_of), Prepared(_outside_of)


def column_page(viewer: User, wanted: Wanted, by: str, name: str, cursor: str) -> KeysetPage[SalesCycle]:
    """The following cards of one column, in the same order."""
    rows = cycles_of(viewer, wanted).filter(**{by: name})
    return keyset_page(_shown(rows), field="next_step_at", cursor=cursor, size=BOARD_CARDS)


@dataclass(frozen=True)
class Running:
    """The running clocks of a card: of its colour, and the day its state is stagnant from."""

    clock_started_on: date
    state_flag_on: date | None


def running_of(cards: list[SalesCycle]) -> dict[int, Running]:
    """The open ownership's clocks by cycle; one query."""
    found = _running(None, cycles=[card.pk for card in cards])
    return {pk: Running(started_on, flag_on) for pk, started_on, flag_on in found}


def _running_of(_shape: None, *, cycles: list[int]) -> QuerySet[Any]:
    rows = Ownership.objects.open().filter(cycle__in=cycles)
    return rows.values_list("cycle_id", "clock_started_on", "state_flag_on")


def owners_of(cards: list[SalesCycle]) -> dict[int, str]:
    """Last names by id; one query for a hundred cards of a few people."""
    return dict(_owners(None, ids=sorted({card.owner_id for card in cards})))


def people_of(viewer: User) -> list[tuple[Any, ...]]:
    """Whose funnel may be looked at: id, last name, first name; one query."""
    shape, values = scope_of(viewer)
    return _people(shape, **values)


def _people_of(shape: ScopeShape, *, user: int, department: int) -> QuerySet[Any]:
    people = User.objects.visible_to(viewer_of(shape, user, department)).active().with_clients()
    return people.order_by("last_name", "first_name", "pk").values_list("pk", "last_name", "first_name")


def go_lives() -> dict[int, date | None]:
    """The day rotation began, by department; one query."""
    return dict(_go_lives(None))


_running, _people = Prepared(_running_of), Prepared(_people_of)
_owners = Prepared(lambda _shape, *, ids: User.objects.filter(pk__in=ids).values_list("pk", "last_name"))
_go_lives = Prepared(lambda _shape: Department.objects.values_list("pk", "rotation_starts_on"))


def clients_of(viewer: User, wanted: Wanted) -> QuerySet[Client]:
    return _narrowed(Client.objects.visible_to(viewer, sections=OWNED), viewer, wanted)


def _narrowed(
    rows: QuerySet[Client], viewer: User, wanted: Wanted, *, with_ownerless: bool = False
) -> QuerySet[Client]:
    """`with_ownerless`: a manager's are those of his department, too, whom nobody owns."""
    if viewer.role == Role.ACCOUNTANT:
        rows = rows.none()
    if wanted.manager is not None:
        whose = Q(owner=wanted.manager)
        if with_ownerless:
            whose |= Q(department_id=wanted.manager.department_id, owner__isnull=True)
        rows = rows.filter(whose)
    if wanted.department is not None:
        rows = rows.filter(department=wanted.department)
    return rows


def in_support(viewer: User, wanted: Wanted) -> tuple[CappedCount, Decimal, list[SalesCycle]]:
    """Paid in full, documents not closed: the last won cycles with their clients. Two queries."""
    shape, values = _shape_of(viewer, wanted)
    rows: list[SalesCycle] = _supported.models(shape, **values)
    amount = sum((row.paid_amount for row in rows), Decimal(0))
    ((number,),) = _in_support(shape, **values) or [(0,)]
    return capped(number or 0, COUNT_LIMIT), amount, rows


def outside(viewer: User, wanted: Wanted) -> dict[str, CappedCount]:
    """Clients that left the funnel, by state, each counted up to COUNT_LIMIT; one query.

    Ownerless ones belong to a department, to no manager.
    """
    shape, values = _shape_of(viewer, wanted)
    row = next(iter(_outside(shape, **values)), (0,) * len(OUTSIDE))
    return {state: capped(number or 0, COUNT_LIMIT) for state, number in zip(OUTSIDE, row, strict=True)}

"""The client list: one page of rows, the counters of its tabs and chips, the rows of its export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import ScopeShape, scope_of, viewer_of
from clients.choices import Section
from clients.models import Client
from common import clock, markup
from common import paging as keyset
from common.paging import CappedCount, KeysetPage, capped, keyset_page, numbers_up_to
from common.prepared import Prepared
from desk.constants import COUNT_LIMIT, EXPORT_ROWS
from desk.selectors.work import starts_of, with_work

# What the address may sort by: the column and whether it goes down by nature.
SORTS: Final = {
    "name": ("sort_key", False),
    "age": ("running_from", False),
    "step": ("next_step_at", False),
    "sum": ("sum_key", True),
}
_SHOWN: Final = (
    *("sort_key", "name", "size", "state", "inn", "kpp", "city", "recall_on", "imported_responsible"),
    *("category__name", "owner__last_name", "owner__first_name", "owner__patronymic"),
)
WORK_SECTIONS: Final = ("", Section.IN_WORK, Section.CUSTOMERS)


@dataclass(frozen=True)
class Figures:
    """Counters of the chips over one section, other filters applied; `total` clients, `in_work` roubles."""

    green: int = 0
    yellow: int = 0
    red: int = 0
    aged: int = 0
    late: int = 0
    stepless: int = 0
    total: int = 0
    in_work: Decimal = Decimal(0)


def may_export(user: User) -> bool:
    """Director all, a head his department, a manager only where the head has switched it on (section 1.1)."""
    if user.role in (Role.DIRECTOR, Role.HEAD):
        return True
    return user.is_manager and user.department is not None and user.department.managers_may_export


def exportable(user: User, clients: QuerySet[Client]) -> QuerySet[Client]:
    """What of the list may leave: a manager's «свой список» is what he owns, not the base he may take from."""
    return clients.filter(owner=user) if user.is_manager else clients


def _sections_counted(shape: ScopeShape, *, user: int, department: int) -> QuerySet:
    viewer = viewer_of(shape, user, department)
    scopes = {section: Client.objects.visible_to(viewer, sections=(section,)) for section in Section.values}
    return numbers_up_to(scopes, COUNT_LIMIT)


_counted = Prepared(_sections_counted)


def section_counts(user: User) -> dict[str, CappedCount]:
    """Visible clients by section, each counted up to COUNT_LIMIT; one query."""
    shape, values = scope_of(user)
    numbers = next(iter(_counted(shape, **values)), (0,) * len(Section.values))
    return {section: capped(number or 0, COUNT_LIMIT) for section, number in zip(Section.values, numbers, strict=True)}


def chip_figures(clients: QuerySet[Client], day: date) -> Figures:
    """One aggregate query."""
    return _figures(_chipped(clients, **_chip_days(day)))


def plain_figures(user: User, section: str, day: date) -> Figures:
    """The same of a section without any filter, by a statement compiled once."""
    shape, values = scope_of(user)
    return _figures(_plainly_chipped((shape, section), **values, **_chip_days(day)))


def _figures(rows: Iterable[tuple[Any, ...]]) -> Figures:
    return next((Figures(*row) for row in rows), Figures())


def _chip_days(day: date) -> dict[str, Any]:
    latest, after = starts_of("7-10", day)
    return {"latest": latest, "after": after, "starts": clock.local_moment(day, time(0))}


def _chipped(clients: QuerySet[Client], *, latest: date, after: date, starts: datetime) -> QuerySet[Client, Any]:
    """One row: the fields of `Figures` in their order."""
    aged = Q(running_from__lte=latest, running_from__gt=after)
    figures = {
        "n_green": Count("pk", filter=Q(colour="green")),
        "n_yellow": Count("pk", filter=Q(colour="yellow")),
        "n_red": Count("pk", filter=Q(colour="red")),
        "n_aged": Count("pk", filter=aged),
        "n_late": Count("pk", filter=Q(next_step_at__lt=starts)),
        "n_stepless": Count("pk", filter=Q(cycle_id__isnull=False, next_step_at__isnull=True)),
        "n_all": Count("pk"),
        "n_money": Coalesce(Sum("amount"), Decimal(0)),
    }
    # Grouped by what is the same in every row: one group.
    return clients.order_by().values(whole=Value(1)).annotate(**figures).values_list(*figures)


def _plainly_chipped_of(
    shape: tuple[ScopeShape, str], *, user: int, department: int, **days: Any
) -> QuerySet[Client, Any]:
    return _chipped(_section_of(shape, user, department), **days)


def _section_of(shape: tuple[ScopeShape, str], user: int, department: int) -> QuerySet[Client]:
    scope, section = shape
    sections = () if section == "any" else (section,)
    clients = with_work(Client.objects.visible_to(viewer_of(scope, user, department), sections=sections))
    return clients if section == "any" else clients.filter(section=section)


_plainly_chipped = Prepared(_plainly_chipped_of)


def totals(clients: QuerySet[Client]) -> tuple[int, Decimal]:
    """How many and for how much in work, roubles; one aggregate query."""
    found = clients.order_by().aggregate(number=Count("pk"), total=Coalesce(Sum("amount"), Decimal(0)))
    return found["number"], found["total"]


def list_page(clients: QuerySet[Client], *, sort: str, cursor: str) -> KeysetPage[Client]:
    """Fifty rows by (column, pk). `sort` is a name of SORTS, with a minus for the other direction."""
    clients, field, goes_down = ordered(clients, sort)
    return keyset_page(_read(clients), field=field, cursor=cursor, is_descending=goes_down)


def _read(clients: QuerySet[Client]) -> QuerySet[Client]:
    """With what a row shows, and nothing else of three wide tables."""
    return clients.select_related("category", "owner").only(*_SHOWN)


def opening_page(user: User, section: str, *, sort: str) -> KeysetPage[Client]:
    """The first page of a section without any filter, by a statement compiled once."""
    shape, values = scope_of(user)
    clients, field, _down = _columns(sort)
    return keyset.opening_page(_openings.models((shape, section, sort), **values), clients, field=field)


@cache
def _columns(sort: str) -> tuple[QuerySet[Client], str, bool]:
    """Nobody, with the columns of the list: what a cursor has to know of them."""
    return ordered(with_work(Client.objects.none()), sort)


def _opening_of(shape: tuple[ScopeShape, str, str], *, user: int, department: int) -> QuerySet[Client]:
    scope, section, sort = shape
    clients, field, goes_down = ordered(_section_of((scope, section), user, department), sort)
    return keyset.opening(_read(clients), field=field, is_descending=goes_down)


_openings = Prepared(_opening_of)


def ordered(clients: QuerySet[Client], sort: str) -> tuple[QuerySet[Client], str, bool]:
    """The clients with the column that `sort` means, its name, and whether it goes down."""
    field, goes_down = SORTS.get(sort.lstrip("-"), SORTS["name"])
    if field == "sum_key":
        clients = clients.annotate(sum_key=Coalesce(F("amount"), Value(Decimal(0))))
    return clients, field, goes_down != sort.startswith("-")


def export_lines(clients: QuerySet[Client]) -> Iterator[list[Any]]:
    """At most EXPORT_ROWS lines, read in portions."""
    rows = clients.select_related("category", "owner", "segment", "source").order_by("sort_key", "pk")
    for row in rows[:EXPORT_ROWS].iterator(chunk_size=1000):
        work: Any = row
        yield [
            row.name,
            row.inn,
            markup.label_of(row, "section"),
            markup.label_of(row, "state"),
            row.owner.full_name if row.owner else "",
            markup.label_of(row, "size"),
            row.category.name if row.category else "",
            row.segment.name if row.segment else "",
            row.city,
            work.colour or "",
            work.amount,
            clock.day_of(work.next_step_at) if work.next_step_at else None,
            work.next_step_text or "",
            clock.day_of(work.last_contact_at) if work.last_contact_at else None,
            work.term_ends_on,
        ]


def days_left(term_ends_on: date | None, day: date) -> int | None:
    return None if term_ends_on is None else (term_ends_on - day) // timedelta(days=1)

"""Paging by keyset: a page costs the same at the start and at the end of a million rows."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, IntegerField, Model, Q, QuerySet, Subquery

from common.ids import LARGEST_ID

DEFAULT_PAGE_SIZE: Final = 50
_LONGEST_CURSOR: Final = 8192

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """Rows of one page in display order, and opaque cursors of its neighbours ('' where there is none)."""

    rows: list[M]
    next_cursor: str = ""
    previous_cursor: str = ""

    @property
    def has_next(self) -> bool:
        return bool(self.next_cursor)

    @property
    def has_previous(self) -> bool:
        return bool(self.previous_cursor)


@dataclass(frozen=True)
class CappedCount:
    """A number of rows; `is_capped` means «at least this many»."""

    value: int
    is_capped: bool


def count_up_to(queryset: QuerySet[Any], limit: int) -> CappedCount:
    """Counts no further than `limit`, so that a counter never walks a whole table."""
    return capped(queryset.order_by()[: limit + 1].count(), limit)


class _Counted(Subquery):
    """The number of rows of a query, limited as it is."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def capped(number: int, limit: int) -> CappedCount:
    """What a count that stopped after `limit` + 1 says."""
    return CappedCount(min(number, limit), number > limit)


def number_up_to(queryset: QuerySet[M], limit: int) -> QuerySet[Any]:
    """One row with one column: how many rows there are, counted to `limit` + 1; no row when the table is empty."""
    return numbers_up_to({"rows": queryset}, limit)


def numbers_up_to(querysets: Mapping[str, QuerySet[M]], limit: int) -> QuerySet[Any]:
    """The same for several querysets of one model, a column each."""
    model = next(iter(querysets.values())).model
    counted = {f"n_{name}": _Counted(rows.order_by().values("pk")[: limit + 1]) for name, rows in querysets.items()}
    # Any row carries the figures; a table without one has nothing to count.
    return model._base_manager.order_by().annotate(**counted).values_list(*counted)[:1]


def counts_up_to(querysets: Mapping[str, QuerySet[M]], limit: int) -> dict[str, CappedCount]:
    """Each of the querysets of one model counted no further than `limit`, all in one query."""
    row = next(iter(numbers_up_to(querysets, limit)), (0,) * len(querysets))
    return {name: capped(number or 0, limit) for name, number in zip(querysets, row, strict=True)}


def keyset_page(
    queryset: QuerySet[M], *, field: str, cursor: str = "", size: int = DEFAULT_PAGE_SIZE, is_descending: bool = False
) -> KeysetPage[M]:
    """One page of `queryset` ordered by (`field`, pk), in PostgreSQL's own order of nulls (they are the greatest).

    `field` may follow foreign keys or name an annotation. A cursor that is broken, foreign or outdated gives the first
    page, never an error. Costs one query, two when the neighbour turned out to be empty.
    """
    key = _Key.of(queryset, field)
    place = _decode(cursor, key)
    if place is None:
        rows = _rows(queryset, key, size, is_descending)
        return _page(rows, key, size, has_previous=False)
    is_backward, value, pk = place
    goes_down = is_descending != is_backward
    rows = _rows(queryset.filter(key.beyond(value, pk, goes_down=goes_down)), key, size, goes_down)
    if is_backward:
        if len(rows) <= size:
            # Not more than one page before: the first page, whole.
            return _page(_rows(queryset, key, size, is_descending), key, size, has_previous=False)
        shown = rows[size - 1 :: -1]
        return KeysetPage(shown, _encode(key, shown[-1], is_backward=False), _encode(key, shown[0], is_backward=True))
    if not rows:
        return _page(_rows(queryset, key, size, is_descending), key, size, has_previous=False)
    return _page(rows, key, size, has_previous=True)


def opening(queryset: QuerySet[M], *, field: str, is_descending: bool = False) -> QuerySet[M]:
    """What the first page asks for, for a question that is compiled once; `opening_page` makes a page of its rows."""
    return _first(queryset, field, DEFAULT_PAGE_SIZE, is_descending)


def opening_page(rows: list[M], queryset: QuerySet[M], *, field: str) -> KeysetPage[M]:
    """The first page of `rows` that `opening` has found; `queryset` is any with the field."""
    return _page(rows, _Key.of(queryset, field), DEFAULT_PAGE_SIZE, has_previous=False)


def cursor_after(queryset: QuerySet[M], *, field: str, row: M) -> str:
    """The cursor of the page that follows `row`, for a list whose first rows were read another way."""
    return _encode(_Key.of(queryset, field), row, is_backward=False)


def rows_beside(queryset: QuerySet[M], *, field: str, row: M, is_descending: bool = False) -> tuple[M | None, M | None]:
    """The rows before and after `row` in the order of the list; `row` itself need not be in it. Two queries."""
    key = _Key.of(queryset, field)
    value = key.value_of(row)

    def first(*, goes_down: bool) -> M | None:
        found = _rows(queryset.filter(key.beyond(value, row.pk, goes_down=goes_down)), key, 0, goes_down)
        return found[0] if found else None

    return first(goes_down=not is_descending), first(goes_down=is_descending)


def _rows(queryset: QuerySet[M], key: "_Key", size: int, goes_down: bool) -> list[M]:
    return list(_first(queryset, key.path, size, goes_down))


def _first(queryset: QuerySet[M], path: str, size: int, goes_down: bool) -> QuerySet[M]:
    """The first rows by (`path`, pk), one more than a page."""
    sign = "-" if goes_down else ""
    return queryset.order_by(f"{sign}{path}", f"{sign}pk")[: size + 1]


def _page(rows: list[M], key: "_Key", size: int, *, has_previous: bool) -> KeysetPage[M]:
    shown = rows[:size]
    following = _encode(key, shown[-1], is_backward=False) if len(rows) > size else ""
    previous = _encode(key, shown[0], is_backward=True) if has_previous and shown else ""
    return KeysetPage(shown, following, previous)


@dataclass(frozen=True)
class _Key:
    """The sorting column: its path, its type and the type of the primary key."""

    path: str
    column: Any
    pk: Any
    is_nullable: bool

    @classmethod
    def of(cls, queryset: QuerySet[Any], path: str) -> "_Key":
        annotation = queryset.query.annotations.get(path)
        if annotation is not None:
            return cls(path, annotation.output_field, queryset.model._meta.pk, True)
        options, nullable = queryset.model._meta, False
        column: Field[Any, Any] | None = None
        for name in path.split("__"):
            column = options.pk if name == "pk" else options.get_field(name)  # type: ignore[assignment]
            if column is None or not column.concrete:
                raise FieldDoesNotExist(f"{path} is no column to sort by")
            nullable = nullable or column.null
            if column.related_model:
                options = column.related_model._meta  # type: ignore[union-attr]
        return cls(path, column, queryset.model._meta.pk, nullable)

    def value_of(self, row: Model) -> Any:
        value: Any = row
        for name in self.path.split("__"):
            value = None if value is None else getattr(value, name)
        return value.pk if isinstance(value, Model) else value

    def beyond(self, value: Any, pk: Any, *, goes_down: bool) -> Q:
        """The rows after (value, pk) in the direction of walking."""
        compare = "lt" if goes_down else "gt"
        tie = Q(**{f"pk__{compare}": pk})
        is_null = Q(**{f"{self.path}__isnull": True})
        if value is None:
            ties = is_null & tie
            return ties | ~is_null if goes_down else ties
        # «>= and (> or tie)» instead of «> or (= and tie)»: the first bound alone is a range of the index.
        after = Q(**{f"{self.path}__{compare}e": value}) & (Q(**{f"{self.path}__{compare}": value}) | tie)
        return after | is_null if self.is_nullable and not goes_down else after


def _encode(key: _Key, row: Model, *, is_backward: bool) -> str:
    value = key.value_of(row)
    plain = value if value is None or isinstance(value, int) else _text(value)
    pk = row.pk if isinstance(row.pk, int) else str(row.pk)
    document = json.dumps([int(is_backward), plain, pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _decode(cursor: str, key: _Key) -> tuple[bool, Any, Any] | None:
    """Direction, value and primary key; None for whatever is not a cursor of this list."""
    if not cursor or len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        direction, plain, pk = json.loads(packed)
        if direction not in (0, 1) or pk is None:
            return None
        value = None if plain is None else _typed(key.column, plain)
        return bool(direction), value, _typed(key.pk, pk)
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        return None


def _typed(column: Any, plain: Any) -> Any:
    """The value as the column's type. ValueError or ValidationError when it is none, or PostgreSQL cannot take it."""
    if isinstance(plain, float) or not isinstance(plain, int | str):
        raise ValueError("no value of a cursor")
    if isinstance(plain, str) and ("\x00" in plain or any("\ud800" <= mark <= "\udfff" for mark in plain)):
        raise ValueError("text that cannot be stored")
    target = column.target_field if column.is_relation else column
    value = target.to_python(plain)
    if value is None or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError("no value of the column")
    if isinstance(value, int) and not -LARGEST_ID - 1 <= value <= LARGEST_ID:
        raise ValueError("out of range")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("not finite")
    return value

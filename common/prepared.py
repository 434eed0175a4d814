"""Queries of one shape that are built and compiled once: building one costs a page more than PostgreSQL's answer does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler
from psycopg2.extensions import AsIs

from common import clock

# Values that no row and no day of the product has: where they stand in the compiled parameters, the real ones are put.
_FIRST_ID, _FIRST_YEAR, _WORD = 9_100_000_000_000_000_000, 9_000, "\uffffvalue "
_MOST_SHAPES = 200

Value = int | str | date | list[int]  # a moment is a date, too; ids are asked for by `…__in`


class Prepared:
    """`Prepared(build)(shape, name=value, …)` → rows of `build(shape, name=stand-in, …).values_list(…)`;
    `Prepared(build).models(shape, name=value, …)` → the objects of `build(…)` with what it selects along with them.

    `shape` holds everything that `build` may branch on (role, whether there is a department); values are ids, lists of
    ids, words, days and moments, which `build` only hands on to filters. A shape is compiled anew every day of the
    organisation, so that `clock.today()` inside a scope is the day's. ValueError: a moment or a changed value is baked
    into the query, or a list holds what is no number.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self._build = build
        self._known: dict[Hashable, _Statement | None] = {}

    def __call__(self, shape: Hashable, /, **values: Value) -> list[tuple[Any, ...]]:
        statement = self._statement(shape, values)
        return [] if statement is None else statement.rows(values)

    def models(self, shape: Hashable, /, **values: Value) -> list[Any]:
        statement = self._statement(shape, values)
        return [] if statement is None else statement.models(values)

    def _statement(self, shape: Hashable, values: Mapping[str, Value]) -> _Statement | None:
        key = (clock.today(), shape, tuple((name, type(value)) for name, value in values.items()))
        if key not in self._known:
            if len(self._known) >= _MOST_SHAPES:
                self._known.clear()
            self._known[key] = self._compiled(shape, values)
        return self._known[key]

    def _compiled(self, shape: Hashable, values: Mapping[str, Value]) -> _Statement | None:
        stand_ins = {name: _stand_in(value, place) for place, (name, value) in enumerate(values.items())}
        slots = {_key_of(value): _Slot(name) for name, value in stand_ins.items()}
        compiler = self._build(shape, **stand_ins).query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        placed = tuple(slots.get(_key_of(param), param) if _is_plain(param) else param for param in params)
        if wrong := [param for param in placed if isinstance(param, datetime) or _is_changed(param)]:
            raise ValueError(f"of the query's parameters {wrong} would never change again: hand them over as values")
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        # A count is a whole number as the driver reads it: int(…) of every cell says nothing new.
        converters = {place: pair for place, pair in converters.items() if not isinstance(pair[1], Count)}
        return _Statement(sql, placed, converters, compiler)


@dataclass(frozen=True)
class _Statement:
    sql: str
    params: tuple[Any, ...]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]  # of columns that the driver does not read alone
    compiler: SQLCompiler  # knows which column belongs to which field of which model

    def rows(self, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self._filled(values))
            found = cursor.fetchall()
        return [self._read(row) for row in found] if self.converters else found

    def models(self, values: Mapping[str, Value]) -> list[Any]:
        """Django's own reading of rows into objects, of a compiler that answers with the statement it has compiled."""
        compiler = copy(self.compiler)  # threads share the statement
        compiler.connection = connection
        compiler.as_sql = lambda *_with, **_limits: (self.sql, tuple(self._filled(values)))  # type: ignore[method-assign]
        compiler.get_converters = lambda _columns: self.converters  # type: ignore[method-assign,assignment]
        query = SimpleNamespace(get_compiler=lambda **_using: compiler)
        asked = SimpleNamespace(db=connection.alias, query=query, _known_related_objects={})
        return list(ModelIterable(asked))  # type: ignore[arg-type]

    def _filled(self, values: Mapping[str, Value]) -> list[Any]:
        return [_spelled(values[one.name]) if isinstance(one, _Slot) else one for one in self.params]

    def _read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        read = list(row)
        for place, (converters, expression) in self.converters.items():
            for convert in converters:
                read[place] = convert(read[place], expression, connection)
        return tuple(read)


@dataclass(frozen=True)
class _Slot:
    name: str


def _stand_in(value: Value, place: int) -> Value:
    if isinstance(value, list):
        return [_FIRST_ID + place]
    if isinstance(value, datetime):
        return datetime(_FIRST_YEAR + place, 1, 1, tzinfo=UTC)
    if isinstance(value, date):
        return date(_FIRST_YEAR + place, 1, 1)
    return f"{_WORD}{place}" if isinstance(value, str) else _FIRST_ID + place


def _key_of(value: Value) -> Hashable:
    """A list of ids stands in the statement as its only one."""
    value = value[0] if isinstance(value, list) else value
    return type(value), value


def _spelled(value: Value) -> Any:
    """What the driver is given: `IN (…)` has one place for however many ids."""
    return AsIs(", ".join(str(int(one)) for one in value) or "NULL") if isinstance(value, list) else value


def _is_plain(param: Any) -> bool:
    return isinstance(param, int | str | date)


def _is_changed(param: Any) -> bool:
    """A stand-in with which `build` has reckoned: the real value would have to be reckoned with, too."""
    if isinstance(param, str):
        return _WORD in param
    return (isinstance(param, int) and param >= _FIRST_ID // 2) or (
        isinstance(param, date) and param.year >= _FIRST_YEAR - 1
    )

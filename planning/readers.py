"""A table of targets: whose row it is and how much in which month; what cannot be read is told by row and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.readers import ReadError, plain_rows
from common import formats
from common.fields import MONEY_ERRORS
from common.money import MoneyError, parse_money
from common.text import TextError, clean_text
from common.workbooks import Limits

TABLE_BYTES: Final = 1024 * 1024
TABLE_ROWS: Final = 500
_HEADER_WITHIN: Final = 20
_MEGABYTE: Final = 1024 * 1024
LIMITS: Final = Limits(
    rows=TABLE_ROWS + _HEADER_WITHIN,
    columns=60,
    cells=60_000,
    entries=100,
    unpacked=20 * _MEGABYTE,
    ratio=100,
    memory=512 * _MEGABYTE,
    seconds=20,
    output=8 * _MEGABYTE,
)
# As a Russian table writes them, whole or by their first three letters.
_MONTHS: Final = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
MONTH_TITLES: Final = tuple(name.capitalize() for name in _MONTHS)
_ENGLISH: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PEOPLE: Final = frozenset({"менеджер", "сотрудник", "фио", "логин", "manager", "login"})
_DEPARTMENTS: Final = frozenset({"отдел", "подразделение", "department"})
_SEGMENTS: Final = frozenset({"сегмент", "segment"})
_YEARS: Final = frozenset({"год", "итого", "за год", "итого за год", "year", "total"})
_NAMED: Final = {"manager": _PEOPLE, "department": _DEPARTMENTS, "year": _YEARS, "segment": _SEGMENTS}
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell: the row as a spreadsheet numbers it (0: the whole table), its column's title."""

    row_no: int
    column: str
    text: str


@dataclass(frozen=True)
class TargetRow:
    """One row: names as typed (empty: not given), roubles by month, roubles of the year (None: not given)."""

    row_no: int
    manager: str
    department: str
    months: Mapping[int, Decimal] = field(default_factory=dict)
    year: Decimal | None = None
    segment: str = ""

    def as_data(self) -> dict[str, Any]:
        """The same as texts and numbers alone."""
        months = {str(month): str(amount) for month, amount in self.months.items()}
        year = None if self.year is None else str(self.year)
        return {
            "row": self.row_no,
            "manager": self.manager,
            "department": self.department,
            "months": months,
            "year": year,
            "segment": self.segment,
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> TargetRow:
        months = {int(month): Decimal(amount) for month, amount in data["months"].items()}
        year = None if data["year"] is None else Decimal(data["year"])
        return cls(data["row"], data["manager"], data["department"], months, year, data["segment"])


@dataclass(frozen=True)
class _Columns:
    titles: Mapping[int, str]
    manager: int | None
    department: int | None
    year: int | None
    segment: int | None
    months: Mapping[int, int]  # month → column


def read_targets(path: Path) -> tuple[list[TargetRow], list[Fault]]:
    """The rows of a table and every fault in it. ReadError for a file that is no table at all."""
    lines = list(plain_rows(path, LIMITS))
    columns = _find_columns(lines[:_HEADER_WITHIN])
    if isinstance(columns, Fault):
        return [], [columns]
    rows: list[TargetRow] = []
    faults: list[Fault] = []
    header, found = columns
    for row_no, cells in lines:
        if row_no <= header:
            continue
        row = _row(row_no, cells, found, faults)
        if row is not None:
            rows.append(row)
        if len(rows) > TABLE_ROWS:
            raise ReadError("too_many_rows")
    if not rows and not faults:
        faults.append(Fault(0, "", _("There is no row under the header.")))
    return rows, faults


def _find_columns(lines: Iterable[tuple[int, list[str]]]) -> tuple[int, _Columns] | Fault:
    best: tuple[int, _Columns] | None = None
    for row_no, cells in lines:
        found = _columns(cells)
        if (found.months or found.year is not None) and (best is None or len(found.months) > len(best[1].months)):
            best = row_no, found
    if best is None:
        return Fault(0, "", _("No header was found: a column for each month from «Январь», or «Год»."))
    row_no, columns = best
    if columns.manager is None and columns.department is None and columns.segment is None:
        return Fault(row_no, "", _("There is neither a column «Менеджер» nor «Отдел»."))
    missing = sorted(set(range(1, 13)) - columns.months.keys())
    if columns.months and missing:
        names = ", ".join(MONTH_TITLES[month - 1] for month in missing)
        text = ngettext(
            "The column of a month is missing: %(names)s.", "Columns of months are missing: %(names)s.", len(missing)
        )
        return Fault(row_no, "", text % {"names": names})
    return best


def _columns(cells: Sequence[str]) -> _Columns:
    places: dict[str, int] = {}
    months: dict[int, int] = {}
    titles: dict[int, str] = {}
    for at, cell in enumerate(cells):
        title = " ".join(cell.replace("\ufeff", "").replace("\u00a0", " ").lower().split()).strip("\"'*:. ,₽")
        title = title.removesuffix(", ₽").removesuffix(" ₽").strip(", ")
        titles[at] = " ".join(cell.split())[:80]
        for name, known in _NAMED.items():
            if title in known:
                places.setdefault(name, at)
        month = _month(title)
        if month is not None:
            months.setdefault(month, at)
    manager, department, year, segment = (places.get(name) for name in _NAMED)
    return _Columns(titles, manager, department, year, segment, months)


def _month(title: str) -> int | None:
    first, _space, rest = title.partition(" ")
    if rest and not (rest.isdecimal() and len(rest) == 4):
        return None
    for at, (name, english) in enumerate(zip(_MONTHS, _ENGLISH, strict=True), start=1):
        if first in (name, name[:3], english) or (len(first) > 3 and first.startswith(english) and first.isascii()):
            return at
    return None


def _row(row_no: int, cells: Sequence[str], columns: _Columns, faults: list[Fault]) -> TargetRow | None:
    """The row, or None for one that says nothing or has faults."""
    known = len(faults)
    manager, department, segment = (
        _name(row_no, cells, at, columns, faults) for at in (columns.manager, columns.department, columns.segment)
    )
    months = {
        month: amount
        for month, at in columns.months.items()
        if (amount := _amount(row_no, cells, at, columns, faults)) is not None
    }
    year = None if columns.year is None else _amount(row_no, cells, columns.year, columns, faults)
    if len(faults) > known:
        return None
    if not manager and not department and not segment:
        if not months and year is None:
            return None
        faults.append(Fault(row_no, "", _("Neither a manager nor a department is named.")))
        return None
    if not months and year is None:
        faults.append(Fault(row_no, "", _("There is no amount in the row.")))
        return None
    if months and len(months) < 12:
        empty = next(month for month in range(1, 13) if month not in months)
        faults.append(
            Fault(
                row_no,
                columns.titles[columns.months[empty]],
                _("Fill in every month of the row; 0 where there is no plan."),
            )
        )
        return None
    whole = sum(months.values(), Decimal("0.00"))
    if months and year is not None and whole != year:
        at = columns.year if columns.year is not None else 0
        faults.append(
            Fault(
                row_no, columns.titles[at], _("The months sum to %(sum)s, not to this.") % {"sum": formats.money(whole)}
            )
        )
        return None
    return TargetRow(row_no, manager, department, months, year, segment)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return "" if at is None or at >= len(cells) else cells[at].replace("\u00a0", " ").strip()


def _name(row_no: int, cells: Sequence[str], at: int | None, columns: _Columns, faults: list[Fault]) -> str:
    text = _cell(cells, at)
    try:
        return clean_text(" ".join(text.split()), _LONGEST_NAME)
    except TextError:
        faults.append(Fault(row_no, columns.titles.get(at or 0, ""), _("This is no name.")))
        return ""


def _amount(row_no: int, cells: Sequence[str], at: int, columns: _Columns, faults: list[Fault]) -> Decimal | None:
    text = _cell(cells, at)
    if not text:
        return None
    try:
        return parse_money(text)
    except MoneyError as error:
        faults.append(Fault(row_no, columns.titles[at], str(MONEY_ERRORS[error.code])))
        return None


def template_head() -> list[str]:
    """The titles of a table that is read back."""
    return ["Отдел", "Менеджер", *MONTH_TITLES, "Год", "Сегмент"]


def lines_for(names: Iterable[tuple[str, str]]) -> Iterator[list[Any]]:
    """Rows of the template: department and person with empty months."""
    for department, person in names:
        yield [department, person]

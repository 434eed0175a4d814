"""XLSX behind a guard: sizes are counted while unpacking, the sheet is measured before the reader allocates it."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import python_calamine as calamine

from clients.constants import (
    IMPORT_COLUMNS,
    IMPORT_ROWS,
    IMPORT_SHEET_CELLS,
    IMPORT_UNPACKED_BYTES,
    IMPORT_UNPACKED_RATIO,
    IMPORT_ZIP_ENTRIES,
)
from clients.readers.errors import ReadError

_CHUNK: Final = 1 << 16
# Below this a high ratio harms nobody: styles and empty sheets compress a hundredfold.
_RATIO_FREE_BYTES: Final = 1 << 20
_BAD_ZIP: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def open_sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet as `(row number, cells)`. ReadError for bombs and damaged or protected books."""
    _guard(path)
    formulas = _measured(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(0)
            top, left = sheet.start or (0, 0)
            filled = sheet.to_python(skip_empty_area=True)
            # The reader leaves out a row whose only cell is a formula nobody has computed yet.
            first = min([top, *formulas])
            last = max([top + len(filled) - 1, *formulas])
            for row in range(first, last + 1):
                values = filled[row - top] if 0 <= row - top < len(filled) else []
                cells = [""] * left + [_text(value) for value in values]
                for column, formula in formulas.get(row, {}).items():
                    # Such a formula is text to us, never run.
                    cells += [""] * (column + 1 - len(cells))
                    cells[column] = cells[column] or formula
                yield row + 1, cells
    except calamine.PasswordError as problem:
        raise ReadError("password") from problem
    except (calamine.CalamineError, *_BAD_ZIP) as problem:
        raise ReadError("broken") from problem


def _guard(path: Path) -> None:
    """Unpacks everything once, counting: declared sizes may lie."""
    packed = path.stat().st_size
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > IMPORT_ZIP_ENTRIES:
                raise ReadError("bomb")
            if sum(entry.file_size for entry in entries) > IMPORT_UNPACKED_BYTES:
                raise ReadError("bomb")
            if any(entry.flag_bits & 1 for entry in entries):
                raise ReadError("password")
            for entry in entries:
                size = 0
                with archive.open(entry) as stream:
                    while chunk := stream.read(_CHUNK):
                        size += len(chunk)
                        total += len(chunk)
                        _check(size, entry.compress_size)
                        _check(total, packed)
    except _BAD_ZIP as problem:
        raise ReadError("broken") from problem


def _check(unpacked: int, packed: int) -> None:
    if unpacked > IMPORT_UNPACKED_BYTES:
        raise ReadError("bomb")
    if unpacked > _RATIO_FREE_BYTES and unpacked > IMPORT_UNPACKED_RATIO * max(packed, 1):
        raise ReadError("bomb")


class _Parts:
    """A strict little reader of XML: no entities, no document type, attributes and one handler each."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name

    def feed(self, start: Any, end: Any = None, text: Any = None) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = start
        if end is not None:
            parser.EndElementHandler = end
        if text is not None:
            parser.CharacterDataHandler = text
        with self.archive.open(self.name) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _refuse_doctype(*_arguments: object) -> None:
    raise ReadError("broken")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _measured(path: Path) -> dict[int, dict[int, str]]:
    """Checks the real extent of the first sheet and returns its formulas, `{row: {column: "=…"}}`, from 0."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheet = _Sheet()
            _Parts(archive, _first_sheet(archive)).feed(sheet.start, sheet.end, sheet.text)
    except (expat.ExpatError, KeyError, UnicodeError, *_BAD_ZIP) as problem:
        raise ReadError("broken") from problem
    if (sheet.last_row - sheet.first_row + 1) * (sheet.last_column + 1) > IMPORT_SHEET_CELLS:
        raise ReadError("too_large")
    return sheet.formulas


def _first_sheet(archive: zipfile.ZipFile) -> str:
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            sheets.append(next((value for key, value in attributes.items() if _local(key) == "id"), ""))

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _Parts(archive, "xl/workbook.xml").feed(on_sheet)
    _Parts(archive, "xl/_rels/workbook.xml.rels").feed(on_relation)
    target = targets[sheets[0]] if sheets else ""
    name = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
    archive.getinfo(name)
    return name


class _Sheet:
    """Walks the cells of one sheet without keeping them."""

    def __init__(self) -> None:
        self.row, self.column = -1, -1
        self.first_row, self.last_row, self.last_column = 0, -1, -1
        self.rows = 0
        self.formulas: dict[int, dict[int, str]] = {}
        self._formula: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 9 else self.row + 1
            self.column = -1
        elif tag == "c":
            self._place(attributes.get("r", ""))
        elif tag == "f" and self.row >= 0:
            self._formula = []

    def _place(self, reference: str) -> None:
        match = _REFERENCE.fullmatch(reference)
        if match:
            self.column = -1
            for letter in match.group(1):
                self.column = (self.column + 1) * 26 + ord(letter) - 65
            self.row = int(match.group(2)) - 1
        else:
            self.column += 1
        if self.column >= IMPORT_COLUMNS:
            raise ReadError("too_many_columns")
        if self.last_row < 0:
            self.first_row = self.row
        if self.row != self.last_row:
            self.rows += 1
        self.first_row = min(self.first_row, self.row)
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        # The header and a title above it are no data rows.
        if self.rows > IMPORT_ROWS + 20:
            raise ReadError("too_many_rows")

    def text(self, data: str) -> None:
        if self._formula is not None:
            self._formula.append(data)

    def end(self, name: str) -> None:
        if _local(name) == "f" and self._formula is not None:
            formula = "".join(self._formula)
            if formula:
                self.formulas.setdefault(self.row, {})[self.column] = f"={formula}"
            self._formula = None


def _text(value: Any) -> str:
    """A cell as a person would type it: whole numbers without «.0», dates as Russians write them."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%d.%m.%Y") if value.time() == dt.time() else value.strftime("%d.%m.%Y %H:%M")
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    return str(value)

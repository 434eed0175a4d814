"""The first sheet, measured before the reader allocates it: its real extent and its formulas."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Final
from xml.parsers import expat

from common.workbooks.archive import BAD_ZIP, Parts, local
from common.workbooks.limits import Limits, WorkbookError
from common.workbooks.strings import check_text

_STRINGS: Final = "xl/sharedstrings.xml"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def measured(path: Path, limits: Limits) -> dict[int, dict[int, str]]:
    """Checks the real extent of the first sheet and returns its formulas, `{row: {column: "=…"}}`, from 0."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheet = _Sheet(limits)
            name = _first_sheet(archive)
            Parts(archive, name).feed(sheet.start, sheet.end, sheet.text)
            strings = next((entry for entry in archive.namelist() if entry.lower() == _STRINGS), "")
            if strings and sheet.shared:
                check_text(archive, name, strings, sheet.shared, limits)
    except (expat.ExpatError, KeyError, UnicodeError, *BAD_ZIP) as problem:
        raise WorkbookError("broken") from problem
    if (sheet.last_row - sheet.first_row + 1) * (sheet.last_column + 1) > limits.cells:
        raise WorkbookError("too_large")
    return sheet.formulas


def _first_sheet(archive: zipfile.ZipFile) -> str:
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "sheet":
            sheets.append(next((value for key, value in attributes.items() if local(key) == "id"), ""))

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    Parts(archive, "xl/workbook.xml").feed(on_sheet)
    Parts(archive, "xl/_rels/workbook.xml.rels").feed(on_relation)
    target = targets[sheets[0]] if sheets else ""
    name = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
    archive.getinfo(name)
    return name


class _Sheet:
    """Walks the cells of one sheet without keeping them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.row, self.column = -1, -1
        self.first_row, self.last_row, self.last_column = 0, -1, -1
        self.rows = 0
        self.shared = 0
        self.formulas: dict[int, dict[int, str]] = {}
        self._formula: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if tag == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 9 else self.row + 1
            self.column = -1
        elif tag == "c":
            self.shared += attributes.get("t") == "s"
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
        if self.column >= self.limits.columns:
            raise WorkbookError("too_many_columns")
        if self.last_row < 0:
            self.first_row = self.row
        if self.row != self.last_row:
            self.rows += 1
        self.first_row = min(self.first_row, self.row)
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        # The header and a title above it are no data rows.
        if self.rows > self.limits.rows + 20:
            raise WorkbookError("too_many_rows")

    def text(self, data: str) -> None:
        if self._formula is not None:
            self._formula.append(data)

    def end(self, name: str) -> None:
        if local(name) == "f" and self._formula is not None:
            formula = "".join(self._formula)
            if formula:
                self.formulas.setdefault(self.row, {})[self.column] = f"={formula}"
            self._formula = None

"""XLSX behind a guard: sizes are counted while unpacking, the sheet is measured before the reader allocates it. Pure.

`python -m common.workbooks FILE LIMITS` reads one workbook in a process of its own, which it first forbids more memory,
time and output than LIMITS allow: whatever a file does to the parser, it does it to that process alone.
"""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import python_calamine as calamine

REFUSED: Final = 3  # exit status of a reader that found a reason, written to its stderr
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
_DEEPEST: Final = 64  # elements inside each other; a sheet needs six
_STRINGS: Final = "xl/sharedstrings.xml"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class WorkbookError(ValueError):
    """The whole book is refused. `code`: bomb, broken, password, too_large, too_many_rows, too_many_columns."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What a book may be at most. Sizes in bytes, `cells` is the filled area, `seconds` are those of the processor."""

    rows: int
    columns: int
    cells: int
    entries: int
    unpacked: int
    ratio: int
    memory: int
    seconds: int
    output: int

    def as_text(self) -> str:
        return json.dumps(asdict(self))


def rows_of(path: Path, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet as `(row number, cells)`. WorkbookError for bombs and damaged or protected books."""
    _guard(path, limits)
    formulas = _measured(path, limits)
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
        raise WorkbookError("password") from problem
    except (calamine.CalamineError, *_BAD_ZIP) as problem:
        raise WorkbookError("broken") from problem


def _guard(path: Path, limits: Limits) -> None:
    """Unpacks everything once, counting: declared sizes may lie."""
    packed = path.stat().st_size
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > limits.entries:
                raise WorkbookError("bomb")
            if sum(entry.file_size for entry in entries) > limits.unpacked:
                raise WorkbookError("bomb")
            if any(entry.flag_bits & 1 for entry in entries):
                raise WorkbookError("password")
            for entry in entries:
                size = 0
                with archive.open(entry) as stream:
                    while chunk := stream.read(_CHUNK):
                        size += len(chunk)
                        total += len(chunk)
                        _check(size, entry.compress_size, limits)
                        _check(total, packed, limits)
    except _BAD_ZIP as problem:
        raise WorkbookError("broken") from problem


def _check(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.unpacked:
        raise WorkbookError("bomb")
    if unpacked > _RATIO_FREE_BYTES and unpacked > limits.ratio * max(packed, 1):
        raise WorkbookError("bomb")


class _Parts:
    """A strict little reader of XML: no entities, no document type, attributes and one handler each."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name

    def feed(self, start: Any, end: Any = None, text: Any = None) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        depth = 0

        def opened(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
                raise WorkbookError("broken")
            start(name, attributes)

        def closed(name: str) -> None:
            nonlocal depth
            depth -= 1
            if end is not None:
                end(name)

        parser.StartElementHandler = opened
        parser.EndElementHandler = closed
        if text is not None:
            parser.CharacterDataHandler = text
        is_inside = False
        with self.archive.open(self.name) as stream:
            while chunk := stream.read(_CHUNK):
                # The parser would keep a tag whole, however many attributes it has.
                if is_inside and b">" not in chunk:
                    raise WorkbookError("broken")
                is_inside = chunk.rfind(b"<") > chunk.rfind(b">")
                parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _refuse_doctype(*_arguments: object) -> None:
    raise WorkbookError("broken")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _measured(path: Path, limits: Limits) -> dict[int, dict[int, str]]:
    """Checks the real extent of the first sheet and returns its formulas, `{row: {column: "=…"}}`, from 0."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheet = _Sheet(limits)
            name = _first_sheet(archive)
            _Parts(archive, name).feed(sheet.start, sheet.end, sheet.text)
            strings = next((entry for entry in archive.namelist() if entry.lower() == _STRINGS), "")
            if strings and sheet.shared:
                _check_text(archive, name, strings, sheet.shared, limits)
    except (expat.ExpatError, KeyError, UnicodeError, *_BAD_ZIP) as problem:
        raise WorkbookError("broken") from problem
    if (sheet.last_row - sheet.first_row + 1) * (sheet.last_column + 1) > limits.cells:
        raise WorkbookError("too_large")
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


def _check_text(archive: zipfile.ZipFile, sheet: str, strings: str, cells: int, limits: Limits) -> None:
    """One long text may be named by every cell of a sheet: all of it together must fit into the output."""
    lengths = _Lengths()
    _Parts(archive, strings).feed(lengths.start, lengths.end, lengths.text)
    if cells * max(lengths.found, default=0) <= limits.output:
        return
    named = _Named(lengths.found, limits)
    _Parts(archive, sheet).feed(named.start, named.end, named.text)


class _Lengths:
    """How long each shared text is."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self._length = 0
        self._is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "si":
            self._length = 0
        self._is_text = tag == "t"

    def text(self, data: str) -> None:
        if self._is_text:
            self._length += len(data)

    def end(self, name: str) -> None:
        self._is_text = False
        if _local(name) == "si":
            self.found.append(self._length)


class _Named:
    """Adds up the shared texts that the cells of a sheet name."""

    def __init__(self, lengths: list[int], limits: Limits) -> None:
        self.lengths, self.left = lengths, limits.output
        self._is_shared = False
        self._number: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "c":
            self._is_shared = attributes.get("t") == "s"
        elif tag == "v" and self._is_shared:
            self._number = []

    def text(self, data: str) -> None:
        if self._number is not None and len(self._number) < 9:
            self._number.append(data)

    def end(self, name: str) -> None:
        if self._number is None or _local(name) != "v":
            return
        digits = "".join(self._number).strip()
        self._number = None
        if digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits) < len(self.lengths):
            self.left -= self.lengths[int(digits)]
        if self.left < 0:
            raise WorkbookError("bomb")


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
        tag = _local(name)
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


def _confine(limits: Limits) -> None:
    """No way back for this process: memory, processor time, written bytes and core files are bounded from here on."""
    wanted = (
        ("RLIMIT_AS", limits.memory),
        ("RLIMIT_CPU", limits.seconds),
        ("RLIMIT_FSIZE", limits.output),
        ("RLIMIT_CORE", 0),
    )
    for name, value in wanted:
        # Not every system knows every limit; those it knows hold.
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def main(arguments: list[str]) -> int:
    """Writes the rows of a book as lines of JSON, `[number, [cells]]`, and the reason of a refusal to stderr."""
    path, limits = Path(arguments[0]), Limits(**json.loads(arguments[1]))
    _confine(limits)
    try:
        for number, cells in rows_of(path, limits):
            sys.stdout.write(json.dumps([number, cells], ensure_ascii=False) + "\n")
        sys.stdout.flush()
    except WorkbookError as problem:
        code = problem.code
    except (MemoryError, OSError):
        code = "bomb"
    else:
        return 0
    sys.stderr.write(code)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

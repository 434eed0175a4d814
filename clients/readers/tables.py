"""A file as rows of text: CSV in any usual encoding and separator, or XLSX behind a guard. Nothing is executed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from clients.constants import IMPORT_COLUMNS, IMPORT_FILE_BYTES, IMPORT_HEADER_WITHIN_ROWS, IMPORT_ROWS
from clients.readers.errors import ReadError
from clients.readers.headers import Header, read_header
from clients.readers.workbooks import Sheet, open_sheet
from common.text import formula_unguard
from common.workbooks import Limits

# A cell is judged by its row (RowCode.ERROR_CELL); the reader itself must never stop in the middle of a file.
csv.field_size_limit(IMPORT_FILE_BYTES + 1)

_SEPARATORS: Final = (";", ",", "\t", "|")
_CHUNK: Final = 1 << 16
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_CONTROLS: Final = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27})
# A recognised header has at least this many known titles, unless one of them names the client.
_FEWEST_TITLES: Final = 2


@dataclass(frozen=True)
class Table:
    """A file whose header was found: rows come as `(row number, cells)`, empty ones left out."""

    path: Path
    header: Header
    header_row: int
    encoding: str
    separator: str
    # The rows of a workbook: unpacking it a second time would cost as much again.
    sheet: Sheet | None = None

    @property
    def is_workbook(self) -> bool:
        return self.sheet is not None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The data rows, numbered as a spreadsheet numbers them. ReadError beyond 50,000 rows or 500 columns."""
        count = 0
        lines = self.sheet.rows() if self.sheet is not None else _lines(self.path, self.encoding, self.separator)
        for row_no, cells in lines:
            if row_no <= self.header_row or not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > IMPORT_ROWS:
                raise ReadError("too_many_rows")
            if len(cells) > IMPORT_COLUMNS:
                raise ReadError("too_many_columns")
            yield row_no, cells


def check_file(path: Path) -> None:
    """What can be said without reading the whole: ReadError for empty, too large, binary and old Excel files."""
    _kind(path)


def open_table(path: Path) -> Table:
    """Finds encoding, separator and header. ReadError with a code of `FileProblem`."""
    if _kind(path) == "xlsx":
        sheet = open_sheet(path)
        header, header_row = _find_header(sheet.rows())
        return Table(path=path, header=header, header_row=header_row, encoding="", separator="", sheet=sheet)
    encoding = _encoding(path)
    best: Table | None = None
    failure = ReadError("no_header")
    for separator in _SEPARATORS:
        try:
            header, header_row = _find_header(_lines(path, encoding, separator))
        except ReadError as problem:
            # "No name column" says more than "no header".
            failure = problem if problem.code != "no_header" else failure
            continue
        if best is None or header.score > best.header.score:
            best = Table(path=path, header=header, header_row=header_row, encoding=encoding, separator=separator)
    if best is None:
        raise failure
    return best


def plain_rows(path: Path, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """`(row number, cells)` of a table whose columns are somebody else's to understand, at most `limits` of them.

    The separator of a text is the one that gives its first lines the most cells. ReadError as of `open_table`.
    """
    if _kind(path) == "xlsx":
        lines = open_sheet(path, limits).rows()
    else:
        encoding = _encoding(path)

        def width(separator: str) -> int:
            starts = islice(_lines(path, encoding, separator), IMPORT_HEADER_WITHIN_ROWS)
            return max((len(cells) for _row_no, cells in starts), default=0)

        lines = _lines(path, encoding, max(_SEPARATORS, key=width))
    count = 0
    for row_no, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > limits.rows:
            raise ReadError("too_many_rows")
        if len(cells) > limits.columns:
            raise ReadError("too_many_columns")
        yield row_no, cells


def _find_header(lines: Iterable[tuple[int, list[str]]]) -> tuple[Header, int]:
    best: tuple[Header, int] | None = None
    for row_no, cells in islice(lines, IMPORT_HEADER_WITHIN_ROWS):
        if len(cells) > IMPORT_COLUMNS:
            raise ReadError("too_many_columns")
        if sum(map(len, cells)) > 200 * IMPORT_COLUMNS:
            continue
        header = read_header(cells)
        if (header.identifies or header.score >= _FEWEST_TITLES) and (best is None or header.score > best[0].score):
            best = header, row_no
    if best is None:
        raise ReadError("no_header")
    if not best[0].identifies:
        raise ReadError("no_name_column")
    return best


def _lines(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=encoding, newline="") as text:
        for row_no, cells in enumerate(csv.reader(text, delimiter=separator), start=1):
            # Our own exports guard cells against spreadsheets; here they become what they were.
            yield row_no, [formula_unguard(cell) for cell in cells]


def _kind(path: Path) -> str:
    size = path.stat().st_size
    if size == 0:
        raise ReadError("empty")
    if size > IMPORT_FILE_BYTES:
        raise ReadError("too_large")
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    if start.startswith(_ZIP):
        return "xlsx"
    if start.startswith(_OLE):
        raise ReadError("old_excel")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _bare_utf16(start):
        return "csv"
    bare = start.removeprefix(codecs.BOM_UTF8)
    if not bare.strip():
        raise ReadError("empty")
    odd = len(bare) - len(bare.translate(None, _CONTROLS))
    if bare.startswith((b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc")) or odd * 100 > len(bare):
        raise ReadError("binary")
    return "csv"


def _bare_utf16(start: bytes) -> str:
    """UTF-16 without its mark: every other byte of ordinary text is 0 or 4 (Cyrillic)."""
    odd, even = start[1::2], start[0::2]
    for name, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        is_high = len(high) >= 4 and 0 in high and sum(byte in (0, 4) for byte in high) * 10 > len(high) * 9
        if is_high and low.count(0) * 10 < len(low):
            return name
    return ""


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif bare := _bare_utf16(start):
        candidates = [bare]
    else:
        # Cyrillic in CP1251 is never valid UTF-8; CP1251 itself takes almost any bytes, so it is asked last.
        candidates = ["utf-8-sig", "cp1251"]
    for encoding in candidates:
        with suppress(UnicodeError):
            _decode_all(path, encoding)
            return encoding
    raise ReadError("encoding")


def _decode_all(path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
    decoder.decode(b"", final=True)

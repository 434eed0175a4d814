"""Tables people take out: real dates and numbers, and text that stays text in every spreadsheet. The one writer of XLSX."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

import xlsxwriter
from django.http import FileResponse

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAIN: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_book(
    head: Iterable[str], lines: Iterable[list[Any]], *, sheet: str = "", widths: tuple[int, int] = (36, 16)
) -> tuple[IO[bytes], int]:
    """The file, at its start, and the number of its lines. The response that streams the file closes it.

    Text is written as text, and as one that a spreadsheet keeps as text when the cell is edited or saved in another
    format; so nothing is put before it, and an import reads back what was written. `widths`: of the first column and of
    the others.
    """
    place = tempfile.TemporaryFile()  # noqa: SIM115
    book = xlsxwriter.Workbook(place, _PLAIN)
    page = book.add_worksheet(sheet or None)
    bold = book.add_format({"bold": True})
    money = book.add_format({"num_format": "# ##0.00"})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    text = book.add_format({"quote_prefix": True, "num_format": "@"})
    page.set_column(0, 0, widths[0])
    page.set_column(1, 30, widths[1])
    page.freeze_panes(1, 0)
    for column, title in enumerate(head):
        page.write_string(0, column, str(title), bold)
    count = 0
    for count, line in enumerate(lines, start=1):
        for column, value in enumerate(line):
            if isinstance(value, Decimal):
                page.write_number(count, column, float(value), money)
            elif isinstance(value, date | datetime):
                page.write_datetime(count, column, value, day)
            elif isinstance(value, int):
                page.write_number(count, column, value)
            elif value:
                page.write_string(count, column, str(value), text)
    book.close()
    place.seek(0)
    return place, count


def book_response(file: IO[bytes], name: str) -> FileResponse:
    """The book as a download called `name`.xlsx, which no cache between may keep."""
    response = FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    response["Cache-Control"] = "private, no-store"
    return response

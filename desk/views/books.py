"""A list as a spreadsheet: real dates and numbers, no cell a spreadsheet would run, constant memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

import xlsxwriter

from common.text import formula_guard

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def write_book(head: Iterable[str], lines: Iterable[list[Any]]) -> tuple[IO[bytes], int]:
    """The file, at its start, and the number of its lines. The response that streams the file closes it."""
    place = tempfile.TemporaryFile()  # noqa: SIM115
    book = xlsxwriter.Workbook(
        place,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    money = book.add_format({"num_format": "# ##0.00"})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 30, 16)
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(head):
        sheet.write_string(0, column, str(text), bold)
    count = 0
    for count, line in enumerate(lines, start=1):
        for column, value in enumerate(line):
            if isinstance(value, Decimal):
                sheet.write_number(count, column, float(value), money)
            elif isinstance(value, date | datetime):
                sheet.write_datetime(count, column, value, day)
            elif isinstance(value, int):
                sheet.write_number(count, column, value)
            elif value:
                sheet.write_string(count, column, formula_guard(str(value)))
    book.close()
    place.seek(0)
    return place, count

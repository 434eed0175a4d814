"""The rows of a workbook as text a person would type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine as calamine

from common.workbooks.archive import BAD_ZIP, guard
from common.workbooks.limits import Limits, WorkbookError
from common.workbooks.sheet import measured


def rows_of(path: Path, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet as `(row number, cells)`. WorkbookError for bombs and damaged or protected books."""
    guard(path, limits)
    formulas = measured(path, limits)
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
    except (calamine.CalamineError, *BAD_ZIP) as problem:
        raise WorkbookError("broken") from problem


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

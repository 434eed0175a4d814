"""XLSX behind a guard: sizes are counted while unpacking, the sheet is measured before the reader allocates it. Pure.

`python -m common.workbooks FILE LIMITS` reads one workbook in a process of its own, which it first forbids more memory,
time and output than LIMITS allow: whatever a file does to the parser, it does it to that process alone.
"""

from common.workbooks.limits import Limits, WorkbookError
from common.workbooks.process import REFUSED, main
from common.workbooks.rows import rows_of

__all__ = ["REFUSED", "Limits", "WorkbookError", "main", "rows_of"]

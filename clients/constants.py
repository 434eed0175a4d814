"""Values of the client base that pure rules of higher rooms need without the framework."""

from decimal import Decimal
from enum import StrEnum
from typing import Final


class Section(StrEnum):
    """The one section a client is in: four of the method and two of the system (R-S2-3')."""

    CALL_BASE = "call_base"
    HARD_REFUSAL = "hard_refusal"
    SOFT_REFUSAL = "soft_refusal"
    STRATEGIC = "strategic"
    IN_WORK = "in_work"
    CUSTOMERS = "customers"


class SizeLabel(StrEnum):
    """The size label of a client (R-S2-4)."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    NOT_OURS = "not_ours"


# The floors of the department's funnel are constants of the method (R-S0-P5): they may be raised, never lowered.
LOWEST_GREEN_FLOOR_PERCENT: Final = Decimal("16.67")
LOWEST_YELLOW_FLOOR_PERCENT: Final = Decimal("27.78")
# The deal terms of the method, days (R-S2-8).
DEAL_TERMS_DAYS: Final = (14, 30, 40)
# Decision makers of one client (R-S3-5).
MOST_DECISION_MAKERS: Final = 5

# What an uploaded table may be at most.
IMPORT_FILE_BYTES: Final = 25 * 1024 * 1024
IMPORT_ROWS: Final = 50_000
IMPORT_COLUMNS: Final = 500
IMPORT_CELL_CHARACTERS: Final = 32_767
# Rows × columns of the filled area of a sheet: the reader keeps it whole in memory.
IMPORT_SHEET_CELLS: Final = 5_000_000
IMPORT_UNPACKED_BYTES: Final = 100 * 1024 * 1024
IMPORT_UNPACKED_RATIO: Final = 100
IMPORT_ZIP_ENTRIES: Final = 200
# The process that parses a workbook: address space and written bytes, seconds of the processor and of the clock.
IMPORT_READER_MEMORY: Final = 1024 * 1024 * 1024
IMPORT_READER_OUTPUT: Final = 256 * 1024 * 1024
IMPORT_READER_SECONDS: Final = 60
IMPORT_READER_PATIENCE: Final = 100
# Rows written in one transaction.
IMPORT_BATCH_ROWS: Final = 500
# A table may be preceded by a title and empty rows.
IMPORT_HEADER_WITHIN_ROWS: Final = 20

SEARCH_SHORTEST: Final = 2
SEARCH_LONGEST: Final = 200
# Fewer digits than this would find half the base.
PHONE_SUFFIX_SHORTEST: Final = 4
MOST_HINTS: Final = 20

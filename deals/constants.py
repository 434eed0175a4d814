"""Limits of documents and the tax rates by year. Sizes are bytes."""

from datetime import date
from typing import Final

from common.money import MAX_MONEY

LARGEST_AMOUNT: Final = MAX_MONEY  # section 6.3

# Section 6.3: 22 % from 2026 by the tax reform, 20 % before; another rate may be chosen for every invoice.
VAT_22_FROM: Final = date(2026, 1, 1)
VAT_BEFORE: Final = "20"
VAT_SINCE: Final = "22"

LARGEST_FILE: Final = 10 * 1024 * 1024
LONGEST_FILE_NAME: Final = 200

# Extension → what the file is served as and the first bytes it must have. Nothing a browser would run.
CONTRACT_FILES: Final = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
}

NUMBERED_OFFER: Final = "offer"
NUMBERED_INVOICE: Final = "invoice"

EXPORT_ROWS: Final = 100_000  # a spreadsheet larger than this helps nobody; the page says when it was cut

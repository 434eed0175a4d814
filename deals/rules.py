"""Dates, tax rate, file names and the division of a payment between owners. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.money import round_kopecks
from deals.constants import CONTRACT_FILES, LONGEST_FILE_NAME, VAT_22_FROM, VAT_BEFORE, VAT_SINCE


def default_vat(day: date) -> str:
    """The rate an invoice of that day starts with (section 6.3)."""
    return VAT_SINCE if day >= VAT_22_FROM else VAT_BEFORE


@dataclass(frozen=True)
class Credit:
    """Roubles of one payment that count for one person."""

    user_id: int
    amount: Decimal


def divide_payment(amount: Decimal, owner_id: int, old_owner_id: int | None, share_percent: int) -> list[Credit]:
    """The owner at the payment date has the whole, less the share of the one it was rotated from GREEN (section 2.5).

    Sums exactly to the payment; a return (negative) is divided like the money that it returns.
    """
    if old_owner_id is None or old_owner_id == owner_id or share_percent <= 0:
        return [Credit(owner_id, amount)]
    share = round_kopecks(amount * share_percent / 100)
    parts = [Credit(owner_id, amount - share), Credit(old_owner_id, share)]
    return [part for part in parts if part.amount]


def invoice_is_covered(amount: Decimal, paid: Decimal) -> bool:
    """An invoice is paid when its payments, returns deducted, reach its sum."""
    return paid >= amount


def file_extension(name: str) -> str:
    """The allowed extension of an uploaded file, or "" when its name does not have one or is not a plain name."""
    if not name or len(name) > LONGEST_FILE_NAME or any(mark in name for mark in "\x00/\\") or name != name.strip(". "):
        return ""
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return extension if extension in CONTRACT_FILES else ""


def content_matches(extension: str, head: bytes) -> bool:
    """The file begins as files of its extension do."""
    return head.startswith(CONTRACT_FILES[extension][1])

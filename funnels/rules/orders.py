"""What a queued rotation survives, what holds it back, and whose the later sale is (R-S0-P16)."""

from datetime import date
from fractions import Fraction

from funnels.constants import FLOOD_GUARD_MIN, FLOOD_GUARD_SHARE, OLD_OWNER_SHARE_PERCENT, Colour


def movement_cancels_order(movement_on: date, last_day_on: date) -> bool:
    """A movement whose effective day is day 10 or earlier cancels the order and withdraws the violation (R-S0-P16)."""
    return movement_on <= last_day_on


def exit_withdraws_violation(exit_on: date, last_day_on: date) -> bool:
    """Any exit before execution cancels the order; the violation stays unless the exit is dated ≤ day 10 (R-S0-P16)."""
    return exit_on <= last_day_on


def is_flood(would_flag: int, open_cycles: int) -> bool:
    """More flags in one night than max(20, 25 %) of the department's open cycles: orders are held (R-S0-P16)."""
    return would_flag > max(Fraction(FLOOD_GUARD_MIN), FLOOD_GUARD_SHARE * open_cycles)


def old_owner_percent(
    colour: Colour,
    rotated_on: date,
    pay_date: date | None,
    invoice_due: date | None,
    share_percent: int = OLD_OWNER_SHARE_PERCENT,
) -> int:
    """Percent of the sale that stays with the old owner after a rotation (R-S0-P16).

    A client rotated GREEN while its pay date or invoice due date was not yet past: `share_percent` (0–50, else
    ValueError); otherwise 0.
    """
    if not 0 <= share_percent <= OLD_OWNER_SHARE_PERCENT:
        raise ValueError(f"the old owner's share must be 0 to {OLD_OWNER_SHARE_PERCENT} percent, got {share_percent}")
    not_past = any(due is not None and due >= rotated_on for due in (pay_date, invoice_due))
    return share_percent if colour == Colour.GREEN and not_past else 0

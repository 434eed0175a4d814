from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def to_digits(value: Fraction, places: int) -> Decimal:
    """A figure as it is kept, half up; figures of staffing are never negative."""
    return Decimal(int(value * 10**places + Fraction(1, 2))).scaleb(-places)

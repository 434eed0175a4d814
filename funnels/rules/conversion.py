"""The overall conversion of finished sales cycles and its norm (R-S1-5, section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from funnels.constants import CONVERSION_LEAST_FINISHED, LEAST_CONVERSION

CONVERSION_NORM_PERCENT: Final = Decimal(LEAST_CONVERSION.numerator * 100) / LEAST_CONVERSION.denominator  # R-S1-5


@dataclass(frozen=True, slots=True)
class Conversion:
    """`finished`: cycles closed as won, lost, expired or parked, «непрофильный» left out; `paid`: the won of them."""

    finished: int = 0
    paid: int = 0

    def __add__(self, other: Conversion) -> Conversion:
        return Conversion(self.finished + other.finished, self.paid + other.paid)

    @property
    def share(self) -> Fraction | None:
        """A part of 1, exact; None while nothing is finished."""
        return Fraction(self.paid, self.finished) if self.finished else None

    @property
    def percent(self) -> Decimal | None:
        """For people, two decimals; the norm is held against `share`: 19.999 % is not met by being shown as 20.00."""
        if self.share is None:
            return None
        exact = Decimal(self.paid * 100) / Decimal(self.finished)
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    @property
    def is_judged(self) -> bool:
        return self.finished >= CONVERSION_LEAST_FINISHED

    @property
    def is_below(self) -> bool:
        """The alert: 6 of 40 = 15 % is one, 8 of 40 = 20 % is none (R-S1-5)."""
        return self.is_judged and self.share is not None and self.share < LEAST_CONVERSION

"""The client array: whether it is large enough and of one kind (R-S0-P1, R-S0-A1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from common.money import Exact
from planning.calculator.inputs import Checks, Figure, Why
from planning.constants import ARRAY_DAYS, CHEQUE_VARIATION_ABOVE, COMPLETE_CARDS_FROM, FLOW_DAYS


@dataclass(frozen=True)
class ArrayVerdict:
    """`k`: clients to take over those needed for 90 days; `days`: whole days the array lasts (None: nothing is needed).

    `entries_per_day`: clients taken into work a calendar day.
    """

    entries_per_day: Fraction
    needed: Fraction
    k: Figure
    days: int | None

    @property
    def is_enough(self) -> bool:
        return self.k.value is None or self.k.value >= 1


def array_sufficiency(*, available: int, entries: Exact, days: int = FLOW_DAYS) -> ArrayVerdict:
    """`available` clients of a segment that may be taken; `entries` needed in `days` calendar days (R-S0-P1).

    WrongInput by field: available, entries, days.
    """
    checks = Checks()
    checks.whole("available", available, most=10**9)
    checks.number("entries", entries)
    checks.whole("days", days, positive=True)
    checks.done()
    a_day = Fraction(entries) / days
    needed = a_day * ARRAY_DAYS
    return ArrayVerdict(
        entries_per_day=a_day,
        needed=needed,
        k=Figure.ratio(available, needed, Why.NOTHING_REQUIRED),
        days=floor(available / a_day) if a_day else None,
    )


@dataclass(frozen=True)
class Homogeneity:
    """`complete`: share of complete cards. `variation_squared`: (σ / mean)² of the paid cheques, exact."""

    complete: Figure
    variation_squared: Figure

    @property
    def is_complete(self) -> bool:
        return self.complete.value is None or self.complete.value >= COMPLETE_CARDS_FROM

    @property
    def is_uniform(self) -> bool:
        """CV at most 1; compared by squares, so that no root is rounded."""
        squared = self.variation_squared.value
        return squared is None or squared <= CHEQUE_VARIATION_ABOVE**2

    @property
    def variation(self) -> Decimal | None:
        """CV = σ / mean, for people: 28 digits."""
        squared = self.variation_squared.value
        return None if squared is None else (Decimal(squared.numerator) / Decimal(squared.denominator)).sqrt()


def homogeneity(*, complete: int, total: int, cheques: Sequence[Decimal]) -> Homogeneity:
    """How alike the clients of a segment are (R-S0-A1); one cheque or none says nothing about their spread."""
    share = Figure.ratio(complete, total, Why.NO_DATA)
    if len(cheques) < 2 or not sum(cheques):
        return Homogeneity(share, Figure.absent(Why.TOO_FEW))
    exact = [Fraction(one) for one in cheques]
    mean = sum(exact, Fraction(0)) / len(exact)
    spread = sum(((one - mean) ** 2 for one in exact), Fraction(0)) / len(exact)
    return Homogeneity(share, Figure.of(spread / mean**2))

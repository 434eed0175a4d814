"""Defaults and thresholds of the calculators. Money is RUB, rates are exact fractions, times are calendar days."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Final, Generic, TypeVar

from funnels.constants import FLOOR_GREEN as FUNNEL_FLOOR_GREEN
from funnels.constants import FLOOR_YELLOW as FUNNEL_FLOOR_YELLOW
from funnels.constants import LEAST_CONVERSION as FUNNEL_LEAST_CONVERSION

N = TypeVar("N")


class Colour(StrEnum):
    """Warmth of a client, coldest first."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


class Zone(StrEnum):
    """How good a figure is; for employees and indicators, never for clients."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


class ByColour(Generic[N]):
    """Reads the number of a client colour by its name."""

    red: N
    yellow: N
    green: N

    def __getitem__(self, colour: Colour | str) -> N:
        # By their words: a forecast asks tens of thousands of times, and members of an enum are slow to reach.
        if colour == "green":
            return self.green
        if colour == "yellow":
            return self.yellow
        if colour == "red":
            return self.red
        raise ValueError(f"{colour!r} is not a client colour")


@dataclass(frozen=True)
class PerColour(ByColour[Fraction]):
    """One exact number per client colour."""

    red: Fraction
    yellow: Fraction
    green: Fraction


@dataclass(frozen=True)
class Reference:
    """Conversions p (red→yellow, yellow→green, green→paid) and days t in each colour, of one segment.

    ValueError outside 0 < p ≤ 1 or for negative days.
    """

    conversion: PerColour
    days: PerColour

    def __post_init__(self) -> None:
        for conversion in vars(self.conversion).values():
            if not 0 < conversion <= 1:
                raise ValueError("a conversion is more than 0 and at most 1")
        if any(days < 0 for days in vars(self.days).values()):
            raise ValueError("days are never negative")

    def to_payment(self, colour: Colour | str) -> Fraction:
        """π: the probability that a client of that colour pays."""
        return self._chances[colour]

    def days_to_payment(self, colour: Colour | str) -> Fraction:
        """T: how long a client of that colour needs to payment."""
        return self._ways[colour]

    @cached_property
    def _chances(self) -> PerColour:
        p = self.conversion
        return PerColour(green=p.green, yellow=p.yellow * p.green, red=p.red * p.yellow * p.green)

    @cached_property
    def _ways(self) -> PerColour:
        t = self.days
        return PerColour(green=t.green, yellow=t.yellow + t.green, red=t.red + t.yellow + t.green)


@dataclass(frozen=True)
class StepRates:
    """Conversions of the steps from a productive call to a payment, parts of 1 (section 3.1.2)."""

    invoice_to_payment: Fraction
    offer_to_invoice: Fraction
    productive_to_offer: Fraction
    held_to_productive: Fraction
    appointed_to_held: Fraction
    call_to_appointed: Fraction


DEFAULT_CONVERSION: Final = PerColour(red=Fraction(1, 2), yellow=Fraction(3, 5), green=Fraction(7, 10))
DEFAULT_DAYS: Final = PerColour(red=Fraction(10), yellow=Fraction(10), green=Fraction(10))
DEFAULT_REFERENCE: Final = Reference(DEFAULT_CONVERSION, DEFAULT_DAYS)

# R-S0-P5: constants for every segment; a head may raise them, nobody lowers them. One source: the funnel's own rules.
FLOOR_GREEN: Final = FUNNEL_FLOOR_GREEN
FLOOR_YELLOW: Final = FUNNEL_FLOOR_YELLOW

RATIO_LEAST_CLIENTS: Final = 18  # R-S0-P5: below this only shares are shown
NEWCOMER_DAYS: Final = 30  # R-S0-P5: «набор», no shortage is computed

# R-S0-P11: fewer finished passages of a stage say nothing about a manager.
LEAST_PASSAGES: Final = 10

# R-S1-5: the norm of the overall conversion, and the alert of any single stage. One source: the funnel's own rules.
LEAST_CONVERSION: Final = FUNNEL_LEAST_CONVERSION

# R-S0-B3: fact / plan-to-date of an employee; also forecast / target.
STAFF_GREEN_FROM: Final = Fraction(1)
STAFF_YELLOW_FROM: Final = Fraction(80, 100)

# R-S0-P6
VERIFICATION_GREEN_FROM: Final = Fraction(85, 100)
VERIFICATION_YELLOW_FROM: Final = Fraction(70, 100)
SYSTEMATIC_BIAS_ABOVE: Final = Fraction(10, 100)

# R-S0-A4
SUFFICIENCY_GREEN_FROM: Final = Fraction(1)
SUFFICIENCY_YELLOW_FROM: Final = Fraction(80, 100)

# R-S0-P9
DEVIATION_WARN_ABOVE: Final = Fraction(10, 100)

# R-S0-P14: nobody stays longer than 10 calendar days, and 7 of them hold 5 working days.
LONGEST_STAY_DAYS: Final = 10
CALENDAR_PER_WORKING_DAY: Final = Fraction(7, 5)

# Section 3.1.2: conversions of the chain call → appointed → held → productive → offer → invoice → payment.
DEFAULT_STEP_RATES: Final = StepRates(
    invoice_to_payment=Fraction(70, 100),
    offer_to_invoice=Fraction(60, 100),
    productive_to_offer=Fraction(80, 100),
    held_to_productive=Fraction(60, 100),
    appointed_to_held=Fraction(83, 100),
    call_to_appointed=Fraction(20, 100),
)

# R-S3-18: slots for meetings in a hunter's week of five working days.
MEETING_SLOTS_A_WEEK: Final = 12
WORKING_DAYS_A_WEEK: Final = 5

# R-S0-P1: how far ahead the client array must last.
ARRAY_DAYS: Final = 90

# R-S0-A1
COMPLETE_CARDS_FROM: Final = Fraction(95, 100)
CHEQUE_VARIATION_ABOVE: Final = 1

# Section 3.1.5: how many past years suggest the season.
SEASON_YEARS: Final = 2

# Section 3.2: throughputs and loads are counted for a period of thirty calendar days.
FLOW_DAYS: Final = 30

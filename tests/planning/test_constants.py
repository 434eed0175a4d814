"""The defaults of the method, and that they cannot be moved."""

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest

from planning.constants import DEFAULT_DAYS, DEFAULT_REFERENCE, FLOOR_GREEN, FLOOR_YELLOW, Colour, PerColour, Reference


def test_default_chances_of_payment_are_70_42_and_21_percent() -> None:
    chances = [DEFAULT_REFERENCE.to_payment(colour) for colour in (Colour.GREEN, Colour.YELLOW, Colour.RED)]
    assert chances == [Fraction(70, 100), Fraction(42, 100), Fraction(21, 100)]


def test_default_days_to_payment_are_10_20_and_30() -> None:
    assert [DEFAULT_REFERENCE.days_to_payment(colour) for colour in reversed(Colour)] == [10, 20, 30]


def test_floors_are_three_and_five_eighteenths() -> None:
    assert (Fraction(1, 6), Fraction(5, 18)) == (FLOOR_GREEN, FLOOR_YELLOW)


def test_defaults_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULT_REFERENCE.conversion.green = Fraction(1)  # type: ignore[misc]


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1, 2), Fraction(3, 2)])
def test_impossible_conversions_are_refused(rate: Fraction) -> None:
    with pytest.raises(ValueError, match="conversion"):
        Reference(PerColour(rate, rate, rate), DEFAULT_DAYS)

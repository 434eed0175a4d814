"""Paid of finished cycles against the norm of 20 % (R-S1-5)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from funnels.rules import Conversion


@pytest.mark.parametrize(
    ("finished", "paid", "percent", "below"),
    [
        (40, 6, "15.00", True),
        (40, 8, "20.00", False),
        (30, 5, "16.67", True),
        (29, 0, "0.00", False),  # fewer than thirty say nothing
        (100_000, 19_999, "20.00", True),  # shown rounded, judged exactly
        (30, 6, "20.00", False),
    ],
)
def test_the_norm_is_twenty_percent_of_at_least_thirty_finished(finished, paid, percent, below):
    found = Conversion(finished, paid)
    assert (found.percent, found.is_below) == (Decimal(percent), below)
    assert found.share == Fraction(paid, finished)


def test_nothing_finished_is_no_share_and_no_alert():
    assert (Conversion().share, Conversion().percent, Conversion().is_below) == (None, None, False)


def test_the_department_is_the_sum_of_its_people():
    assert Conversion(20, 2) + Conversion(20, 4) == Conversion(40, 6)

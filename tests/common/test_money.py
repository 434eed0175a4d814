"""Rounding, exact splits, spellings of amounts."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import (
    MAX_MONEY,
    MoneyError,
    MoneyUnits,
    format_money,
    format_number,
    parse_money,
    round_kopecks,
    short_money,
    split_exact,
)

TOTALS = st.integers(-(10**14), 10**14).map(lambda kopecks: Decimal(kopecks) / 100)
WEIGHTS = st.lists(st.fractions(0, 1000), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 3), "0.33"),
        (Decimal("0.005"), "0.01"),
        (Decimal("-0.005"), "-0.01"),
        (Decimal("2.675"), "2.68"),
        (Fraction(-1, 1000), "0.00"),
        (7, "7.00"),
        (10**30, "1" + "0" * 30 + ".00"),
    ],
)
def test_rounding_is_half_away_from_zero(value: Fraction | Decimal | int, expected: str) -> None:
    assert str(round_kopecks(value)) == expected


def test_floats_are_no_money() -> None:
    with pytest.raises(TypeError):
        round_kopecks(0.1)  # type: ignore[arg-type]


@given(TOTALS, WEIGHTS)
def test_parts_sum_exactly_and_stay_within_a_kopeck(total: Decimal, weights: list[Fraction]) -> None:
    parts = split_exact(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * weight / whole) < Fraction(1, 100)


@given(TOTALS, WEIGHTS)
def test_split_of_a_negative_total_mirrors_the_positive(total: Decimal, weights: list[Fraction]) -> None:
    assert split_exact(-total, weights) == [-part for part in split_exact(total, weights)]


def test_spare_kopecks_go_to_the_earlier_among_equals() -> None:
    assert split_exact(Decimal("1.00"), [1, 1, 1]) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert split_exact(Decimal("0.02"), [1, 1, 1]) == [Decimal("0.01"), Decimal("0.01"), Decimal("0.00")]


def test_the_largest_remainder_wins_over_the_earlier() -> None:
    assert split_exact(Decimal("0.03"), [1, Fraction(5, 2)]) == [Decimal("0.01"), Decimal("0.02")]


def test_nothing_splits_by_nothing_but_money_does_not() -> None:
    assert split_exact(Decimal(0), [0, 0]) == [Decimal("0.00")] * 2
    assert split_exact(Decimal(0), []) == []
    for weights in ([0, 0], []):
        with pytest.raises(ValueError, match="all weights are zero"):
            split_exact(Decimal("0.01"), weights)


def test_split_refuses_parts_of_a_kopeck_and_negative_weights() -> None:
    with pytest.raises(ValueError, match="whole kopecks"):
        split_exact(Decimal("0.001"), [1])
    with pytest.raises(ValueError, match="never negative"):
        split_exact(Decimal(1), [2, -1])


def test_amounts_are_written_with_no_break_spaces_and_comma() -> None:
    assert format_money(Decimal("1234567.89")) == "1\u00a0234\u00a0567,89\u00a0₽"
    assert format_money(Fraction(1, 2)) == "0,50\u00a0₽"
    assert format_money(-1000) == "\u22121\u00a0000,00\u00a0₽"
    assert format_money(Decimal("-0.004")) == "0,00\u00a0₽"
    assert format_number(1234567) == "1\u00a0234\u00a0567"
    assert format_number(Fraction(5, 100), 1) == "0,1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 ₽"),
        (950, "950 ₽"),
        (1500, "1,5 тыс. ₽"),
        (510_000, "510 тыс. ₽"),
        (999_999, "1 млн ₽"),
        (1_260_000, "1,26 млн ₽"),
        (6_000_000, "6 млн ₽"),
        (100_000_000, "100 млн ₽"),
        (12_600_000_000, "12,6 млрд ₽"),
        (5_000_000_000_000, "5 000 млрд ₽"),
        (-1_260_000, "\u22121,26 млн ₽"),
    ],
)
def test_short_amounts(value: int, expected: str) -> None:
    assert short_money(value) == expected.replace(" ", "\u00a0")


def test_short_amounts_take_the_words_of_another_locale() -> None:
    assert short_money(1_260_000, units=MoneyUnits("k", "m", "bn")) == "1,26\u00a0m\u00a0₽"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 234 567,89 ₽", "1234567.89"),
        ("1\u00a0234\u00a0567,89\u00a0₽", "1234567.89"),
        ("1\u202f234,5", "1234.50"),
        ("1234567.89", "1234567.89"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,89", "1234567.89"),
        ("500 руб.", "500.00"),
        ("500р", "500.00"),
        ("0", "0.00"),
        ("-0", "0.00"),
        ("999 999 999 999,99", str(MAX_MONEY)),
    ],
)
def test_amounts_are_read_in_the_spellings_people_use(text: str, expected: str) -> None:
    assert str(parse_money(text)) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  ₽", "empty"),
        ("сто", "format"),
        ("1e5", "format"),
        ("NaN", "format"),
        ("١٢", "format"),
        ("12 34", "format"),
        ("1.2.3", "format"),
        ("1,", "format"),
        (",5", "format"),
        ("1,234", "precision"),
        ("0.001", "precision"),
        ("-1", "negative"),
        ("\u22121", "negative"),
        ("1 000 000 000 000", "too_large"),
        ("9" * 50_000, "too_large"),
        ("9." * 50_000, "format"),
    ],
)
def test_other_text_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(MoneyError) as refused:
        parse_money(text)
    assert refused.value.code == code


def test_a_return_may_be_negative_where_it_is_allowed() -> None:
    assert parse_money("\u22121 000,50", allow_negative=True) == Decimal("-1000.50")


@given(st.integers(0, 99_999_999_999_999).map(lambda kopecks: Decimal(kopecks) / 100))
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    assert parse_money(format_money(amount)) == amount

"""Every spelling of a telephone number that people and PBXes send."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.phones import format_phone, normalise


@pytest.mark.parametrize(
    ("raw", "e164", "extension"),
    [
        ("8 (495) 123-45-67", "+74951234567", ""),
        ("9161234567", "+79161234567", ""),
        ("+7 916 123-45-67 доб. 123", "+79161234567", "123"),
        ("+7 916 123-45-67 ext 123", "+79161234567", "123"),
        ("+7 916 123-45-67,123", "+79161234567", "123"),
        ("89161234567#12", "+79161234567", "12"),
        ("8-800-555-35-35", "+78005553535", ""),
        ("810 49 30 1234567", "+49301234567", ""),
        ("00 44 20 7946 0958", "+442079460958", ""),
        ("+8 495 123 45 67", "+74951234567", ""),
        ("79161234567", "+79161234567", ""),
        ("+7 701 123 45 67", "+77011234567", ""),
        ("тел. 8 916 123-45-67 Анна", "+79161234567", ""),
        ("\uff0b7 916 123 45 67", "+79161234567", ""),
        ("(+7) 916 123-45-67", "+79161234567", ""),
    ],
)
def test_spelling_becomes_e164(raw: str, e164: str, extension: str) -> None:
    number = normalise(raw)
    assert (number.e164, number.extension, number.is_internal) == (e164, extension, False)
    assert number.last10 == e164.lstrip("+")[-10:]
    assert number.raw == raw


def test_short_number_is_an_extension() -> None:
    number = normalise("101")
    assert (number.e164, number.extension, number.last10, number.is_internal) == (None, "101", "", True)


@pytest.mark.parametrize(
    "raw", ["12345678", "anonymous", "", None, "+7 916 123", "8916abc1234567", "7 000 000 00 00", "а1", "+", "#31#"]
)
def test_other_text_is_kept_but_never_matched(raw: str | None) -> None:
    number = normalise(raw)
    assert (number.raw, number.e164, number.last10, number.is_valid) == (raw or "", None, "", False)


def test_second_number_after_a_comma_is_no_extension() -> None:
    number = normalise("8 495 123-45-67, 8 495 765-43-21")
    assert (number.e164, number.extension) == ("+74951234567", "")


@pytest.mark.parametrize("raw", ["a" * 50_000 + "!", "+7" + "(" * 50_000, "1" * 50_000, ",#" * 25_000])
def test_fifty_kilobytes_are_refused_at_once(raw: str) -> None:
    normalise("+79161234567")
    started = time.perf_counter()
    number = normalise(raw)
    assert time.perf_counter() - started < 0.05
    assert number.e164 is None and not number.is_internal and len(number.raw) == 64


@given(st.text(max_size=80))
def test_no_text_raises_and_a_valid_number_is_its_own_spelling(raw: str) -> None:
    number = normalise(raw)
    if number.e164:
        assert normalise(number.e164).e164 == number.e164


def test_numbers_are_shown_in_groups() -> None:
    assert format_phone("+79161234567") == "+7 916 123-45-67"
    assert format_phone("+442079460958") == "+44 20 7946 0958"
    assert format_phone("101") == "101"
    assert format_phone(None) == ""

"""Text that is refused, cells that no spreadsheet runs, names that sort."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import TextError, clean_text, formula_guard, formula_unguard, sort_key


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\x00b", "nul"),
        ("a\ud800", "surrogate"),
        ("\udfff", "surrogate"),
        ("x" * 11, "too_long"),
        ("x" * 10**6, "too_long"),
    ],
)
def test_text_that_cannot_be_stored_is_refused(value: str, code: str) -> None:
    with pytest.raises(TextError) as refused:
        clean_text(value, 10)
    assert refused.value.code == code


def test_text_is_stripped_and_composed() -> None:
    assert clean_text("  и\u0306од \n", 10) == "йод"
    assert clean_text("🙂\u202eabc", 10) == "🙂\u202eabc"


@pytest.mark.parametrize("value", ["=1+1", "+7 916", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "'=1"])
def test_start_of_a_formula_is_guarded(value: str) -> None:
    guarded = formula_guard(value)
    assert guarded.startswith("'")
    assert formula_unguard(guarded) == value


@pytest.mark.parametrize("value", ["a;=cmd|' /C calc'!A0", 'a,"=1+1'])
def test_formula_after_a_separator_is_guarded(value: str) -> None:
    guarded = formula_guard(value)
    assert ";=" not in guarded and '"=' not in guarded
    assert formula_unguard(guarded) == value


def test_ordinary_text_is_left_alone() -> None:
    for value in ["ООО «Ромашка»", "a-b", "1+1", "O'Neil", "", "a, -b"]:
        assert formula_guard(value) == value


def test_only_strict_numbers_and_phones_of_typed_columns_are_exempt() -> None:
    for value in ["-5", "-5,25", "+79161234567"]:
        assert formula_guard(value, is_typed=True) == value
        assert formula_guard(value) == "'" + value
    for value in ["-5+cmd|1", "+7916=1", "=5", "-5\n"]:
        assert formula_guard(value, is_typed=True) == "'" + value


@given(st.text(alphabet="=+-@\t\r\n;,\"'＝ab1", max_size=30))
def test_guarded_cells_round_trip_and_never_start_a_formula(value: str) -> None:
    guarded = formula_guard(value)
    assert formula_unguard(guarded) == value
    assert guarded[:1] not in set("=+-@\t\r\n＝")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ООО «Ёлка»", "елка"),
        ('АО "Северсталь"', "северсталь"),
        ("Северсталь, ПАО", "северсталь"),
        ("ИП Иванов И. И.", "иванов и и"),
        ("Общество с ограниченной ответственностью «Альфа-Банк»", "альфа банк"),
        ("Аозон", "аозон"),
        ("ООО", "ооо"),
        ("«»", "«»"),
        ("", ""),
    ],
)
def test_companies_sort_by_what_they_are_called(name: str, key: str) -> None:
    assert sort_key(name) == key

"""Checksums of Russian requisites."""

import pytest

from common.requisites import (
    Problem,
    check_account,
    check_bic,
    check_correspondent_account,
    check_inn,
    check_kpp,
    check_ogrn,
)


@pytest.mark.parametrize("inn", ["7707083893", "500100732259"])
def test_good_inn_passes(inn: str) -> None:
    assert check_inn(inn) is None


@pytest.mark.parametrize(
    ("inn", "problem"),
    [
        ("7707083894", Problem.CHECKSUM),
        ("500100732250", Problem.CHECKSUM),
        ("0000000000", Problem.ZERO),
        ("000000000000", Problem.ZERO),
        ("0012345678", Problem.REGION),
        ("001100732259", Problem.REGION),
        ("770708389", Problem.LENGTH),
        ("77070838931", Problem.LENGTH),
        ("77O7083893", Problem.FORMAT),
        ("٧٧٠٧٠٨٣٨٩٣", Problem.FORMAT),
        ("7707083893\n", Problem.FORMAT),
        ("", Problem.FORMAT),
    ],
)
def test_bad_inn_is_refused_with_its_reason(inn: str, problem: Problem) -> None:
    assert check_inn(inn) is problem


@pytest.mark.parametrize("ogrn", ["1027700132195", "304500116000157"])
def test_good_ogrn_passes(ogrn: str) -> None:
    assert check_ogrn(ogrn) is None


@pytest.mark.parametrize(
    ("ogrn", "problem"),
    [
        ("1027700132196", Problem.CHECKSUM),
        ("304500116000158", Problem.CHECKSUM),
        ("1020000132195", Problem.REGION),
        ("0" * 13, Problem.ZERO),
        ("10277001321", Problem.LENGTH),
    ],
)
def test_bad_ogrn_is_refused_with_its_reason(ogrn: str, problem: Problem) -> None:
    assert check_ogrn(ogrn) is problem


def test_kpp_is_a_pattern_and_only_for_organisations() -> None:
    assert check_kpp("773601001", inn="7707083893") is None
    assert check_kpp("7736AZ001") is None
    assert check_kpp("7736az001") is Problem.FORMAT
    assert check_kpp("77360100") is Problem.FORMAT
    assert check_kpp("773601001", inn="500100732259") is Problem.NOT_FOR_PERSON


def test_accounts_are_checked_against_their_bank() -> None:
    assert check_correspondent_account("30101810400000000225", bic="044525225") is None
    assert check_account("40702810200000000001", bic="044525225") is None
    assert check_account("40702810200000000002", bic="044525225") is Problem.CHECKSUM
    assert check_correspondent_account("30101810400000000226", bic="044525225") is Problem.CHECKSUM
    assert check_account("40702810200000000001", bic="") is Problem.FORMAT
    assert check_account("40702810", bic="044525225") is Problem.LENGTH
    assert check_bic("0445252255") is Problem.LENGTH

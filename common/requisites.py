"""Checksums of Russian requisites: ИНН, КПП, ОГРН, ОГРНИП, БИК, bank accounts. Pure.

Every check returns None for a good value, else the first `Problem`.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

_INN_10: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_ACCOUNT_WEIGHTS: Final = (7, 1, 3)


class Problem(StrEnum):
    """Why a requisite is refused."""

    FORMAT = "format"
    LENGTH = "length"
    ZERO = "zero"
    REGION = "region"
    CHECKSUM = "checksum"
    NOT_FOR_PERSON = "not_for_person"


def _shape(value: str, lengths: Sequence[int], region_at: int | None) -> Problem | None:
    if not re.fullmatch(r"[0-9]+", value):
        return Problem.FORMAT
    if len(value) not in lengths:
        return Problem.LENGTH
    # All zeros pass every checksum.
    if not value.strip("0"):
        return Problem.ZERO
    if region_at is not None and value[region_at : region_at + 2] == "00":
        return Problem.REGION
    return None


def _check_digit(value: str, weights: Sequence[int]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(value, weights, strict=False)) % 11 % 10)


def check_inn(value: str) -> Problem | None:
    """ИНН of an organisation (10 digits) or of a person (12)."""
    if problem := _shape(value, (10, 12), 0):
        return problem
    if len(value) == 10:
        good = value[9] == _check_digit(value, _INN_10)
    else:
        good = value[10] == _check_digit(value, _INN_11) and value[11] == _check_digit(value, _INN_12)
    return None if good else Problem.CHECKSUM


def check_kpp(value: str, *, inn: str = "") -> Problem | None:
    """КПП has no checksum; only organisations have one."""
    if not _KPP.fullmatch(value):
        return Problem.FORMAT
    return Problem.NOT_FOR_PERSON if len(inn) == 12 else None


def check_ogrn(value: str) -> Problem | None:
    """ОГРН of an organisation (13 digits) or ОГРНИП of an entrepreneur (15); digits 4 and 5 are the region."""
    if problem := _shape(value, (13, 15), 3):
        return problem
    divisor = 11 if len(value) == 13 else 13
    return None if int(value[:-1]) % divisor % 10 == int(value[-1]) else Problem.CHECKSUM


def check_bic(value: str) -> Problem | None:
    """БИК: nine digits."""
    return _shape(value, (9,), None)


def check_account(value: str, *, bic: str) -> Problem | None:
    """A settlement account (расчётный счёт) at the bank of that БИК."""
    return _account(value, bic, bic[6:9])


def check_correspondent_account(value: str, *, bic: str) -> Problem | None:
    """A bank's correspondent account (корреспондентский счёт) with the bank of Russia."""
    return _account(value, bic, "0" + bic[4:6])


def _account(value: str, bic: str, prefix: str) -> Problem | None:
    if problem := _shape(value, (20,), None) or check_bic(bic):
        return problem
    digits = prefix + value
    total = sum(int(digit) * _ACCOUNT_WEIGHTS[at % 3] % 10 for at, digit in enumerate(digits))
    return None if total % 10 == 0 else Problem.CHECKSUM

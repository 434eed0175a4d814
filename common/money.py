"""Money: roubles as Decimal to the kopeck, rounded in one place, split without losing one. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final

Exact = Fraction | Decimal | int

MAX_MONEY: Final = Decimal("999999999999.99")
NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
RUBLE: Final = "\u20bd"

_LONGEST_INPUT: Final = 64
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_CURRENCY = re.compile(r"(?:₽|руб(?:\.|лей|ля|ль)?|р\.?|rub)$", re.IGNORECASE)
_GROUPED = re.compile(r"[0-9]+(?: [0-9]{3})*")


class MoneyError(ValueError):
    """An amount that cannot be read. `code`: empty, format, precision, negative, too_large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _from_kopecks(kopecks: int) -> Decimal:
    # Read from digits: arithmetic on Decimal would round to the 28 digits of its context.
    return Decimal(f"{kopecks}E-2")


def _whole(value: Exact, scale: int) -> int:
    """`value` × `scale` to the nearest integer, half away from zero."""
    if isinstance(value, float):
        raise TypeError("money is never a float")
    above, below = value.as_integer_ratio()
    magnitude = (2 * abs(above) * scale + below) // (2 * below)
    return magnitude if above >= 0 else -magnitude


def round_kopecks(value: Exact) -> Decimal:
    """The amount to the kopeck, half away from zero, from an exact number. The only rounding of money."""
    return _from_kopecks(_whole(value, 100))


def split_exact(total: Decimal, weights: Sequence[Exact]) -> list[Decimal]:
    """`total` divided in proportion to `weights`, to the kopeck, summing exactly: largest remainder, ties earlier.

    A negative total is the mirror image of the positive one. ValueError when the total has fractions of a kopeck, a
    weight is negative, or all weights are zero while the total is not.
    """
    kopecks = _kopecks(total)
    shares = _whole_numbers(weights)
    if any(share < 0 for share in shares):
        raise ValueError("weights are never negative")
    whole = sum(shares)
    if not whole:
        if kopecks:
            raise ValueError("nothing to split by: all weights are zero")
        return [_from_kopecks(0)] * len(shares)
    amount = abs(kopecks)
    parts = [amount * share // whole for share in shares]
    left = amount - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda at: (parts[at] * whole - amount * shares[at], at))
    for at in by_remainder[:left]:
        parts[at] += 1
    sign = 1 if kopecks >= 0 else -1
    return [_from_kopecks(sign * part) for part in parts]


def split_evenly(total: Decimal, parts: int) -> list[Decimal]:
    """`split_exact` by equal weights: spare kopecks go to the earlier parts. ValueError as there."""
    kopecks = _kopecks(total)
    if parts <= 0:
        if kopecks:
            raise ValueError("nothing to split by: all weights are zero")
        return []
    each, left = divmod(abs(kopecks), parts)
    sign = 1 if kopecks >= 0 else -1
    return [_from_kopecks(sign * (each + 1))] * left + [_from_kopecks(sign * each)] * (parts - left)


def _kopecks(total: Decimal) -> int:
    above, below = total.as_integer_ratio()
    if above * 100 % below:
        raise ValueError("the total must be whole kopecks")
    return above * 100 // below


def _whole_numbers(weights: Sequence[Exact]) -> list[int]:
    """Weights in the same proportion as whole numbers: a plan is split thousands of times a night."""
    if all(type(weight) is int for weight in weights):
        return list(weights)  # type: ignore[arg-type]
    exact = [Fraction(weight) for weight in weights]
    scale = lcm(*(weight.denominator for weight in exact))
    return [weight.numerator * (scale // weight.denominator) for weight in exact]


def format_number(value: Exact, places: int = 0) -> str:
    """«1 234 567,89»: groups by no-break spaces, decimal comma, half away from zero to `places`."""
    scaled = _whole(value, 10**places)
    digits = str(abs(scaled)).rjust(places + 1, "0")
    whole, fraction = (digits[:-places], digits[-places:]) if places else (digits, "")
    text = f"{int(whole):,}".replace(",", NBSP) + (f",{fraction}" if fraction else "")
    return (MINUS if scaled < 0 else "") + text


def format_money(value: Exact) -> str:
    """«1 234 567,89 ₽» with no-break spaces."""
    return f"{format_number(value, 2)}{NBSP}{RUBLE}"


@dataclass(frozen=True)
class MoneyUnits:
    """The words of a short amount, one locale."""

    thousand: str = "тыс."
    million: str = "млн"
    billion: str = "млрд"


RUSSIAN_UNITS: Final = MoneyUnits()


def short_money(value: Exact, *, units: MoneyUnits = RUSSIAN_UNITS) -> str:
    """«1,26 млн ₽», «510 тыс. ₽», «950 ₽»: for tiles and axes, at most two decimals."""
    exact = Fraction(value)
    steps = [(1, 0, ""), (1000, 0, units.thousand), (10**6, 2, units.million), (10**9, 2, units.billion)]
    while True:
        size, places, word = steps.pop(0)
        shown_places = 1 if size == 1000 and abs(exact) < 10_000 else places
        scaled = Fraction(_whole(exact / size, 10**shown_places), 10**shown_places)
        # An amount that rounds up to 1000 of a unit is shown as 1 of the next.
        if abs(scaled) < 1000 or not steps:
            break
    text = format_number(scaled, shown_places)
    if shown_places:
        text = text.rstrip("0").rstrip(",")
    return NBSP.join(part for part in (text, word, RUBLE) if part)


def parse_money(text: str, *, allow_negative: bool = False) -> Decimal:
    """An amount typed or pasted by a person: «1 234 567,89 ₽», `1234567.89`, `1,234,567.89`.

    MoneyError (a ValueError) with a code; more than two decimals are refused, not rounded, so that `1,234` is never
    misread in either direction.
    """
    if len(text) > _LONGEST_INPUT:
        raise MoneyError("too_large" if _SPACES.sub("", text).isdigit() else "format")
    cleaned = _SPACES.sub(" ", text).strip()
    cleaned = _CURRENCY.sub("", cleaned).strip()
    if not cleaned:
        raise MoneyError("empty")
    negative = cleaned[0] in "-" + MINUS
    body = cleaned[1:].lstrip() if cleaned[0] in "+-" + MINUS else cleaned
    at = max(body.rfind(","), body.rfind("."))
    whole, fraction = (body, "") if at < 0 else (body[:at].rstrip(), body[at + 1 :])
    if at >= 0 and (other := ({",", "."} - {body[at]}).pop()) in whole:
        # Two different marks: the last one is decimal, the other must group by threes.
        if " " in whole or not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(other)}[0-9]{{3}})+", whole):
            raise MoneyError("format")
        whole = whole.replace(other, "")
    if not _GROUPED.fullmatch(whole) or (at >= 0 and not re.fullmatch(r"[0-9]+", fraction)):
        raise MoneyError("format")
    if len(fraction) > 2:
        raise MoneyError("precision")
    amount = Decimal(f"{whole.replace(' ', '')}.{fraction.ljust(2, '0')}")
    if amount > MAX_MONEY:
        raise MoneyError("too_large")
    if negative and amount:
        if not allow_negative:
            raise MoneyError("negative")
        amount = -amount
    return amount

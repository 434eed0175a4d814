"""What may be asked of a calculator: problems named by field, and figures that say why they do not exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from common.money import MAX_MONEY, Exact
from planning.constants import LONGEST_STAY_DAYS, Colour, PerColour, Reference

# Beyond it a count is a slip of the keyboard: no department has a hundred thousand of anything.
MOST_PEOPLE: Final = 100_000
MOST_DAYS: Final = 366
# An exact fraction of a number like 1E-999999 would fill the memory: nothing in the product needs so many digits.
_MOST_DIGITS: Final = 30


class Code(StrEnum):
    """What is wrong with one field; the sentence beside it is the form's."""

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    ABOVE_ONE = "above_one"
    TOO_LARGE = "too_large"
    TOO_FINE = "too_fine"
    TOO_MANY = "too_many"
    BELOW_LEAST = "below_least"
    NOT_RISING = "not_rising"
    NOT_ONE_IN_ALL = "not_one_in_all"
    NO_WORKING_DAY = "no_working_day"
    BELOW_ELAPSED = "below_elapsed"
    OUT_OF_PERIOD = "out_of_period"


class Why(StrEnum):
    """Why a figure cannot be computed although nothing typed is wrong."""

    NO_PLAN = "no_plan"
    NO_PEOPLE = "no_people"
    NO_WORKING_DAYS = "no_working_days"
    NO_CHEQUE = "no_cheque"
    NO_CONVERSION = "no_conversion"
    NO_DATA = "no_data"
    NO_CYCLE_DAYS = "no_cycle_days"
    NOTHING_REQUIRED = "nothing_required"
    TOO_LATE = "too_late"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Problem:
    """One field and what is wrong with it."""

    field: str
    code: Code


class WrongInput(ValueError):
    """Every problem of an input at once, so that a form shows each beside its field."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(f"{one.field}: {one.code}" for one in problems))
        self.problems = problems


@dataclass(frozen=True)
class Figure:
    """An exact number, or the reason why there is none. Exactly one of the two is set."""

    value: Fraction | None = None
    why: Why | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why is None):
            raise ValueError("a figure is a number or the reason of its absence")

    @classmethod
    def of(cls, value: Exact) -> Self:
        return cls(value=Fraction(value))

    @classmethod
    def ratio(cls, part: Exact, whole: Exact, why: Why) -> Self:
        """part / whole, or `why` when the whole is 0."""
        return cls(value=Fraction(part) / Fraction(whole)) if whole else cls(why=why)

    @classmethod
    def absent(cls, why: Why) -> Self:
        return cls(why=why)

    def __bool__(self) -> bool:
        """Whether there is a number, be it 0."""
        return self.value is not None


class Checks:
    """Collects problems field by field; `done` raises them together."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, field: str, code: Code) -> None:
        self._found.append(Problem(field, code))

    def number(self, field: str, value: Exact, *, positive: bool = False, most: Exact | None = None) -> bool:
        """A finite exact number, not negative (or more than 0), at most `most`; whether it is one."""
        code = _fault(value, positive=positive)
        if code is None and most is not None and _exceeds(value, most):
            code = Code.TOO_LARGE
        if code is not None:
            self.add(field, code)
        return code is None

    def money(self, field: str, value: Exact, *, positive: bool = False) -> bool:
        """Roubles of one amount, at most what the product stores."""
        return self.number(field, value, positive=positive, most=MAX_MONEY)

    def signed_money(self, field: str, value: Exact) -> bool:
        """Roubles that returns may make negative."""
        code = None if _is_number(value) else Code.NOT_A_NUMBER
        code = code or _size_fault(value)
        if code is None and abs(Fraction(value)) > Fraction(MAX_MONEY):
            code = Code.TOO_LARGE
        if code is not None:
            self.add(field, code)
        return code is None

    def share(self, field: str, value: Exact, *, positive: bool = False) -> bool:
        """A part of 1: conversions, absences, part-time shares."""
        code = _fault(value, positive=positive)
        if code is None and Fraction(value) > 1:
            code = Code.ABOVE_ONE
        if code is not None:
            self.add(field, code)
        return code is None

    def whole(self, field: str, value: Exact, *, positive: bool = False, most: int = MOST_PEOPLE) -> bool:
        """People, days, clients: no fractions."""
        if not self.number(field, value, positive=positive, most=most):
            return False
        if type(value) is not int and Fraction(value).denominator != 1:
            self.add(field, Code.NOT_WHOLE)
            return False
        return True

    def done(self) -> None:
        """WrongInput with everything found, if anything was."""
        if self._found:
            raise WrongInput(*self._found)


def _exceeds(value: Exact, most: Exact) -> bool:
    """Numbers of one kind are compared as they are, others as fractions."""
    return value > most if type(value) is type(most) else Fraction(value) > Fraction(most)  # type: ignore[operator]


def _is_number(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int | Fraction)


def _size_fault(value: Exact) -> Code | None:
    if isinstance(value, Decimal) and value:
        if value.adjusted() > _MOST_DIGITS:
            return Code.TOO_LARGE
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -_MOST_DIGITS:
            return Code.TOO_FINE
    return None


def _fault(value: Exact, *, positive: bool) -> Code | None:
    if not _is_number(value):
        return Code.NOT_A_NUMBER
    if (size := _size_fault(value)) is not None:
        return size
    if positive and value <= 0:
        return Code.NOT_POSITIVE
    return Code.NEGATIVE if value < 0 else None


def typed_reference(conversion: Mapping[Colour, Exact], days: Mapping[Colour, Exact]) -> Reference:
    """A reference from numbers a person typed: conversions as parts of 1, days in a colour from 0 to 10.

    WrongInput by field: p_red … p_green, t_red … t_green; a conversion of 0 is «not positive»: nobody would ever pay.
    """
    checks = Checks()
    for colour in Colour:
        checks.share(f"p_{colour}", conversion[colour], positive=True)
        checks.number(f"t_{colour}", days[colour], most=LONGEST_STAY_DAYS)
    checks.done()
    return Reference(_per_colour(conversion), _per_colour(days))


def _per_colour(values: Mapping[Colour, Exact]) -> PerColour:
    return PerColour(*(Fraction(values[colour]) for colour in (Colour.RED, Colour.YELLOW, Colour.GREEN)))

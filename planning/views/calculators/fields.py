"""Numbers of a calculator as people type them: «1 234,56», «70 %», «3 000 000 ₽». What they may be, calculators check."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Self, TypeVar

from django import forms
from django.utils.safestring import SafeString

from common.fields import MONEY_ERRORS
from common.markup import join, piece
from common.money import MINUS, MoneyError, parse_money
from planning.calculator import Code
from planning.services import PROBLEM_TEXTS

_SPACES: Final = re.compile(r"[\s\u00a0\u202f\u2009]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_LONGEST: Final = 40

Copied = TypeVar("Copied")


def read_number(text: str) -> Decimal | None:
    """«1 234,56», «0.5», «−3» as an exact number; None for anything else."""
    plain = _SPACES.sub("", text).replace(MINUS, "-")
    if len(plain) > _LONGEST or not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", "."))


def _twin(one: Copied) -> Copied:
    twin = object.__new__(type(one))
    twin.__dict__.update(one.__dict__)
    return twin


class TypedInput(forms.TextInput):
    """A text input written out, as django/forms/widgets/input.html draws it: a calculator has dozens of them."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        told = self.get_context(name, value, attrs)["widget"]
        pairs = {"type": told["type"], "name": told["name"]}
        if told["value"] is not None:
            pairs["value"] = told["value"]
        parts = [
            piece(" {}", key) if one is True else piece(' {}="{}"', key, one)
            for key, one in (pairs | told["attrs"]).items()
            if one is not False
        ]
        return piece("<input{}>", join(parts, ""))


class _TypedField(forms.CharField):
    """A text field whose value is a number; an empty one and an unreadable one say so in the calculators' words."""

    def __init__(self, *, mode: str = "decimal", **kwargs: Any) -> None:
        kwargs.setdefault("widget", TypedInput(attrs={"inputmode": mode, "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.error_messages["required"] = PROBLEM_TEXTS[Code.MISSING]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """What django.forms.Field copies for every form, without the general protocol of copying: there are dozens."""
        own = _twin(self)
        own.widget = _twin(self.widget)
        own.widget.attrs = self.widget.attrs.copy()
        own.error_messages = self.error_messages.copy()
        own.validators = self.validators[:]
        memo[id(self)] = own
        return own

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self.read(text) if text else None

    def read(self, text: str) -> Any:
        number = read_number(text)
        if number is None:
            raise forms.ValidationError(PROBLEM_TEXTS[Code.NOT_A_NUMBER], code=Code.NOT_A_NUMBER)
        return number

    def run_validators(self, value: Any) -> None:
        return  # they speak of text; by now the value is a number


class NumberField(_TypedField):
    """Any number → Decimal."""


class WholeField(_TypedField):
    """People, days, clients → int; a fraction of one stays a Fraction, which the calculator refuses beside this field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(mode="numeric", **kwargs)

    def read(self, text: str) -> int | Fraction:
        number = Fraction(super().read(text))
        return number.numerator if number.denominator == 1 else number


class ShareField(_TypedField):
    """«70 %» or «70» → Fraction(7, 10); negative and above 100 % are refused by the calculator beside this field."""

    def read(self, text: str) -> Fraction:
        return Fraction(super().read(text.strip().removesuffix("%"))) / 100


class RoubleField(_TypedField):
    """«3 000 000 ₽» → Decimal to the kopeck, not negative unless `may_be_negative`."""

    def __init__(self, *, may_be_negative: bool = False, **kwargs: Any) -> None:
        self.may_be_negative = may_be_negative
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        try:
            return parse_money(text, allow_negative=self.may_be_negative)
        except MoneyError as error:
            raise forms.ValidationError(MONEY_ERRORS[error.code], code=error.code) from error

"""Fields as people type them: sums with spaces and commas, days, times of day."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import clock
from common.money import MoneyError, parse_money

MONEY_ERRORS = {
    "empty": _("Enter an amount."),
    "format": _("An amount such as 1 234 567,89 is needed."),
    "precision": _("Not more than two digits after the comma."),
    "negative": _("The amount cannot be negative."),
    "too_large": _("At most 999,999,999,999.99."),
}
END_OF_DAY = time(18, 0)  # a step without a time is due by the end of the working day


class MoneyField(forms.CharField):
    """«1 234 567,89 ₽» → Decimal, roubles."""

    def __init__(self, *, may_be_negative: bool = False, **kwargs: Any) -> None:
        self.may_be_negative = may_be_negative
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("max_length", 64)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_money(text, allow_negative=self.may_be_negative)
        except MoneyError as error:
            raise forms.ValidationError(MONEY_ERRORS[error.code], code=error.code) from error

    def run_validators(self, value: Any) -> None:
        # The length limit speaks of the typed text; by now the value is a number.
        return


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%d.%m.%Y"])
        super().__init__(**kwargs)

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day is not None and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("There is no such date in our calendar."), code="invalid")
        return day


class ClockField(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
        kwargs.setdefault("input_formats", ["%H:%M"])
        super().__init__(**kwargs)


def moment(day: date | None, at: time | None) -> datetime | None:
    """The moment a day and an optional time of day mean; None without a day."""
    return None if day is None else clock.local_moment(day, at or END_OF_DAY)

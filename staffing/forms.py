"""Input of a vacancy."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext_lazy as _

from staffing.models import MOST_PEOPLE, Vacancy
from staffing.services import month_after

_MONTHS_AHEAD = 12


class VacancyForm(forms.Form):
    """`version` is the one the person saw."""

    headcount = forms.IntegerField(label=_("People"), min_value=1, max_value=MOST_PEOPLE)
    wanted_on = forms.TypedChoiceField(label=_("Wanted by"), coerce=date.fromisoformat)
    text = forms.CharField(
        label=_("Text of the vacancy"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("What is published: whom we look for, what he does, what we give"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, vacancy: Vacancy, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = sorted({*(month_after(today, at) for at in range(_MONTHS_AHEAD + 1)), vacancy.wanted_on})
        field: Any = self.fields["wanted_on"]
        field.choices = [(one.isoformat(), date_format(one, "F Y").capitalize()) for one in months]

    @staticmethod
    def values_of(vacancy: Vacancy) -> dict[str, Any]:
        return {
            "headcount": vacancy.headcount,
            "wanted_on": vacancy.wanted_on.isoformat(),
            "text": vacancy.text,
            "version": vacancy.version,
        }

"""Filters of the history of a daily job; what cannot be read is told beside its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import DayField
from journal.choices import RunState


class JobRunFilterForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("any state")), *RunState.choices])
    day_from = DayField(label=_("From"), required=False)
    day_to = DayField(label=_("To"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, last = found.get("day_from"), found.get("day_to")
        if first and last and last < first:
            self.add_error("day_to", _("The last day is before the first one."))
        return found

    def wanted(self) -> dict[str, Any]:
        """What was asked: state, day_from, day_to, those that are set. Call it on a valid form."""
        return {name: value for name, value in self.cleaned_data.items() if value}

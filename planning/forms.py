"""Input of a month target, and what the address of /plan/ may ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import DayField, MoneyField
from planning.choices import PeriodKind


class TargetForm(forms.Form):
    """One approved target; `version` is the one the person saw, 0 when there was none."""

    amount = MoneyField(label=_("Target of the month, ₽"))
    reason = forms.CharField(label=_("Reason of the change"), max_length=300, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=32767)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
        if needs_reason:
            self.fields["reason"].help_text = _("An approved target is kept; the change is its next version")


class AskForm(forms.Form):
    """Period and day of the address; what cannot be read falls back to the month of today."""

    period = forms.ChoiceField(choices=PeriodKind.choices, required=False)
    day = DayField(required=False)

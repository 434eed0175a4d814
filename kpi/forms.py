"""What the addresses of /kpi/ may ask for, and the input of reference values and terms of pay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Segment
from common.fields import DayField
from kpi.calculator import PayScheme as Terms
from kpi.choices import Indicator
from kpi.selectors.pay import WEIGHED
from kpi.selectors.references import PERSON_KPIS, ROLES, SEGMENT_KPIS, SET_NORMS, SHARES
from planning.calculator import Code
from planning.choices import PeriodKind
from planning.services import PROBLEM_TEXTS
from planning.views.calculators import NumberField, RoubleField, ShareField, typed_number, typed_share

STEPS: Final = 6  # as many rows as the editor of steps offers


class AskForm(forms.Form):
    """Period and day of the address; what cannot be read falls back to the month of today."""

    period = forms.ChoiceField(
        choices=[row for row in PeriodKind.choices if row[0] in ("day", "week", "month")], required=False
    )
    day = DayField(required=False)
    month = DayField(required=False)


class ListForm(forms.Form):
    """The stretch of /kpi/list/."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField()
        self.fields["to"] = DayField()


class ExtraForm(forms.Form):
    """«If you close so much more»: roubles."""

    use_required_attribute = False

    extra = RoubleField(label=_("If you close so much more, ₽"))


class ReferenceForm(forms.Form):
    """A value set by hand, typed in the unit of its indicator: shares in per cent."""

    kpi = forms.ChoiceField(label=_("Indicator"))
    role = forms.ChoiceField(label=_("Role"))
    segment = forms.ModelChoiceField(
        label=_("Segment"),
        queryset=Segment.objects.filter(is_active=True),
        required=False,
        empty_label=_("all segments"),
        help_text=_("For conversions, days in a colour and the average cheque"),
    )
    value = NumberField(
        label=_("Value"), help_text=_("Shares in per cent, acts a week, days, minutes or roubles: as in the table")
    )
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kpis = [*PERSON_KPIS, *SEGMENT_KPIS, *SET_NORMS]
        self.fields["kpi"].choices = [(str(kpi), Indicator(str(kpi)).label) for kpi in kpis]  # type: ignore[attr-defined]
        self.fields["role"].choices = [(role.value, role.label) for role in ROLES]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        value, kpi = data.get("value"), data.get("kpi")
        if value is not None and kpi in {str(one) for one in SHARES}:
            data["value"] = Fraction(value) / 100
        return data


class SchemeForm(forms.Form):
    """The terms of pay as they are typed: per cents, multipliers; empty rows of steps are left out."""

    use_required_attribute = False

    valid_from = DayField(label=_("From the month"), help_text=_("Its first day"))
    rate = ShareField(label=_("Rate of the fact"))
    cap = NumberField(label=_("One indicator counts at most"), help_text=_("1.2 is 120 % of its norm"))
    kpi_least = NumberField(label=_("KPI not below"))
    kpi_most = NumberField(label=_("KPI not above"))
    reason = forms.CharField(label=_("Reason of the change"), max_length=300, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=32767)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, STEPS + 1):
            self.fields[f"from_{number}"] = ShareField(label=_("Attainment from"), required=False)
            self.fields[f"times_{number}"] = NumberField(label=_("Multiplier"), required=False)
        for kpi in WEIGHED:
            self.fields[f"weight_{kpi}"] = ShareField(label=Indicator(str(kpi)).label, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for number in range(1, STEPS + 1):
            start, times = data.get(f"from_{number}"), data.get(f"times_{number}")
            if (start is None) != (times is None) and not {f"from_{number}", f"times_{number}"} & set(self.errors):
                self.add_error(f"{'from' if start is None else 'times'}_{number}", str(PROBLEM_TEXTS[Code.MISSING]))
        return data

    def terms(self) -> Terms:
        """The typed terms; only of a form without errors."""
        data = self.cleaned_data
        steps = tuple(
            (data[f"from_{number}"], data[f"times_{number}"])
            for number in range(1, STEPS + 1)
            if data.get(f"from_{number}") is not None
        )
        weights = {str(kpi): data.get(f"weight_{kpi}") or Fraction(0) for kpi in WEIGHED}
        plain = {name: data[name] for name in ("rate", "cap", "kpi_least", "kpi_most")}
        return Terms(steps=steps, weights=weights, **plain)

    def refuse(self, fields: Mapping[str, Iterable[str]]) -> None:
        """Puts the service's sentences beside the fields they speak of: those of steps and weights beside the first."""
        first = {"steps": "from_1", "weights": f"weight_{WEIGHED[0]}"}
        for name, texts in fields.items():
            place = first.get(name, name)
            self.add_error(place if place in self.fields else None, list(texts))

    def step_rows(self) -> list[dict[str, Any]]:
        return [
            {"number": number, "start": self[f"from_{number}"], "times": self[f"times_{number}"]}
            for number in range(1, STEPS + 1)
        ]

    def weight_rows(self) -> list[Any]:
        return [self[f"weight_{kpi}"] for kpi in WEIGHED]


def initial_of(terms: Terms, *, valid_from: date, version: int) -> dict[str, Any]:
    """The terms in force as the form shows them."""
    found: dict[str, Any] = {
        "valid_from": valid_from,
        "version": version,
        "rate": typed_share(terms.rate),
        "cap": typed_number(terms.cap),
        "kpi_least": typed_number(terms.kpi_least),
        "kpi_most": typed_number(terms.kpi_most),
    }
    for number, (start, times) in enumerate(terms.steps[:STEPS], start=1):
        found[f"from_{number}"], found[f"times_{number}"] = typed_share(start), typed_number(times)
    for kpi in WEIGHED:
        found[f"weight_{kpi}"] = typed_share(terms.weights.get(kpi, 0))
    return found

"""What a draft of a year is typed into: money, season by month, what the plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from planning.calculator import Code, Step
from planning.calculator.decompose import RATE_TO_NEXT
from planning.constants import DEFAULT_STEP_RATES
from planning.models import YearPlan
from planning.services import PROBLEM_TEXTS, PlanData
from planning.views.calculators.fields import NumberField, RoubleField
from planning.views.calculators.texts import typed_number, typed_share
from planning.views.years.tree import month_name

SEASON_NAMES: Final = tuple(f"season_{month}" for month in range(1, 13))
RATE_LABELS: Final = {
    RATE_TO_NEXT[Step.PRODUCTIVE_CALLS]: _("Call → appointed meeting"),
    RATE_TO_NEXT[Step.APPOINTED_MEETINGS]: _("Appointed → held"),
    RATE_TO_NEXT[Step.HELD_MEETINGS]: _("Held → productive"),
    RATE_TO_NEXT[Step.PRODUCTIVE_MEETINGS]: _("Productive → offer"),
    RATE_TO_NEXT[Step.OFFERS]: _("Offer → invoice, contract"),
    RATE_TO_NEXT[Step.INVOICES]: _("Invoice, contract → payment"),
}
# A service speaks of «total»; the field of the form is the amount.
FORM_NAMES: Final = {"total": "amount"}


class PercentField(NumberField):
    """«70 %» or «70» → Decimal("0.7"); what a conversion may be, the service checks."""

    def read(self, text: str) -> Decimal:
        return Decimal(super().read(text.strip().removesuffix("%"))) / 100


class DraftForm(forms.Form):
    """A draft as a person types it; `edition` is the one he saw, 0 when there was none."""

    amount = RoubleField(label=_("Plan of the year, ₽"))
    leads = NumberField(label=_("Leads a year"), required=False)
    average_cheque = RoubleField(label=_("Average cheque, ₽"), required=False)
    reason = forms.CharField(label=_("Reason of the change"), max_length=300, required=False)
    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    use_required_attribute = False

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for month, name in enumerate(SEASON_NAMES, start=1):
            self.fields[name] = NumberField(label=month_name(month), required=False)
        for name, label in RATE_LABELS.items():
            self.fields[name] = PercentField(label=label, required=False)
        if needs_reason:
            self.fields["reason"].help_text = _("An approved plan is kept; the change is its next version")

    @property
    def season_fields(self) -> list[Any]:
        return [self[name] for name in SEASON_NAMES]

    @property
    def rate_fields(self) -> list[Any]:
        return [self[name] for name in RATE_LABELS]

    def data_of(self) -> PlanData:
        """The typed draft; a coefficient left empty is 1, an empty conversion is not given."""
        typed = self.cleaned_data
        leads = typed["leads"]
        if leads is not None and leads != leads.to_integral_value():
            self.add_error("leads", str(PROBLEM_TEXTS[Code.NOT_WHOLE]))
        season = {month: typed[name] for month, name in enumerate(SEASON_NAMES, start=1) if typed[name] is not None}
        return PlanData(
            amount=typed["amount"],
            season={month: one for month, one in season.items() if one != 1},
            leads=None if leads is None else int(leads),
            average_cheque=typed["average_cheque"],
            rates={name: typed[name] for name in RATE_LABELS if typed[name] is not None},
            reason=typed["reason"],
        )


def typed_plan(plan: YearPlan | None, *, edition: int, reason: str = "") -> dict[str, Any]:
    """A version as it stands in the fields; conversions of the method where nothing is known."""
    rates = {name: Decimal(value) for name, value in plan.rates.items()} if plan else {}
    initial: dict[str, Any] = {"edition": edition, "reason": reason}
    for name in RATE_LABELS:
        rate = rates.get(name) if plan else getattr(DEFAULT_STEP_RATES, name)
        initial[name] = "" if rate is None else typed_share(rate)
    if plan is None:
        return initial
    initial["amount"] = typed_number(plan.amount)
    initial["leads"] = "" if plan.leads is None else typed_number(plan.leads)
    initial["average_cheque"] = "" if plan.average_cheque is None else typed_number(plan.average_cheque)
    return initial | typed_season({int(month): Decimal(value) for month, value in plan.season.items()})


def typed_season(season: Mapping[int, Any]) -> dict[str, str]:
    """Coefficients in their fields, two digits after the comma."""
    return {f"season_{month}": typed_number(value) for month, value in season.items()}


class WeightsForm(forms.Form):
    """One weight for each person; a person left empty gets no share."""

    use_required_attribute = False

    def __init__(self, *args: Any, names: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for pk, name in names.items():
            self.fields[f"weight_{pk}"] = NumberField(label=name, required=False)

    def weights(self) -> dict[int, Decimal]:
        """User id → weight, of those who get one."""
        typed = {name.removeprefix("weight_"): value for name, value in self.cleaned_data.items()}
        return {int(pk): value for pk, value in typed.items() if value}

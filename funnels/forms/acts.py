"""Forms of the acts on a sales cycle: what a dialog asks and nothing more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from clients.choices import SizeLabel
from clients.models import Category, ContactPerson
from common import clock, formats
from common.fields import ClockField, DayField, MoneyField
from funnels.choices import OwnershipReason, RefusalReason, State
from funnels.constants import RECALL_AFTER_REFUSAL_DAYS
from funnels.models import SalesCycle
from funnels.services.states import WORKING_STATES

NOTE = forms.Textarea(attrs={"rows": 2, "maxlength": 500})


class ConfirmForm(forms.Form):
    """An act that asks nothing but «Yes»."""


class TakeForm(forms.Form):
    """`people`: whom the head may give the client to, as (id, «Иванова Мария · 70 из 90»); empty = for oneself.

    `asks`: which of `size` and `category` the card lacks; the take asks for them (6.7).
    """

    def __init__(
        self, *args: Any, people: Sequence[tuple[int, str]] = (), asks: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if "size" in asks:
            sizes = [choice for choice in SizeLabel.choices if choice[0] != SizeLabel.NOT_OURS]
            self.fields["size"] = forms.ChoiceField(label=_("Size label"), choices=[("", "—"), *sizes])
        if "category" in asks:
            self.fields["category"] = forms.ModelChoiceField(
                label=_("Category"), queryset=Category.objects.filter(is_active=True), empty_label="—"
            )
        if people:
            self.fields["owner"] = forms.TypedChoiceField(label=_("Manager"), coerce=int, choices=list(people))


class RefusalForm(forms.Form):
    refusal_reason = forms.ChoiceField(
        label=_("Reason of the refusal"), choices=[("", _("choose the reason")), *RefusalReason.choices]
    )
    note = forms.CharField(label=_("What the client said"), max_length=500, required=False, widget=NOTE)
    recall_on = DayField(label=_("Call again on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        due = clock.today() + timedelta(days=RECALL_AFTER_REFUSAL_DAYS)
        self.fields["recall_on"].help_text = _("Empty: %(day)s. A client that is not ours is not called again.") % {
            "day": f"{due:%d.%m.%Y}"
        }


class ReserveForm(forms.Form):
    contact_on = DayField(label=_("Date of the next talk"))
    note = forms.CharField(label=_("What was agreed"), max_length=500, required=False, widget=NOTE)


class TermsForm(forms.Form):
    amount = MoneyField(label=_("Amount, ₽"))
    pay_on = DayField(label=_("Pay date"), help_text=_("Green while the pay date is within 30 days"))
    person = forms.ModelChoiceField(
        label=_("Who agreed"), queryset=ContactPerson.objects.none(), empty_label=_("choose the decision maker")
    )
    on = DayField(label=_("Agreed on"), required=False)

    def __init__(self, *args: Any, cycle: SalesCycle, **kwargs: Any) -> None:
        kwargs["initial"] = {"on": clock.today(), "amount": _amount(cycle), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        people = self.fields["person"]
        assert isinstance(people, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what stands above
        people.queryset = ContactPerson.objects.decision_makers().filter(client=cycle.client_id)


class CalculationForm(forms.Form):
    on = DayField(label=_("Accepted on"), initial=clock.today)
    note = forms.CharField(label=_("What was calculated or measured"), max_length=500, required=False, widget=NOTE)


class PlanForm(forms.Form):
    amount = MoneyField(label=_("Expected amount, ₽"))
    pay_on = DayField(label=_("Expected pay date"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, cycle: SalesCycle, **kwargs: Any) -> None:
        kwargs["initial"] = {"amount": _amount(cycle), "pay_on": cycle.planned_pay_on, "version": cycle.version}
        super().__init__(*args, **kwargs)


class NextStepForm(forms.Form):
    next_on = DayField(label=_("Day"))
    next_time = ClockField(label=_("Time, if it matters"), required=False)
    next_text = forms.CharField(label=_("What to do"), max_length=200, required=False)

    def __init__(self, *args: Any, cycle: SalesCycle, **kwargs: Any) -> None:
        step = cycle.next_step_at
        kwargs["initial"] = {"next_on": clock.day_of(step) if step else None, "next_text": cycle.next_step_text}
        super().__init__(*args, **kwargs)


class AdvanceForm(forms.Form):
    to_state = forms.ChoiceField(label=_("State"), choices=State.choices, widget=forms.HiddenInput)


class TransferForm(forms.Form):
    to = forms.TypedChoiceField(label=_("To whom"), coerce=int)
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (OwnershipReason.TRANSFER, _("Decree of the head")),
            (OwnershipReason.ABSENCE, OwnershipReason.ABSENCE.label),
            (OwnershipReason.DISMISSAL, OwnershipReason.DISMISSAL.label),
            (OwnershipReason.INTERN, OwnershipReason.INTERN.label),
        ],
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("choose the manager")), *people]  # type: ignore[attr-defined]


class CorrectionForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Correct state"), choices=[(state.value, state.label) for state in WORKING_STATES]
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=NOTE)


class NoMoreForm(forms.Form):
    reason = forms.CharField(label=_("Why there will be no more payments"), max_length=300, widget=NOTE)


class ClosingForm(forms.Form):
    on = DayField(label=_("Signed on"), initial=clock.today)


def people_with_load(people: Sequence[User], loads: dict[int, int]) -> list[tuple[int, str]]:
    """Choices of a manager with his work list: «Иванова Мария · 70 из 90»."""
    return [
        (person.pk, f"{person.last_name} {person.first_name} · {loads.get(person.pk, 0)} / {person.worklist_cap}")
        for person in people
    ]


def _amount(cycle: SalesCycle) -> str:
    return "" if cycle.expected_amount is None else formats.number(cycle.expected_amount)

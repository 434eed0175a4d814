"""Filters of the rotation pages, the recipient of an order, the start of rotation."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import DayField
from funnels.choices import Colour, OrderStatus, OwnershipReason
from funnels.selectors import RotationFilter

_COLOURS = [("", _("all colours")), *((value, label) for value, label in Colour.choices if value != Colour.NONE)]


class RotationFilterForm(forms.Form):
    """Whatever cannot be read stays off: an address typed by hand is no error."""

    colour = forms.ChoiceField(label=_("Colour"), required=False, choices=_COLOURS)

    def __init__(
        self,
        *args,
        people: Sequence[tuple[int, str]] = (),
        departments: Sequence[tuple[int, str]] = (),
        is_history: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        if len(departments) > 1:
            self.fields["department"] = _choice(_("Department"), [("", _("all departments")), *departments])
        if people:
            self.fields["manager"] = _choice(_("Manager"), [("", _("everybody")), *people])
        if is_history:
            closed = (OrderStatus.EXECUTED, OrderStatus.CANCELLED)
            statuses = [("", _("all outcomes")), *((each.value, each.label) for each in closed)]
            self.fields["status"] = forms.ChoiceField(label=_("Outcome"), required=False, choices=statuses)
            self.fields["since"] = DayField(label=_("From"), required=False)
            self.fields["until"] = DayField(label=_("Until"), required=False)
        for field in self.fields.values():
            field.widget.attrs["data-submit-on-change"] = ""

    def wanted(self) -> RotationFilter:
        self.is_valid()
        found = getattr(self, "cleaned_data", {})
        return RotationFilter(**{name: value for name, value in found.items() if value not in (None, "")})

    def kept(self) -> dict[str, str]:
        """The filters of the address that were understood, for links to other pages of the list."""
        self.is_valid()
        found = getattr(self, "cleaned_data", {})
        return {name: str(value) for name, value in found.items() if value not in (None, "")}


class RecipientForm(forms.Form):
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args, people: Sequence[tuple[int, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"] = forms.TypedChoiceField(
            label=_("Recipient"), coerce=int, choices=list(people), widget=forms.RadioSelect
        )


class RotationStartForm(forms.Form):
    rotation_starts_on = DayField(label=_("Rotation starts on"))


class DistributionForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[(each.value, each.label) for each in (OwnershipReason.ABSENCE, OwnershipReason.DISMISSAL)],
    )


def _choice(label, choices) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, required=False, coerce=int, empty_value=None, choices=choices)

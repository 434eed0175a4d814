from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm
from accounts.models import Department, User
from clients.models import Source
from telephony.choices import CallDirection, CallResult
from telephony.constants import DEFAULT_GROUP


class CallFilterForm(forms.Form):
    """Filters of /calls/ in the address; what cannot be read is left out, never an error."""

    direction = forms.ChoiceField(label=_("Direction"), required=False)
    result = forms.ChoiceField(label=_("Result"), required=False)
    employee = forms.ModelChoiceField(label=_("Employee"), queryset=User.objects.none(), required=False)
    day = forms.DateField(
        label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    number = forms.CharField(
        label=_("Number"), required=False, max_length=64, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )

    def __init__(self, *args: Any, user: User, is_missed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("All"))]
        self.fields["direction"].choices = every + CallDirection.choices  # type: ignore[attr-defined]
        self.fields["result"].choices = every + CallResult.choices  # type: ignore[attr-defined]
        people = User.objects.visible_to(user).with_clients()
        self.fields["employee"].queryset = people  # type: ignore[attr-defined]
        self.fields["employee"].empty_label = _("All")  # type: ignore[attr-defined]
        if is_missed:
            del self.fields["direction"], self.fields["result"]
        if user.is_manager:
            del self.fields["employee"]

    def chosen(self) -> dict[str, Any]:
        """The readable filters, as the selectors name them."""
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if value}
        employee: User | None = values.pop("employee", None)
        day: date | None = values.get("day")
        if day is not None and not 2000 <= day.year <= 2100:
            del values["day"]
        return values | ({"employee_id": employee.pk} if employee else {})


class ConnectionForm(ActForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    time_zone = forms.CharField(
        label=_("Time zone of the PBX"),
        max_length=64,
        initial="Europe/Moscow",
        help_text=_("For moments that the PBX sends without a zone."),
    )
    ip_allowlist = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Addresses or networks, one a line. Empty: any address."),
    )

    def clean_ip_allowlist(self) -> list[str]:
        return [
            line.strip() for line in self.cleaned_data["ip_allowlist"].replace(",", "\n").splitlines() if line.strip()
        ]


class LineForm(ActForm):
    number = forms.CharField(label=_("Line number"), max_length=64, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.filter(is_active=True))
    source = forms.ModelChoiceField(
        label=_("Source of new clients"),
        queryset=Source.objects.filter(is_active=True),
        required=False,
        empty_label=_("Not chosen"),
    )
    default_extension = forms.CharField(
        label=_("Extension of the employee on duty"),
        max_length=8,
        required=False,
        help_text=_("Who returns missed calls of unknown numbers."),
    )
    group = forms.CharField(label=_("Group of the PBX"), max_length=40, initial=DEFAULT_GROUP, required=False)

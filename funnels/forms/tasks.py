"""A new task and the filters of /tasks/."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import clock
from common.fields import ClockField, DayField
from funnels.choices import TaskKind

PERIODS = ("", "overdue", "today", "week", "done")


class TaskForm(forms.Form):
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    text = forms.CharField(label=_("What to do"), max_length=300)
    due_on = DayField(label=_("Day"), initial=clock.today)
    due_time = ClockField(label=_("Time, if it matters"), required=False)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4().hex, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if people:
            self.fields["assignee"] = forms.TypedChoiceField(label=_("Who does it"), coerce=int, choices=list(people))

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if day < clock.today():
            raise forms.ValidationError(_("The day has passed."), code="past")
        return day


class TaskFilterForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all kinds")), *TaskKind.choices])

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people:
            self.fields["assignee"] = forms.TypedChoiceField(
                label=_("Who does it"),
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", _("everybody")), *people],
            )
        for field in self.fields.values():
            field.widget.attrs["data-submit-on-change"] = ""

    def wanted(self) -> dict[str, Any]:
        """Filters that could be read; the rest stay off."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

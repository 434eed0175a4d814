"""The contact form: the long one under a row and the one-line log of the card are the same form."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clients.models import Client, ContactPerson
from common import clock
from common.fields import ClockField, DayField, moment
from funnels.choices import ContactKind, ContactResult, Direction, Place, ProgressKind, RefusalReason
from funnels.rules import latest_progress_due
from funnels.services import ContactData

NOON = time(12, 0)  # a contact of an earlier day whose hour nobody wrote down
TEXT_LENGTH = 5000


class ContactForm(forms.Form):
    """`data_of_contact()` gives what the service asks for; `at()` the moment of an earlier day, None for now."""

    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    line = forms.BooleanField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("What it was"),
        choices=ContactKind.choices,
        widget=forms.RadioSelect,
        initial=ContactKind.CALL,
        error_messages={"required": gettext_lazy("Choose what it was.")},
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"), choices=Direction.choices, required=False, initial=Direction.OUT
    )
    place = forms.ChoiceField(
        label=gettext_lazy("Where"), choices=[("", gettext_lazy("place")), *Place.choices], required=False
    )
    is_remote = forms.BooleanField(label=gettext_lazy("online, not in person"), required=False)
    on = DayField(label=gettext_lazy("When"), required=False)
    person = forms.ModelChoiceField(
        label=gettext_lazy("With whom"),
        queryset=ContactPerson.objects.none(),
        required=False,
        empty_label=gettext_lazy("without a contact person"),
        error_messages={"invalid_choice": gettext_lazy("Choose a person of this client.")},
    )
    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        choices=ContactResult.choices,
        widget=forms.RadioSelect,
        initial=ContactResult.TALKED,
        error_messages={"required": gettext_lazy("Choose the result.")},
    )
    text = forms.CharField(
        label=gettext_lazy("About what"),
        max_length=TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": TEXT_LENGTH}),
    )
    has_interest = forms.ChoiceField(
        label=gettext_lazy("Interest"),
        choices=[("1", gettext_lazy("There is")), ("", gettext_lazy("None yet"))],
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )
    is_offer_discussed = forms.BooleanField(label=gettext_lazy("the offer was discussed"), required=False)
    is_terms_discussed = forms.BooleanField(label=gettext_lazy("terms or objections were discussed"), required=False)
    progress_kind = forms.ChoiceField(
        label=pgettext_lazy("funnel", "Progress"),
        choices=[("", gettext_lazy("no agreement yet")), *ProgressKind.choices],
        required=False,
    )
    progress_due_on = DayField(label=gettext_lazy("Progress due"), required=False)
    next_on = DayField(label=gettext_lazy("Next step"), required=False)
    next_time = ClockField(label=gettext_lazy("Time of the next step"), required=False)
    next_text = forms.CharField(
        label=gettext_lazy("What to do next"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": gettext_lazy("What to do next")}),
    )
    refusal_reason = forms.ChoiceField(
        label=gettext_lazy("Reason of the refusal"),
        choices=[("", gettext_lazy("choose the reason")), *RefusalReason.choices],
        required=False,
    )
    recall_on = DayField(label=gettext_lazy("Call again on"), required=False)

    def __init__(
        self, *args: Any, client: Client, people: Sequence[ContactPerson] | None = None, **kwargs: Any
    ) -> None:
        today = clock.today()
        kwargs["initial"] = {"key": uuid.uuid4().hex, "on": today, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.client = client
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.queryset = client.people.active()
        field.label_from_instance = person_label  # type: ignore[method-assign,assignment]
        if not self.is_bound:
            known = list(field.queryset) if people is None else people
            # Read once: drawing the list must not ask the database again.
            field.choices = [("", field.empty_label), *((row.pk, person_label(row)) for row in known)]
            if known:
                self.initial.setdefault("person", known[0].pk)

    def clean_progress_due_on(self) -> date | None:
        due: date | None = self.cleaned_data["progress_due_on"]
        on = self.cleaned_data.get("on") or clock.today()
        latest = latest_progress_due(on)
        if due is not None and self.data.get(self.add_prefix("progress_kind")):
            if due > latest:
                text = _(
                    "Not later than %(day)s: progress is an agreement within a month. "
                    "Choose an earlier date or take the progress off."
                )
                raise forms.ValidationError(text % {"day": f"{latest:%d.%m.%Y}"}, code="progress_too_late")
            if due < on:
                raise forms.ValidationError(_("Progress lies ahead: choose a date from the contact on."), code="past")
        return due

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("progress_kind") and not data.get("progress_due_on") and "progress_due_on" not in self.errors:
            self.add_error("progress_due_on", _("Progress is an action and its date."))
        if not data.get("progress_kind"):
            data["progress_due_on"] = None  # a date without an action is no agreement
        if data.get("result") == ContactResult.REFUSED and not data.get("refusal_reason"):
            self.add_error("refusal_reason", _("Choose the reason of the refusal."))
        next_on, on = data.get("next_on"), data.get("on") or clock.today()
        if next_on is not None and next_on < on and data.get("result") != ContactResult.REFUSED:
            self.add_error("next_on", _("The next step cannot be before the contact."))
        return data

    def data_of_contact(self) -> ContactData:
        """The cleaned form in the words of the service."""
        data = self.cleaned_data
        is_refused = data["result"] == ContactResult.REFUSED
        return ContactData(
            kind=data["kind"],
            result=data["result"],
            person=data["person"],
            text=data["text"],
            direction=data["direction"] or Direction.OUT,
            is_personal=not data["is_remote"],
            place=data["place"],
            has_interest=bool(data["has_interest"]),
            is_offer_discussed=data["is_offer_discussed"],
            is_terms_discussed=data["is_terms_discussed"],
            progress_kind=data["progress_kind"],
            progress_due_on=data["progress_due_on"],
            next_step_at=None if is_refused else moment(data["next_on"], data["next_time"]),
            next_step_has_time=data["next_time"] is not None,
            next_step_text=data["next_text"],
            refusal_reason=data["refusal_reason"] if is_refused else "",
            recall_on=data["recall_on"] if is_refused else None,
            key=data["key"],
        )

    def at(self) -> Any:
        """The moment of the contact: None = now, noon of an earlier day."""
        on = self.cleaned_data.get("on")
        return None if on is None or on == clock.today() else clock.local_moment(on, NOON)


def person_label(person: ContactPerson) -> str:
    """«И. Сафонов · ЛПР»: the last name first in the base, initials first on the screen."""
    words = person.full_name.split()
    name = f"{words[1][0]}. {words[0]}" if len(words) > 1 else person.full_name
    mark = _("DM") if person.is_dm else person.position
    return f"{name} · {mark}" if mark else name

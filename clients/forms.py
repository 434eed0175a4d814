"""Input of the pages of the client base. The forms shape what was typed; the services decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm
from accounts.models import Department, User
from clients.choices import ClientKind, SizeLabel
from clients.constants import DEAL_TERMS_DAYS
from clients.models import Category, Client, ContactPerson, Segment, Source
from clients.selectors import REQUISITES, can_share_phones

_EMPTY = [("", "—")]
# Keys of a page that are no data: everything else that the form does not know goes to the service, which names it.
NOT_DATA = frozenset({"csrfmiddlewaretoken", "key", "version", "next"})


def foreign_keys(posted: Iterable[str], form: forms.Form) -> set[str]:
    """Keys somebody sent besides the fields of the form."""
    return {key for key in posted if key not in form.fields and key not in NOT_DATA}


class CardForm(ActForm):
    """The card. Lengths are told by the service, so that an over-long text is an error and is not cut."""

    name = forms.CharField(label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(label=_("Kind"), choices=ClientKind.choices, required=False)
    inn = forms.CharField(label=_("INN"), required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    kpp = forms.CharField(label=_("KPP"), required=False)
    ogrn = forms.CharField(label=_("OGRN"), required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    size = forms.ChoiceField(label=_("Size label"), choices=[*_EMPTY, *SizeLabel.choices], required=False)
    category = forms.ModelChoiceField(label=_("Category"), queryset=Category.objects.none(), required=False)
    segment = forms.ModelChoiceField(
        label=_("Segment"),
        queryset=Segment.objects.none(),
        required=False,
        help_text=_("Empty: follows the size label. Applies to future cycles."),
    )
    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none(), required=False)
    city = forms.CharField(label=_("City"), required=False)
    address = forms.CharField(label=_("Address"), required=False)
    website = forms.CharField(label=_("Website"), required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, client: Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("category", Category), ("segment", Segment), ("source", Source)):
            entries: QuerySet[Any] = model.objects.filter(is_active=True)
            kept = getattr(client, f"{name}_id", None)
            if kept is not None:
                entries = entries | model.objects.filter(pk=kept)
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = entries
                field.empty_label = "—"


class ClientEditForm(CardForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, allowed: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name != "version" and name not in allowed]:
            del self.fields[name]
        if allowed == REQUISITES:
            self.order_fields(["inn", "kpp", "ogrn", "address"])


class ClientNewForm(CardForm):
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    phone = forms.CharField(
        label=_("Phone"), required=False, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
    )
    email = forms.CharField(label=_("E-mail"), required=False)
    person_name = forms.CharField(label=_("Contact person"), required=False)
    person_position = forms.CharField(label=_("Position"), required=False)
    person_is_dm = forms.BooleanField(label=_("Decision maker"), required=False)

    field_order = [
        "name",
        "phone",
        "inn",
        "email",
        "person_name",
        "person_position",
        "person_is_dm",
        "size",
        "category",
    ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "phone", "inn", "email"):
            self.fields[name].widget.attrs |= {
                "hx-get": reverse_lazy("duplicate_hints"),
                "hx-trigger": "input changed delay:400ms",
                "hx-target": "#duplicates",
                "hx-include": "closest form",
                "hx-params": "name,phone,inn,email",
            }
        if user.is_director:
            department = self.fields["department"]
            if isinstance(department, forms.ModelChoiceField):
                department.queryset = Department.objects.filter(is_active=True)
                department.required = True
        else:
            del self.fields["department"]


class PersonForm(ActForm):
    full_name = forms.CharField(label=_("Full name"))
    position = forms.CharField(label=_("Position"), required=False)
    is_dm = forms.BooleanField(label=_("Decision maker"), required=False)
    note = forms.CharField(label=_("Note"), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)


class _OfPersonForm(ActForm):
    person = forms.ModelChoiceField(label=_("Whose"), queryset=ContactPerson.objects.none(), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, client: Client, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["person"]
        if isinstance(people, forms.ModelChoiceField):
            people.queryset = ContactPerson.objects.visible_to(user).filter(client=client, is_active=True)
            people.empty_label = str(_("the company"))


class PhoneForm(_OfPersonForm):
    phone = forms.CharField(label=_("Phone"), widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}))
    is_shared = forms.BooleanField(
        label=_("Shared number"), required=False, help_text=_("One number of several companies.")
    )

    field_order = ["phone", "person", "is_shared"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if not can_share_phones(user):
            del self.fields["is_shared"]


class EmailForm(_OfPersonForm):
    email = forms.CharField(label=_("E-mail"), widget=forms.TextInput(attrs={"inputmode": "email"}))

    field_order = ["email", "person"]


class SizeForm(ActForm):
    size = forms.ChoiceField(label=_("Size label"), choices=SizeLabel.choices)


class ImportForm(ActForm):
    file = forms.FileField(label=_("File"), allow_empty_file=True)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    is_dry = forms.BooleanField(
        label=_("Check only"),
        required=False,
        initial=True,
        help_text=_("Nothing is written; you can import afterwards."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        department = self.fields["department"]
        if user.is_director and isinstance(department, forms.ModelChoiceField):
            department.queryset = Department.objects.filter(is_active=True)
            department.required = True
        else:
            del self.fields["department"]


class SegmentForm(ActForm):
    name = forms.CharField(label=_("Name"))
    size = forms.ChoiceField(label=_("Default for the size"), choices=[*_EMPTY, *SizeLabel.choices], required=False)
    term_days = forms.ChoiceField(
        label=_("Deal term, days"), choices=[(str(days), str(days)) for days in DEAL_TERMS_DAYS]
    )
    average_cheque = forms.CharField(label=_("Average cheque, ₽"))
    p_red = forms.CharField(label=_("Red to yellow, %"))
    p_yellow = forms.CharField(label=_("Yellow to green, %"))
    p_green = forms.CharField(label=_("Green to paid, %"))
    t_red = forms.CharField(label=_("Days in red"))
    t_yellow = forms.CharField(label=_("Days in yellow"))
    t_green = forms.CharField(label=_("Days in green"))
    green_floor_percent = forms.CharField(
        label=_("Floor of green, %"), required=False, help_text=_("Empty: 16.67 % (3 of 18). May be raised only.")
    )
    yellow_floor_percent = forms.CharField(
        label=_("Floor of yellow, %"), required=False, help_text=_("Empty: 27.78 % (5 of 18). May be raised only.")
    )
    is_active = forms.BooleanField(label=_("Offered"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, only: Iterable[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only is not None:
            for name in [name for name in self.fields if name not in {*only, "version"}]:
                del self.fields[name]


class ServersForm(ActForm):
    users = forms.ModelMultipleChoiceField(
        label=_("Who serves it"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A person marked in no segment serves all of them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["users"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = User.objects.active().managers()


class EntryNewForm(ActForm):
    name = forms.CharField(label=_("Name"), max_length=80)


class EntryForm(EntryNewForm):
    is_active = forms.BooleanField(label=_("Offered"), required=False)

"""Input of the pages of people and settings. Fields that a person may not write do not exist in his form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.choices import AbsenceKind, DayKind, Role, TokenScope
from accounts.constants import (
    LONGEST_CODE,
    LONGEST_PASSWORD,
    TOKEN_DAYS_DEFAULT,
    TOKEN_DAYS_MOST,
    WORKLIST_CAP_LEAST,
    WORKLIST_CAP_MOST,
)
from accounts.models import Department, User
from accounts.rules import grantable_roles
from accounts.selectors import possible_deputies
from common.errors import ActError, Invalid


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ActForm(forms.Form):
    """A form whose act may be refused by its service: the refusal stands beside its field."""

    def add_refusal(self, error: ActError) -> int:
        """Writes the refusal into the form; returns the status of the answer."""
        if isinstance(error, Invalid):
            for name, texts in error.fields.items():
                for text in texts:
                    self.add_error(name if name in self.fields else None, text)
        else:
            self.add_error(None, error.text)
        return error.status


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("Login"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def _code_field(label: Any, **attributes: Any) -> forms.CharField:
    shown = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", **attributes}
    return forms.CharField(label=label, max_length=LONGEST_CODE, widget=forms.TextInput(attrs=shown))


class CodeForm(ActForm):
    """After the password: six digits of the app, or a recovery code."""

    code = _code_field(_("Code of the app, or a recovery code"), autofocus=True)


class SecondFactorForm(ActForm):
    """The first code of a new app."""

    code = _code_field(_("Code the app shows now"), inputmode="numeric")


class ForgottenForm(ActForm):
    who = forms.CharField(
        label=_("Login or e-mail"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )


class NewPasswordForm(ActForm):
    password = forms.CharField(
        label=_("New password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text=_("At least 12 characters, not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("New password once more"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("password") and values.get("repeated") and values["password"] != values["repeated"]:
            self.add_error("repeated", _("The two passwords differ."))
        return values


class ProofForm(ActForm):
    """Who sits there now: the password, or the code of the app."""

    proof = forms.CharField(
        label=_("Password, or the code of your app"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class PreferencesForm(ActForm):
    language = forms.ChoiceField(label=_("Language"), choices=[("ru", "Русский"), ("en", "English")])
    has_shortcuts = forms.BooleanField(label=_("Keyboard shortcuts"), required=False)


class PasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Present password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["present", "password", "repeated"]


class TokenForm(ActForm):
    name = forms.CharField(label=_("What it is for"), max_length=80)
    scope = forms.ChoiceField(label=_("Rights"), choices=TokenScope.choices, initial=TokenScope.READ)
    days = forms.IntegerField(
        label=_("Days it lives"), min_value=1, max_value=TOKEN_DAYS_MOST, initial=TOKEN_DAYS_DEFAULT
    )


class StaffFilterForm(forms.Form):
    """The filters of the list, kept in the address; nonsense is ignored."""

    q = forms.CharField(label=_("Name, login or extension"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)
    department = forms.ChoiceField(label=_("Department"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Active")), ("absent", _("Absent")), ("inactive", _("Switched off")), ("all", _("All"))],
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("Any")), *Role.choices]  # type: ignore[attr-defined]
        departments = Department.objects.visible_to(viewer)
        self.fields["department"].choices = [  # type: ignore[attr-defined]
            ("", _("Any department")),
            *((str(row.pk), row.name) for row in departments),
        ]
        if not viewer.is_administrator:
            del self.fields["department"]


class EmployeeForm(ActForm):
    """What a head or an administrator writes about an employee; the role has a form of its own."""

    last_name = forms.CharField(label=_("Last name"), max_length=80)
    first_name = forms.CharField(label=_("First name"), max_length=80)
    patronymic = forms.CharField(label=_("Patronymic"), max_length=80, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    extension = forms.RegexField(
        label=_("Extension"),
        regex=r"^\d{1,6}\Z",
        required=False,
        error_messages={"invalid": _("Up to six digits.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    worklist_cap = forms.IntegerField(
        label=_("Work list, at most"),
        min_value=WORKLIST_CAP_LEAST,
        max_value=WORKLIST_CAP_MOST,
        help_text=_("From 50 to 90 clients in work; an intern has 50."),
    )
    employed_on = forms.DateField(label=_("Employed on"), required=False, widget=DateInput())
    part_time_percent = forms.IntegerField(
        label=_("Part of a full day, %"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("100 is a full day; the staffing calculator counts people by it."),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actor.is_administrator:
            field: Any = self.fields["department"]
            field.queryset = Department.objects.visible_to(actor).filter(is_active=True)
        else:
            del self.fields["department"]

    def employee(self) -> dict[str, Any]:
        """The values of the service's `data`."""
        names = set(EmployeeForm.base_fields)
        values = {name: value for name, value in self.cleaned_data.items() if name in names}
        if values.get("part_time_percent") is None:
            values.pop("part_time_percent", None)  # left empty: as it was
        return values


class EmployeeChangeForm(EmployeeForm):
    version = forms.IntegerField(widget=forms.HiddenInput(), min_value=0)

    @classmethod
    def values_of(cls, user: User) -> dict[str, Any]:
        return {name: getattr(user, name) for name in (*EmployeeForm.base_fields, "version")}


class NewEmployeeForm(EmployeeForm):
    login = forms.CharField(
        label=_("Login"),
        max_length=64,
        help_text=_("Latin letters, digits, dot, dash. It never changes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Role"))
    field_order = ["last_name", "first_name", "patronymic", "login", "role", "department"]

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["role"].choices = role_choices(actor)  # type: ignore[attr-defined]
        self.fields["worklist_cap"].required = False


class RoleForm(ActForm):
    role = forms.ChoiceField(label=_("Role"))
    department = forms.ModelChoiceField(
        label=_("Department"), queryset=Department.objects.none(), required=False, empty_label=_("As now")
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(actor)  # type: ignore[attr-defined]
        if actor.is_administrator:
            field: Any = self.fields["department"]
            field.queryset = Department.objects.visible_to(actor).filter(is_active=True)
        else:
            del self.fields["department"]


class AbsenceForm(ActForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=AbsenceKind.choices)
    starts_on = forms.DateField(label=_("First day"), widget=DateInput())
    ends_on = forms.DateField(
        label=_("Last day"), widget=DateInput(), required=False, help_text=_("Empty = not known yet.")
    )
    deputy = forms.ModelChoiceField(
        label=_("Deputy"),
        queryset=User.objects.none(),
        help_text=_("Works the list meanwhile; owner and clocks stay."),
    )

    def __init__(self, *args: Any, employee: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["deputy"]
        field.queryset = possible_deputies(employee)


class AbsenceEndForm(ActForm):
    ends_on = forms.DateField(label=_("Last day"), widget=DateInput())


class OrganisationForm(ActForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    pause_on_public_holidays = forms.BooleanField(label=_("Clocks pause on public holidays"), required=False)
    knowledge_required = forms.BooleanField(
        label=_("Yellow and green clients need a passed knowledge test"), required=False
    )
    old_owner_share_percent = forms.IntegerField(
        label=_("Share of the old owner in a sale rotated green, %"), min_value=0, max_value=50
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.is_administrator:
            del self.fields["name"]


class DepartmentForm(ActForm):
    """Only the fields this person may change."""

    name = forms.CharField(label=_("Name"), max_length=120)
    is_active = forms.BooleanField(label=_("The department is open"), required=False)
    managers_may_export = forms.BooleanField(label=_("Managers may export their own list"), required=False)

    def __init__(self, *args: Any, actor: User, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = {"name", "is_active"} if actor.is_administrator else {"managers_may_export"}
        if is_new:
            allowed = {"name"}
        for name in set(self.fields) - allowed:
            del self.fields[name]


class CalendarDayForm(ActForm):
    day = forms.DateField(widget=forms.HiddenInput())
    kind = forms.ChoiceField(label=_("Kind of day"), choices=DayKind.choices)


def role_choices(actor: User) -> list[tuple[str, Any]]:
    allowed = grantable_roles(actor.role)
    return [(value, label) for value, label in Role.choices if value in allowed]

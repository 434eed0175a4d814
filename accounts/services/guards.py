"""What every act on a person asks first."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from accounts.constants import WORKLIST_CAP_INTERN
from accounts.models import User
from accounts.rules import grantable_roles, needs_department
from common.errors import Conflict, Invalid, NotAllowed

EDITABLE_FIELDS: Final = (
    "last_name",
    "first_name",
    "patronymic",
    "email",
    "department",
    "extension",
    "worklist_cap",
    "employed_on",
    "part_time_percent",
)


def refuse_unless_editable(*, user: User, actor: User) -> None:
    """The administrator changes everybody but himself, a head the managers of his department. NotAllowed otherwise."""
    if actor.is_active and user.pk != actor.pk:
        if actor.role == Role.ADMINISTRATOR:
            return
        if actor.role == Role.HEAD and user.role in MANAGER_ROLES and user.department_id == actor.department_id:
            return
    raise NotAllowed(_("You may not change this employee."))


def refuse_unless_grantable(*, role: str, actor: User) -> None:
    """Nobody grants above his own role. Invalid for a role that does not exist, NotAllowed for one out of reach."""
    if role not in Role.values:
        raise Invalid({"role": _("There is no such role.")})
    if not actor.is_active or role not in grantable_roles(actor.role):
        raise NotAllowed(_("You may not give this role."))


def refuse_unknown_fields(data: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Names what a person may not write here: nothing is silently dropped."""
    unknown = sorted(set(data) - set(allowed))
    if unknown:
        raise Invalid({name: _("This field cannot be changed here.") for name in unknown})


def lock_administrators() -> list[int]:
    """Locks the active administrators, always in one order and before the person an act is about.

    Two administrators who take the role from each other at once would else wait for each other, or both succeed.
    """
    administrators = User.objects.select_for_update(of=("self",)).active().filter(role=Role.ADMINISTRATOR)
    return list(administrators.order_by("pk").values_list("pk", flat=True))


def refuse_last_administrator(user: User, administrators: list[int]) -> None:
    """Conflict when `user` is the only one of the locked administrators."""
    if user.role == Role.ADMINISTRATOR and user.is_active and set(administrators) <= {user.pk}:
        raise Conflict(_("This is the last administrator: appoint another one first."), code="last_administrator")


def check_person(user: User) -> None:
    """The rules of a whole person, before saving. Invalid by field."""
    fields: dict[str, list[str]] = {}
    if needs_department(user.role) and user.department_id is None:
        fields["department"] = [_("This role needs a department.")]
    if user.department is not None and not user.department.is_active:
        fields["department"] = [_("This department is closed.")]
    if user.role == Role.INTERN and (user.worklist_cap or 0) > WORKLIST_CAP_INTERN:
        fields["worklist_cap"] = [_("An intern has at most %(n)d clients in work.") % {"n": WORKLIST_CAP_INTERN}]
    if user.extension and user.is_active:
        others = User.objects.active().filter(extension=user.extension).exclude(pk=user.pk)
        if others.exists():
            fields["extension"] = [_("This extension already belongs to another employee.")]
    try:
        user.full_clean(exclude=["password", *fields], validate_constraints=False)
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            fields.setdefault("__all__" if name == NON_FIELD_ERRORS else name, texts)
    if fields:
        raise Invalid(fields)


def save_checked(row: Model, **options: Any) -> None:
    """Saves; what another request has taken meanwhile (login, extension, name) is a Conflict."""
    try:
        with transaction.atomic():
            row.save(**options)
    except IntegrityError as error:
        raise Conflict(_("Somebody has just taken this value: check the form and save again.")) from error

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import signals
from accounts.choices import Role
from accounts.constants import LONGEST_PASSWORD, WORKLIST_CAP_INTERN, WORKLIST_CAP_MOST
from accounts.models import ApiToken, Department, User
from accounts.rules import SELLER_ROLES
from accounts.services import guards
from common import clock
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from journal.services import differences, record

_PREFERENCES = ("language", "has_shortcuts")


@transaction.atomic
def create_employee(*, data: dict[str, Any], login: str, role: str, password: str, actor: User) -> User:
    """A new employee with his first password.

    `data` holds guards.EDITABLE_FIELDS; a head's people join his department whatever `data` says. Errors: Invalid
    (wrong or unknown fields, taken login), NotAllowed (a role above one's own, another department).
    """
    guards.refuse_unless_grantable(role=role, actor=actor)
    guards.refuse_unknown_fields(data, guards.EDITABLE_FIELDS)
    values = _stripped(data)
    if actor.role == Role.HEAD:
        if values.get("department") not in (None, actor.department):
            raise NotAllowed(_("You may not add people to another department."))
        values["department"] = actor.department
    if values.get("worklist_cap") is None:
        values["worklist_cap"] = WORKLIST_CAP_INTERN if role == Role.INTERN else WORKLIST_CAP_MOST
    user = User(login=login.strip().lower(), role=role, **values)
    guards.check_person(user)
    set_checked_password(user, password)
    guards.save_checked(user, force_insert=True)
    record(action="user.create", obj=user, actor=actor, after={"login": user.login, "role": role, **_card(user)})
    return user


@transaction.atomic
def change_employee(*, user: User, data: dict[str, Any], version: int, actor: User) -> User:
    """Name, e-mail, department, extension, work list cap. Saving what already stands writes nothing.

    Errors: Invalid, NotAllowed, StaleVersion; Conflict when the department changes and clients would stay behind.
    """
    user = _locked(user)
    guards.refuse_unless_editable(user=user, actor=actor)
    guards.refuse_unknown_fields(data, guards.EDITABLE_FIELDS)
    if user.version != version:
        raise StaleVersion(_("Somebody has changed this employee meanwhile."), current=_card(user))
    before = _card(user)
    old_department: Department | None = user.department
    for name, value in _stripped(data).items():
        setattr(user, name, value)
    if user.department_id != (old_department.pk if old_department else None):
        if actor.role != Role.ADMINISTRATOR:
            raise NotAllowed(_("Only the administrator moves people between departments."))
        _announce_reassignment(user=user, actor=actor, role=user.role)
    guards.check_person(user)
    old, new = differences(before, _card(user))
    if not new:
        return user
    user.version += 1
    guards.save_checked(user)
    record(action="user.edit", obj=user, actor=actor, before=old, after=new)
    return user


@transaction.atomic
def change_role(*, user: User, role: str, actor: User, department: Department | None = None) -> User:
    """Gives another role; every session of the person ends. `department` may be given for a role that needs one.

    Errors: NotAllowed (oneself, above one's own role, another department), Conflict (the last administrator,
    clients that would stay without a seller), Invalid.
    """
    if user.pk == actor.pk:
        raise NotAllowed(_("Nobody changes his own role."))
    administrators = guards.lock_administrators()
    user = _locked(user)
    actor = _present(actor)
    guards.refuse_unless_editable(user=user, actor=actor)
    guards.refuse_unless_grantable(role=role, actor=actor)
    if department is not None and department != user.department and actor.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only the administrator moves people between departments."))
    before = {"role": user.role, "department": user.department_id, "worklist_cap": user.worklist_cap}
    if role != Role.ADMINISTRATOR:
        guards.refuse_last_administrator(user, administrators)
    old_role, user.role = user.role, role
    user.department = department or user.department
    if role == Role.INTERN:
        user.worklist_cap = min(user.worklist_cap, WORKLIST_CAP_INTERN)
    after = {"role": user.role, "department": user.department_id, "worklist_cap": user.worklist_cap}
    old, new = differences(before, after)
    if not new:
        return user
    if old_role in SELLER_ROLES:
        _announce_reassignment(user=user, actor=actor, role=role)
    guards.check_person(user)
    user.version += 1
    user.session_epoch += 1
    guards.save_checked(user)
    record(action="user.role", obj=user, actor=actor, before=old, after=new)
    return user


@transaction.atomic
def deactivate_employee(*, user: User, actor: User, distribute: bool = False) -> User:
    """Switches a person off: sessions and tokens die at once. Switching off twice writes nothing.

    Clients first (domain 2.5): whoever hears `before_deactivation` refuses with Conflict «N clients» or, with
    `distribute`, gives them away in this transaction. Errors: NotAllowed; Conflict also for oneself and for the last
    administrator.
    """
    if user.pk == actor.pk:
        raise Conflict(_("Nobody switches himself off."), code="self")
    administrators = guards.lock_administrators()
    user = _locked(user)
    guards.refuse_unless_editable(user=user, actor=_present(actor))
    if not user.is_active:
        return user
    guards.refuse_last_administrator(user, administrators)
    deputised = user.deputising.overlapping(clock.today(), None).select_related("user").first()
    if deputised is not None:
        raise Conflict(
            _("This employee is the deputy of %(name)s: choose another deputy first.") % {"name": deputised.user}
        )
    signals.before_deactivation.send(sender=User, user=user, actor=actor, distribute=distribute)
    now = clock.now()
    user.is_active = False
    user.deactivated_at = now
    user.version += 1
    user.session_epoch += 1
    user.save(update_fields=["is_active", "deactivated_at", "version", "session_epoch"])
    tokens = ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    record(
        action="user.deactivate",
        obj=user,
        actor=actor,
        before={"is_active": True},
        after={"is_active": False, "revoked_tokens": tokens, "distributed": distribute},
    )
    return user


@transaction.atomic
def reactivate_employee(*, user: User, password: str, actor: User) -> User:
    """Lets a person in again, with a new password; old sessions and tokens stay dead. Errors: NotAllowed, Invalid."""
    user = _locked(user)
    guards.refuse_unless_editable(user=user, actor=actor)
    guards.refuse_unless_grantable(role=user.role, actor=actor)
    if user.is_active:
        return user
    user.is_active = True
    user.deactivated_at = None
    user.version += 1
    guards.check_person(user)
    set_checked_password(user, password)
    guards.save_checked(user)
    record(action="user.reactivate", obj=user, actor=actor, before={"is_active": False}, after={"is_active": True})
    return user


@transaction.atomic
def change_preferences(*, user: User, data: dict[str, Any]) -> User:
    """The person's own language and shortcuts, nothing else."""
    user = _locked(user)
    guards.refuse_unknown_fields(data, _PREFERENCES)
    before = {name: getattr(user, name) for name in _PREFERENCES}
    for name, value in data.items():
        setattr(user, name, value)
    old, new = differences(before, {name: getattr(user, name) for name in _PREFERENCES})
    if not new:
        return user
    try:
        user.clean_fields(exclude=[field.name for field in User._meta.fields if field.name not in _PREFERENCES])
    except ValidationError as error:
        raise Invalid(error.message_dict) from error
    user.save(update_fields=list(_PREFERENCES))
    record(action="user.preferences", obj=user, actor=user, before=old, after=new)
    return user


def set_checked_password(user: User, password: str) -> None:
    """Invalid {"password": […]} when it is too short, too long, common or like the person's name."""
    if len(password) > LONGEST_PASSWORD:
        raise Invalid({"password": _("At most %(n)d characters.") % {"n": LONGEST_PASSWORD}})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": error.messages}) from error
    user.set_password(password)


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).select_related("department").get(pk=user.pk)


def _present(actor: User) -> User:
    """The actor as he is now: rights read before the wait for a lock may be gone. NotAllowed when he is."""
    present = User.objects.filter(pk=actor.pk).first()
    if present is None:
        raise NotAllowed(_("You may not change this employee."))
    return present


def _announce_reassignment(*, user: User, actor: User, role: str) -> None:
    if user.is_active:
        signals.before_reassignment.send(sender=User, user=user, actor=actor, role=role, department=user.department)


def _stripped(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


def _card(user: User) -> dict[str, Any]:
    return {
        name: user.department_id if name == "department" else getattr(user, name) for name in guards.EDITABLE_FIELDS
    }

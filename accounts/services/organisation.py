from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.constants import CALENDAR_YEARS
from accounts.models import Department, Organisation, User
from accounts.rules import may_change_switches
from accounts.services import guards
from accounts.services.calendar import seed_calendar
from accounts.services.employees import set_checked_password
from common.errors import Conflict, Invalid, NotAllowed
from journal.services import differences, record

SWITCHES: Final = ("name", "pause_on_public_holidays", "knowledge_required", "old_owner_share_percent")


@transaction.atomic
def create_organisation(
    *, name: str, login: str, password: str, email: str = "", last_name: str = "", first_name: str = ""
) -> tuple[Organisation, User]:
    """The first real set-up: organisation, calendar, administrator. Conflict when there is an organisation already."""
    if Organisation.objects.exists():
        raise Conflict(_("This installation already has an organisation."))
    organisation = Organisation(pk=1, name=name.strip())
    _check(organisation, exclude=["id"])
    guards.save_checked(organisation, force_insert=True)
    days = seed_calendar(years=CALENDAR_YEARS)
    administrator = User(
        login=login.strip().lower(),
        email=email.strip(),
        role=Role.ADMINISTRATOR,
        last_name=last_name.strip() or login.strip(),
        first_name=first_name.strip() or _("Administrator"),
    )
    guards.check_person(administrator)
    set_checked_password(administrator, password)
    guards.save_checked(administrator, force_insert=True)
    record(
        action="organisation.create",
        obj=organisation,
        after={"name": organisation.name, "administrator": administrator.login, "calendar_days": days},
    )
    record(action="user.create", obj=administrator, after={"login": administrator.login, "role": administrator.role})
    return organisation, administrator


@transaction.atomic
def change_organisation(*, data: dict[str, Any], actor: User) -> Organisation:
    """The name (administrator) and the switches of the method (director, administrator). NotAllowed, Invalid."""
    guards.refuse_unknown_fields(data, SWITCHES)
    organisation = Organisation.objects.select_for_update().get(pk=1)
    before = {name: getattr(organisation, name) for name in SWITCHES}
    for name, value in data.items():
        setattr(organisation, name, value.strip() if isinstance(value, str) else value)
    old, new = differences(before, {name: getattr(organisation, name) for name in SWITCHES})
    if not actor.is_active or not may_change_switches(actor.role):
        raise NotAllowed(_("Only director and administrator change these settings."))
    if "name" in new and actor.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only the administrator renames the organisation."))
    if not new:
        return organisation
    _check(organisation)
    organisation.save()
    record(action="organisation.edit", obj=organisation, actor=actor, before=old, after=new)
    return organisation


@transaction.atomic
def create_department(*, name: str, actor: User) -> Department:
    """NotAllowed unless administrator; Invalid for an empty or taken name."""
    if not actor.is_active or actor.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only the administrator opens departments."))
    department = Department(name=name.strip())
    _check(department)
    guards.save_checked(department, force_insert=True)
    record(action="department.create", obj=department, actor=actor, after={"name": department.name})
    return department


@transaction.atomic
def change_department(*, department: Department, data: dict[str, Any], actor: User) -> Department:
    """`name`, `is_active` (administrator; only without active people) and `managers_may_export` (its head, director).

    Errors: NotAllowed, Invalid, Conflict.
    """
    guards.refuse_unknown_fields(data, ("name", "is_active", "managers_may_export"))
    department = Department.objects.select_for_update().get(pk=department.pk)
    before = {name: getattr(department, name) for name in data}
    for name, value in data.items():
        setattr(department, name, value.strip() if isinstance(value, str) else value)
    old, new = differences(before, {name: getattr(department, name) for name in data})
    if not new:
        return department
    is_own_head = actor.role == Role.HEAD and actor.department_id == department.pk
    may_switch = actor.is_active and (is_own_head or actor.role == Role.DIRECTOR)
    may_rename = actor.is_active and actor.role == Role.ADMINISTRATOR
    if ("managers_may_export" in new and not may_switch) or (set(new) - {"managers_may_export"} and not may_rename):
        raise NotAllowed(_("You may not change this setting of the department."))
    if new.get("is_active") is False and User.objects.active().filter(department=department).exists():
        raise Conflict(_("People work in this department: move them first."))
    _check(department)
    guards.save_checked(department)
    record(action="department.edit", obj=department, actor=actor, before=old, after=new)
    return department


def _check(row: Organisation | Department, exclude: list[str] | None = None) -> None:
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise Invalid(error.message_dict) from error

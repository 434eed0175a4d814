"""Contact persons of a client; at most five active decision makers (R-S3-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from clients.constants import MOST_DECISION_MAKERS
from clients.models import Client, ContactPerson
from clients.services.acts import bump, lock_for_edit, once, refuse_colour
from clients.services.fields import text_value
from common import clock
from common.errors import Invalid
from journal.services import differences, record

if TYPE_CHECKING:
    from accounts.models import User

_LONGEST: Final = {"full_name": 160, "position": 120, "note": 500}
PERSON_FIELDS: Final = frozenset({"full_name", "position", "note", "is_dm", "is_active"})


def add_person(
    *,
    client: Client,
    full_name: str,
    actor: User,
    position: str = "",
    is_dm: bool = False,
    note: str = "",
    key: str | None = None,
) -> ContactPerson:
    """A new active person. Invalid: no name, too long, a sixth active decision maker («Не более 5 ЛПР»)."""

    def act() -> int:
        person = attach_person(locked, full_name=full_name, position=position, is_dm=is_dm, note=note)
        bump(locked)
        record(action="person.add", obj=person, actor=actor, after={"client": locked.pk, **_snapshot(person)})
        return person.pk

    with transaction.atomic():
        locked = lock_for_edit(client, actor)
        request = {"client": locked.pk, "name": full_name, "position": position, "is_dm": is_dm, "note": note}
        pk, _is_repeated = once(actor=actor, key=key, request=request, act=act)
        return ContactPerson.objects.get(pk=pk)


def attach_person(
    client: Client, *, full_name: str, position: str = "", is_dm: bool = False, note: str = "", prefix: str = ""
) -> ContactPerson:
    """Writes a person inside the act that calls it (client locked or new). `prefix` names the fields of its form."""
    values = _clean({"full_name": full_name, "position": position, "note": note, "is_dm": is_dm}, prefix)
    if values["is_dm"]:
        _refuse_sixth(client, None, f"{prefix}is_dm")
    return ContactPerson.objects.create(client=client, created_at=clock.now(), **values)


def update_person(*, person: ContactPerson, data: Mapping[str, Any], actor: User) -> ContactPerson:
    """Changes `full_name`, `position`, `note`, `is_dm`, `is_active`. Invalid names unknown keys."""
    refuse_colour(data, actor=actor, client=person.client)
    with transaction.atomic():
        locked = lock_for_edit(person.client, actor)
        current = ContactPerson.objects.select_for_update(of=("self",)).get(pk=person.pk)
        unknown = {str(key)[:80]: _("There is no such field.") for key in data if key not in PERSON_FIELDS}
        if unknown:
            raise Invalid(unknown, code="unknown_field")
        before = _snapshot(current)
        for field, value in _clean(data, "").items():
            setattr(current, field, value)
        old, new = differences(before, _snapshot(current))
        if not new:
            return current
        if current.is_dm and current.is_active and ("is_dm" in new or "is_active" in new):
            _refuse_sixth(locked, current.pk, "is_dm")
        current.save()
        bump(locked)
        record(action="person.edit", obj=current, actor=actor, before=old, after=new)
    return current


def deactivate_person(*, person: ContactPerson, actor: User) -> ContactPerson:
    """The person stays in history and is offered no more. Repeating it changes nothing."""
    return update_person(person=person, data={"is_active": False}, actor=actor)


remove_person = deactivate_person


def _clean(data: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, value in data.items():
        if field in ("is_dm", "is_active"):
            values[field] = bool(value)
            continue
        try:
            values[field] = text_value(value, _LONGEST[field])
        except ValueError as problem:
            problems[_field(field, prefix)] = str(problem)
    if "full_name" in values:
        values["full_name"] = " ".join(values["full_name"].split())
        if not values["full_name"]:
            problems[_field("full_name", prefix)] = _("Enter the name.")
    if problems:
        raise Invalid(problems)
    return values


def _field(field: str, prefix: str) -> str:
    return f"{prefix}name" if prefix and field == "full_name" else f"{prefix}{field}"


def _refuse_sixth(client: Client, except_pk: int | None, field: str) -> None:
    others = ContactPerson.objects.decision_makers().filter(client=client).exclude(pk=except_pk)
    if others.count() >= MOST_DECISION_MAKERS:
        raise Invalid(
            {field: _("At most %(n)d decision makers.") % {"n": MOST_DECISION_MAKERS}}, code="too_many_decision_makers"
        )


def _snapshot(person: ContactPerson) -> dict[str, Any]:
    return {field: getattr(person, field) for field in sorted(PERSON_FIELDS)}

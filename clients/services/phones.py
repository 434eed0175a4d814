"""Numbers of a client: one owner per number unless a head marks it as shared (section 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.models import Client, ContactPerson, Phone
from clients.selectors import can_share_phones, describe_duplicate, phone_owner
from clients.services.acts import broken_constraint, bump, lock_for_edit, once
from clients.services.fields import text_value
from common.errors import Invalid, NotAllowed
from common.phones import normalise
from journal.services import differences, record

if TYPE_CHECKING:
    from accounts.models import User


def add_phone(
    *,
    client: Client,
    raw: str,
    actor: User,
    person: ContactPerson | None = None,
    is_shared: bool = False,
    key: str | None = None,
) -> Phone:
    """A number in any spelling. Invalid: no number, already on this card, or another client's (said as the scope
    allows); NotAllowed when anybody but a head or director marks it as shared. Safe against a simultaneous twin.
    """

    def act() -> int:
        phone = attach_phone(locked, raw=raw, actor=actor, person=person, is_shared=is_shared)
        bump(locked)
        record(action="phone.add", obj=phone, actor=actor, after={"client": locked.pk, **_snapshot(phone)})
        return phone.pk

    with transaction.atomic():
        locked = lock_for_edit(client, actor)
        request = {"client": locked.pk, "phone": raw, "person": person, "is_shared": is_shared}
        pk, _is_repeated = once(actor=actor, key=key, request=request, act=act)
        return Phone.objects.get(pk=pk)


def attach_phone(
    client: Client, *, raw: str, actor: User, person: ContactPerson | None = None, is_shared: bool = False
) -> Phone:
    """Writes a number inside the act that calls it (client locked or new)."""
    phone = Phone(client=client)
    _fill(phone, raw=raw, actor=actor, person=person, is_shared=is_shared)
    _save(phone, actor)
    return phone


def update_phone(
    *, phone: Phone, actor: User, raw: str, person: ContactPerson | None = None, is_shared: bool = False
) -> Phone:
    """Corrects a number, its person or its mark. Errors as in `add_phone`."""
    with transaction.atomic():
        locked = lock_for_edit(phone.client, actor)
        current = Phone.objects.select_for_update(of=("self",)).get(pk=phone.pk)
        before = _snapshot(current)
        _fill(current, raw=raw, actor=actor, person=person, is_shared=is_shared)
        old, new = differences(before, _snapshot(current))
        if not new:
            return current
        _save(current, actor)
        bump(locked)
        record(action="phone.edit", obj=current, actor=actor, before={"client": locked.pk, **old}, after=new)
    return current


def remove_phone(*, phone: Phone, actor: User) -> None:
    """Takes the number off the card; the audit keeps it. Repeating it changes nothing."""
    with transaction.atomic():
        locked = lock_for_edit(phone.client, actor)
        current = Phone.objects.filter(pk=phone.pk).first()
        if current is None:
            return
        record(action="phone.remove", obj=current, actor=actor, before={"client": locked.pk, **_snapshot(current)})
        current.delete()
        bump(locked)


def _fill(phone: Phone, *, raw: str, actor: User, person: ContactPerson | None, is_shared: bool) -> None:
    try:
        text = text_value(raw, 64)
    except ValueError as problem:
        raise Invalid({"phone": str(problem)}) from problem
    number = normalise(text)
    # A number that came as text by import may stay as it is; a typed one must be a number.
    if number.e164 is None and not (phone.pk and text == phone.raw):
        raise Invalid({"phone": _("This is not a phone number. Write it like +7 916 123-45-67.")})
    if is_shared != phone.is_shared and not can_share_phones(actor):
        raise NotAllowed(_("Only a head may mark a number as shared."))
    if person is not None and person.client_id != phone.client_id:
        raise Invalid({"person": _("Choose one of the values.")})
    phone.person = person
    phone.raw = text
    phone.e164 = number.e164 or ""
    phone.last10 = number.last10
    phone.extension = number.extension[:10]
    phone.is_shared = is_shared
    if number.e164 is None:
        return
    twins = Phone.objects.filter(client_id=phone.client_id, e164=phone.e164).exclude(pk=phone.pk)
    if twins.exists():
        raise Invalid({"phone": _("This number is already on the card.")}, code="duplicate")
    if not is_shared:
        _refuse_taken(phone, actor)


def _refuse_taken(phone: Phone, actor: User) -> None:
    other = phone_owner(phone.e164)
    if other is not None and other.pk != phone.client_id:
        raise Invalid({"phone": describe_duplicate(user=actor, client=other)}, code="duplicate")


def _save(phone: Phone, actor: User) -> None:
    """The unique index decides between two who pass the check at the same moment."""
    try:
        with transaction.atomic():
            phone.save()
    except IntegrityError as problem:
        if broken_constraint(problem) != "clients_phone_unique_unless_shared":
            raise
        _refuse_taken(phone, actor)
        raise Invalid({"phone": _("This number already belongs to another client.")}, code="duplicate") from problem


def _snapshot(phone: Phone) -> dict[str, Any]:
    return {
        "phone": phone.e164 or phone.raw,
        "extension": phone.extension,
        "person": phone.person_id,
        "is_shared": phone.is_shared,
    }

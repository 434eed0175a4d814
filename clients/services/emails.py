"""E-mail addresses of a client, in lower case, each once per card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.models import Client, ContactPerson, Email
from clients.services.acts import bump, lock_for_edit, once
from clients.services.fields import email_value
from common.errors import Invalid
from journal.services import record

if TYPE_CHECKING:
    from accounts.models import User


def add_email(
    *, client: Client, address: str, actor: User, person: ContactPerson | None = None, key: str | None = None
) -> Email:
    """A new address. Invalid: no address, or already on this card. Several clients may share one."""

    def act() -> int:
        email = attach_email(locked, address=address, person=person)
        bump(locked)
        record(
            action="email.add",
            obj=email,
            actor=actor,
            after={"client": locked.pk, "email": email.address, "person": email.person_id},
        )
        return email.pk

    with transaction.atomic():
        locked = lock_for_edit(client, actor)
        request = {"client": locked.pk, "email": address, "person": person}
        pk, _is_repeated = once(actor=actor, key=key, request=request, act=act)
        return Email.objects.get(pk=pk)


def attach_email(client: Client, *, address: str, person: ContactPerson | None = None) -> Email:
    """Writes an address inside the act that calls it (client locked or new)."""
    try:
        clean = email_value(address)
    except ValueError as problem:
        raise Invalid({"email": str(problem)}) from problem
    if person is not None and person.client_id != client.pk:
        raise Invalid({"person": _("Choose one of the values.")})
    try:
        with transaction.atomic():
            return Email.objects.create(client=client, person=person, address=clean)
    except IntegrityError as problem:
        raise Invalid({"email": _("This address is already on the card.")}, code="duplicate") from problem


def remove_email(*, email: Email, actor: User) -> None:
    """Takes the address off the card. Repeating it changes nothing."""
    with transaction.atomic():
        locked = lock_for_edit(email.client, actor)
        current = Email.objects.filter(pk=email.pk).first()
        if current is None:
            return
        before = {"client": locked.pk, "email": current.address, "person": current.person_id}
        record(action="email.remove", obj=current, actor=actor, before=before)
        current.delete()
        bump(locked)

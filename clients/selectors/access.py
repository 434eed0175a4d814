"""Who may change what on a card (section 1.1). Reading is decided by `visible_to` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts.choices import MANAGER_ROLES, Role
from clients.models import Client

if TYPE_CHECKING:
    from accounts.models import User

REQUISITES: Final = frozenset({"inn", "kpp", "ogrn", "address"})
CARD_FIELDS: Final = frozenset(
    {"kind", "name", "city", "website", "note", "size", "category", "segment", "source"} | REQUISITES
)


def can_create(user: User) -> bool:
    """Managers, heads and the director add clients."""
    return user.is_active and (user.role in MANAGER_ROLES or user.role in (Role.HEAD, Role.DIRECTOR))


def can_import(user: User) -> bool:
    return user.is_active and user.role in (Role.HEAD, Role.DIRECTOR)


def can_share_phones(user: User) -> bool:
    """A number of several companies is marked by a head (section 1.7)."""
    return user.is_active and user.role in (Role.HEAD, Role.DIRECTOR)


def can_edit_dictionaries(user: User) -> bool:
    return user.is_active and user.role in (Role.ADMINISTRATOR, Role.DIRECTOR)


def can_raise_floors(user: User) -> bool:
    return can_edit_dictionaries(user) or (user.is_active and user.role == Role.HEAD)


def editable_fields(*, client: Client, user: User) -> frozenset[str]:
    """Fields of this card this person may write: all, the requisites (accountant), or none.

    A free client of the base is read and taken, not edited, by a manager.
    """
    if not user.is_active:
        return frozenset()
    if user.role == Role.ACCOUNTANT:
        return REQUISITES if Client.objects.visible_to(user).filter(pk=client.pk).exists() else frozenset()
    return CARD_FIELDS if Client.objects.workable_by(user).filter(pk=client.pk).exists() else frozenset()

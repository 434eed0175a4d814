"""Who is already in the base, told no further than the scope allows (section 1.1, duplicate hint)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.choices import Role
from clients.constants import MOST_HINTS, SEARCH_SHORTEST
from clients.models import Client, Email, Phone
from clients.selectors.search import readable
from common.phones import normalise
from common.requisites import check_inn
from common.text import sort_key

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class DuplicateHint:
    """One client that is already there. Outside the department only `text` is filled, with the fixed sentence."""

    text: str
    is_ours: bool = False
    is_visible: bool = False
    client_id: int | None = None
    name: str = ""
    section: str = ""
    owner: str = ""


def _elsewhere() -> str:
    return _("Already in the base, ask your head.")


def describe_duplicate(*, user: User, client: Client) -> str:
    """The sentence a person may read about a client that stands in his way."""
    return _hint(user, client, is_visible=False).text


def phone_owner(e164: str) -> Client | None:
    """The one live client a number belongs to; None for a shared, unknown or empty number."""
    if not e164:
        return None
    phone = (
        Phone.objects.filter(e164=e164, is_live=True, is_shared=False)
        .select_related("client__owner", "client__department")
        .first()
    )
    return phone.client if phone else None


def duplicate_hints(
    *, user: User, phone: str = "", inn: str = "", email: str = "", name: str = "", exclude: int | None = None
) -> list[DuplicateHint]:
    """Clients with exactly this phone, ИНН, e-mail or (normalised) name, at most 20, whoever owns them."""
    matches = _matches(phone=readable(phone), inn=readable(inn), email=readable(email), name=readable(name))
    if not matches:
        return []
    found = Client.objects.live().filter(matches).select_related("owner").order_by("sort_key", "pk")
    if exclude is not None:
        found = found.exclude(pk=exclude)
    clients = list(found[:MOST_HINTS])
    visible = set(Client.objects.visible_to(user).filter(pk__in=[client.pk for client in clients]).values_list("pk"))
    return _once(_hint(user, client, is_visible=(client.pk,) in visible) for client in clients)


def hidden_hint(user: User, text: str) -> list[DuplicateHint]:
    """What a search says about clients outside the scope: only for a whole phone number or a whole ИНН."""
    text = readable(text)
    matches = _matches(phone=text, inn=text)
    if not matches or not user.is_active or user.role == Role.ADMINISTRATOR:
        return []
    found = (
        Client.objects.live()
        .filter(matches)
        .exclude(pk__in=Client.objects.visible_to(user).filter(matches).values("pk"))
        .select_related("owner")
        .order_by("sort_key", "pk")[:MOST_HINTS]
    )
    return _once(_hint(user, client, is_visible=False) for client in found)


def _matches(*, phone: str = "", inn: str = "", email: str = "", name: str = "") -> Q | None:
    parts: list[Q] = []
    if phone and (e164 := normalise(phone).e164):
        parts.append(Q(pk__in=Phone.objects.filter(e164=e164, is_live=True).values("client_id")))
    if inn and check_inn(inn) is None:
        parts.append(Q(inn=inn))
    if "@" in email:
        parts.append(Q(pk__in=Email.objects.filter(address=email.lower()).values("client_id")))
    if len(name) >= SEARCH_SHORTEST:
        parts.append(Q(sort_key=sort_key(name)[:200]))
    if not parts:
        return None
    matches = parts[0]
    for part in parts[1:]:
        matches |= part
    return matches


def _hint(user: User, client: Client, *, is_visible: bool) -> DuplicateHint:
    is_ours = (
        is_visible
        or user.role == Role.DIRECTOR
        or (user.department_id is not None and user.department_id == client.department_id)
    )
    if not is_ours:
        return DuplicateHint(text=_elsewhere())
    owner = client.owner.full_name if client.owner else _("no owner")
    text = _("Already in the base: “%(name)s”, section “%(section)s”, owner: %(owner)s.") % {
        "name": client.name,
        "section": client.get_section_display(),
        "owner": owner,
    }
    return DuplicateHint(
        text=text,
        is_ours=True,
        is_visible=is_visible,
        client_id=client.pk if is_visible else None,
        name=client.name,
        section=client.get_section_display(),
        owner=owner,
    )


def _once(hints: Iterable[DuplicateHint]) -> list[DuplicateHint]:
    """The fixed sentence is said once, however many clients stand behind it: their number tells too much."""
    return list(dict.fromkeys(hints))

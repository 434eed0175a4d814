"""What the search shows: clients of the scope with their lamp, and what may be told about the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import QuerySet

from accounts.models import User
from clients.models import Client
from clients.selectors import DuplicateHint, hidden_hint, search
from common.prepared import Prepared
from funnels.models import Contact, Ownership

MOST_FOUND = 20
MOST_RECENT = 10


@dataclass(frozen=True)
class Found:
    """`own`: the open ownership with its cycle by client id; clients out of the funnel have none."""

    clients: list[Client] = field(default_factory=list)
    own: dict[int, Ownership] = field(default_factory=dict)
    hidden: list[DuplicateHint] = field(default_factory=list)


def find(user: User, text: str) -> Found:
    """At most MOST_FOUND clients by name; at most six queries."""
    clients = search(user, text, MOST_FOUND)
    return Found(clients, _own(clients), hidden_hint(user, text) if not clients else [])


def recent(user: User) -> Found:
    """The clients one talked to last and may still see."""
    rows = Contact.objects.own_list(user).visible_to(user).order_by("-at").values_list("client_id", flat=True)[:60]
    ids = list(dict.fromkeys(rows))[:MOST_RECENT]
    found = {client.pk: client for client in Client.objects.visible_to(user).filter(pk__in=ids).select_related("owner")}
    clients = [found[pk] for pk in ids if pk in found]
    return Found(clients, _own(clients))


def _own(clients: list[Client]) -> dict[int, Ownership]:
    return {row.client_id: row for row in _works.models(None, clients=[client.pk for client in clients])}


def _works_of(_shape: None, *, clients: list[int]) -> QuerySet[Ownership]:
    rows = Ownership.objects.open().with_cycle().filter(client__in=clients, cycle__closed_at__isnull=True)
    return rows.select_related("cycle", "client__department")


_works = Prepared(_works_of)

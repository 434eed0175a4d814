from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from accounts.models import User
from clients.models import Client, ContactPerson, Phone
from common import phones
from funnels.models import Contact, SalesCycle

_HITS = 50  # a switchboard number may be shared by many clients; more are no better


@dataclass(frozen=True)
class Match:
    """Whose number it is (4.3). `cycle` is the client's open cycle, if it has one."""

    client: Client
    person: ContactPerson | None
    cycle: SalesCycle | None
    is_ambiguous: bool


def user_by_extension(extension: str) -> User | None:
    if not extension:
        return None
    return User.objects.active().select_related("department").filter(extension=extension).first()


def is_internal(number: str) -> bool:
    """Fewer than seven digits, or equal to a known extension (4.3)."""
    read = phones.normalise(number)
    if read.is_internal:
        return True
    return not read.is_valid and number.isdecimal() and len(number) <= 8 and user_by_extension(number) is not None


def match_number(e164: str, *, employee: User | None = None) -> Match | None:
    """The client of a number: people's numbers, then the client's own, then former ones; never by the last digits.

    Several clients: the open cycle of the answering employee, then any open cycle, then the latest contact, and the
    answer is marked ambiguous. Two queries, three when there are several.
    """
    if not e164:
        return None
    rows = list(
        Phone.objects.filter(e164=e164, client__is_live=True)
        .select_related("client__owner", "client__department", "person")
        .order_by("-is_live", "pk")[:_HITS]
    )
    live = [row for row in rows if row.is_live] or rows
    if not live:
        return None
    clients = {row.client_id: row.client for row in live}
    cycles = {cycle.client_id: cycle for cycle in SalesCycle.objects.open().filter(client__in=clients)}
    chosen = next(iter(clients))
    if len(clients) > 1:
        latest = dict(
            Contact.objects.filter(client__in=clients)
            .order_by()
            .values("client")
            .annotate(at=Max("at"))
            .values_list("client", "at")
        )

        def preference(client_id: int) -> tuple[bool, bool, float, int]:
            cycle, at = cycles.get(client_id), latest.get(client_id)
            is_own = cycle is not None and employee is not None and cycle.owner_id == employee.pk
            return (is_own, cycle is not None, at.timestamp() if at else 0.0, -client_id)

        chosen = max(clients, key=preference)
    people = [row.person for row in live if row.client_id == chosen and row.person and row.person.is_active]
    person = max(people, key=lambda one: (one.is_dm, -one.pk)) if people else None
    return Match(clients[chosen], person, cycles.get(chosen), len(clients) > 1)

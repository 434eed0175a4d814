"""Who is already known: by ИНН, then phone, then e-mail, then name (section 6.7), in the base and in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from clients.choices import RowCode
from clients.models import Client, Email, Phone
from clients.readers import ParsedRow


@dataclass
class Ref:
    """A client that may not be written yet; a dry run never writes it."""

    pk: int | None = None


@dataclass
class Known:
    inns: dict[str, list[tuple[str, Ref]]] = field(default_factory=dict)
    phones: dict[str, Ref] = field(default_factory=dict)
    emails: dict[str, Ref] = field(default_factory=dict)
    names: dict[str, list[tuple[str, Ref]]] = field(default_factory=dict)

    def add(self, row: ParsedRow, ref: Ref) -> None:
        if row.inn:
            self.inns.setdefault(row.inn, []).append((row.kpp, ref))
        for number in _numbers(row):
            self.phones.setdefault(number, ref)
        for address in row.emails:
            self.emails.setdefault(address, ref)
        self.names.setdefault(row.name_key, []).append((row.inn, ref))

    def update(self, other: Known) -> None:
        for inn, branches in other.inns.items():
            self.inns.setdefault(inn, []).extend(branches)
        self.phones |= other.phones
        self.emails |= other.emails
        for name, namesakes in other.names.items():
            self.names.setdefault(name, []).extend(namesakes)


def match(row: ParsedRow, places: Sequence[Known]) -> tuple[str, Ref] | None:
    """The code of the first rule that recognises the row, and whom; None for a new client.

    Branches share an ИНН and differ by КПП; companies of one name differ by ИНН.
    """
    for place in places:
        for kpp, ref in place.inns.get(row.inn, ()) if row.inn else ():
            if not (kpp and row.kpp and kpp != row.kpp):
                return RowCode.DUPLICATE_INN, ref
    for place in places:
        for number in _numbers(row):
            if number in place.phones:
                return RowCode.DUPLICATE_PHONE, place.phones[number]
    for place in places:
        for address in row.emails:
            if address in place.emails:
                return RowCode.DUPLICATE_EMAIL, place.emails[address]
    for place in places:
        for inn, ref in place.names.get(row.name_key, ()):
            if not (inn and row.inn and inn != row.inn):
                return RowCode.DUPLICATE_NAME, ref
    return None


def in_base(rows: Iterable[ParsedRow]) -> Known:
    """What the base knows of these rows, whatever the department: four queries. A shared number identifies nobody."""
    rows = [row for row in rows if not row.error]
    known = Known()
    live = Client.objects.live()
    for pk, inn, kpp in live.filter(inn__in={row.inn for row in rows if row.inn}).values_list("pk", "inn", "kpp"):
        known.inns.setdefault(inn, []).append((kpp, Ref(pk)))
    numbers = {number.e164 for row in rows for number in row.phones if number.e164}
    phones = Phone.objects.filter(e164__in=numbers, is_live=True, is_shared=False)
    for pk, e164 in phones.values_list("client_id", "e164"):
        known.phones.setdefault(e164, Ref(pk))
    addresses = {address for row in rows for address in row.emails}
    for pk, address in Email.objects.filter(address__in=addresses, client__is_live=True).values_list(
        "client_id", "address"
    ):
        known.emails.setdefault(address, Ref(pk))
    for pk, name, inn in live.filter(sort_key__in={row.name_key for row in rows}).values_list("pk", "sort_key", "inn"):
        known.names.setdefault(name, []).append((inn, Ref(pk)))
    return known


def _numbers(row: ParsedRow) -> list[str]:
    return [number.e164 for number in row.phones if number.e164] + [f"shape:{ten}" for ten in row.shaped_phones]

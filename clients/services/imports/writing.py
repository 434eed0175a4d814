"""New clients of one batch, in a handful of statements. No owner, no colour, no cycle: history makes none (R-S0-P4)."""

from __future__ import annotations

from collections.abc import Sequence

from clients.choices import ClientKind, Section
from clients.models import Client, ContactPerson, Email, ImportRun, Phone, Source
from clients.readers import ParsedRow
from clients.services.imports.known import Ref
from common import clock
from journal.models import AuditEvent
from journal.services import draft


def write_clients(run: ImportRun, accepted: Sequence[tuple[ParsedRow, Ref]]) -> None:
    """Writes the rows and fills their refs. Must be called inside the batch's transaction."""
    now = clock.now()
    sources = {source.name.lower(): source for source in Source.objects.filter(is_active=True)}
    clients = [_client(run, row, sources, now) for row, _ref in accepted]
    Client.objects.bulk_create(clients)
    people: list[ContactPerson] = []
    phones: list[Phone] = []
    emails: list[Email] = []
    for client, (row, ref) in zip(clients, accepted, strict=True):
        ref.pk = client.pk
        person = None
        if row.person:
            person = ContactPerson(client=client, full_name=row.person, position=row.position, created_at=now)
            people.append(person)
        phones += [
            Phone(
                client=client,
                person=person,
                raw=number.raw,
                e164=number.e164 or "",
                last10=number.last10,
                extension=number.extension[:10],
            )
            for number in row.phones
        ]
        emails += [Email(client=client, person=person, address=address) for address in row.emails]
    ContactPerson.objects.bulk_create(people)
    Phone.objects.bulk_create(phones)
    Email.objects.bulk_create(emails)
    AuditEvent.objects.bulk_create(
        draft(
            action="client.create",
            obj=client,
            actor=run.started_by,
            after={"name": client.name, "section": client.section, "import": run.pk, "row": row.row_no},
        )
        for client, (row, _ref) in zip(clients, accepted, strict=True)
    )


def _client(run: ImportRun, row: ParsedRow, sources: dict[str, Source], now) -> Client:
    source = sources.get(row.source.lower())
    extra = dict(row.extra)
    if row.source and source is None:
        extra["Источник"] = row.source
    return Client(
        department=run.department,
        kind=ClientKind.PERSON if row.is_person else ClientKind.ORGANISATION,
        name=row.name,
        sort_key=row.name_key,
        inn=row.inn,
        kpp=row.kpp,
        ogrn=row.ogrn,
        city=row.city,
        address=row.address,
        website=row.website,
        note=row.note,
        source=source,
        section=Section.CUSTOMERS if row.is_won else Section.CALL_BASE,
        imported_responsible=row.responsible,
        imported_stage=row.stage,
        imported_budget=row.budget,
        imported_extra=extra,
        created_at=now,
        updated_at=now,
        created_by=run.started_by,
    )

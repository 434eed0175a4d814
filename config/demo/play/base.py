"""What is there before the first call: the client with its people, cheques, the PBX, the contracts' file."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import Department
from clients.models import Category, Client, ContactPerson, Segment, Source
from common import clock
from config.demo import words
from config.demo.life import Life
from config.demo.people import Company
from telephony.models import Line
from telephony.services import create_connection


def blank_life(
    rng: Random,
    number: int,
    department: Department,
    segments: dict[str, Segment],
    categories: list[Category],
    sources: list[Source],
    created_on: date,
) -> Life:
    size = rng.choices(["small", "medium", "large"], [5, 4, 1])[0]
    at = clock.now() - timedelta(days=(clock.today() - created_on).days)
    client = Client(
        department=department,
        name=words.company(rng, number),
        inn=words.inn(number),
        kpp=f"66{number % 100:02d}01001",
        city=rng.choice(words.CITIES),
        note=rng.choice(words.NOTES),
        size=size,
        category=rng.choice(categories),
        segment=segments[size],
        source=rng.choice(sources),
        created_at=at,
        updated_at=at,
    )
    people = [
        ContactPerson(
            client=client, full_name=words.person(rng), position=rng.choice(words.CHIEFS), is_dm=True, created_at=at
        )
    ]
    if rng.random() < 0.4:
        people.append(
            ContactPerson(client=client, full_name=words.person(rng), position=rng.choice(words.OTHERS), created_at=at)
        )
    return Life(client, people, segments[size])


def give_cheques(segments: dict[str, Segment], started_on: date) -> None:
    for size, cheque in (("small", "45000"), ("medium", "120000"), ("large", "480000")):
        segments[size].average_cheque = Decimal(cheque)
        segments[size].started_on = started_on
        segments[size].save(update_fields=["average_cheque", "started_on"])


def make_line(company: Company) -> Line:
    made = create_connection(name="Демонстрационная АТС", actor=company.people["admin"])
    return Line.objects.create(
        connection=made.connection,
        number="+74951234567",
        department=company.departments[0],
        source=Source.objects.order_by("pk").first(),
        default_extension="101",
    )


def write_contract_file() -> None:
    """The demo's contracts share one tiny file: a page that says what it is."""
    name = "contracts/demo.pdf"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(b"%PDF-1.4\n% demo contract\n%%EOF\n"))

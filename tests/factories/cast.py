"""The fixed cast of the acceptance scenarios: two departments, so that scope can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.contrib.auth.hashers import get_hasher, make_password

from accounts.choices import Role
from accounts.models import CalendarDay, Department, Organisation, User
from clients.models import Category, Segment, Source
from common.production_calendar import seeded_kinds

PASSWORD = "svetofor-test-1"


@dataclass
class Cast:
    organisation: Organisation
    sales: Department
    other: Department
    ivanova: User
    petrov: User
    kuznetsova: User
    smirnova: User
    orlov: User
    volkov: User  # head of sales
    director: User
    accountant: User
    quality: User
    admin: User
    boss: User  # head of the other department
    belov: User  # hunter of the other department
    small: Segment
    medium: Segment
    large: Segment
    category: Category
    source: Source

    @property
    def everybody(self) -> list[User]:
        return [value for value in vars(self).values() if isinstance(value, User)]


def make_calendar(years: tuple[int, ...] = (2025, 2026, 2027)) -> None:
    CalendarDay.objects.bulk_create(
        [CalendarDay(day=day, kind=str(kind)) for day, kind in seeded_kinds(years).items()], ignore_conflicts=True
    )


@cache
def _hashed(hasher: str) -> str:
    """The password as it is stored; the cast of every test is given the same one."""
    return make_password(PASSWORD, hasher=hasher)


def make_user(login: str, role: str, department: Department | None = None, **fields) -> User:
    user = _user(login, role, department, **fields)
    user.save()
    return user


def _user(login: str, role: str, department: Department | None = None, **fields) -> User:
    names = {
        "ivanova": ("Иванова", "Мария"),
        "petrov": ("Петров", "Алексей"),
        "kuznetsova": ("Кузнецова", "Ольга"),
        "smirnova": ("Смирнова", "Елена"),
        "orlov": ("Орлов", "Илья"),
        "volkov": ("Волков", "Сергей"),
    }
    last, first = names.get(login, (login.capitalize(), "Имя"))
    user = User(
        login=login,
        last_name=fields.pop("last_name", last),
        first_name=fields.pop("first_name", first),
        email=fields.pop("email", f"{login}@example.org"),
        role=role,
        department=department,
        employed_on=fields.pop("employed_on", date(2025, 1, 9)),
        worklist_cap=fields.pop("worklist_cap", 50 if role == Role.INTERN else 90),
        **fields,
    )
    user.password = _hashed(get_hasher().algorithm)
    return user


def make_cast() -> Cast:
    organisation = Organisation.objects.create(pk=1, name="ООО «Пример»")
    make_calendar()
    sales = Department.objects.create(name="Отдел продаж", rotation_starts_on=date(2025, 1, 9))
    other = Department.objects.create(name="Отдел партнёров", rotation_starts_on=date(2025, 1, 9))
    segments = {
        size: Segment.objects.create(name=name, size=size, term_days=term, started_on=date(2025, 1, 9))
        for size, name, term in [("small", "Малый", 14), ("medium", "Средний", 30), ("large", "Крупный", 40)]
    }
    people = [
        _user("ivanova", Role.HUNTER, sales, extension="101"),
        _user("petrov", Role.HUNTER, sales, extension="102"),
        _user("kuznetsova", Role.HUNTER, sales, extension="103"),
        _user("smirnova", Role.FARMER, sales, extension="104"),
        _user("orlov", Role.INTERN, sales, extension="105"),
        _user("volkov", Role.HEAD, sales, extension="110"),
        _user("director", Role.DIRECTOR),
        _user("accountant", Role.ACCOUNTANT),
        _user("quality", Role.QUALITY),
        _user("admin", Role.ADMINISTRATOR),
        _user("boss", Role.HEAD, other, extension="210"),
        _user("belov", Role.HUNTER, other, extension="201"),
    ]
    User.objects.bulk_create(people)
    return Cast(
        organisation=organisation,
        sales=sales,
        other=other,
        **{user.login: user for user in people},
        small=segments["small"],
        medium=segments["medium"],
        large=segments["large"],
        category=Category.objects.create(name="Производство"),
        source=Source.objects.create(name="Сайт"),
    )

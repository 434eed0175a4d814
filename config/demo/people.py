"""The invented company: departments, employees, dictionaries, targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password

from accounts.choices import Role
from accounts.models import Department, Organisation, User
from accounts.services import seed_calendar
from clients.services import seed_dictionaries
from funnels.services import seed_questionnaire

PASSWORD = "svetofor-demo"  # noqa: S105 - public on purpose: demo data only  # pragma: allowlist secret

# login, last name, first name, role, department (0, 1 or None), extension
STAFF = (
    ("director", "Громов", "Андрей", Role.DIRECTOR, None, "100"),
    ("head", "Волков", "Сергей", Role.HEAD, 0, "110"),
    ("ivanova", "Иванова", "Мария", Role.HUNTER, 0, "101"),
    ("petrov", "Петров", "Алексей", Role.HUNTER, 0, "102"),
    ("kuznetsova", "Кузнецова", "Ольга", Role.HUNTER, 0, "103"),
    ("smirnova", "Смирнова", "Елена", Role.FARMER, 0, "104"),
    ("orlov", "Орлов", "Илья", Role.INTERN, 0, "105"),
    ("accountant", "Белова", "Галина", Role.ACCOUNTANT, None, ""),
    ("quality", "Рябова", "Инна", Role.QUALITY, None, ""),
    ("admin", "Соколов", "Павел", Role.ADMINISTRATOR, None, ""),
    ("head2", "Морозова", "Вера", Role.HEAD, 1, "210"),
    ("sidorov", "Сидоров", "Денис", Role.HUNTER, 1, "201"),
    ("fomina", "Фомина", "Дарья", Role.HUNTER, 1, "202"),
)


@dataclass
class Company:
    departments: list[Department]
    people: dict[str, User] = field(default_factory=dict)

    def sellers(self, department: Department) -> list[User]:
        return [
            user
            for user in self.people.values()
            if user.department_id == department.pk and user.role in (Role.HUNTER, Role.INTERN)
        ]

    def farmer(self, department: Department) -> User | None:
        found = (u for u in self.people.values() if u.department_id == department.pk and u.role == Role.FARMER)
        return next(found, None)


def make_company(*, today: date, days: int, managers: int) -> Company:
    """Organisation, calendar, dictionaries and staff; more managers than the cast are added evenly as hunters."""
    Organisation.objects.update_or_create(pk=1, defaults={"name": "ООО «Пример продаж»"})
    seed_calendar(years=range(today.year - 1, today.year + 2))
    seed_dictionaries()
    seed_questionnaire()
    start = today - timedelta(days=days)
    departments = [
        Department.objects.get_or_create(name=name, defaults={"rotation_starts_on": start})[0]
        for name in ("Отдел продаж «Урал»", "Отдел продаж «Поволжье»")
    ]
    company = Company(departments)
    password = make_password(PASSWORD)
    rows = list(STAFF)
    cast = sum(1 for row in STAFF if row[3] in (Role.HUNTER, Role.FARMER, Role.INTERN))
    for number in range(max(0, managers - cast)):
        rows.append((f"manager{number + 1}", f"Менеджеров-{number + 1}", "Иван", Role.HUNTER, number % 2, ""))
    for login, last_name, first_name, role, place, extension in rows:
        company.people[login], _made = User.objects.update_or_create(
            login=login,
            defaults={
                "last_name": last_name,
                "first_name": first_name,
                "role": role,
                "department": departments[place] if place is not None else None,
                "extension": extension,
                "email": f"{login}@svetofor.example",
                "password": password,
                "employed_on": start - timedelta(days=200) if role != Role.INTERN else today - timedelta(days=50),
                "worklist_cap": 50 if role == Role.INTERN else 90,
                "is_active": True,
            },
        )
    return company

"""18:05: the day in figures, under the bell of managers and heads. A day without anything to say is not told."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.choices import Role
from accounts.models import Department, User
from common.formats import money
from common.workdays import PeriodKind
from funnels.models import Contact, Movement
from journal.models import JobRun
from journal.services import in_batch
from notifications.models import Notice
from notifications.services import bell, ring_all
from planning.selectors import department_figures

_CREDITED = (
    Q(is_productive_call=True)
    | Q(is_walk=True)
    | Q(is_held_meeting=True)
    | Q(is_warm_contact=True)
    | Q(is_visit=True)
    | Q(is_incoming_call=True)
)


@dataclass(frozen=True)
class DayFigures:
    contacts: int
    movements: int
    plan: Decimal
    fact: Decimal

    def __bool__(self) -> bool:
        return bool(self.contacts or self.movements or self.plan or self.fact)

    def __str__(self) -> str:
        parts = [
            ngettext("%(n)d credited contact", "%(n)d credited contacts", self.contacts) % {"n": self.contacts},
            ngettext("%(n)d movement", "%(n)d movements", self.movements) % {"n": self.movements},
            _("paid %(fact)s of %(plan)s") % {"fact": money(self.fact), "plan": money(self.plan)},
        ]
        return ", ".join(parts)


def preview_day(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Bells `day-preview:{user}:{day}` with what the day has brought so far. Safe to run twice."""
    rung = 0
    departments = list(Department.objects.filter(is_active=True).order_by("pk"))
    people: dict[int | None, list[User]] = defaultdict(list)
    for person in User.objects.active().with_clients().filter(department__in=departments):
        people[person.department_id].append(person)
    contacts = _count(Contact.objects.of_day(day).filter(_CREDITED), departments)
    movements = _count(Movement.objects.filter(on=day), departments)
    for department in departments:
        of = department.pk
        with in_batch(run):
            figures = _figures(department, day, people[of], contacts[of], movements[of])
            bells = [_bell(person, own, day) for person, own in figures if own]
            ring_all(bells)
        rung += len(bells)
    return {"previews": rung}


def _bell(person: User, figures: DayFigures, day: date) -> Notice:
    with translation.override(person.language):
        text = _("The day: %(figures)s") % {"figures": figures}
    return bell(recipient=person, key=f"day-preview:{person.pk}:{day}", text=text, url="/plan/")


def _figures(
    department: Department, day: date, people: list[User], contacts: Counter[int], movements: Counter[int]
) -> list[tuple[User, DayFigures]]:
    """Managers with their own figures, heads with the department's. A constant number of queries."""
    found = department_figures(department_id=department.pk, day=day, as_of=day, kinds=[PeriodKind.DAY])
    rows = []
    for person in people:
        if person.role == Role.HEAD:
            money_of_day = found.whole.get(PeriodKind.DAY)
            done = (contacts.total(), movements.total())
        else:
            money_of_day = found.people.get(person.pk, {}).get(PeriodKind.DAY)
            done = (contacts[person.pk], movements[person.pk])
        plan, fact = (money_of_day.plan, money_of_day.fact) if money_of_day else (Decimal(0), Decimal(0))
        rows.append((person, DayFigures(*done, plan, fact)))
    return rows


def _count(rows: QuerySet[Any], departments: list[Department]) -> dict[int, Counter[int]]:
    """How many rows by person, by department; one query."""
    counted = rows.filter(user__department__in=departments).order_by().values_list("user__department_id", "user_id")
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for department_id, user_id, number in counted.annotate(n=Count("pk")):
        found[department_id][user_id] = number
    return found

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Absence, Department, User
from accounts.selectors import calendar
from clients.choices import Section
from clients.models import Client
from common import clock, phones
from common.workdays import OPENS_AT
from funnels.choices import Colour
from telephony.constants import DEFAULT_GROUP
from telephony.models import Call, Line, TelephonyConnection
from telephony.selectors.matching import Match, match_number


def find_contact(connection: TelephonyConnection, *, phone: str, line: str = "", call_id: str = "") -> dict[str, Any]:
    """Who calls and whom to ring, at this very second (4.2.2). Always the same number of queries for a known number."""
    number = phones.normalise(phone)
    group = _group(connection, line)
    employee = _employee(connection, call_id)
    match = match_number(number.e164 or "", employee=employee)
    if match is None:
        return {"found": False, "display_name": None, "responsible": None, "route": [group]}
    client = match.client
    is_refused = client.section == Section.HARD_REFUSAL
    people = _People.of(client, clock.now())
    owner = None if is_refused else client.owner
    with translation.override("ru"):
        display = _("Hard refusal") if is_refused else _display(match)
        contact_name = _person_name(match)
    return {
        "found": True,
        "client": {"id": client.pk, "name": client.name, "colour": _colour(match)},
        "contact": (
            {"id": match.person.pk, "name": contact_name, "is_dm": match.person.is_dm} if match.person else None
        ),
        "display_name": display,
        "responsible": people.described(owner),
        "route": [*people.route(owner), group],
        "ambiguous": match.is_ambiguous,
    }


class _People:
    """The head and the deputies of a client's side, and who of them can answer at a moment."""

    def __init__(self, head: User | None, deputies: dict[int, User], absent: set[int], is_open: bool) -> None:
        self.head = head
        self.deputies = deputies
        self.absent = absent
        self.is_open = is_open

    @classmethod
    def of(cls, client: Client, moment: datetime) -> _People:
        day = clock.day_of(moment)
        heads = User.objects.active().filter(role=Role.HEAD, department_id=client.department_id)
        absences = list(Absence.objects.covering(day).select_related("deputy").filter(_side(client)))
        deputies = {absence.user_id: absence.deputy for absence in absences}
        return cls(
            heads.order_by("pk").first(), deputies, {absence.user_id for absence in absences}, is_working_hours(moment)
        )

    def is_available(self, user: User) -> bool:
        return self.is_open and user.is_active and bool(user.extension) and user.pk not in self.absent

    def described(self, owner: User | None) -> dict[str, Any] | None:
        if owner is None:
            return None
        name = f"{owner.last_name} {owner.first_name}".strip()
        return {
            "user": owner.pk,
            "extension": owner.extension,
            "name": name,
            "available": self.is_available(owner),
        }

    def route(self, owner: User | None) -> list[str]:
        """Extensions of the owner, his deputy and the head, each when he can answer; nobody twice."""
        chain = [owner, self.deputies.get(owner.pk) if owner else None, self.head]
        ways = [user.extension for user in chain if user is not None and self.is_available(user)]
        return list(dict.fromkeys(ways))


def _side(client: Client) -> Q:
    """Absences that matter for one client: of its owner and of the people of its department."""
    return Q(user_id=client.owner_id) | Q(user__department_id=client.department_id)


def is_working_hours(moment: datetime) -> bool:
    """09:20–18:00 of working days, an hour shorter before holidays."""
    wall = moment.astimezone(clock.zone())
    day: date = wall.date()
    days = calendar()
    return days.is_working(day) and OPENS_AT <= wall.time() < days.closes_at(day)


def line_of(connection: TelephonyConnection, number: str) -> Line | None:
    """The configured line by any spelling of its number; the only line of a connection when none is named."""
    e164 = phones.normalise(number).e164
    lines = list(Line.objects.filter(connection=connection).select_related("department", "source")[:200])
    for line in lines:
        if line.number == (e164 or number):
            return line
    return lines[0] if len(lines) == 1 and not number else None


def _group(connection: TelephonyConnection, number: str) -> str:
    line = line_of(connection, number)
    return line.group if line is not None else DEFAULT_GROUP


def _employee(connection: TelephonyConnection, call_id: str) -> User | None:
    if not call_id:
        return None
    call = Call.objects.filter(connection=connection, call_id=call_id).select_related("user").first()
    return call.user if call else None


def _colour(match: Match) -> str:
    return (match.cycle.colour if match.cycle else Colour.NONE).upper()


def _person_name(match: Match) -> str:
    person = match.person
    if person is None:
        return ""
    return f"{person.full_name}, {person.position}" if person.position else person.full_name


def _display(match: Match) -> str:
    return f"{match.person.full_name} — {match.client.name}" if match.person else match.client.name


def duty_of(line: Line | None, department: Department | None) -> User | None:
    """Who is called for a number nobody is responsible for: the line's duty employee, else the head."""
    people = User.objects.active().select_related("department")
    if line is not None and line.default_extension:
        duty = people.filter(extension=line.default_extension).first()
        if duty is not None:
            return duty
    if department is None:
        return None
    return people.filter(role=Role.HEAD, department=department).order_by("pk").first()

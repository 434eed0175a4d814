"""Reads of people, absences, the production calendar and the audit log. Nothing here writes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from accounts import querysets
from accounts.choices import MANAGER_ROLES, Role
from accounts.constants import (
    CALENDAR_SECONDS,
    COOL_OFF,
    DEMO_LOGINS,
    LOCK_AFTER_ADDRESS,
    LOCK_AFTER_DEVICE,
    LOCK_AFTER_PERSON,
    LOCK_AFTER_PERSON_AND_ADDRESS,
)
from accounts.models import Absence, CalendarDay, Department, Organisation, User
from accounts.querysets import UserQuerySet
from common import clock
from common.workdays import Calendar, DayKind
from journal.models import AuditEvent

ScopeShape = tuple[str, bool, bool]  # role, is active, has a department

# Organisation and calendar


def organisation() -> Organisation:
    """The one row. Organisation.DoesNotExist before `create_organisation`."""
    return Organisation.objects.get(pk=1)


@dataclass(frozen=True)
class _Kept:
    calendar: Calendar
    edition: int
    until: float


_kept: _Kept | None = None


def calendar() -> Calendar:
    """The production calendar with the organisation's pause (section 6.4), kept per process.

    Right at once after an edit in this process, after CALENDAR_SECONDS in the others. Two small queries when stale.
    """
    global _kept  # noqa: PLW0603
    edition = querysets.calendar_edition()
    if _kept is None or _kept.edition != edition or _kept.until < time.monotonic():
        pause = Organisation.objects.values_list("pause_on_public_holidays", flat=True).first()
        days = dict(CalendarDay.objects.values_list("day", "kind"))
        kinds = {day: DayKind(kind) for day, kind in days.items()}
        fresh = Calendar(kinds, pause_on_public_holidays=True if pause is None else pause)
        # An unchanged calendar stays the same object: what others derived from it stays valid.
        same = _kept is not None and _kept.calendar == fresh
        _kept = _Kept(_kept.calendar if same and _kept else fresh, edition, time.monotonic() + CALENDAR_SECONDS)
    return _kept.calendar


def forget_calendar() -> None:
    """The next `calendar()` asks the database."""
    global _kept  # noqa: PLW0603
    _kept = None


def calendar_days(year: int) -> dict[date, CalendarDay]:
    return {row.day: row for row in CalendarDay.objects.filter(day__year=year)}


# People


def head_of(department: Department | None) -> User | None:
    """The active head of sales of a department; the first hired when there are two."""
    if department is None:
        return None
    return User.objects.active().filter(department=department, role=Role.HEAD).order_by("pk").first()


def heads_of(departments: Iterable[Department | None]) -> dict[int | None, User | None]:
    """`head_of` for many departments, by their ids. One query."""
    found: dict[int | None, User | None] = {department.pk: None for department in departments if department is not None}
    for head in User.objects.active().filter(department__in=found, role=Role.HEAD).order_by("-pk"):
        found[head.department_id] = head
    return found


def directors() -> UserQuerySet:
    return User.objects.active().filter(role=Role.DIRECTOR)


def deputy_of(user: User, day: date) -> User | None:
    """Who works for an absent person on that day; None when he is not absent."""
    absence = Absence.objects.filter(user=user).covering(day).select_related("deputy").first()
    return absence.deputy if absence else None


def absent_ids(day_from: date, day_to: date) -> set[int]:
    """Ids of the people absent on any day of the span, both ends included."""
    return set(Absence.objects.overlapping(day_from, day_to).values_list("user_id", flat=True))


def possible_deputies(user: User) -> UserQuerySet:
    """Active colleagues; for whoever has clients only those of the department who may have clients too."""
    people = User.objects.active().exclude(pk=user.pk)
    if user.role in (*MANAGER_ROLES, Role.HEAD):
        return people.with_clients().filter(department_id=user.department_id)
    return people


def staff(
    viewer: User, *, day: date, text: str = "", role: str = "", department: str = "", state: str = ""
) -> QuerySet:
    """The people of /staff/ with department and present absence loaded: `present_absences` is a list."""
    people = User.objects.listed_for(viewer).select_related("department")
    for word in text.split()[:4]:
        people = people.filter(
            Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
            | Q(patronymic__icontains=word)
            | Q(login__icontains=word)
            | Q(email__icontains=word)
            | Q(extension=word[:8])
        )
    if role in Role.values:
        people = people.filter(role=role)
    if department.isdecimal() and len(department) < 10:
        people = people.filter(department_id=int(department))
    present = Absence.objects.covering(day)
    if state == "inactive":
        people = people.filter(is_active=False)
    elif state == "absent":
        people = people.filter(Exists(present.filter(user=OuterRef("pk"))), is_active=True)
    elif state != "all":
        people = people.filter(is_active=True)
    return people.prefetch_related(
        Prefetch("absences", queryset=present.select_related("deputy"), to_attr="present_absences")
    )


def locked_logins(logins: list[str]) -> set[str]:
    """Those of the logins whose person bucket, from all addresses or from one, is full now. One query."""
    since = clock.now() - COOL_OFF
    totals: dict[tuple[str, str], int] = {}
    locked: set[str] = set()
    rows = (
        AccessAttempt.objects.filter(username__in=logins, attempt_time__gte=since)
        .values_list("username", "user_agent", "ip_address")
        .annotate(total=Sum("failures_since_start"))
        .order_by()
    )
    for login, device, _address, total in rows:
        totals[login, device] = whole = totals.get((login, device), 0) + total
        most = LOCK_AFTER_DEVICE if device else LOCK_AFTER_PERSON
        if whole >= most or (not device and total >= LOCK_AFTER_PERSON_AND_ADDRESS):
            locked.add(login)
    return locked


def login_buckets(
    *, login: str | None, address: str | None, since: datetime, device: str = ""
) -> list[tuple[int, QuerySet[AccessAttempt]]]:
    """Threshold and wrong passwords of each bucket since a moment: person and address, person, address.

    A browser the person has signed in with before (`device`) has one bucket of its own instead: what strangers type
    does not fill it. `user_agent` of a row holds that number and nothing a browser says of itself.
    """
    recent = AccessAttempt.objects.filter(attempt_time__gte=since)
    if login and device:
        return [(LOCK_AFTER_DEVICE, recent.filter(username=login, user_agent=device))]
    buckets = [(LOCK_AFTER_ADDRESS, recent.filter(ip_address=address))]
    if login:
        person = recent.filter(username=login, user_agent="")
        buckets += [(LOCK_AFTER_PERSON_AND_ADDRESS, person.filter(ip_address=address)), (LOCK_AFTER_PERSON, person)]
    return buckets


def failed_logins(login: str) -> int:
    """Wrong passwords for this login since its last success, within the cool-off."""
    since = clock.now() - COOL_OFF
    found = AccessAttempt.objects.filter(username=login, attempt_time__gte=since)
    return found.aggregate(total=Sum("failures_since_start"))["total"] or 0


def demo_people() -> list[User]:
    """The demo logins that exist, in their order; nobody outside a demo."""
    if not settings.DEMO:
        return []
    found = {user.login: user for user in User.objects.active().filter(login__in=DEMO_LOGINS)}
    return [found[login] for login in DEMO_LOGINS if login in found]


# Audit log

# What an administrator may read in full; everything else may carry contents of clients.
_OPEN_TYPES = ("clients.segment", "clients.category", "clients.source")


def audit_events(viewer: User) -> QuerySet[AuditEvent]:
    """Director and administrator: everything; a head: the acts of his department's people; others: nothing."""
    if not viewer.is_active:
        return AuditEvent.objects.none()
    if viewer.role in (Role.DIRECTOR, Role.ADMINISTRATOR):
        return AuditEvent.objects.all()
    if viewer.role == Role.HEAD and viewer.department_id:
        people = User.objects.filter(department_id=viewer.department_id).values_list("pk", flat=True)
        return AuditEvent.objects.filter(actor_id__in=list(people))
    return AuditEvent.objects.none()


def has_hidden_contents(viewer: User, event: AuditEvent) -> bool:
    """An administrator sees that a client's card was changed, not what stands in it (domain 1.1)."""
    if viewer.role != Role.ADMINISTRATOR:
        return False
    app = event.object_type.partition(".")[0]
    return app not in ("accounts", "journal") and event.object_type not in _OPEN_TYPES


def scope_of(user: User) -> tuple[ScopeShape, dict[str, int]]:
    """What the scopes of a role depend on, and the person's own values, for queries compiled once (`Prepared`)."""
    shape = (user.role, user.is_active, user.department_id is not None)
    return shape, {"user": user.pk, "department": user.department_id or 0}


def viewer_of(shape: ScopeShape, user: int, department: int) -> User:
    """Somebody of this shape, not written anywhere, whom `visible_to` may be asked for."""
    role, is_active, has_department = shape
    return User(pk=user, role=role, is_active=is_active, department_id=department if has_department else None)

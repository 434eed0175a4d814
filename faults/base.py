"""The campaign's own look into the database, which may be away at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar, directors
from clients.models import Category, Client, ImportRow, ImportRun, Segment, Source
from common import clock
from common.errors import ActError
from desk.services import calendar_of_jobs
from desk.services.jobs import due_moment
from funnels.choices import OrderStatus
from funnels.models import Contact, RotationOrder, SalesCycle
from funnels.services import release_held
from journal.choices import RunState
from journal.models import AuditEvent, JobRun
from journal.services import open_run
from notifications.models import OutboxMail
from telephony.models import Call, Line, WebhookEvent

T = TypeVar("T")


def asked(act: Callable[[], T], *, seconds: float = 90) -> T:
    """The act's answer, however often the database goes away meanwhile."""
    end = time.monotonic() + seconds
    while True:
        try:
            return act()
        except (DatabaseError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def sellers() -> list[User]:
    return list(User.objects.filter(is_active=True, role__in=[Role.HUNTER, Role.INTERN]).order_by("login"))


def head() -> User:
    return User.objects.filter(is_active=True, role=Role.HEAD).order_by("pk").first()


def administrator() -> User:
    return User.objects.filter(is_active=True, role=Role.ADMINISTRATOR).order_by("pk").first()


def own_cycles(person: User) -> list[tuple[int, int, int]]:
    """(client, cycle, decision maker) of the person's open cycles."""
    rows = SalesCycle.objects.filter(owner=person, closed_at=None, client__people__is_dm=True)
    return list(rows.values_list("client_id", "pk", "client__people"))


def dictionary() -> dict[str, Any]:
    found = {"category": Category.objects.first(), "source": Source.objects.first(), "segment": Segment.objects.first()}
    return {name: row.pk for name, row in found.items() if row is not None and name == "category"}


def make_line(connection_row: Any) -> str:
    number = "+74950000001"
    Line.objects.create(
        connection=connection_row, number=number, department=head().department, source=Source.objects.first()
    )
    return number


def extensions() -> list[str]:
    return list(User.objects.exclude(extension="").filter(is_active=True).values_list("extension", flat=True))


def next_day(after: date) -> date:
    """Opens the runs of the next business day when those before are over; the newest day that has runs."""
    if JobRun.objects.filter(state__in=[RunState.DUE, RunState.RUNNING]).exists():
        return after
    _release()
    day, works = after + timedelta(days=1), calendar().is_working
    for job in calendar_of_jobs():
        if works(day) or not job.working_days_only:
            open_run(job.name, day, due_at=due_moment(job, day))
    return day


def newest_day() -> date:
    found = JobRun.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    return max(found or clock.today(), clock.today())


def _release() -> None:
    held = RotationOrder.objects.filter(status=OrderStatus.HELD).values("department")
    for department in Department.objects.filter(pk__in=held):
        try:
            release_held(department=department, actor=directors()[0])
        except ActError:
            continue  # somebody was faster


def rob_leases() -> None:
    """The lease of a running job ends now: another worker takes it over while the first may still live."""
    JobRun.objects.filter(state=RunState.RUNNING).update(lease_until=clock.now() - timedelta(seconds=1))


def hurry_letters() -> None:
    """Letters that wait for their next attempt have it now: the storm is over, nobody wants to wait an hour."""
    OutboxMail.objects.filter(state="queued").update(run_after=clock.now())


def unfinished() -> dict[str, int]:
    """What still waits for a worker."""
    return {
        "runs": JobRun.objects.filter(state__in=[RunState.DUE, RunState.RUNNING]).count(),
        "letters": OutboxMail.objects.waiting().count(),
        "events": WebhookEvent.objects.filter(state="received").count(),
        "imports": ImportRun.objects.filter(state__in=["received", "running"], is_dry=False).count(),
    }


def figures() -> dict[str, int]:
    """How much was really done: a storm without work proves nothing."""
    return {
        "job runs finished": JobRun.objects.filter(state=RunState.DONE).count(),
        "job runs that needed a second attempt": JobRun.objects.filter(attempts__gt=1).count(),
        "job runs failed": JobRun.objects.filter(state=RunState.FAILED).count(),
        "rotations executed": RotationOrder.objects.filter(status=OrderStatus.EXECUTED).count(),
        "letters": OutboxMail.objects.count(),
        "letters failed for good": OutboxMail.objects.filter(state="failed").count(),
        "calls": Call.objects.count(),
        "imported rows": ImportRow.objects.count(),
        "audit events": AuditEvent.objects.count(),
    }


def missing(kind: str, found: dict[str, Any]) -> str:
    """Why an acknowledged write is not in the database whole and once; "" when it is."""
    if kind == "create":
        return _once(Client.objects.filter(name=found["name"]), found)
    if kind == "contact":
        return _once(Contact.objects.filter(text=found["text"]), found)
    if kind == "take":
        return _once(SalesCycle.objects.filter(pk=found["id"]), found)
    if kind == "refuse":
        return "" if SalesCycle.objects.filter(pk=found["id"], closed_at__isnull=False).exists() else "not closed"
    if kind == "event":
        n = WebhookEvent.objects.filter(uuid=found["uuid"], state="processed").count()
        calls = Call.objects.filter(call_id=found["call"]).count()
        return "" if (n, calls) == (1, 1) else f"{n} events, {calls} calls"
    rows = ImportRow.objects.filter(run_id=found["id"]).count()
    state = ImportRun.objects.filter(pk=found["id"]).values_list("state", flat=True).first()
    return "" if (state, rows) == ("done", found["rows"]) else f"{state}, {rows} rows"


def _once(rows: Any, found: dict[str, Any]) -> str:
    pks = list(rows.values_list("pk", flat=True))
    return "" if pks == [found["id"]] else f"found {pks}, answered {found['id']}"


def own_session(act: Callable[[], Any]) -> Any:
    """The act in this thread's own session, which is closed afterwards."""
    try:
        return asked(act)
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], seconds: float, *, step: float = 0.5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Q

from accounts.models import User
from clients.models import Client
from common import clock, phones
from funnels.models import Task
from telephony.models import Call, MissedCall
from telephony.querysets import CallQuerySet, MissedCallQuerySet


def listed_calls(
    user: User,
    *,
    direction: str = "",
    result: str = "",
    employee_id: int | None = None,
    day: date | None = None,
    number: str = "",
) -> CallQuerySet:
    """The calls of /calls/ with what a row shows. Calls of which only a recording is known yet are no rows."""
    calls = Call.objects.visible_to(user).filter(rank__gt=0).select_related("client", "user", "line", "contact")
    if direction:
        calls = calls.filter(direction=direction)
    if result:
        calls = calls.filter(result=result)
    if employee_id:
        calls = calls.filter(user_id=employee_id)
    if day:
        start = clock.local_moment(day, time.min)
        calls = calls.filter(
            created_at__gte=start, created_at__lt=clock.local_moment(day + timedelta(days=1), time.min)
        )
    return calls.filter(_number_q(number)) if number else calls


def callbacks(
    user: User, *, employee_id: int | None = None, day: date | None = None, number: str = ""
) -> MissedCallQuerySet:
    """Missed calls with their task; the open ones and those of the last 30 days."""
    rows = MissedCall.objects.visible_to(user).select_related("client", "task__assignee", "closed_by_call__user")
    if employee_id:
        rows = rows.filter(task__assignee_id=employee_id)
    if day:
        start = clock.local_moment(day, time.min)
        rows = rows.filter(last_at__gte=start, last_at__lt=clock.local_moment(day + timedelta(days=1), time.min))
    return rows.filter(_number_q(number)) if number else rows


def _number_q(text: str) -> Q:
    """A whole number in any spelling exactly; a fragment of digits anywhere in it."""
    read = phones.normalise(text)
    if read.e164:
        return Q(e164=read.e164)
    digits = "".join(mark for mark in text if mark.isdecimal())
    return Q(e164__contains=digits) if digits else Q(pk__in=[])


@dataclass(frozen=True)
class Callback:
    """The state of a missed call: `code` is waiting, late, done (called back) or closed (the task was closed by hand)."""

    code: str
    at: datetime | None


def callback_of(missed: MissedCall, now: datetime) -> Callback:
    if missed.closed_by_call_id:
        return Callback("done", missed.closed_at)
    task: Task | None = missed.task
    if missed.closed_at or (task is not None and task.done_at):
        return Callback("closed", missed.closed_at or (task.done_at if task else None))
    return Callback("late" if missed.due_at < now else "waiting", missed.due_at)


@dataclass(frozen=True)
class CallbackFigures:
    """Median minutes till the call back and the share in time (4.4), over the last thirty days. None without data."""

    waiting: int
    late: int
    median_minutes: int | None
    in_time_percent: int | None


def callback_figures(user: User, now: datetime) -> CallbackFigures:
    rows = MissedCall.objects.visible_to(user)
    still = rows.open().filter(Q(task__isnull=True) | Q(task__done_at__isnull=True)).values_list("due_at", flat=True)
    due = list(still[:1000])
    done = list(
        rows.filter(closed_by_call__isnull=False, closed_at__gte=now - timedelta(days=30))
        .order_by("-pk")
        .values_list("first_at", "closed_at", "due_at")[:1000]
    )
    minutes = [int((closed - first).total_seconds() // 60) for first, closed, _due in done if closed]
    in_time = sum(closed <= due_at for _first, closed, due_at in done if closed)
    return CallbackFigures(
        waiting=len(due),
        late=sum(moment < now for moment in due),
        median_minutes=int(median(minutes)) if minutes else None,
        in_time_percent=in_time * 100 // len(done) if done else None,
    )


@dataclass(frozen=True)
class CallRow:
    """A row of /calls/. `client_url` is empty when the client is out of the reader's scope: then no name either."""

    call: Call
    number: str
    client_name: str
    client_url: str
    icon: str
    is_hidden: bool


def call_rows(user: User, calls: list[Call]) -> list[CallRow]:
    names = _visible_names(user, {call.client_id for call in calls if call.client_id})
    icons = {"in": "phone-incoming", "out": "phone-outgoing"}
    return [
        CallRow(
            call=call,
            number=call.e164 or call.client_number,
            client_name=names.get(call.client_id or 0, ""),
            client_url=f"/clients/{call.client_id}/" if call.client_id in names else "",
            icon="phone-missed" if call.missed_call_id else icons.get(call.direction, "phone"),
            is_hidden=not call.e164 and call.direction != "internal",
        )
        for call in calls
    ]


@dataclass(frozen=True)
class CallbackRow:
    missed: MissedCall
    state: Callback
    client_name: str
    client_url: str


def callback_rows(user: User, rows: list[MissedCall], now: datetime) -> list[CallbackRow]:
    names = _visible_names(user, {row.client_id for row in rows if row.client_id})
    return [
        CallbackRow(
            missed=row,
            state=callback_of(row, now),
            client_name=names.get(row.client_id or 0, ""),
            client_url=f"/clients/{row.client_id}/" if row.client_id in names else "",
        )
        for row in rows
    ]


def _visible_names(user: User, ids: set[int]) -> dict[int, str]:
    """A line's call may be of another department's client: its name is not for everybody who sees the call."""
    return dict(Client.objects.visible_to(user).filter(pk__in=ids).values_list("pk", "name"))

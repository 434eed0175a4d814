"""Missed calls: one callback task per number, a reminder, the head, and an end by any answered call (4.4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import calendar, deputy_of, head_of
from common import clock
from common.phones import format_phone
from common.workdays import add_working_minutes
from funnels.choices import TaskKind
from funnels.models import Task
from funnels.services import create_task
from journal.choices import Channel
from journal.services import acting, record
from notifications.services import ring
from telephony.choices import CallResult
from telephony.constants import BATCH, CALLBACK_MINUTES, ESCALATE_MINUTES
from telephony.models import Call, MissedCall
from telephony.selectors import duty_of


def working_moment(moment: datetime, minutes: int) -> datetime:
    """`minutes` of working hours after an aware moment."""
    wall = moment.astimezone(clock.zone()).replace(tzinfo=None)
    due = add_working_minutes(wall, minutes, calendar())
    return clock.local_moment(due.date(), due.time())


def note_missed(*, call: Call, now: datetime) -> MissedCall | None:
    """A finished, unanswered incoming call of a locked number: a new callback task, or one more on the open one.

    None when the number has been spoken with since (the events came late).
    """
    at = call.ended_at or call.started_at or now
    if _spoken_after(call, at):
        return None
    missed = (
        MissedCall.objects.open().select_for_update(of=("self",)).select_related("task").filter(e164=call.e164).first()
    )
    if missed is not None and missed.task is not None and missed.task.done_at is not None:
        _close(missed, at=missed.task.done_at, call=None)  # done by hand: what is missed now asks anew
        missed = None
    if missed is not None:
        missed.counter += 1
        missed.first_at, missed.last_at = min(missed.first_at, at), max(missed.last_at, at)
        if missed.client is None and call.client is not None:
            missed.client, missed.department = call.client, call.client.department
        missed.save(update_fields=["counter", "first_at", "last_at", "client", "department"])
        _count_on_task(missed)
    else:
        missed = _open(call, at, now)
    call.missed_call = missed
    return missed


def _open(call: Call, at: datetime, now: datetime) -> MissedCall:
    client = call.client
    department = client.department if client is not None else call.department
    due_at = working_moment(at, CALLBACK_MINUTES)
    missed = MissedCall.objects.create(
        e164=call.e164, client=client, department=department, first_at=at, last_at=at, due_at=due_at
    )
    assignee = _responsible(call)
    if assignee is not None:
        missed.task = create_task(
            kind=TaskKind.CALLBACK,
            text=_text(missed, assignee),
            due_at=due_at,
            assignee=assignee,
            client=client,
            has_time=True,
            key=f"missed:{missed.pk}",
        )
        missed.save(update_fields=["task"])
    return missed


def _responsible(call: Call) -> User | None:
    """The client's owner, his deputy when he is absent; else the duty employee of the line, else the head (4.4)."""
    owner = call.client.owner if call.client is not None else None
    if owner is not None and owner.is_active:
        return deputy_of(owner, clock.today()) or owner
    return duty_of(call.line, call.client.department if call.client is not None else call.department)


def _text(missed: MissedCall, assignee: User) -> str:
    with translation.override(assignee.language):
        text = _("Call back %(number)s") % {"number": format_phone(missed.e164)}
        return f"{text} ×{missed.counter}" if missed.counter > 1 else text


def _count_on_task(missed: MissedCall) -> None:
    task = missed.task
    if task is not None:
        Task.objects.filter(pk=task.pk).update(text=_text(missed, task.assignee), client=missed.client)


def _spoken_after(call: Call, at: datetime) -> bool:
    spoken = Call.objects.filter(e164=call.e164, result=CallResult.ANSWERED).exclude(pk=call.pk)
    return spoken.filter(ended_at__gt=at).exists()


def close_missed(*, call: Call, now: datetime) -> MissedCall | None:
    """An answered call with the number, in either direction, ends the open callback that it follows."""
    missed = (
        MissedCall.objects.open().select_for_update(of=("self",)).select_related("task").filter(e164=call.e164).first()
    )
    if missed is None:
        return None
    spoken_at = call.ended_at or call.answered_at or call.started_at or now
    if spoken_at < missed.last_at and call.missed_call_id != missed.pk:
        return None
    _close(missed, at=max(call.answered_at or spoken_at, missed.first_at), call=call)
    return missed


def _close(missed: MissedCall, *, at: datetime, call: Call | None) -> None:
    missed.closed_at, missed.closed_by_call = at, call
    missed.save(update_fields=["closed_at", "closed_by_call"])
    if call is None or missed.task_id is None:
        return
    if Task.objects.open().filter(pk=missed.task_id).update(done_at=at, done_by=call.user):
        record(
            action="task.done", obj=missed.task, actor=call.user, after={"call": call.pk, "client": missed.client_id}
        )


def escalate_missed(*, at: datetime | None = None) -> dict[str, int]:
    """Every five minutes: at 15 working minutes the reminder and the deputy, at 60 the head. Safe to run twice."""
    now = at or clock.now()
    counts = {"reminded": 0, "escalated": 0, "closed": 0}
    due = MissedCall.objects.open().filter(due_at__lte=now, escalated_at__isnull=True).order_by("pk")
    for pk in list(due.values_list("pk", flat=True)[: BATCH * 10]):
        with transaction.atomic(), acting(via=Channel.JOB):
            _escalate(pk, now, counts)
    return counts


def _escalate(pk: int, now: datetime, counts: dict[str, int]) -> None:
    missed = (
        MissedCall.objects.open()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("task__assignee", "department", "client")
        .filter(pk=pk)
        .first()
    )
    if missed is None:
        return
    task = missed.task
    if task is not None and task.done_at is not None:
        _close(missed, at=task.done_at, call=None)
        counts["closed"] += 1
        return
    assignee = task.assignee if task is not None else None
    if missed.reminded_at is None:
        deputy = deputy_of(assignee, clock.day_of(now)) if assignee is not None else None
        for person in (assignee, deputy):
            _tell(missed, person, "15")
        missed.reminded_at = now
        counts["reminded"] += 1
    if working_moment(missed.first_at, ESCALATE_MINUTES) <= now:
        _tell(missed, head_of(missed.department) if missed.department else None, "60")
        missed.escalated_at = now
        counts["escalated"] += 1
    missed.save(update_fields=["reminded_at", "escalated_at"])


def _tell(missed: MissedCall, person: User | None, step: str) -> None:
    if person is None or not person.is_active:
        return
    with translation.override(person.language):
        number = format_phone(missed.e164)
        name = missed.client.name if missed.client is not None else ""
        if step == "15":
            text = _("A missed call waits for more than 15 minutes: %(number)s %(name)s")
        else:
            text = _("Nobody has returned a missed call within an hour: %(number)s %(name)s")
        ring(
            recipient=person,
            key=f"missed:{missed.pk}:{step}:{person.pk}",
            text=(text % {"number": number, "name": name}).strip(),
            url=_calls_url(),
        )


def _calls_url() -> str:
    try:
        return f"{reverse('calls')}?tab=missed"
    except NoReverseMatch:
        return ""

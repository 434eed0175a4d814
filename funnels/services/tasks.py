from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.choices import TaskKind
from funnels.models import SalesCycle, Task
from journal.models import AuditEvent
from journal.services import draft, record


@transaction.atomic
def create_task(
    *,
    kind: str,
    text: str,
    due_at: datetime,
    assignee: User,
    client: Client | None = None,
    cycle: SalesCycle | None = None,
    actor: User | None = None,
    has_time: bool = False,
    key: str | None = None,
) -> Task:
    """A task for `assignee`; with a `key` the second call finds the first one's row."""
    if not text.strip():
        raise Invalid({"text": _("Say what is to be done.")})
    values = {
        "kind": kind,
        "text": text.strip()[:300],
        "due_at": due_at,
        "assignee": assignee,
        "client": client or (cycle.client if cycle else None),
        "cycle": cycle,
        "has_time": has_time,
        "created_at": clock.now(),
        "created_by": actor,
    }
    if key is None:
        task = Task.objects.create(**values)
    else:
        task, is_new = Task.objects.get_or_create(key=key, defaults=values)
        if not is_new:
            return task
    _created(task, actor).save(force_insert=True)
    return task


@dataclass(frozen=True)
class NewTask:
    """A task of the system about a locked cycle, once per `key`."""

    kind: str
    text: str
    due_at: datetime
    assignee: User
    cycle: SalesCycle
    key: str


def create_tasks(wanted: Sequence[NewTask]) -> list[Task]:
    """Tasks of the system, at most three queries; a known key stays as it is and is not returned."""
    known = set(Task.objects.filter(key__in=[one.key for one in wanted]).values_list("key", flat=True))
    tasks = [
        Task(
            kind=one.kind,
            text=one.text.strip()[:300],
            due_at=one.due_at,
            assignee=one.assignee,
            client=one.cycle.client,
            cycle=one.cycle,
            key=one.key,
            created_at=clock.now(),
        )
        for one in wanted
        if one.key not in known
    ]
    Task.objects.bulk_create(tasks)
    AuditEvent.objects.bulk_create(_created(task, None) for task in tasks)
    return tasks


def _created(task: Task, actor: User | None) -> AuditEvent:
    after = {"text": task.text, "due_at": task.due_at, "to": task.assignee.login}
    return draft(action="task.create", obj=task, actor=actor, after=after)


@transaction.atomic
def complete_task(*, task: Task, actor: User) -> Task:
    """Marks the task done by its assignee, his head or deputy (whoever sees it). Raises Conflict when it is closed."""
    task = Task.objects.select_for_update(of=("self",)).filter(pk=task.pk).get()
    if not Task.objects.visible_to(actor).filter(pk=task.pk).exists():
        raise NotAllowed(_("This is another person's task."))
    if task.done_at is not None:
        raise Conflict(_("The task is already closed."), code="task_closed")
    task.done_at, task.done_by = clock.now(), actor
    task.save(update_fields=["done_at", "done_by"])
    if task.kind == TaskKind.NEXT_STEP and task.cycle_id:
        SalesCycle.objects.filter(pk=task.cycle_id).update(next_step_at=None, next_step_text="")
    record(action="task.done", obj=task, actor=actor)
    return task


def put_next_step(
    *, cycle: SalesCycle, owner: User, at: datetime, text: str, actor: User | None, has_time: bool = False
) -> Task:
    """Replaces the open next step of a locked cycle; the cycle carries its date and text for the lists."""
    now = clock.now()
    Task.objects.open().filter(cycle=cycle, kind=TaskKind.NEXT_STEP).update(done_at=now, done_by=actor)
    task = Task.objects.create(
        kind=TaskKind.NEXT_STEP,
        text=(text.strip() or _("Call"))[:300],
        due_at=at,
        has_time=has_time,
        assignee=owner,
        client=cycle.client,
        cycle=cycle,
        created_at=now,
        created_by=actor,
    )
    cycle.next_step_at, cycle.next_step_text = at, task.text[:200]
    cycle.save(update_fields=["next_step_at", "next_step_text"])
    return task


def cancel_tasks(*, client: Client, at: datetime) -> None:
    """Closes what is open on a client that leaves the funnel; hand-overs and head's decisions stay."""
    Task.objects.open().filter(
        client=client, kind__in=[TaskKind.NEXT_STEP, TaskKind.FIRST_CONTACT, TaskKind.ASSIGN, TaskKind.OTHER]
    ).update(done_at=at, is_cancelled=True)


def move_tasks(*, client: Client, from_id: int, to: User) -> int:
    """Open tasks follow the client to its new owner (section 2.5). Returns their number."""
    return (
        Task.objects.open().filter(client=client, assignee=from_id).exclude(kind=TaskKind.HANDOVER).update(assignee=to)
    )

"""What stands around every page: navigation with its counters, the bell. One query, and only when a page is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from accounts.selectors import ScopeShape, scope_of, viewer_of
from common import clock
from common.prepared import Prepared
from funnels.models import RotationOrder, SalesCycle, Task
from notifications.models import Notice


@dataclass(frozen=True)
class ShellCounts:
    """`queue`: next steps that are due today or late; `tasks` likewise; `clients`: open cycles in scope."""

    unread: int = 0
    queue: int = 0
    clients: int = 0
    tasks: int = 0
    rotation: int = 0


def count_of(rows: QuerySet) -> Subquery:
    """The number of rows as a column of another query."""
    counted = rows.order_by().annotate(number=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted.values("number"), output_field=IntegerField())


def end_of(day: date) -> datetime:
    """The moment at which the organisation's day is over."""
    return clock.local_moment(day + timedelta(days=1), time(0))


_NAMES = ("unread", "tasks", "rotation", "queue", "clients")


def _counters(shape: ScopeShape, *, user: int, department: int, until: datetime) -> QuerySet:
    viewer = viewer_of(shape, user, department)
    role = viewer.role
    parts = {"unread": count_of(Notice.objects.visible_to(viewer).unread())}
    if role in MANAGER_ROLES or role in (Role.HEAD, Role.DIRECTOR):
        parts["tasks"] = count_of(Task.objects.open().filter(assignee=OuterRef("pk"), due_at__lt=until))
        parts["rotation"] = count_of(RotationOrder.objects.visible_to(viewer).open())
        cycles = SalesCycle.objects.open()
        if role in MANAGER_ROLES:
            cycles = cycles.filter(owner=OuterRef("pk"))
            parts["queue"] = count_of(cycles.filter(next_step_at__lt=until))
        elif role == Role.HEAD:
            # An owner is always of the client's department, so the clients themselves need not be read.
            cycles = cycles.filter(owner__department_id=viewer.department_id)
        parts["clients"] = count_of(cycles)
    nothing = Value(0, IntegerField())
    row = User.objects.filter(pk=user).annotate(**{f"n_{name}": parts.get(name, nothing) for name in _NAMES})
    return row.values_list(*(f"n_{name}" for name in _NAMES))


_prepared = Prepared(_counters)


def shell_counts(user: User) -> ShellCounts:
    """The counters of one person; one query, the same for everybody of his role."""
    shape, values = scope_of(user)
    (found,) = _prepared(shape, until=end_of(clock.today()), **values)
    return ShellCounts(**{name: number or 0 for name, number in zip(_NAMES, found, strict=True)})

"""What stands around every page: navigation with its counters, the bell. One query, and only when a page is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from common import clock
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


def shell_counts(user: User) -> ShellCounts:
    """The counters of one person; one query."""
    until = end_of(clock.today())
    parts = {"unread": count_of(Notice.objects.visible_to(user).unread())}
    if user.role in MANAGER_ROLES or user.role in (Role.HEAD, Role.DIRECTOR):
        parts["tasks"] = count_of(Task.objects.open().filter(assignee=OuterRef("pk"), due_at__lt=until))
        parts["rotation"] = count_of(RotationOrder.objects.visible_to(user).open())
        cycles = SalesCycle.objects.open()
        if user.role in MANAGER_ROLES:
            cycles = cycles.filter(owner=OuterRef("pk"))
            parts["queue"] = count_of(cycles.filter(next_step_at__lt=until))
        elif user.role == Role.HEAD:
            # An owner is always of the client's department, so the clients themselves need not be read.
            cycles = cycles.filter(owner__department_id=user.department_id)
        parts["clients"] = count_of(cycles)
    row = User.objects.filter(pk=user.pk).annotate(**{f"n_{name}": part for name, part in parts.items()})
    found = row.values(*(f"n_{name}" for name in parts)).get()
    return ShellCounts(**{name: found[f"n_{name}"] or 0 for name in parts})

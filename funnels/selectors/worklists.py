"""Reads of the work lists for the daily audit and the alerts (R-S2-7, R-S2-10b, R-S0-P14)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Count, Exists, OuterRef

from accounts.models import User
from accounts.querysets import UserQuerySet
from clients.models import Email, Phone
from funnels.choices import MovementKind
from funnels.models import Fact, Movement, SalesCycle, Task
from funnels.rules import WorklistRow
from funnels.selectors.candidates import day_moments


def live_sellers() -> UserQuerySet:
    """Managers at work in an active department."""
    people = User.objects.active().managers().filter(department__is_active=True)
    return people.select_related("department").order_by("pk")


def worklist_rows(person: User, day: date) -> list[WorklistRow]:
    """Every client of the work list with what the audit asks; three queries (R-S2-10b)."""
    starts, _ends = day_moments(day)
    late = Task.objects.open().filter(client=OuterRef("client_id"), due_at__lt=starts)
    cycles = list(
        SalesCycle.objects.in_worklist()
        .filter(owner=person)
        .annotate(
            has_late_task=Exists(late),
            has_phone=Exists(Phone.objects.filter(client=OuterRef("client_id"), is_live=True)),
            has_email=Exists(Email.objects.filter(client=OuterRef("client_id"))),
        )
        .select_related("client")
        .order_by("pk")
    )
    kinds: dict[int, set[str]] = defaultdict(set)
    standing = Fact.objects.filter(
        cycle__in=[cycle.pk for cycle in cycles], revokes__isnull=True, revoked_by__isnull=True
    )
    for cycle_id, kind in standing.values_list("cycle_id", "kind"):
        kinds[cycle_id].add(kind)
    return [
        WorklistRow(
            client_id=cycle.client_id,
            state=cycle.state,
            has_next_action=cycle.next_step_at is not None,
            has_overdue_task=cycle.has_late_task,
            has_required_fields=bool(
                cycle.client.name.strip()
                and cycle.client.size
                and cycle.client.category_id
                and (cycle.has_phone or cycle.has_email)
            ),
            fact_kinds=frozenset(kinds[cycle.pk]),
        )
        for cycle in cycles
    ]


def worklist_sizes() -> dict[int, int]:
    """Open `new` cycles by owner."""
    rows = SalesCycle.objects.in_worklist().order_by().values_list("owner_id").annotate(n=Count("pk"))
    return dict(rows)


def movers_of(day: date) -> tuple[set[int], set[int]]:
    """Who has coloured clients, and who has moved one up on the day."""
    coloured = SalesCycle.objects.coloured().order_by().values_list("owner_id").distinct()
    moved = Movement.objects.filter(on=day, kind=MovementKind.UPGRADE).order_by().values_list("user_id").distinct()
    return {owner for (owner,) in coloured}, {user for (user,) in moved}

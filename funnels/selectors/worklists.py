"""Reads of the work lists for the daily audit and the alerts (R-S2-7, R-S2-10b, R-S0-P14)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q

from accounts.models import User
from accounts.querysets import UserQuerySet
from clients.models import Email, Phone
from funnels.choices import MovementKind
from funnels.models import Fact, Movement, SalesCycle, Task
from funnels.rules import FACTS_ASKED, WorklistRow
from funnels.selectors.candidates import day_moments


def live_sellers() -> UserQuerySet:
    """Managers at work in an active department."""
    people = User.objects.active().managers().filter(department__is_active=True)
    return people.select_related("department").order_by("pk")


def worklist_rows(people: Collection[int], day: date) -> dict[int, list[WorklistRow]]:
    """Every client of these people's work lists with what the audit asks; two queries (R-S2-10b)."""
    starts, _ends = day_moments(day)
    cycles = SalesCycle.objects.in_worklist().filter(owner__in=people)
    late = Task.objects.open().filter(client=OuterRef("client_id"), due_at__lt=starts)
    standing = Fact.objects.standing().filter(cycle__in=cycles.order_by(), kind__in=FACTS_ASKED)
    kinds: dict[int, frozenset[str]] = {}
    nothing: frozenset[str] = frozenset()
    for cycle_id, kind in standing.order_by().values_list("cycle_id", "kind"):
        kinds[cycle_id] = kinds.get(cycle_id, nothing) | {kind}
    rows: dict[int, list[WorklistRow]] = {person: [] for person in people}
    asked = cycles.order_by("pk").values_list(
        "owner_id",
        "pk",
        "client_id",
        "state",
        _is(Q(next_step_at__isnull=False)),
        _is(Q(Exists(late))),
        _is(has_required_fields()),
    )
    for owner_id, cycle_id, client_id, state, has_next, is_late, has_required in asked:
        rows[owner_id].append(
            WorklistRow(client_id, state, has_next, is_late, has_required, kinds.get(cycle_id, nothing))
        )
    return rows


def has_required_fields() -> Q:
    """Of cycles: whose client's card has everything the audit asks for (R-S2-10b)."""
    has_phone = Exists(Phone.objects.filter(client=OuterRef("client_id"), is_live=True))
    has_email = Exists(Email.objects.filter(client=OuterRef("client_id")))
    has_fields = Q(client__name__regex=r"\S", client__category__isnull=False) & ~Q(client__size="")
    return has_fields & (has_phone | has_email)


def _is(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def worklist_sizes() -> dict[int, int]:
    """Open `new` cycles by owner."""
    rows = SalesCycle.objects.in_worklist().order_by().values_list("owner_id").annotate(n=Count("pk"))
    return dict(rows)


def movers_of(day: date) -> tuple[set[int], set[int]]:
    """Who has coloured clients, and who has moved one up on the day."""
    coloured = SalesCycle.objects.coloured().order_by().values_list("owner_id").distinct()
    moved = Movement.objects.filter(on=day, kind=MovementKind.UPGRADE).order_by().values_list("user_id").distinct()
    return {owner for (owner,) in coloured}, {user for (user,) in moved}

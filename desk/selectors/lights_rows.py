"""What the lights read of a department, each question compiled once for all departments (decision 0011)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from common.prepared import Prepared
from funnels.choices import MovementKind
from funnels.models import ColourChange, Movement, Ownership, SalesCycle


def _counted_of(_shape: None, *, department: int, today: date, next_day: date) -> QuerySet[SalesCycle, Any]:
    """Open sales by owner, segment, colour and kind: their number, roubles, lapsing yellow and stepless red ones."""
    # The owner's department is the client's own, and found by the index of owners.
    rows = SalesCycle.objects.coloured().filter(owner__department_id=department).order_by()
    return rows.values_list("owner_id", "segment_id", "colour", "kind").annotate(
        number=Count("pk"),
        amount=Coalesce(Sum("expected_amount"), Decimal(0)),
        lapsing=Count("pk", filter=Q(colour="yellow", recheck_on__gt=today, recheck_on__lte=next_day)),
        stepless=Count("pk", filter=Q(colour="red", next_step_at__isnull=True)),
    )


def _aging_of(_shape: None, *, department: int, until: date) -> QuerySet[Ownership, Any]:
    """Clients that are at seven counted days by the day, the oldest first: start of the clock, owner, what is shown."""
    rows = Ownership.objects.open().with_cycle().exclude(cycle__colour="none")
    rows = rows.filter(user__department_id=department, cycle__closed_at__isnull=True, warn_on__lte=until)
    return rows.order_by("flag_on", "-cycle__expected_amount", "pk").values_list(
        *("clock_started_on", "user_id", "client_id", "client__name", "user__last_name"),
        *("cycle__colour", "cycle__expected_amount", "flag_on"),
    )


def _moved_of(_shape: None, *, people: list[int], first: date, last: date) -> QuerySet[Movement, Any]:
    moves = Movement.objects.filter(user__in=people, on__gte=first, on__lte=last, kind__in=MovementKind.values)
    return moves.order_by().values_list("user_id").annotate(n=Count("pk"))


def _changed_of(_shape: None, *, department: int, since: date, starts: datetime) -> QuerySet[ColourChange, Any]:
    """Changes of colour since the day, by owner, colours and day. `starts`: the moment the day begins at."""
    rows = ColourChange.objects.filter(cycle__in=_alive_since(department, starts), on__gte=since).order_by()
    return rows.values_list("owner_id", "from_colour", "to_colour", "on").annotate(n=Count("pk"))


def _alive_since(department: int, moment: datetime) -> QuerySet[SalesCycle, Any]:
    """The department's sales that are open or were closed at the moment or later: no other has changed its colour since.

    Open ones by their owners, who are of the department: the others' sales are not read for it.
    """
    still = SalesCycle.objects.open().filter(owner__department_id=department)
    closed = SalesCycle.objects.filter(closed_at__gte=moment, client__department_id=department)
    return still.order_by().values("pk").union(closed.order_by().values("pk"))


counted, aging = Prepared(_counted_of), Prepared(_aging_of)
moved, changed = Prepared(_moved_of), Prepared(_changed_of)

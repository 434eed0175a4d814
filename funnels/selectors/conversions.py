"""Finished cycles of the last ninety days and what came of them, by the last owner (R-S1-5, section 3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from common.prepared import Prepared
from funnels.choices import Outcome, RefusalReason
from funnels.constants import CONVERSION_DAYS
from funnels.models import Ownership, SalesCycle
from funnels.rules import Conversion


def finished_cycles(day: date) -> QuerySet[SalesCycle]:
    """Cycles closed in the ninety days that end with `day`, «непрофильный» left out, with `last_owner` (user id)."""
    return finished_between(day - timedelta(days=CONVERSION_DAYS), day)


def finished_between(after: date, until: date) -> QuerySet[SalesCycle]:
    """The same of the days after `after` to `until`, for statements compiled once."""
    last_owner = Ownership.objects.filter(cycle=OuterRef("pk")).order_by("-started_at", "-pk").values("user_id")[:1]
    closed = SalesCycle.objects.filter(closed_on__gt=after, closed_on__lte=until)
    finished = closed.exclude(outcome="").exclude(refusal_reason=RefusalReason.NOT_OURS)
    return finished.annotate(last_owner=Subquery(last_owner)).order_by()


def conversions(day: date, departments: Iterable[int] | None = None) -> dict[int, dict[int, Conversion]]:
    """Department id → last owner's id → conversion; the department's own is the sum of its people. One query.

    None = every department.
    """
    found: dict[int, dict[int, Conversion]] = defaultdict(dict)
    asked = [] if departments is None else list(departments)
    spans = {"after": day - timedelta(days=CONVERSION_DAYS), "until": day}
    for department_id, owner_id, finished, paid in _counted(departments is None, departments=asked, **spans):
        found[department_id][owner_id] = Conversion(finished, paid)
    return dict(found)


def _counted_of(is_every: bool, *, departments: list[int], after: date, until: date) -> QuerySet[SalesCycle]:
    rows = finished_between(after, until)
    if not is_every:
        rows = rows.filter(client__department__in=departments)
    won = Count("pk", filter=Q(outcome=Outcome.WON))
    return rows.values_list("client__department_id", "last_owner").annotate(finished=Count("pk"), paid=won)


_counted = Prepared(_counted_of)


def whole_of(people: dict[int, Conversion]) -> Conversion:
    """The department's conversion: every cycle of every manager, the reserve of the head included (R-S0-P8)."""
    return sum(people.values(), Conversion())

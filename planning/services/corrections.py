"""A payment entered late or cancelled re-opens the days behind it: their rows are recalculated and marked (3.1.4)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from itertools import accumulate

from django.db import transaction
from django.db.models import Q, Sum

from accounts.selectors import calendar as production_calendar
from common import clock
from common.writing import write_over
from deals.models import PaymentCredit
from planning.models import PlanFact
from planning.rules import Span, span_of
from planning.services.locks import lock_figures

_NOTHING = Decimal("0.00")


@transaction.atomic
def correct_past(*, day: date, departments: Collection[int], users: Collection[int]) -> int:
    """Recalculates the fact of every stored row that counts payments of `day`; returns how many changed."""
    changed = 0
    for department_id in sorted(departments):
        # In line with the night job and with other payments of the department.
        lock_figures(department_id)
        rows = list(
            PlanFact.objects.filter(
                Q(user_id__in=users) | Q(user__isnull=True), department_id=department_id, day__gte=day
            )
        )
        changed += _correct(department_id, day, rows)
    return changed


def _correct(department_id: int, day: date, rows: list[PlanFact]) -> int:
    if not rows:
        return 0
    calendar = production_calendar()
    spans: dict[tuple[str, date], Span] = {}
    concerned = []
    for row in rows:
        span = spans.setdefault((row.period, row.starts_on), span_of(row.period, row.starts_on, calendar))
        if span.facts_from <= day <= span.facts_to:
            concerned.append((row, span))
    if not concerned:
        return 0
    paid = _Paid(department_id, min(span.facts_from for _, span in concerned), max(row.day for row, _ in concerned))
    at, changed = clock.now(), []
    for row, span in concerned:
        fact = paid.between(row.user_id, span.facts_from, min(row.day, span.facts_to))
        if fact == row.fact:
            continue
        row.fact = fact
        # A row of a day that is still running is not a corrected past.
        row.is_corrected = row.is_corrected or clock.day_of(row.computed_at) > row.day
        if row.is_corrected:
            row.computed_at = at
        changed.append(row)
    write_over(changed, ["fact", "is_corrected", "computed_at"])
    return len(changed)


class _Paid:
    """Payments of a department by person and day, summed between any two days. One query."""

    def __init__(self, department_id: int, first: date, last: date) -> None:
        rows = (
            PaymentCredit.objects.filter(
                department_id=department_id, is_void=False, paid_on__gte=first, paid_on__lte=last
            )
            .order_by("paid_on")
            .values_list("user_id", "paid_on")
            .annotate(total=Sum("amount"))
        )
        by_scope: dict[int | None, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: _NOTHING))
        for user_id, paid_on, total in rows:
            by_scope[user_id][paid_on] += total
            by_scope[None][paid_on] += total
        self._days = {scope: sorted(days) for scope, days in by_scope.items()}
        self._sums = {
            scope: [_NOTHING, *accumulate(days[day] for day in self._days[scope])] for scope, days in by_scope.items()
        }

    def between(self, user_id: int | None, first: date, last: date) -> Decimal:
        days = self._days.get(user_id, [])
        sums = self._sums.get(user_id, [_NOTHING])
        low, high = bisect_left(days, first), bisect_right(days, last)
        return sums[high] - sums[low] if high > low else _NOTHING

"""Stored dates of the two ten-day clocks and of the deal term."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.models import Department
from accounts.selectors import calendar
from common.workdays import Calendar
from common.writing import write_over
from funnels.choices import CycleKind
from funnels.models import Ownership, SalesCycle
from funnels.rules import clock_dates, term_dates

CLOCK_FIELDS = [
    "clock_started_on",
    "state_started_on",
    "warn_on",
    "last_day_on",
    "flag_on",
    "state_warn_on",
    "state_last_day_on",
    "state_flag_on",
]


def fill_clock(ownership: Ownership, go_live: date | None, days: Calendar | None = None) -> None:
    """Computes the stored dates of ages 7, 10 and 11 from both starts; nothing is saved (R-S0-P7, R-S0-P16)."""
    days = days or calendar()
    colour = clock_dates(ownership.clock_started_on, go_live, days)
    ownership.warn_on, ownership.last_day_on, ownership.flag_on = colour.warn_on, colour.last_day_on, colour.flag_on
    state = clock_dates(ownership.state_started_on, go_live, days)
    ownership.state_warn_on, ownership.state_last_day_on = state.warn_on, state.last_day_on
    ownership.state_flag_on = state.flag_on


def fill_term(cycle: SalesCycle, go_live: date | None, days: Calendar | None = None) -> None:
    """Computes the stored dates of the deal term; repeat cycles have none (R-S2-8)."""
    if cycle.kind == CycleKind.REPEAT:
        cycle.term_ends_on = cycle.term_warn_on = None
        return
    dates = term_dates(cycle.opened_on, cycle.segment.term_days, days or calendar(), go_live)
    cycle.term_ends_on, cycle.term_warn_on = dates.last_day_on, dates.warn_on


@transaction.atomic
def recompute_clocks(*, department: Department | None = None) -> int:
    """Recomputes the stored dates of every open ownership after a calendar edit or a moved go-live; returns the number."""
    days = calendar()
    scope = Ownership.objects.open().with_cycle().select_for_update(of=("self",)).order_by("pk")
    if department is not None:
        scope = scope.filter(client__department=department)
    changed = 0
    for batch in _batches(scope.select_related("client__department", "cycle__segment")):
        cycles = []
        for ownership in batch:
            go_live = ownership.client.department.rotation_starts_on
            fill_clock(ownership, go_live, days)
            if ownership.cycle is not None:
                fill_term(ownership.cycle, go_live, days)
                cycles.append(ownership.cycle)
        write_over(batch, CLOCK_FIELDS)
        write_over(cycles, ["term_ends_on", "term_warn_on"])
        changed += len(batch)
    return changed


def _batches(rows: Iterable[Ownership], size: int = 500) -> Iterable[list[Ownership]]:
    batch: list[Ownership] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

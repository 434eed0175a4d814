"""Forecasts as the nights of the past would have frozen them: the funnels are read back from their own history."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal

from accounts.models import Department
from accounts.selectors import calendar
from common import clock
from common.workdays import PeriodKind
from deals.models import Payment
from funnels.models import ColourChange, Ownership, SalesCycle
from planning.constants import Colour
from planning.models import ForecastSnapshot
from planning.rules import ALL_KINDS, Span, span_of
from planning.selectors.forecast import Line, forecast_inputs
from planning.services import forecast_rows

# How far back each period is frozen, in calendar days: enough to page through, few enough to be quick.
REACH = {PeriodKind.DAY: 14, PeriodKind.TRIAD: 30, PeriodKind.WEEK: 90}
BATCH = 500
_COLOURS = {str(colour): colour for colour in Colour}


@dataclass
class Past:
    """One cycle as its history tells it; days of every list ascend."""

    cycle: SalesCycle
    owners: list[tuple[date, date | None, int]] = field(default_factory=list)  # first day, day of the end, person
    colours: list[tuple[date, str]] = field(default_factory=list)
    paid: list[tuple[date, Decimal]] = field(default_factory=list)

    def line(self, day: date) -> Line | None:
        """The cycle in the morning of `day`, if it was open and had an owner and a colour."""
        closed_on = self.cycle.closed_on
        if self.cycle.opened_on >= day or (closed_on is not None and closed_on < day):
            return None
        owner = next((who for first, last, who in self.owners if first < day and (last is None or last >= day)), None)
        at = bisect_left(self.colours, (day, ""))
        colour = _COLOURS.get(self.colours[at - 1][1]) if at else None
        if owner is None or colour is None:
            return None
        paid = sum((amount for on, amount in self.paid if on < day), Decimal(0))
        return Line(self.cycle.pk, owner, self.cycle.segment_id, colour, self.cycle.expected_amount, paid)


def freeze_past(departments: Iterable[Department], *, today: date, days: int) -> None:
    """Snapshots of the periods that began within the last `days`, those of today are left to the night's own job."""
    begins = dict(_begins(today, today - timedelta(days=days)))
    rows: list[ForecastSnapshot] = []
    for department in departments:
        lives = lives_of(department)
        for day, spans in begins.items():
            inputs = forecast_inputs(department_id=department.pk, day=day)
            inputs.lines = lines_on(lives, day)
            at = clock.local_moment(day, time(0, 30))
            rows += forecast_rows(department=department, spans=spans, inputs=inputs, day=day, at=at)
    ForecastSnapshot.objects.bulk_create(rows, batch_size=BATCH)


def _begins(today: date, since: date) -> Iterator[tuple[date, dict[PeriodKind, Span]]]:
    """Day → periods that begin on it and are frozen."""
    working = calendar()
    for back in range(1, (today - since).days + 1):
        day = today - timedelta(days=back)
        spans = {kind: span_of(kind, day, working) for kind in ALL_KINDS if back <= REACH.get(kind, back)}
        found = {kind: span for kind, span in spans.items() if span.period.starts_on == day}
        if found:
            yield day, found


def lines_on(lives: Iterable[Past], day: date) -> list[Line]:
    """The open cycles of these lives as they stood in the morning of `day`."""
    return [line for life in lives if (line := life.line(day)) is not None]


def lives_of(department: Department) -> list[Past]:
    """Every cycle of the department's clients with its history. Four queries."""
    found = {cycle.pk: Past(cycle) for cycle in SalesCycle.objects.filter(client__department=department).order_by("pk")}
    owned = Ownership.objects.filter(cycle__in=found).order_by("started_at", "pk")
    for cycle_id, first, last, user_id in owned.values_list("cycle_id", "started_on", "ended_on", "user_id"):
        found[cycle_id or 0].owners.append((first, last, user_id))
    changes = ColourChange.objects.filter(cycle__in=found).order_by("on", "at", "pk")
    told: dict[int, list[tuple[date, str]]] = defaultdict(list)
    for cycle_id, on, colour in changes.values_list("cycle_id", "on", "to_colour"):
        told[cycle_id].append((on, colour))
    for cycle_id, colours in told.items():
        # The last change of a day is the colour of its evening.
        found[cycle_id].colours = sorted(dict(colours).items())
    payments = Payment.objects.filter(cycle__in=found, cancelled_at__isnull=True).order_by("paid_on", "pk")
    for cycle_id, on, amount in payments.values_list("cycle_id", "paid_on", "amount"):
        found[cycle_id].paid.append((on, amount))
    return list(found.values())

"""What ninety days of sales say of each person in each segment: conversions, days in a colour, cheque (section 3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from common.prepared import Prepared
from funnels.choices import MovementKind, Outcome
from funnels.constants import CONVERSION_DAYS
from funnels.models import Movement
from funnels.selectors.conversions import finished_between
from kpi.calculator import Kpi, median
from kpi.constants import REFERENCE_DAYS
from planning.calculator import Passages
from planning.constants import Colour
from planning.selectors.forecast import finished_passages

CONVERSIONS = {
    Kpi.CONVERSION_RED: Colour.RED,
    Kpi.CONVERSION_YELLOW: Colour.YELLOW,
    Kpi.CONVERSION_GREEN: Colour.GREEN,
}
_COLOURS = {str(colour): colour for colour in Colour}
STAYS = {Kpi.DAYS_RED: Colour.RED, Kpi.DAYS_YELLOW: Colour.YELLOW, Kpi.DAYS_GREEN: Colour.GREEN}


@dataclass
class Outcomes:
    """Of one person, or of several added up, in one segment."""

    finished: int = 0
    won: int = 0
    paid: Decimal = Decimal("0.00")
    passed: dict[Colour, list[int]] = field(default_factory=lambda: {colour: [0, 0] for colour in Colour})
    stays: dict[Colour, list[int]] = field(default_factory=lambda: {colour: [] for colour in Colour})

    def __bool__(self) -> bool:
        return bool(self.finished or any(self.stays.values()) or any(pair[0] for pair in self.passed.values()))

    def value(self, kpi: Kpi) -> Fraction | None:
        """Part of 1, days or roubles; None while nothing of the kind has ended."""
        if kpi is Kpi.CONVERSION:
            return Fraction(self.won, self.finished) if self.finished else None
        if kpi is Kpi.AVERAGE_CHEQUE:
            return Fraction(self.paid) / self.won if self.won else None
        if kpi in CONVERSIONS:
            ended, succeeded = self.passed[CONVERSIONS[kpi]]
            return Fraction(succeeded, ended) if ended else None
        stays = sorted(self.stays[STAYS[kpi]])
        # Whole days are ordered as such: only the middle of them need be exact fractions.
        middle = stays[(len(stays) - 1) // 2 : len(stays) // 2 + 1]
        return median([Fraction(days) for days in middle]) if middle else None

    def counted(self, kpi: Kpi) -> int:
        """How many sales, passages or stays the value is made of."""
        if kpi is Kpi.CONVERSION:
            return self.finished
        if kpi is Kpi.AVERAGE_CHEQUE:
            return self.won
        return self.passed[CONVERSIONS[kpi]][0] if kpi in CONVERSIONS else len(self.stays[STAYS[kpi]])

    def add(self, passages: Passages) -> None:
        for colour in Colour:
            self.passed[colour][0] += passages.finished.get(colour, 0)
            self.passed[colour][1] += passages.succeeded.get(colour, 0)


def added(parts: Iterable[Outcomes]) -> Outcomes:
    """Several people of one segment as one."""
    whole = Outcomes()
    for one in parts:
        whole.finished += one.finished
        whole.won += one.won
        whole.paid += one.paid
        for colour in Colour:
            whole.passed[colour][0] += one.passed[colour][0]
            whole.passed[colour][1] += one.passed[colour][1]
            whole.stays[colour] += one.stays[colour]
    return whole


def outcomes_of(*, department_id: int, day: date) -> Mapping[int, Mapping[int, Outcomes]]:
    """Segment id → user id → outcomes of the ninety days that end with `day`. Four queries."""
    found: dict[int, dict[int, Outcomes]] = defaultdict(lambda: defaultdict(Outcomes))
    for segment_id, of_people in finished_passages(department_id, day + timedelta(days=1)).items():
        for user_id, passages in of_people.items():
            found[segment_id][user_id].add(passages)
    after = day - timedelta(days=CONVERSION_DAYS)
    for segment_id, user_id, finished, number, paid in _finished((), department=department_id, after=after, until=day):
        if user_id is None:
            continue  # left out here: as a condition it would be asked of every department's sales
        one = found[segment_id][user_id]
        one.finished, one.won, one.paid = finished, number, paid or Decimal("0.00")
    since = day - timedelta(days=REFERENCE_DAYS)
    for segment_id, user_id, colour, on, entered_on in _stayed((), department=department_id, since=since, until=day):
        if colour in _COLOURS:
            found[segment_id][user_id].stays[_COLOURS[colour]].append(max(0, (on - entered_on).days))
    return {segment_id: dict(people) for segment_id, people in found.items()}


def _sales(_shape: tuple[()], *, department: int, after: date, until: date) -> QuerySet:
    """Finished sales by segment and last owner: how many, how many were won, roubles they paid."""
    won = Q(outcome=Outcome.WON)
    cycles = finished_between(after, until).filter(client__department_id=department)
    return cycles.values_list("segment_id", "last_owner").annotate(
        finished=Count("pk"), won=Count("pk", filter=won), paid=Sum("paid_amount", filter=won)
    )


def _stays(_shape: tuple[()], *, department: int, since: date, until: date) -> QuerySet:
    """Finished stays in a colour that ended in a rise or full payment, from the rise before or the taking, after `since`.

    Segment, person, colour, the day of the end, the day of the beginning.
    """
    rises = Q(kind=MovementKind.UPGRADE) | Q(kind=MovementKind.FULL_PAYMENT)
    before = Movement.objects.filter(rises, ownership=OuterRef("ownership"), pk__lt=OuterRef("pk")).order_by("-pk")
    rows = Movement.objects.filter(rises, user__department_id=department, on__gt=since, on__lte=until).order_by()
    entered = rows.annotate(entered_on=Coalesce(Subquery(before.values("on")[:1]), F("ownership__started_on")))
    return entered.values_list("cycle__segment_id", "user_id", "from_colour", "on", "entered_on")


_finished, _stayed = Prepared(_sales), Prepared(_stays)

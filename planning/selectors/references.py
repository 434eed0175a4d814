"""Reference p and t of the segments: what a department approved, else the segment's settings (section 3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from clients.models import Segment
from planning.choices import StageNorm
from planning.constants import Colour, PerColour, Reference
from planning.models import SegmentNorm
from planning.rules import LEAST_RATE

RATE_OF = {Colour.RED: StageNorm.P_RED, Colour.YELLOW: StageNorm.P_YELLOW, Colour.GREEN: StageNorm.P_GREEN}
DAYS_OF = {Colour.RED: StageNorm.T_RED, Colour.YELLOW: StageNorm.T_YELLOW, Colour.GREEN: StageNorm.T_GREEN}


@dataclass(frozen=True)
class SegmentDefault:
    """The reference of one segment on a day; `since` names the month from which an approved value stands.

    What is not in `since` is the segment's setting.
    """

    reference: Reference
    since: Mapping[StageNorm, date] = field(default_factory=dict)

    def rate_since(self, colour: Colour) -> date | None:
        return self.since.get(RATE_OF[colour])

    def days_since(self, colour: Colour) -> date | None:
        return self.since.get(DAYS_OF[colour])


def references_in_force(*, department_id: int, segments: Iterable[Segment], day: date) -> dict[int, SegmentDefault]:
    """Segment id → what its forecasts stand on that day in this department; one query.

    The latest month begun counts, and of two approvals for it the later one.
    """
    rows = SegmentNorm.objects.filter(department_id=department_id, valid_from__lte=day)
    newest = rows.order_by("segment_id", "name", "-valid_from", "-version").distinct("segment_id", "name")
    approved: dict[int, dict[StageNorm, SegmentNorm]] = defaultdict(dict)
    for row in newest:
        approved[row.segment_id][StageNorm(row.name)] = row
    return {segment.pk: _in_force(segment, approved.get(segment.pk, {})) for segment in segments}


def _in_force(segment: Segment, approved: Mapping[StageNorm, SegmentNorm]) -> SegmentDefault:
    setting = segment_reference(segment)
    rates = PerColour(**{str(one): _value(approved, RATE_OF[one], setting.conversion[one]) for one in Colour})
    days = PerColour(**{str(one): _value(approved, DAYS_OF[one], setting.days[one]) for one in Colour})
    return SegmentDefault(Reference(possible(rates), days), {name: row.valid_from for name, row in approved.items()})


def _value(approved: Mapping[StageNorm, SegmentNorm], name: StageNorm, setting: Fraction) -> Fraction:
    return Fraction(approved[name].value) if name in approved else setting


def segment_reference(segment: Segment) -> Reference:
    """The reference p and t of the segment's settings."""
    conversion = PerColour(
        red=Fraction(segment.p_red) / 100,
        yellow=Fraction(segment.p_yellow) / 100,
        green=Fraction(segment.p_green) / 100,
    )
    days = PerColour(red=Fraction(segment.t_red), yellow=Fraction(segment.t_yellow), green=Fraction(segment.t_green))
    return Reference(possible(conversion), days)


def possible(rates: PerColour) -> PerColour:
    """Conversions as a reference takes them: never 0."""
    return PerColour(
        red=max(rates.red, LEAST_RATE), yellow=max(rates.yellow, LEAST_RATE), green=max(rates.green, LEAST_RATE)
    )

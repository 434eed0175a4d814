"""Reference p and t of the segments: what a department approved, else the segment's settings (section 3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from django.db.models import QuerySet

from clients.models import Segment
from common.prepared import Prepared
from planning.choices import StageNorm
from planning.constants import Colour, PerColour, Reference
from planning.models import SegmentNorm
from planning.rules import LEAST_RATE

RATE_OF = {Colour.RED: StageNorm.P_RED, Colour.YELLOW: StageNorm.P_YELLOW, Colour.GREEN: StageNorm.P_GREEN}
DAYS_OF = {Colour.RED: StageNorm.T_RED, Colour.YELLOW: StageNorm.T_YELLOW, Colour.GREEN: StageNorm.T_GREEN}

Approved = tuple[Decimal, date]  # the value, and the month from which it stands


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


def every_segment() -> dict[int, Segment]:
    """Segment id → segment, switched off ones too; one query."""
    return {segment.pk: segment for segment in _segments.models(())}


_segments = Prepared(lambda _shape: Segment.objects.all())


def references_in_force(*, department_id: int, segments: Iterable[Segment], day: date) -> dict[int, SegmentDefault]:
    """Segment id → what its forecasts stand on that day in this department; one query.

    The latest month begun counts, and of two approvals for it the later one.
    """
    approved: dict[int, dict[StageNorm, Approved]] = defaultdict(dict)
    for segment_id, name, value, valid_from in _approved((), department=department_id, day=day):
        approved[segment_id][StageNorm(name)] = value, valid_from
    return {segment.pk: _in_force(segment, approved.get(segment.pk, {})) for segment in segments}


def _newest(_shape: tuple[()], *, department: int, day: date) -> QuerySet:
    rows = SegmentNorm.objects.filter(department_id=department, valid_from__lte=day)
    newest = rows.order_by("segment_id", "name", "-valid_from", "-version").distinct("segment_id", "name")
    return newest.values_list("segment_id", "name", "value", "valid_from")


_approved = Prepared(_newest)


def _in_force(segment: Segment, approved: Mapping[StageNorm, Approved]) -> SegmentDefault:
    setting = segment_reference(segment)
    if not approved:
        return SegmentDefault(setting)
    rates = PerColour(**{str(one): _value(approved, RATE_OF[one], setting.conversion[one]) for one in Colour})
    days = PerColour(**{str(one): _value(approved, DAYS_OF[one], setting.days[one]) for one in Colour})
    return SegmentDefault(Reference(possible(rates), days), {name: since for name, (_, since) in approved.items()})


def _value(approved: Mapping[StageNorm, Approved], name: StageNorm, setting: Fraction) -> Fraction:
    return Fraction(approved[name][0]) if name in approved else setting


def segment_reference(segment: Segment) -> Reference:
    """The reference p and t of the segment's settings."""
    return _of_settings(
        segment.p_red, segment.p_yellow, segment.p_green, segment.t_red, segment.t_yellow, segment.t_green
    )


@lru_cache(maxsize=1024)  # every forecast asks it of every segment, and settings hardly ever change
def _of_settings(
    p_red: Decimal, p_yellow: Decimal, p_green: Decimal, t_red: Decimal, t_yellow: Decimal, t_green: Decimal
) -> Reference:
    conversion = PerColour(red=Fraction(p_red) / 100, yellow=Fraction(p_yellow) / 100, green=Fraction(p_green) / 100)
    days = PerColour(red=Fraction(t_red), yellow=Fraction(t_yellow), green=Fraction(t_green))
    return Reference(possible(conversion), days)


def possible(rates: PerColour) -> PerColour:
    """Conversions as a reference takes them: never 0."""
    return PerColour(
        red=max(rates.red, LEAST_RATE), yellow=max(rates.yellow, LEAST_RATE), green=max(rates.green, LEAST_RATE)
    )

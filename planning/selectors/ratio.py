"""The floors of the colours held against a list that may lie in several segments (R-S0-P5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from accounts.models import User
from clients.models import Segment
from planning.calculator import Counts
from planning.constants import FLOOR_GREEN, FLOOR_YELLOW, NEWCOMER_DAYS, RATIO_LEAST_CLIENTS


@dataclass(frozen=True)
class Ratio:
    """`green_floor`, `yellow_floor`: parts of 1, over the segments of this list. `is_judged`: 18 clients and more,
    no newcomer; else only shares are shown and both needs are 0.
    """

    counts: Counts
    green_floor: Fraction = FLOOR_GREEN
    yellow_floor: Fraction = FLOOR_YELLOW
    need_green: int = 0
    need_yellow: int = 0
    is_judged: bool = False
    is_newcomer: bool = False

    @property
    def is_met(self) -> bool:
        return not self.need_green and not self.need_yellow

    @property
    def is_constant(self) -> bool:
        """The floors are the 3 : 5 : 10 of the method, raised by nobody."""
        return self.green_floor == FLOOR_GREEN and self.yellow_floor == FLOOR_YELLOW


def floors_of(segments: Iterable[Segment]) -> dict[int, tuple[Fraction, Fraction]]:
    """Green and yellow floor by segment id; a raised one is never below the constant."""
    found = {}
    for segment in segments:
        green = Fraction(segment.green_floor_percent or 0) / 100
        yellow = Fraction(segment.yellow_floor_percent or 0) / 100
        found[segment.pk] = (max(FLOOR_GREEN, green), max(FLOOR_YELLOW, yellow))
    return found


def is_newcomer(user: User | None, day: date) -> bool:
    """In the first thirty days of employment: «набор», no alarm."""
    return user is not None and user.employed_on is not None and day < user.employed_on + timedelta(days=NEWCOMER_DAYS)


def add_up(parts: Iterable[Counts]) -> Counts:
    green = yellow = red = 0
    for part in parts:
        green, yellow, red = green + part.green, yellow + part.yellow, red + part.red
    return Counts(green=green, yellow=yellow, red=red)


def ratio_of(
    by_segment: Mapping[int, Counts], floors: Mapping[int, tuple[Fraction, Fraction]], *, newcomer: bool = False
) -> Ratio:
    """needed = ceil(floor × N) − actual; with raised floors, floor × N is the sum over the segments."""
    counts = add_up(by_segment.values())
    if not counts.total:
        return Ratio(counts, is_newcomer=newcomer)
    default = (FLOOR_GREEN, FLOOR_YELLOW)
    green = sum((floors.get(pk, default)[0] * part.total for pk, part in by_segment.items()), Fraction(0))
    yellow = sum((floors.get(pk, default)[1] * part.total for pk, part in by_segment.items()), Fraction(0))
    judged = counts.total >= RATIO_LEAST_CLIENTS and not newcomer
    return Ratio(
        counts,
        green / counts.total,
        yellow / counts.total,
        max(0, ceil(green) - counts.green) if judged else 0,
        max(0, ceil(yellow) - counts.yellow) if judged else 0,
        judged,
        newcomer,
    )

"""Who plans with whom: ramp of a new employee, spans of the periods. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from common.workdays import Calendar, Period, PeriodKind, facts_span, period_of

ALL_KINDS: Final = tuple(PeriodKind)

# Section 3.2: what a new employee is expected to bring in his first, second and third month.
RAMP: Final = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))

# A stage in which nobody succeeded for 90 days: the least rate that a reference can carry, not a division by zero.
LEAST_RATE: Final = Fraction(1, 1000)


def ramp(employed_on: date | None, day: date) -> Fraction:
    """25, 50, 75 % in the first three months of employment, then 100 %; an unknown start is a full employee."""
    if employed_on is None:
        return Fraction(1)
    months = (day.year - employed_on.year) * 12 + day.month - employed_on.month - int(day.day < employed_on.day)
    return RAMP[max(0, months)] if months < len(RAMP) else Fraction(1)


@dataclass(frozen=True)
class Span:
    """A period and the days whose payments count in it (a triad takes the days off around it)."""

    period: Period
    facts_from: date
    facts_to: date


def span_of(kind: PeriodKind | str, day: date, calendar: Calendar) -> Span:
    period = period_of(kind, day, calendar)
    return Span(period, *facts_span(period, calendar))


def previous_day(kind: PeriodKind | str, day: date, calendar: Calendar) -> date:
    """A day of the period before the one that holds `day`; for a day, the previous working day."""
    if PeriodKind(kind) is PeriodKind.DAY:
        return calendar.previous_working_day(day)
    return span_of(kind, day, calendar).facts_from - timedelta(days=1)


def following_day(kind: PeriodKind | str, day: date, calendar: Calendar) -> date:
    """A day of the period after the one that holds `day`."""
    if PeriodKind(kind) is PeriodKind.DAY:
        return calendar.next_working_day(day)
    return span_of(kind, day, calendar).facts_to + timedelta(days=1)

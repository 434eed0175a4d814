"""Production calendar arithmetic: working days, counted days, periods, working minutes. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

OPENS_AT: Final = time(9, 20)
CLOSES_AT: Final = time(18, 0)
SHORT_DAY_CLOSES_AT: Final = time(17, 0)
TRIAD_LENGTH: Final = 3
# The first days of the four control weeks of any month (C4).
CONTROL_WEEK_STARTS: Final = (1, 8, 15, 22)

_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """What the production calendar says about a day.

    `holiday` is a public holiday (also one that falls on a weekend) or a transferred day off: the days on which the
    10-day clock pauses. `weekend` is an ordinary day off. `short` is a working day, one hour shorter.
    """

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SHORT = "short"


class PeriodKind(StrEnum):
    """The seven period types of a plan (R-S0-P13)."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    TRIAD = "triad"
    DAY = "day"


@dataclass(frozen=True)
class Period:
    """A plan period. A triad starts and ends on a working day; every other period is bounded by calendar days."""

    kind: PeriodKind
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    @property
    def days(self) -> int:
        """Length in calendar days, both ends included."""
        return (self.ends_on - self.starts_on).days + 1


@dataclass(frozen=True, eq=False)
class Calendar:
    """The plain week (Monday to Friday) with `kinds` overriding single days.

    Counted days (R-S0-P7, R-S0-P16) are all days but the holidays; with `pause_on_public_holidays` off, all days.
    Immutable and compared by identity, so that it can be cached and used as a key.
    """

    kinds: Mapping[date, DayKind] = field(default_factory=dict)
    pause_on_public_holidays: bool = True
    _uncounted: tuple[date, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        kinds = {day: DayKind(kind) for day, kind in self.kinds.items()}
        paused = (day for day, kind in kinds.items() if kind is DayKind.HOLIDAY)
        object.__setattr__(self, "kinds", MappingProxyType(kinds))
        object.__setattr__(self, "_uncounted", tuple(sorted(paused)) if self.pause_on_public_holidays else ())

    def kind(self, day: date) -> DayKind:
        override = self.kinds.get(day)
        if override is not None:
            return override
        return DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND

    def is_working(self, day: date) -> bool:
        return self.kind(day) in (DayKind.WORKDAY, DayKind.SHORT)

    def is_counted(self, day: date) -> bool:
        """Whether the day makes a clock older. Ordinary Saturdays and Sundays do."""
        return not (self.pause_on_public_holidays and self.kinds.get(day) is DayKind.HOLIDAY)

    # Counted days: the 10-day clock

    def counted_days(self, start: date, end: date) -> int:
        """The age on `end` of a clock started on `start`: counted days d with start < d <= end. 0 before the start."""
        if end <= start:
            return 0
        return (end - start).days - bisect_right(self._uncounted, end) + bisect_right(self._uncounted, start)

    def nth_counted_day(self, start: date, n: int) -> date:
        """The day on which a clock started on `start` becomes `n` old; `start` itself for 0. ValueError when n < 0."""
        if n < 0:
            raise ValueError("an age is never negative")
        day = start + timedelta(days=n)
        while missing := n - self.counted_days(start, day):
            day += timedelta(days=missing)
        return day

    def latest_start_with_age(self, day: date, age: int) -> date:
        """The latest start whose age on `day` is at least `age`: every clock started then or earlier is as old.

        ValueError when age < 0.
        """
        if age < 0:
            raise ValueError("an age is never negative")
        start = day - timedelta(days=age)
        while missing := age - self.counted_days(start, day):
            start -= timedelta(days=missing)
        return start

    # Working days

    def working_day_on_or_after(self, day: date) -> date:
        while not self.is_working(day):
            day += _DAY
        return day

    def next_working_day(self, day: date) -> date:
        """The first working day strictly after `day`."""
        return self.working_day_on_or_after(day + _DAY)

    def previous_working_day(self, day: date) -> date:
        """The last working day strictly before `day`."""
        day -= _DAY
        while not self.is_working(day):
            day -= _DAY
        return day

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day strictly after `day` (before it when n is negative); `day` itself for 0."""
        step = self.next_working_day if n > 0 else self.previous_working_day
        for _ in range(abs(n)):
            day = step(day)
        return day

    def working_days(self, start: date, end: date) -> list[date]:
        """The working days from `start` to `end`, both included, in order; empty when end < start."""
        return list(_working_days(self, start, end))

    def closes_at(self, day: date) -> time:
        """When the working hours of a working day end."""
        return SHORT_DAY_CLOSES_AT if self.kind(day) is DayKind.SHORT else CLOSES_AT


@lru_cache(maxsize=2048)
def _working_days(calendar: Calendar, start: date, end: date) -> tuple[date, ...]:
    days = (start + timedelta(days=offset) for offset in range((end - start).days + 1))
    return tuple(day for day in days if calendar.is_working(day))


def add_working_minutes(moment: datetime, minutes: int, calendar: Calendar) -> datetime:
    """The wall time `minutes` of working hours (09:20-18:00 of working days, lunch included) after a wall time.

    Naive local moments in and out. A moment outside working hours waits for the next opening. ValueError for a
    negative number of minutes or an aware moment.
    """
    if minutes < 0 or moment.tzinfo is not None:
        raise ValueError("working minutes are added to a naive local moment and are never negative")
    left = timedelta(minutes=minutes)
    day = calendar.working_day_on_or_after(moment.date())
    current = max(moment, datetime.combine(day, OPENS_AT))
    while True:
        closing = datetime.combine(day, calendar.closes_at(day))
        # Closing time itself still belongs to the day only for a deadline reached, not for a wait begun.
        if current < closing and current + left <= closing:
            return current + left
        left -= max(closing - current, timedelta(0))
        day = calendar.next_working_day(day)
        current = datetime.combine(day, OPENS_AT)


# Periods


def month_end(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - _DAY


def months(period: PeriodKind, day: date) -> tuple[date, date]:
    """First and last day of the year, half, quarter or month that holds the day."""
    length = {PeriodKind.YEAR: 12, PeriodKind.HALF: 6, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}[period]
    first = (day.month - 1) // length * length + 1
    return date(day.year, first, 1), month_end(day.year, first + length - 1)


def control_weeks(year: int, month: int) -> list[Period]:
    """The four control weeks of a month: days 1-7, 8-14, 15-21, 22-end (C4). They cover the month without gaps."""
    starts = [date(year, month, day) for day in CONTROL_WEEK_STARTS]
    ends = [start - _DAY for start in starts[1:]] + [month_end(year, month)]
    return [Period(PeriodKind.WEEK, start, end) for start, end in zip(starts, ends, strict=True)]


def triads(calendar: Calendar, year: int, month: int) -> list[Period]:
    """Three consecutive working days each, from the month's first working day (R-S0-P13); the last may be shorter."""
    days = calendar.working_days(date(year, month, 1), month_end(year, month))
    chunks = [days[at : at + TRIAD_LENGTH] for at in range(0, len(days), TRIAD_LENGTH)]
    return [Period(PeriodKind.TRIAD, chunk[0], chunk[-1]) for chunk in chunks]


def period_of(kind: PeriodKind | str, day: date, calendar: Calendar) -> Period:
    """The period of that kind that holds the day.

    A day off between two triads belongs to the earlier one, a day before the first triad of a month to the first: so
    every fact counts in exactly one triad (see `facts_span`). A month without working days is one triad.
    """
    kind = PeriodKind(kind)
    if kind is PeriodKind.DAY:
        return Period(kind, day, day)
    if kind is PeriodKind.WEEK:
        return next(week for week in control_weeks(day.year, day.month) if day in week)
    if kind is PeriodKind.TRIAD:
        of_month = triads(calendar, day.year, day.month)
        if not of_month:
            return Period(kind, *months(PeriodKind.MONTH, day))
        return of_month[max(0, bisect_right([triad.starts_on for triad in of_month], day) - 1)]
    return Period(kind, *months(kind, day))


def facts_span(period: Period, calendar: Calendar) -> tuple[date, date]:
    """First and last day whose facts count in the period: its own days, and for a triad the days off around it."""
    if period.kind is not PeriodKind.TRIAD:
        return period.starts_on, period.ends_on
    month_starts, month_ends = months(PeriodKind.MONTH, period.starts_on)
    starts = [triad.starts_on for triad in triads(calendar, period.starts_on.year, period.starts_on.month)]
    at = bisect_left(starts, period.starts_on)
    first = period.starts_on if at else month_starts
    last = starts[at + 1] - _DAY if at + 1 < len(starts) else month_ends
    return first, last


def norm_week(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week in which weekly activity norms are counted."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)

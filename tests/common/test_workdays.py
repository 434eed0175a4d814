"""The production calendar, counted days, periods and working minutes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.production_calendar import seeded_kinds
from common.workdays import (
    Calendar,
    DayKind,
    Period,
    PeriodKind,
    add_working_minutes,
    control_weeks,
    facts_span,
    month_end,
    norm_week,
    period_of,
    triads,
)

KINDS = seeded_kinds(range(2023, 2028))
PAUSED = Calendar(KINDS)
UNPAUSED = Calendar(KINDS, pause_on_public_holidays=False)
DAYS = st.dates(date(2023, 2, 1), date(2027, 10, 1))


def working_days_in(year: int, month: int) -> int:
    return len(PAUSED.working_days(date(year, month, 1), month_end(year, month)))


@pytest.mark.parametrize(("year", "expected"), [(2024, 248), (2025, 247), (2026, 247)])
def test_seed_has_the_official_number_of_working_days(year: int, expected: int) -> None:
    assert len(PAUSED.working_days(date(year, 1, 1), date(year, 12, 31))) == expected


def test_months_of_2026_have_the_official_working_days() -> None:
    assert [working_days_in(2026, month) for month in range(1, 13)] == [15, 19, 21, 22, 19, 21, 23, 21, 22, 22, 20, 22]


def test_working_saturdays_are_exactly_the_transferred_ones() -> None:
    span = (date(2024, 1, 1) + timedelta(days=n) for n in range(3 * 366 - 2))
    found = [day for day in span if day.weekday() >= 5 and PAUSED.is_working(day)]
    assert found == [date(2024, 4, 27), date(2024, 11, 2), date(2024, 12, 28), date(2025, 11, 1)]


def test_public_holidays_on_weekends_and_transferred_days_are_holidays_but_weekends_are_not() -> None:
    assert PAUSED.kind(date(2026, 5, 9)) is DayKind.HOLIDAY  # Saturday
    assert PAUSED.kind(date(2026, 12, 31)) is DayKind.HOLIDAY  # transferred day off
    assert PAUSED.kind(date(2026, 5, 16)) is DayKind.WEEKEND
    assert PAUSED.kind(date(2026, 5, 15)) is DayKind.WORKDAY


def test_seed_covers_only_the_years_asked_for() -> None:
    assert {day.year for day in seeded_kinds([2026])} == {2026}


@pytest.mark.parametrize(
    ("start", "day", "age"),
    [
        (date(2026, 12, 29), date(2027, 1, 8), 1),
        (date(2026, 12, 29), date(2027, 1, 17), 10),
        (date(2026, 12, 29), date(2027, 1, 18), 11),
        (date(2026, 11, 9), date(2026, 11, 16), 7),
        (date(2026, 11, 9), date(2026, 11, 19), 10),
        (date(2026, 11, 9), date(2026, 11, 20), 11),
        (date(2026, 11, 9), date(2026, 11, 9), 0),
        (date(2026, 11, 9), date(2026, 11, 1), 0),
    ],
)
def test_age_counts_all_days_but_public_holidays(start: date, day: date, age: int) -> None:
    assert PAUSED.counted_days(start, day) == age


@pytest.mark.parametrize(
    ("start", "with_pause", "without"),
    [
        (date(2026, 12, 29), date(2027, 1, 18), date(2027, 1, 9)),
        (date(2026, 10, 30), date(2026, 11, 11), date(2026, 11, 10)),
        (date(2026, 4, 28), date(2026, 5, 12), date(2026, 5, 9)),
    ],
)
def test_eleventh_counted_day_moves_with_the_pause(start: date, with_pause: date, without: date) -> None:
    assert PAUSED.nth_counted_day(start, 11) == with_pause
    assert UNPAUSED.nth_counted_day(start, 11) == without


def test_working_saturday_counts_like_any_saturday() -> None:
    assert PAUSED.is_counted(date(2024, 4, 27)) and PAUSED.is_counted(date(2024, 4, 20))
    assert PAUSED.counted_days(date(2024, 4, 26), date(2024, 4, 28)) == 2


@given(DAYS, st.integers(0, 60), st.booleans())
def test_nth_counted_day_is_the_first_day_of_that_age(start: date, n: int, pause: bool) -> None:
    calendar = PAUSED if pause else UNPAUSED
    day = calendar.nth_counted_day(start, n)
    assert calendar.counted_days(start, day) == n
    if n:
        assert calendar.is_counted(day)
        assert calendar.counted_days(start, day - timedelta(days=1)) == n - 1


@given(DAYS, st.integers(1, 60))
def test_latest_start_with_age_is_the_boundary(day: date, age: int) -> None:
    start = PAUSED.latest_start_with_age(day, age)
    assert PAUSED.counted_days(start, day) == age
    assert PAUSED.counted_days(start + timedelta(days=1), day) < age


@given(DAYS, st.integers(0, 400))
def test_counted_days_agree_with_counting_one_by_one(start: date, length: int) -> None:
    span = [start + timedelta(days=n) for n in range(1, length + 1)]
    assert PAUSED.counted_days(start, start + timedelta(days=length)) == sum(map(PAUSED.is_counted, span))


def test_a_negative_age_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        PAUSED.nth_counted_day(date(2026, 1, 1), -1)
    with pytest.raises(ValueError, match="never negative"):
        PAUSED.latest_start_with_age(date(2026, 1, 1), -1)


def test_neighbouring_working_days_skip_the_new_year() -> None:
    assert PAUSED.next_working_day(date(2025, 12, 30)) == date(2026, 1, 12)
    assert PAUSED.previous_working_day(date(2026, 1, 12)) == date(2025, 12, 30)
    assert PAUSED.working_day_on_or_after(date(2026, 1, 12)) == date(2026, 1, 12)
    assert PAUSED.add_working_days(date(2025, 12, 30), 2) == date(2026, 1, 13)
    assert PAUSED.add_working_days(date(2026, 1, 13), -2) == date(2025, 12, 30)
    assert PAUSED.add_working_days(date(2026, 1, 4), 0) == date(2026, 1, 4)


def test_administrators_days_override_the_plain_week() -> None:
    calendar = Calendar({date(2026, 11, 9): DayKind.WEEKEND, date(2026, 11, 14): DayKind.SHORT})
    assert calendar.working_days(date(2026, 11, 9), date(2026, 11, 15)) == [date(2026, 11, 10 + n) for n in range(5)]
    assert calendar.is_counted(date(2026, 11, 9))


def test_calendar_does_not_follow_later_changes_of_its_source() -> None:
    source = {date(2026, 11, 9): DayKind.HOLIDAY}
    calendar = Calendar(source)
    source.clear()
    assert not calendar.is_counted(date(2026, 11, 9))


def test_control_weeks_cover_the_month() -> None:
    weeks = control_weeks(2026, 2)
    assert [(week.starts_on.day, week.ends_on.day) for week in weeks] == [(1, 7), (8, 14), (15, 21), (22, 28)]
    assert control_weeks(2024, 12)[-1].ends_on == date(2024, 12, 31)


def test_triads_of_november_2026() -> None:
    found = [(triad.starts_on.day, triad.ends_on.day) for triad in triads(PAUSED, 2026, 11)]
    assert found == [(2, 5), (6, 10), (11, 13), (16, 18), (19, 23), (24, 26), (27, 30)]


@given(DAYS)
def test_every_day_counts_in_exactly_one_triad_of_its_month(day: date) -> None:
    holding = [
        triad
        for triad in triads(PAUSED, day.year, day.month)
        if facts_span(triad, PAUSED)[0] <= day <= facts_span(triad, PAUSED)[1]
    ]
    assert holding == [period_of("triad", day, PAUSED)]


@pytest.mark.parametrize(
    ("kind", "starts_on", "ends_on"),
    [
        ("year", date(2026, 1, 1), date(2026, 12, 31)),
        ("half", date(2026, 7, 1), date(2026, 12, 31)),
        ("quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("month", date(2026, 11, 1), date(2026, 11, 30)),
        ("week", date(2026, 11, 8), date(2026, 11, 14)),
        ("triad", date(2026, 11, 11), date(2026, 11, 13)),
        ("day", date(2026, 11, 14), date(2026, 11, 14)),
    ],
)
def test_periods_of_a_saturday(kind: str, starts_on: date, ends_on: date) -> None:
    assert period_of(kind, date(2026, 11, 14), PAUSED) == Period(PeriodKind(kind), starts_on, ends_on)


def test_month_without_working_days_is_one_triad() -> None:
    closed = Calendar({date(2026, 11, 1) + timedelta(days=n): DayKind.WEEKEND for n in range(30)})
    whole = Period(PeriodKind.TRIAD, date(2026, 11, 1), date(2026, 11, 30))
    assert period_of("triad", date(2026, 11, 5), closed) == whole
    assert facts_span(whole, closed) == (date(2026, 11, 1), date(2026, 11, 30))


def test_norm_week_runs_from_monday_to_sunday() -> None:
    assert norm_week(date(2026, 11, 15)) == (date(2026, 11, 9), date(2026, 11, 15))


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 11, 9, 12, 0), datetime(2026, 11, 9, 12, 15)),
        (datetime(2026, 11, 9, 17, 55), datetime(2026, 11, 10, 9, 30)),
        (datetime(2026, 11, 9, 19, 0), datetime(2026, 11, 10, 9, 35)),
        (datetime(2026, 11, 9, 17, 45), datetime(2026, 11, 9, 18, 0)),
        (datetime(2026, 11, 9, 18, 0), datetime(2026, 11, 10, 9, 35)),
        (datetime(2026, 11, 9, 3, 0), datetime(2026, 11, 9, 9, 35)),
        (datetime(2026, 11, 13, 17, 55), datetime(2026, 11, 16, 9, 30)),
        (datetime(2026, 11, 14, 12, 0), datetime(2026, 11, 16, 9, 35)),
    ],
)
def test_fifteen_working_minutes_wait_for_working_hours(moment: datetime, due: datetime) -> None:
    assert add_working_minutes(moment, 15, PAUSED) == due


def test_short_day_closes_an_hour_earlier() -> None:
    short = Calendar({date(2026, 11, 9): DayKind.SHORT})
    assert add_working_minutes(datetime(2026, 11, 9, 16, 55), 15, short) == datetime(2026, 11, 10, 9, 30)


def test_working_minutes_span_several_days() -> None:
    assert add_working_minutes(datetime(2026, 11, 9, 9, 20), 2 * 520 + 1, PAUSED) == datetime(2026, 11, 11, 9, 21)


def test_working_minutes_refuse_aware_moments_and_negative_numbers() -> None:
    with pytest.raises(ValueError, match="naive"):
        add_working_minutes(datetime(2026, 11, 9, 12, tzinfo=UTC), 1, PAUSED)
    with pytest.raises(ValueError, match="never negative"):
        add_working_minutes(datetime(2026, 11, 9, 12), -1, PAUSED)

"""B16, TI1–TI4: whose day a moment is, in five zones, at both changes of the clock and at every edge of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.conf import settings as configured

from common import clock
from common.workdays import control_weeks
from journal.constants import CatchUp, DailyJob
from journal.rules import due_dates

MOSCOW, BERLIN, NEW_YORK, KATHMANDU, SYDNEY = (
    "Europe/Moscow",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Sydney",
)
ZONES = (MOSCOW, BERLIN, NEW_YORK, KATHMANDU, SYDNEY)

# zone, moment in UTC, the organisation's day
DAYS = [
    (MOSCOW, "2026-11-20 20:59:59", "2026-11-20"),
    (MOSCOW, "2026-11-20 21:00:00", "2026-11-21"),
    (MOSCOW, "2026-12-31 20:59:59", "2026-12-31"),
    (MOSCOW, "2026-12-31 21:00:00", "2027-01-01"),
    (MOSCOW, "2028-02-28 21:00:00", "2028-02-29"),
    (MOSCOW, "2028-02-29 20:59:59", "2028-02-29"),
    (MOSCOW, "2028-02-29 21:00:00", "2028-03-01"),
    (MOSCOW, "2026-03-29 01:00:00", "2026-03-29"),
    (BERLIN, "2026-03-28 22:59:59", "2026-03-28"),
    (BERLIN, "2026-03-28 23:00:00", "2026-03-29"),
    (BERLIN, "2026-03-29 21:59:59", "2026-03-29"),
    (BERLIN, "2026-03-29 22:00:00", "2026-03-30"),
    (BERLIN, "2026-10-24 21:59:59", "2026-10-24"),
    (BERLIN, "2026-10-24 22:00:00", "2026-10-25"),
    (BERLIN, "2026-10-25 00:30:00", "2026-10-25"),
    (BERLIN, "2026-10-25 01:30:00", "2026-10-25"),
    (BERLIN, "2026-10-25 22:59:59", "2026-10-25"),
    (BERLIN, "2026-10-25 23:00:00", "2026-10-26"),
    (NEW_YORK, "2026-03-08 04:59:59", "2026-03-07"),
    (NEW_YORK, "2026-03-08 05:00:00", "2026-03-08"),
    (NEW_YORK, "2026-03-09 03:59:59", "2026-03-08"),
    (NEW_YORK, "2026-03-09 04:00:00", "2026-03-09"),
    (NEW_YORK, "2026-11-01 03:59:59", "2026-10-31"),
    (NEW_YORK, "2026-11-01 04:00:00", "2026-11-01"),
    (NEW_YORK, "2026-11-02 04:59:59", "2026-11-01"),
    (NEW_YORK, "2026-11-02 05:00:00", "2026-11-02"),
    (KATHMANDU, "2026-11-20 18:14:59", "2026-11-20"),
    (KATHMANDU, "2026-11-20 18:15:00", "2026-11-21"),
    (KATHMANDU, "2026-12-31 18:15:00", "2027-01-01"),
    (SYDNEY, "2026-04-04 12:59:59", "2026-04-04"),
    (SYDNEY, "2026-04-04 13:00:00", "2026-04-05"),
    (SYDNEY, "2026-04-05 13:59:59", "2026-04-05"),
    (SYDNEY, "2026-04-05 14:00:00", "2026-04-06"),
    (SYDNEY, "2026-10-03 13:59:59", "2026-10-03"),
    (SYDNEY, "2026-10-03 14:00:00", "2026-10-04"),
    (SYDNEY, "2026-10-04 12:59:59", "2026-10-04"),
    (SYDNEY, "2026-10-04 13:00:00", "2026-10-05"),
]
# zone, day, hours it has
LENGTHS = [
    (MOSCOW, "2026-03-29", 24),
    (MOSCOW, "2026-10-25", 24),
    (BERLIN, "2026-03-29", 23),
    (BERLIN, "2026-10-25", 25),
    (NEW_YORK, "2026-03-08", 23),
    (NEW_YORK, "2026-11-01", 25),
    (KATHMANDU, "2026-03-29", 24),
    (SYDNEY, "2026-10-04", 23),
    (SYDNEY, "2026-04-05", 25),
]
# zone, day, wall time, moment in UTC: a skipped wall time moves on, of two equal ones the first counts
WALLS = [
    (MOSCOW, "2026-11-20", "09:20", "2026-11-20 06:20"),
    (BERLIN, "2026-03-29", "02:30", "2026-03-29 01:30"),
    (BERLIN, "2026-10-25", "02:30", "2026-10-25 00:30"),
    (BERLIN, "2026-10-25", "03:00", "2026-10-25 02:00"),
    (NEW_YORK, "2026-03-08", "02:30", "2026-03-08 07:30"),
    (NEW_YORK, "2026-11-01", "01:30", "2026-11-01 05:30"),
    (KATHMANDU, "2026-11-20", "09:20", "2026-11-20 03:35"),
    (SYDNEY, "2026-10-04", "02:30", "2026-10-03 16:30"),
    (SYDNEY, "2026-04-05", "02:30", "2026-04-04 15:30"),
]


@pytest.fixture
def live_in(settings):
    """`live_in(zone)`: the organisation keeps its days there."""

    def move(zone: str) -> None:
        settings.TIME_ZONE = zone

    return move


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_table_is_as_long_as_promised():
    assert len(DAYS) + len(LENGTHS) + len(WALLS) >= 40
    assert {row[0] for row in DAYS} == set(ZONES)


@pytest.mark.parametrize(("zone", "moment", "day"), DAYS)
def test_a_moment_belongs_to_one_day(live_in, zone, moment, day):
    live_in(zone)
    assert clock.day_of(utc(moment)) == date.fromisoformat(day)


@pytest.mark.parametrize(("zone", "day", "hours"), LENGTHS)
def test_a_day_is_as_long_as_its_zone_says(live_in, zone, day, hours):
    live_in(zone)
    start = clock.local_moment(date.fromisoformat(day), time(0, 0))
    end = clock.local_moment(date.fromisoformat(day) + timedelta(days=1), time(0, 0))
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(("zone", "day", "wall", "moment"), WALLS)
def test_a_wall_time_is_one_moment(live_in, zone, day, wall, moment):
    live_in(zone)
    assert clock.local_moment(date.fromisoformat(day), time.fromisoformat(wall)).astimezone(UTC) == utc(moment)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", ["2026-03", "2026-04", "2026-10", "2026-11", "2028-02", "2026-12"])
def test_the_days_of_a_month_are_the_month_exactly(live_in, zone, month):
    live_in(zone)
    first = date.fromisoformat(f"{month}-01")
    after = (first + timedelta(days=32)).replace(day=1)
    moment, end = (clock.local_moment(day, time(0, 0)).astimezone(UTC) for day in (first, after))
    counted: dict[date, int] = {}
    quarters = 0
    while moment < end:
        counted[clock.day_of(moment)] = counted.get(clock.day_of(moment), 0) + 1
        quarters += 1
        moment += timedelta(minutes=15)
    assert sorted(counted) == [first + timedelta(days=n) for n in range((after - first).days)]
    assert sum(counted.values()) == quarters
    weeks = control_weeks(first.year, first.month)
    assert sum((week.ends_on - week.starts_on).days + 1 for week in weeks) == (after - first).days
    assert sum(n for day, n in counted.items() for week in weeks if week.starts_on <= day <= week.ends_on) == quarters


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("turn", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04"])
def test_a_job_inside_the_changed_hour_is_due_once_a_day_whoever_asks_how_often(live_in, zone, turn):
    """TI3, F9: the bell rings every ten minutes for three days over the change of the clock."""
    live_in(zone)
    job = DailyJob("night", time(2, 30), CatchUp.ONCE_FOR_TODAY)
    moment = utc(f"{turn} 00:00") - timedelta(days=1)
    ran: list[date] = []
    for _ring in range(3 * 24 * 6):
        local = moment.astimezone(clock.zone()).replace(tzinfo=None)
        ran += due_dates(job, local_now=local, last=ran[-1] if ran else None, is_working=lambda day: True)
        moment += timedelta(minutes=10)
    assert ran == sorted(set(ran))
    assert [day - ran[0] for day in ran] == [timedelta(days=n) for n in range(len(ran))]
    assert len(ran) >= 3


@pytest.mark.parametrize("jump", [timedelta(minutes=-10), timedelta(hours=-26), timedelta(days=1)])
def test_a_clock_that_jumps_opens_no_date_twice(live_in, jump):
    """TI5: ten minutes back, a day and two hours back, a day ahead and back again."""
    live_in(MOSCOW)
    job = DailyJob("night", time(0, 20), CatchUp.EVERY_MISSED_DAY)
    start = datetime(2026, 11, 20, 0, 25)
    ran: list[date] = []
    for moment in (start, start + jump, start, start + timedelta(days=1), start + timedelta(days=2)):
        ran += due_dates(job, local_now=moment, last=max(ran, default=None), is_working=lambda day: True)
    assert ran == sorted(set(ran)) == [date(2026, 11, 20) + timedelta(days=n) for n in range(3)]


def test_a_naive_moment_is_refused_by_the_clock_and_by_every_test(pytestconfig):
    with pytest.raises(ValueError, match="aware"):
        clock.day_of(datetime(2026, 11, 20, 12, 0))
    assert any("naive datetime" in line and line.startswith("error") for line in pytestconfig.getini("filterwarnings"))
    assert configured.USE_TZ

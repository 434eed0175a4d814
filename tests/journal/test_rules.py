"""Which dates are due: the catch-up table of domain 1.6 and the days of zones that change their clocks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.workdays import Calendar, DayKind
from journal.constants import CATCH_UP_DAYS, CatchUp, DailyJob
from journal.rules import due_dates

CALENDAR = Calendar({date(2026, 11, 4): DayKind.HOLIDAY})
FRI, SAT, SUN, MON = (date(2026, 11, day) for day in (20, 21, 22, 23))


def due(job: DailyJob, day: date, at: str, last: date | None) -> list[date]:
    return due_dates(
        job,
        local_now=datetime.combine(day, time.fromisoformat(at)),
        last=last,
        is_working=CALENDAR.is_working,
    )


NIGHT = DailyJob("flags", time(0, 20), CatchUp.ONCE_FOR_TODAY)
PLAN = DailyJob("plan", time(0, 30), CatchUp.EVERY_MISSED_DAY)
DIGEST = DailyJob("digest", time(7, 30), CatchUp.SKIP_MISSED, working_days_only=True)
ROTATION = DailyJob("rotation", time(9, 20), CatchUp.ONCE_FOR_TODAY, working_days_only=True)


@pytest.mark.parametrize(
    ("job", "day", "at", "last", "expected"),
    [
        (NIGHT, FRI, "00:19:59", FRI - timedelta(1), []),
        (NIGHT, FRI, "00:20", FRI - timedelta(1), [FRI]),
        (NIGHT, FRI, "00:20", FRI, []),
        (NIGHT, FRI, "09:00", FRI - timedelta(5), [FRI]),
        (NIGHT, FRI, "00:05", FRI - timedelta(5), []),
        (NIGHT, FRI, "12:00", None, [FRI]),
        (NIGHT, FRI, "12:00", MON, []),  # the clock was set back
        (PLAN, FRI, "00:29", FRI - timedelta(1), []),
        (PLAN, FRI, "00:30", FRI - timedelta(1), [FRI]),
        (PLAN, FRI, "09:00", FRI - timedelta(4), [FRI - timedelta(n) for n in (3, 2, 1, 0)]),
        (PLAN, FRI, "00:05", FRI - timedelta(4), [FRI - timedelta(n) for n in (3, 2, 1)]),
        (PLAN, FRI, "09:00", None, [FRI]),
        (PLAN, FRI, "00:05", None, []),
        (PLAN, SUN, "09:00", SAT, [SUN]),
        (DIGEST, FRI, "07:29", FRI - timedelta(1), []),
        (DIGEST, FRI, "07:30", FRI - timedelta(1), [FRI]),
        (DIGEST, FRI, "23:00", FRI - timedelta(4), [FRI]),
        (DIGEST, SAT, "12:00", FRI - timedelta(1), []),  # Friday's mail is not sent on Saturday
        (DIGEST, MON, "07:00", FRI - timedelta(1), []),
        (DIGEST, date(2026, 11, 4), "12:00", date(2026, 11, 3), []),
        (ROTATION, SAT, "12:00", FRI - timedelta(1), []),
        (ROTATION, MON, "09:19", FRI - timedelta(1), []),
        (ROTATION, MON, "09:20", FRI - timedelta(1), [MON]),
        (ROTATION, MON, "15:00", FRI - timedelta(1), [MON]),  # back later on the same working day: at once
    ],
)
def test_due_dates_follow_the_timetable(job, day, at, last, expected):
    assert due(job, day, at, last) == expected


def test_missed_dates_are_made_up_for_two_months_at_most():
    found = due(PLAN, FRI, "09:00", FRI - timedelta(days=400))
    assert len(found) == CATCH_UP_DAYS + 1
    assert found[-1] == FRI
    assert found == sorted(found)


ZONES = ["Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Santiago", "Atlantic/Azores"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:10", "00:50", "02:30", "09:20", "23:55"])
@pytest.mark.parametrize("month", [3, 4, 9, 10, 11])
def test_every_business_date_comes_exactly_once_in_any_zone(zone, at, month):
    """A doorbell every five minutes of a whole month, summer time changes included: each date once, in order."""
    job = DailyJob("plan", time.fromisoformat(at), CatchUp.EVERY_MISSED_DAY)
    once = DailyJob("flags", time.fromisoformat(at), CatchUp.ONCE_FOR_TODAY)
    local = ZoneInfo(zone)
    moment = datetime(2026, month, 1, tzinfo=UTC)
    end = datetime(2026, month + 1, 1, tzinfo=UTC)
    seen: dict[str, Counter[date]] = {"plan": Counter(), "flags": Counter()}
    last: dict[str, date | None] = {"plan": None, "flags": None}
    while moment < end:
        for each in (job, once):
            found = due_dates(
                each, local_now=moment.astimezone(local), last=last[each.name], is_working=CALENDAR.is_working
            )
            for day in found:
                assert last[each.name] is None or day > last[each.name]
                seen[each.name][day] += 1
                last[each.name] = day
        moment += timedelta(minutes=5)
    whole = {date(2026, month, day) for day in range(2, 31) if day <= 30}
    for counts in seen.values():
        assert whole - {date(2026, month, 30)} <= set(counts)
        assert set(counts.values()) == {1}

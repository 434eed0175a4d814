"""The organisation's days, whatever zone the moment or the request is in."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from common import clock


@time_machine.travel(datetime(2026, 11, 19, 21, 30, tzinfo=UTC), tick=False)
def test_the_day_turns_at_the_organisations_midnight() -> None:
    assert clock.now() == datetime(2026, 11, 19, 21, 30, tzinfo=UTC)
    assert clock.today() == date(2026, 11, 20)


@time_machine.travel(datetime(2026, 11, 19, 21, 30, tzinfo=UTC), tick=False)
def test_a_zone_activated_by_a_request_does_not_move_the_day() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert clock.today() == date(2026, 11, 20)


def test_wall_time_of_a_day_becomes_a_moment() -> None:
    moment = clock.local_moment(date(2026, 11, 20), time(9, 20))
    assert moment == datetime(2026, 11, 20, 6, 20, tzinfo=UTC)
    assert clock.day_of(moment) == date(2026, 11, 20)


def test_moment_and_day_agree_around_midnight() -> None:
    midnight = clock.local_moment(date(2026, 11, 20), time(0, 0))
    assert clock.day_of(midnight) == date(2026, 11, 20)
    assert clock.day_of(midnight - timedelta(microseconds=1)) == date(2026, 11, 19)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.day_of(datetime(2026, 11, 20, 9, 20))

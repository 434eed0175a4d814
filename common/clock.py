"""The only reader of the clock. Moments are stored in UTC; days are the organisation's days (settings.TIME_ZONE)."""

from datetime import UTC, date, datetime, time, tzinfo

from django.utils import timezone


def zone() -> tzinfo:
    """The organisation's time zone, whatever zone a request has activated."""
    return timezone.get_default_timezone()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def day_of(moment: datetime) -> date:
    """The organisation's day an aware moment falls on. ValueError for a naive moment."""
    if timezone.is_naive(moment):
        raise ValueError("a moment must be aware")
    return moment.astimezone(zone()).date()


def today() -> date:
    """The organisation's present day."""
    return day_of(now())


def local_moment(day: date, at: time) -> datetime:
    """The aware moment of a wall-clock time on a day of the organisation."""
    wall = datetime.combine(day, at.replace(tzinfo=None), tzinfo=zone())
    # A trip through UTC moves a wall time that the zone skips (summer time) to an existing one.
    return wall.astimezone(UTC).astimezone(zone())

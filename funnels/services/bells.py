"""Lines under the bell in the language of the person they are for, and the deadline of what they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.utils import translation

from accounts.models import User
from accounts.selectors import calendar
from common import clock
from notifications.services import ring


def tell(*, people: Iterable[User | None], key: str, text: Callable[[], str], url: str = "") -> int:
    """One line per active person, once per `key` and person; returns how many were addressed."""
    told: set[int] = set()
    for person in people:
        if person is None or not person.is_active or person.pk in told:
            continue
        told.add(person.pk)
        with translation.override(person.language):
            ring(recipient=person, key=f"{key}:{person.pk}", text=text(), url=url)
    return len(told)


def end_of_next_working_day(day: date) -> datetime:
    """When the working hours of the first working day after `day` end."""
    due_on = calendar().next_working_day(day)
    return clock.local_moment(due_on, calendar().closes_at(due_on))

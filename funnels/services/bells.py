"""Lines under the bell in the language of the person they are for, and the deadline of what they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import translation

from accounts.models import User
from accounts.selectors import calendar
from common import clock
from notifications.services import bell, ring_all


@dataclass(frozen=True)
class Telling:
    """What is to be said to whom: once per `key` and person, in the person's language."""

    people: Iterable[User | None]
    key: str
    text: Callable[[], str]
    url: str = ""


def tell(*, people: Iterable[User | None], key: str, text: Callable[[], str], url: str = "") -> int:
    """One line per active person, once per `key` and person; returns how many were addressed."""
    return tell_all([Telling(people, key, text, url)])


def tell_all(tellings: Iterable[Telling]) -> int:
    """The lines of a whole batch in one statement; returns how many were addressed."""
    lines, language = [], None
    with translation.override(translation.get_language()):  # what is active now is put back at the end
        for one in tellings:
            told: set[int] = set()
            for person in one.people:
                if person is None or not person.is_active or person.pk in told:
                    continue
                told.add(person.pk)
                if language != person.language:
                    translation.activate(person.language)
                    language = person.language
                lines.append(bell(recipient=person, key=f"{one.key}:{person.pk}", text=one.text(), url=one.url))
    ring_all(lines)
    return len(lines)


def end_of_next_working_day(day: date) -> datetime:
    """When the working hours of the first working day after `day` end."""
    due_on = calendar().next_working_day(day)
    return clock.local_moment(due_on, calendar().closes_at(due_on))

"""What the scenarios share: pages as text, cycles read anew, jobs at their hour."""

from __future__ import annotations

from datetime import date

import pytest

from funnels.models import SalesCycle
from funnels.services import flag_stagnant
from tests.factories.work import on

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)  # the eleventh counted day of MONDAY


def fresh(cycle: SalesCycle) -> SalesCycle:
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def flag_night(day: date) -> None:
    """The job of 00:20."""
    with on(day, 0, 20):
        flag_stagnant(day=day)


@pytest.fixture
def page(as_user):
    """`page(person, url)` → the page as text with plain spaces; it must open."""

    def opened(person, url: str) -> str:
        answer = as_user(person).get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return plain(answer.content.decode())

    return opened

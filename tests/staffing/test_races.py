"""One deficit found by two nights and two people at once opens one vacancy, on real PostgreSQL with real threads."""

from datetime import date
from decimal import Decimal

import pytest

from journal.models import AuditEvent
from notifications.models import Notice
from planning.services import set_month_target
from staffing.models import Vacancy
from staffing.services import draft_vacancy, write_staff_rows
from tests.factories import make_cast
from tests.factories.work import on
from tests.planning.test_races import run_together

TODAY = date(2026, 4, 15)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast():
    """Three hunters for a plan that needs seven."""
    with on(TODAY, 0, 30):
        found = make_cast()
        set_month_target(
            department=found.sales, user=None, month=date(2026, 4, 1), amount=Decimal(9_000_000), actor=found.director
        )
        yield found


def test_two_nights_at_once_open_one_draft_for_one_deficit(cast):
    counts = run_together([lambda: write_staff_rows(day=TODAY)] * 2)
    assert sorted(one["vacancies"] for one in counts) == [0, 1]
    vacancy = Vacancy.objects.get()
    assert AuditEvent.objects.filter(action="vacancy.draft").count() == 1
    assert Notice.objects.filter(url="/staffing/vacancies/").count() == 1
    assert vacancy.created_by is None


def test_a_night_and_two_people_at_once_open_one_draft_for_one_deficit(cast):
    def act(actor):
        return draft_vacancy(
            department=cast.sales, role="hunter", headcount=4, wanted_on=date(2026, 5, 1), reason={}, actor=actor
        )

    night, *found = run_together(
        [lambda: write_staff_rows(day=TODAY), lambda: act(cast.volkov), lambda: act(cast.director)]
    )
    vacancy = Vacancy.objects.get()
    assert {one.pk for one in found} == {vacancy.pk}
    assert night["vacancies"] == (1 if vacancy.created_by is None else 0)
    assert AuditEvent.objects.filter(action="vacancy.draft").count() == 1

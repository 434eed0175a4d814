from datetime import date, timedelta

import pytest

from accounts import selectors, services, signals
from accounts.models import Absence, CalendarDay, Organisation
from common import clock
from common.errors import Invalid, NotAllowed
from common.workdays import DayKind
from journal.models import AuditEvent

pytestmark = pytest.mark.django_db
MAY_8 = date(2026, 5, 8)


@pytest.fixture(autouse=True)
def _fresh_calendar():
    selectors.forget_calendar()
    yield
    selectors.forget_calendar()


def test_calendar_knows_transfers_and_is_asked_once(cast, django_assert_num_queries):
    with django_assert_num_queries(2):
        calendar = selectors.calendar()
    with django_assert_num_queries(0):
        assert selectors.calendar() is calendar
    assert len(calendar.working_days(date(2026, 1, 1), date(2026, 12, 31))) == 247


def test_an_edit_is_seen_at_once_and_marked(cast):
    assert selectors.calendar().is_working(MAY_8)
    heard = []

    def listen(sender, **kwargs):
        heard.append(kwargs)

    signals.calendar_changed.connect(listen)
    try:
        services.set_calendar_day(day=MAY_8, kind="holiday", actor=cast.admin)
        services.set_calendar_day(day=MAY_8, kind="holiday", actor=cast.admin)
    finally:
        signals.calendar_changed.disconnect(listen)
    assert not selectors.calendar().is_working(MAY_8)
    assert not selectors.calendar().is_counted(MAY_8)
    assert CalendarDay.objects.get(day=MAY_8).is_edited
    assert [(one["day"], one["before"], one["after"]) for one in heard] == [(MAY_8, "workday", "holiday")]
    event = AuditEvent.objects.get(action="calendar.day")
    assert (event.object_name, event.before, event.after) == (
        "2026-05-08",
        {"kind": "workday"},
        {"kind": "holiday"},
    )


def test_rows_written_past_the_service_are_seen_too(cast):
    assert selectors.calendar().is_working(MAY_8)
    CalendarDay.objects.create(day=MAY_8, kind="weekend")
    assert selectors.calendar().kind(MAY_8) is DayKind.WEEKEND
    CalendarDay.objects.filter(day=MAY_8).update(kind="short")
    assert selectors.calendar().kind(MAY_8) is DayKind.SHORT
    CalendarDay.objects.filter(day=MAY_8).delete()
    assert selectors.calendar().kind(MAY_8) is DayKind.WORKDAY


def test_the_pause_is_the_organisations(cast):
    new_year = date(2026, 1, 1)
    assert not selectors.calendar().is_counted(new_year)
    services.change_organisation(data={"pause_on_public_holidays": False}, actor=cast.director)
    assert selectors.calendar().is_counted(new_year)
    Organisation.objects.update(pause_on_public_holidays=True)
    assert not selectors.calendar().is_counted(new_year)


@pytest.mark.parametrize("who", ["director", "volkov", "ivanova"])
def test_only_the_administrator_edits(cast, who):
    with pytest.raises(NotAllowed):
        services.set_calendar_day(day=MAY_8, kind="holiday", actor=getattr(cast, who))
    with pytest.raises(Invalid):
        services.set_calendar_day(day=MAY_8, kind="party", actor=cast.admin)
    assert not CalendarDay.objects.filter(day=MAY_8).exists()


def test_seeding_again_keeps_what_was_edited(cast):
    services.set_calendar_day(day=date(2026, 1, 1), kind="workday", actor=cast.admin)
    assert services.seed_calendar(years=(2025, 2026, 2027)) == 0
    assert selectors.calendar().is_working(date(2026, 1, 1))


def test_deputies_and_absent_people(cast):
    today = clock.today()
    Absence.objects.create(
        user=cast.ivanova,
        starts_on=today,
        ends_on=today + timedelta(days=1),
        deputy=cast.petrov,
        created_at=clock.now(),
    )
    assert selectors.deputy_of(cast.ivanova, today) == cast.petrov
    assert selectors.deputy_of(cast.ivanova, today + timedelta(days=2)) is None
    assert selectors.absent_ids(today - timedelta(days=3), today - timedelta(days=1)) == set()
    assert selectors.absent_ids(today + timedelta(days=1), today + timedelta(days=5)) == {cast.ivanova.pk}
    assert selectors.head_of(cast.sales) == cast.volkov
    assert list(selectors.directors()) == [cast.director]

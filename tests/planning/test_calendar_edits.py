"""An edit of the production calendar recalculates the future of plans only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import CalendarDay
from accounts.services import set_calendar_day
from common.errors import Invalid
from common.workdays import PeriodKind
from planning.models import MonthTarget
from planning.selectors import department_figures
from planning.services import set_month_target
from tests.factories.work import on

NOVEMBER = date(2026, 11, 1)
TODAY = date(2026, 11, 16)
TARGET = Decimal("9744214.37")

pytestmark = pytest.mark.django_db


@pytest.fixture
def days(cast):
    """Reads the day plans of Ivanova's November; her target is approved first."""
    with on(date(2026, 10, 30)):
        set_month_target(department=cast.sales, user=cast.ivanova, month=NOVEMBER, amount=TARGET, actor=cast.director)

    def read():
        found = department_figures(
            department_id=cast.sales.pk, day=TODAY, as_of=TODAY, kinds=[PeriodKind.MONTH], user_id=cast.ivanova.pk
        )
        return dict(found.person_days[cast.ivanova.pk])

    return read


def edit(cast, day: date, kind: str) -> None:
    with on(TODAY):
        set_calendar_day(day=day, kind=kind, actor=cast.admin)


def before(days: dict[date, Decimal], day: date) -> dict[date, Decimal]:
    return {at: plan for at, plan in days.items() if at < day}


def test_a_day_off_ahead_moves_its_plan_to_the_days_ahead(cast, days):
    was = days()
    edit(cast, date(2026, 11, 20), "holiday")
    now = days()
    assert before(now, TODAY) == before(was, TODAY) and date(2026, 11, 20) not in now
    assert sum(now.values()) == TARGET and len(now) == 19
    assert min(plan for at, plan in now.items() if at >= TODAY) > was[date(2026, 11, 30)]


def test_an_edit_of_the_past_moves_nothing(cast, days):
    was = days()
    edit(cast, date(2026, 11, 3), "holiday")
    edit(cast, date(2026, 11, 14), "workday")
    assert days() == was


def test_one_edit_after_another_keeps_what_has_gone_by_each_time(cast, days):
    edit(cast, date(2026, 11, 20), "holiday")
    first = days()
    with on(date(2026, 11, 24)):
        set_calendar_day(day=date(2026, 11, 28), kind="workday", actor=cast.admin)
    second = days()
    assert before(second, date(2026, 11, 24)) == before(first, date(2026, 11, 24))
    assert date(2026, 11, 28) in second and sum(second.values()) == TARGET


def test_a_month_that_has_not_begun_is_split_anew(cast, days):
    with on(date(2026, 10, 30)):
        set_calendar_day(day=date(2026, 11, 20), kind="holiday", actor=cast.admin)
    now = days()
    assert len(now) == 19 and max(now.values()) - min(now.values()) <= Decimal("0.01")
    assert MonthTarget.objects.get().elapsed_before is None


def test_the_last_working_day_of_a_running_month_cannot_be_taken_off(cast, days):
    was = days()
    with on(date(2026, 11, 30)), pytest.raises(Invalid) as refused:
        set_calendar_day(day=date(2026, 11, 30), kind="holiday", actor=cast.admin)
    assert set(refused.value.fields) == {"kind"}
    assert not CalendarDay.objects.filter(day=date(2026, 11, 30), kind="holiday").exists()
    assert days() == was

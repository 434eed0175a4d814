"""Scenarios 4, 5, 10, 11 and 14 through the pages and letters people get."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import Absence, Organisation
from accounts.selectors import forget_calendar
from clients.choices import Section
from common import clock
from desk.digests import send_digests
from funnels.models import Ownership, RotationOrder, Task
from funnels.services import execute_rotations, expire_terms, warn_ages
from notifications.models import OutboxMail
from tests.factories import make_user
from tests.factories.work import answer, call, invoice, make_template, on, take
from tests.scenarios.conftest import FRIDAY, MONDAY, flag_night, fresh

pytestmark = pytest.mark.django_db

NAME = "ООО «Вектор-Снаб»"


@pytest.fixture
def cycle(cast):
    with on(MONDAY):
        return take(cast, cast.ivanova, name=NAME)


def meet(cycle, *, due: date):
    """The meeting that makes a client yellow."""
    make_template(20)
    call(cycle)
    answer(cycle)
    call(cycle, kind="meeting", has_interest=True, progress_kind="survey", progress_due_on=due)


# 4


def test_the_warnings_of_days_seven_and_ten_come_once_and_nothing_stands_in_the_queue(cast, cycle, page):
    for day, people in (
        (date(2026, 11, 16), {cast.ivanova}),
        (date(2026, 11, 19), {cast.ivanova, cast.volkov}),
    ):
        for _twice in range(2):
            with on(day, 0, 20):
                warn_ages(day=day)
        with on(day, 9):
            counted = {who: page(who, "/notices/").count(NAME) for who in (cast.ivanova, cast.volkov, cast.petrov)}
            assert {who for who, number in counted.items() if number} == people
            assert NAME not in page(cast.volkov, "/rotation/")
    assert not RotationOrder.objects.exists()


# 5


def test_the_morning_letter_and_the_page_tell_one_story_and_the_new_owner_starts_at_zero(cast, cycle, page):
    with on(MONDAY, 12):
        call(cycle)
    flag_night(FRIDAY)
    suggested = RotationOrder.objects.get().suggested
    with on(FRIDAY, 7, 30):
        send_digests(day=FRIDAY)
        for who in (cast.ivanova, suggested, cast.volkov):
            assert NAME in OutboxMail.objects.get(dedupe_key=f"digest:{who.pk}:{FRIDAY}").text
            assert NAME in page(who, "/rotation/")
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        assert NAME in page(suggested, f"/clients/{cycle.client_id}/")
        assert NAME in page(suggested, "/tasks/")
        assert NAME not in page(cast.ivanova, "/tasks/")
    now = Ownership.objects.open().get(cycle=cycle)
    assert (now.user, now.clock_started_on) == (suggested, FRIDAY)
    steps = Task.objects.open().filter(cycle=cycle, kind="next_step")
    assert set(steps.values_list("assignee_id", flat=True)) == {suggested.pk}
    assert not Task.objects.open().filter(assignee=cast.ivanova).exists()


# 10


def shown_age(as_user, cast, cycle, day: date) -> int:
    with on(day, 12):
        return as_user(cast.ivanova).get(f"/api/v1/clients/{cycle.client_id}/").json()["age"]


def test_with_the_pause_new_year_ages_are_one_and_ten_and_the_rotation_is_of_the_eighteenth(cast, as_user, page):
    with on(date(2026, 12, 29)):
        cycle = take(cast, cast.ivanova, name=NAME)
    assert [shown_age(as_user, cast, cycle, date(2027, 1, day)) for day in (8, 17)] == [1, 10]
    flag_night(date(2027, 1, 17))
    assert not RotationOrder.objects.exists()
    flag_night(date(2027, 1, 18))
    with on(date(2027, 1, 18), 9, 20):
        assert NAME in page(cast.volkov, "/rotation/")
        execute_rotations(day=date(2027, 1, 18))
        assert as_user(cast.ivanova).get(f"/clients/{cycle.client_id}/").status_code == 404


def test_without_the_pause_the_flag_is_of_the_ninth_and_the_execution_of_the_next_working_day(cast, as_user, page):
    Organisation.objects.update(pause_on_public_holidays=False)
    forget_calendar()
    with on(date(2026, 12, 29)):
        cycle = take(cast, cast.ivanova, name=NAME)
    assert shown_age(as_user, cast, cycle, date(2027, 1, 8)) == 10
    flag_night(date(2027, 1, 8))
    assert not RotationOrder.objects.exists()
    saturday, monday = date(2027, 1, 9), date(2027, 1, 11)
    flag_night(saturday)
    with on(saturday, 12):
        assert NAME in page(cast.volkov, "/rotation/")
        assert execute_rotations(day=saturday).get("executed", 0) == 0
        assert fresh(cycle).owner == cast.ivanova
    assert RotationOrder.objects.get().execute_on == monday
    with on(monday, 9, 20):
        execute_rotations(day=monday)
        assert as_user(cast.ivanova).get(f"/clients/{cycle.client_id}/").status_code == 404
    forget_calendar()


# 11


def test_the_queue_shows_the_only_recipient_and_why_the_four_others_were_passed_over(cast, cycle, page):
    with on(MONDAY, 12):
        meet(cycle, due=MONDAY + timedelta(days=28))
        full = make_user("sidorov", "hunter", cast.sales, last_name="Сидоров", first_name="Пётр")
        for _ in range(90):
            take(cast, full)
        for _ in range(70):
            take(cast, cast.kuznetsova)
    Ownership.objects.exclude(cycle=cycle).update(flag_on=date(2027, 1, 1), state_flag_on=date(2027, 1, 1))
    with on(FRIDAY, 0, 5):
        Absence.objects.create(
            user=cast.petrov, starts_on=FRIDAY, deputy=cast.kuznetsova, created_by=cast.volkov, created_at=clock.now()
        )
    flag_night(FRIDAY)
    order = RotationOrder.objects.get()
    with on(FRIDAY, 8, 40):
        text = page(cast.volkov, "/rotation/")
    assert order.suggested == cast.kuznetsova
    for words in (NAME, "Ольга Кузнецова", "Мария Иванова", "Алексей Петров", "Пётр Сидоров", "Илья Орлов"):
        assert words in text, words
    codes = {row["user"]: row["code"] for row in order.excluded}
    expected = {
        cast.ivanova.pk: "previous_owner",
        cast.petrov.pk: "absent",
        full.pk: "worklist_full",
        cast.orlov.pk: "red_only",
    }
    assert expected.items() <= codes.items()
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        assert NAME in page(cast.kuznetsova, f"/clients/{cycle.client_id}/")
    assert fresh(cycle).owner == cast.kuznetsova


# 14


def test_a_client_once_yellow_stands_in_the_strategic_archive_from_day_thirty_one(cast, as_user, cycle, page):
    with on(MONDAY, 12):
        meet(cycle, due=MONDAY + timedelta(days=28))
    day_30, day_31 = MONDAY + timedelta(days=30), MONDAY + timedelta(days=31)
    with on(day_30, 0, 15):
        expire_terms(day=day_30)
        assert fresh(cycle).is_open
    with on(day_31, 0, 15):
        expire_terms(day=day_31)
    client = fresh(cycle).client
    assert (client.section, client.owner, client.recall_on) == (
        Section.STRATEGIC,
        None,
        day_31 + timedelta(days=30),
    )
    with on(day_31, 10):
        assert as_user(cast.ivanova).get(f"/clients/{client.pk}/").status_code == 404
        assert NAME in page(cast.volkov, "/clients/?section=strategic")
    with on(day_31 + timedelta(days=30), 10):
        assert NAME in page(cast.petrov, "/clients/?section=strategic")
        denied = as_user(cast.ivanova).post(f"/clients/{client.pk}/take/", {}, headers={"HX-Request": "true"})
        assert denied.status_code in (404, 409)  # she has lost it: nobody takes a client again to reset its clock
    assert not fresh(cycle).is_open


def test_a_bound_deal_keeps_its_owner_after_the_term(cast, cycle, page):
    with on(MONDAY, 12):
        call(cycle)
        invoice(fresh(cycle), due=MONDAY + timedelta(days=60))
    with on(MONDAY + timedelta(days=31), 0, 15):
        expire_terms(day=MONDAY + timedelta(days=31))
    with on(MONDAY + timedelta(days=31), 10):
        assert NAME in page(cast.ivanova, f"/clients/{cycle.client_id}/")

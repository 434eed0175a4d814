"""The night writes how well a department is staffed and drafts one vacancy; a changed plan writes the day anew."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, User
from accounts.selectors import calendar
from common import clock
from journal.models import AuditEvent, JobItem
from journal.services import claim_run, open_run
from notifications.models import Notice
from planning.services import set_month_target
from staffing.models import StaffRow, Vacancy
from staffing.selectors import staff_inputs, staff_light, staff_lights
from staffing.services import close_vacancy, draft_vacancy, edit_vacancy, open_vacancy, write_staff_rows
from tests.factories import ClientFactory, make_user
from tests.factories.money import open_cycle
from tests.factories.work import on

TODAY = date(2026, 4, 15)  # April 2026 has 22 working days
APRIL = date(2026, 4, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning():
    with on(TODAY, 8):
        yield


@pytest.fixture
def seven(cast):
    """Five at full strength, one in the second month, one in the first; the cast's hunters are three of the five."""
    User.objects.filter(pk__in=[cast.orlov.pk, cast.smirnova.pk]).update(is_active=False)
    for number in range(2):
        make_user(f"old{number}", "hunter", cast.sales)
    make_user("second", "hunter", cast.sales, employed_on=date(2026, 3, 10))
    make_user("first", "hunter", cast.sales, employed_on=date(2026, 4, 1))
    open_cycle(cast, cast.ivanova, "green", cast.medium, expected_amount=Decimal(5000))  # all the plan is of «Средний»
    return cast


def plan(cast, amount, user=None, month=APRIL, **fields):
    return set_month_target(
        department=cast.sales, user=user, month=month, amount=Decimal(amount), actor=cast.director, **fields
    )


def hunters(day=TODAY, **wanted):
    return StaffRow.objects.get(role="hunter", day=day, department__name="Отдел продаж", **wanted)


def test_nine_million_and_seven_hunters_are_yellow_by_the_meetings_and_draft_a_vacancy(seven):
    plan(seven, "9000000")
    counts = write_staff_rows(day=TODAY)
    row = hunters()
    assert (row.fte_required, row.fte_available, row.headcount) == (Decimal("6.6170"), Decimal("5.7500"), 7)
    assert (row.k, row.zone, row.bottleneck) == (Decimal("0.8690"), "yellow", "meetings")
    vacancy = Vacancy.objects.get()
    assert (vacancy.department, vacancy.role, vacancy.status) == (seven.sales, "hunter", "draft")
    assert vacancy.created_by is None and vacancy.wanted_on == date(2026, 5, 1)
    assert vacancy.reason["k"] == "0.869" and vacancy.reason["bottleneck"] == "meetings"
    assert vacancy.reason["fte_required"] == "6.617" and vacancy.reason["fte_available"] == "5.750"
    assert (counts["vacancies"], counts["staffed"]) == (1, 2)
    assert Notice.objects.filter(recipient=seven.volkov, url="/staffing/vacancies/").count() == 1
    light = staff_light(seven.sales)
    assert (light.k, light.zone, light.hires) == (row.k, "yellow", vacancy.headcount)


def test_a_second_night_changes_nothing_and_opens_nothing(seven):
    plan(seven, "9000000")
    for day in (TODAY, TODAY, TODAY + timedelta(days=1)):
        with on(day, 1):
            write_staff_rows(day=day)
    assert Vacancy.objects.count() == AuditEvent.objects.filter(action="vacancy.draft").count() == 1
    assert StaffRow.objects.count() == 2 * 2 * 2  # days, departments, roles


def test_the_run_notes_the_vacancy_it_has_drafted(seven):
    plan(seven, "9000000")
    run = claim_run(open_run("plan", TODAY).pk).run
    write_staff_rows(day=TODAY, run=run, at=clock.now())
    write_staff_rows(day=TODAY, run=run, at=clock.now())
    assert JobItem.objects.get(run_id=run.pk).object_id == Vacancy.objects.get().pk


def test_a_night_done_late_writes_its_rows_and_opens_no_vacancy(seven):
    plan(seven, "9000000")
    write_staff_rows(day=TODAY - timedelta(days=1))
    assert hunters(TODAY - timedelta(days=1)).zone == "yellow"
    assert not Vacancy.objects.exists()


def test_a_closed_vacancy_stays_closed_for_a_month_unless_more_people_are_missing(seven):
    plan(seven, "9000000")
    write_staff_rows(day=TODAY)
    first = close_vacancy(vacancy=Vacancy.objects.get(), actor=seven.volkov)
    write_staff_rows(day=TODAY)
    assert not Vacancy.objects.exclude(pk=first.pk).exists()
    plan(seven, "29000000", reason="рост")
    write_staff_rows(day=TODAY)
    assert Vacancy.objects.exclude(pk=first.pk).get().headcount > first.headcount


def test_after_a_month_the_same_deficit_is_drafted_again(seven):
    for month in (4, 5):
        plan(seven, "9000000", month=date(2026, month, 1))
    write_staff_rows(day=TODAY)
    close_vacancy(vacancy=Vacancy.objects.get(), actor=seven.volkov)
    later = TODAY + timedelta(days=31)
    with on(later, 1):
        User.objects.filter(login__in=["first", "second"]).update(is_active=False)
        write_staff_rows(day=later)
    assert Vacancy.objects.filter(status="draft").count() == 1


def test_six_million_and_six_hunters_are_green_and_open_nothing(cast):
    User.objects.filter(pk=cast.smirnova.pk).update(is_active=False)
    for number in range(2):
        make_user(f"old{number}", "hunter", cast.sales)
    open_cycle(cast, cast.ivanova, "green", cast.medium, expected_amount=Decimal(5000))
    plan(cast, "6000000")
    write_staff_rows(day=TODAY)
    row = hunters()
    assert (row.k, row.zone, row.headcount) == (Decimal("1.3601"), "green", 5)
    assert not Vacancy.objects.exists()


def test_without_a_plan_nobody_is_required_and_the_light_is_green(cast):
    write_staff_rows(day=TODAY)
    row = hunters()
    assert (row.k, row.zone, row.why, row.headcount) == (None, "green", "nothing_required", 0)
    assert not Vacancy.objects.exists()
    assert staff_light(cast.sales).k is None


def test_a_changed_target_of_this_month_counts_today_anew_without_a_vacancy(seven):
    plan(seven, "9000000")
    assert hunters().zone == "yellow"
    plan(seven, "6000000", reason="пересмотр")
    assert hunters().zone == "green"
    plan(seven, "29000000", month=date(2026, 5, 1))
    assert hunters().zone == "green"
    assert not Vacancy.objects.exists()


def test_farmers_are_counted_by_the_base_of_the_department(cast):
    for size, number in (("large", 2), ("medium", 3), ("", 1)):
        for _each in range(number):
            ClientFactory(department=cast.sales, section="customers", size=size, segment=cast.medium)
    ClientFactory(department=cast.other, section="customers", size="large", segment=cast.medium)
    write_staff_rows(day=TODAY)
    row = StaffRow.objects.get(role="farmer", department=cast.sales)
    assert row.inputs["customers"] == {"large": 2, "medium": 3, "small": 1}
    assert row.bottleneck == "telemarketing" and row.zone == "green" and row.people == 1
    # (2·4 + 3·2 + 1·1) contacts × 15 min of 600 · 4.4 · 0.92 minutes
    assert row.fte_required == Decimal("0.0926")
    other = StaffRow.objects.get(role="farmer", department=cast.other)
    assert other.zone == "red" and not other.is_counted  # nobody is a farmer there, and there is no work for one
    assert staff_light(cast.other).zone == "green"
    assert not Vacancy.objects.exists()


def test_own_absence_and_leaving_are_taken_where_there_is_enough_of_them(cast):
    usual = staff_inputs(cast.sales, TODAY)
    assert (usual.absence.value, usual.absence.is_own) == (Fraction(8, 100), False)
    assert (usual.attrition.value, usual.attrition.is_own) == (Fraction(25, 100), False)
    Absence.objects.create(
        user=cast.ivanova,
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 31),
        deputy=cast.petrov,
        created_at=clock.now(),
    )
    for number in range(6):
        make_user(f"more{number}", "hunter", cast.sales)
    User.objects.filter(login="more5").update(is_active=False, deactivated_at=clock.now())
    own = staff_inputs(cast.sales, TODAY)
    # 21 working days of March of ten people's year; one of eleven left, and 10 and 11 are 10.5 in the mean
    year = len(calendar().working_days(date(2025, 4, 15), date(2026, 4, 14)))
    assert own.absence.is_own and own.absence.value == Fraction(round(Fraction(21, 10 * year) * 1000), 1000)
    assert own.attrition.is_own and own.attrition.value == Fraction(95, 1000)


def test_part_time_and_the_month_of_employment_come_from_the_card_of_the_employee(cast):
    User.objects.filter(pk=cast.petrov.pk).update(part_time_percent=50, employed_on=date(2026, 3, 10))
    people = {one.user.pk: one for one in staff_inputs(cast.sales, TODAY).people}
    assert (people[cast.petrov.pk].month, people[cast.petrov.pk].fte) == (2, Fraction(1, 4))
    assert cast.volkov.pk not in people and cast.belov.pk not in people


def test_only_the_plan_of_hunters_is_their_demand(cast):
    for user, amount in ((cast.ivanova, 1000), (cast.orlov, 100), (cast.smirnova, 10), (cast.volkov, 1)):
        plan(cast, str(amount), user)
    assert staff_inputs(cast.sales, TODAY).plan == 1100


def test_targets_beyond_all_sense_are_counted_and_fail_nobody(cast):
    for user in (cast.ivanova, cast.petrov):
        plan(cast, "999999999999.99", user)
    write_staff_rows(day=TODAY)
    assert hunters().zone == "red" and Vacancy.objects.get().headcount == 1000


def test_the_night_asks_as_much_for_two_people_as_for_twelve(cast):
    def statements():
        with CaptureQueriesContext(connection) as asked:
            write_staff_rows(day=TODAY)
        return len(asked)

    plan(cast, "1000", cast.ivanova)
    few = statements()
    for number in range(10):
        user = make_user(f"more{number}", "hunter", cast.sales)
        plan(cast, "1000", user)
        open_cycle(cast, user, "green", expected_amount=Decimal(5))
        open_cycle(cast, user, "red", cast.large)
    assert statements() == few
    with CaptureQueriesContext(connection) as asked:
        assert set(staff_lights([cast.sales.pk, cast.other.pk])) == {cast.sales.pk, cast.other.pk}
    assert len(asked) == 1


def draft(cast, actor, role="hunter", headcount=2):
    return draft_vacancy(
        department=cast.sales, role=role, headcount=headcount, wanted_on=date(2026, 5, 1), reason={}, actor=actor
    )


def test_a_vacancy_is_drafted_once_edited_opened_and_closed_and_every_act_is_audited(cast):
    vacancy = draft(cast, cast.volkov)
    assert draft(cast, cast.director, headcount=5).pk == vacancy.pk
    assert draft(cast, cast.director, role="farmer").pk != vacancy.pk
    vacancy.refresh_from_db()
    values = {"headcount": 3, "wanted_on": date(2026, 6, 1), "text": "Ищем хантера"}
    for _each in range(2):
        vacancy = edit_vacancy(vacancy=vacancy, version=vacancy.version, actor=cast.volkov, **values)
    for _each in range(2):
        vacancy = open_vacancy(vacancy=vacancy, actor=cast.volkov)
    for _each in range(2):
        vacancy = close_vacancy(vacancy=vacancy, actor=cast.director)
    assert (vacancy.status, vacancy.headcount, vacancy.text) == ("closed", 3, "Ищем хантера")
    acts = AuditEvent.objects.filter(object_type="staffing.vacancy", object_id=vacancy.pk).order_by("pk")
    assert [one.action for one in acts] == ["vacancy.draft", "vacancy.edit", "vacancy.open", "vacancy.close"]
    assert draft(cast, cast.volkov).pk != vacancy.pk


def test_what_a_vacancy_refuses(cast):
    from common.errors import Conflict, Invalid, NotAllowed, StaleVersion

    for stranger in (cast.ivanova, cast.boss, cast.admin, cast.quality):
        with pytest.raises(NotAllowed):
            draft(cast, stranger)
    with pytest.raises(Conflict):
        draft(cast, cast.volkov, headcount=0)
    with pytest.raises(Invalid):
        draft(cast, cast.volkov, headcount=1001)
    with pytest.raises(Invalid):
        draft(cast, cast.volkov, role="head")
    assert not Vacancy.objects.exists()
    vacancy = draft(cast, cast.volkov)
    values = {"headcount": 3, "wanted_on": date(2026, 6, 1), "text": "", "version": 1}
    for act in (open_vacancy, close_vacancy, lambda **one: edit_vacancy(**one, **values)):
        with pytest.raises(NotAllowed):
            act(vacancy=vacancy, actor=cast.boss)
    for wrong in ({"headcount": 0}, {"wanted_on": TODAY}, {"text": "x" * 5001}):
        with pytest.raises(Invalid) as caught:
            edit_vacancy(vacancy=vacancy, actor=cast.volkov, **values | wrong)
        assert set(caught.value.fields) == set(wrong)
    with pytest.raises(StaleVersion):
        edit_vacancy(vacancy=vacancy, actor=cast.volkov, **values | {"version": 7})
    close_vacancy(vacancy=vacancy, actor=cast.volkov)
    with pytest.raises(Conflict):
        open_vacancy(vacancy=vacancy, actor=cast.volkov)
    assert Vacancy.objects.get().headcount == 2

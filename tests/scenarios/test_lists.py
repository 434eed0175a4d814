"""Scenarios 13, 15, 16, 18, 19, 20, 30, 31 and 35: work lists, floors, sections, credit, through the pages."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from clients.choices import Section
from clients.constants import MOST_DECISION_MAKERS
from clients.models import Client, ContactPerson, Segment
from clients.services import add_person, update_segment
from common import clock
from common.errors import Conflict, GuardFailed, Invalid
from desk.digests import send_digests
from desk.selectors.day import day_of
from desk.services.daily import run_day
from funnels.constants import Colour
from funnels.models import Contact, Ownership, SalesCycle
from funnels.selectors import department_funnel, individual_funnels
from funnels.services import alert_low_worklists, audit_worklists, refuse, take_into_work
from notifications.models import Notice, OutboxMail
from tests.factories import ClientFactory, PersonFactory
from tests.factories.work import call, dm_of, make_client, make_template, on, take
from tests.scenarios.conftest import FRIDAY, MONDAY, fresh

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
NAME = "ООО «Вектор-Снаб»"


@pytest.fixture
def cycle(cast):
    with on(MONDAY):
        return take(cast, cast.ivanova, name=NAME)


def fill(cast, owner, *, green=0, yellow=0, red=0, segment=None, amount="1000"):
    """Open cycles of these colours, taken today, as the rules would have left them."""
    segment = segment or cast.medium
    today, at = clock.today(), clock.now()
    for colour, number in ((Colour.GREEN, green), (Colour.YELLOW, yellow), (Colour.RED, red)):
        for _each in range(number):
            client = ClientFactory(
                department=owner.department, segment=segment, section="in_work", owner=owner, state="c1"
            )
            cycle = SalesCycle.objects.create(
                client=client,
                segment=segment,
                owner=owner,
                opened_on=today,
                opened_at=at,
                state="c1",
                state_since=today,
                colour=colour,
                best_rank=colour.rank,
                expected_amount=Decimal(amount),
            )
            Ownership.objects.create(
                client=client,
                cycle=cycle,
                user=owner,
                reason="take",
                started_on=today,
                started_at=at,
                best_rank=colour.rank,
                clock_started_on=today,
                state_started_on=today,
            )


# 13


def test_a_hunter_with_forty_nine_is_asked_at_nine_for_one_more_with_the_way_to_take_it(cast, page):
    with on(MONDAY):
        for _ in range(49):
            take(cast, cast.ivanova)
        for _ in range(50):
            take(cast, cast.petrov)
    with on(MONDAY + timedelta(days=1), 9):
        day = clock.today()
        assert next(iter(run_day(day=day, only=["low_worklist"]))).counts["told"] == 3
        alert_low_worklists(day=day)
        text = page(cast.ivanova, "/notices/")
        assert text.count("Доберите 1 клиента") == 1
        assert "/clients/?section=call_base" in Notice.objects.get(recipient=cast.ivanova).url
        assert "Доберите" not in page(cast.petrov, "/notices/")
        assert "Доберите" not in page(cast.orlov, "/notices/")


def test_the_ninety_first_client_is_refused_with_the_figures_on_the_page_and_in_the_api(cast, as_user):
    with on(MONDAY):
        fill(cast, cast.ivanova, red=90)
        client = make_client(cast)
        with pytest.raises(Conflict) as refused:
            take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
        assert refused.value.code == "worklist_full"
        browser = as_user(cast.ivanova)
        formed = browser.post(f"/clients/{client.pk}/take/", {}, headers=HTMX)
        called = browser.post(f"/api/v1/clients/{client.pk}/take/", {}, content_type="application/json")
    for response in (formed, called):
        assert response.status_code == 409
    assert called.json()["detail"] == "Рабочий список заполнен: 90 из 90"
    assert "Рабочий список заполнен: 90 из 90" in formed.content.decode()
    assert Client.objects.get(pk=client.pk).section == Section.CALL_BASE


# 15


@pytest.mark.parametrize("term", ["25", "13", "41"])
def test_a_deal_term_of_twenty_five_days_cannot_be_set_on_the_page(cast, as_user, term):
    browser = as_user(cast.director)
    url = f"/settings/segments/{cast.medium.pk}/"
    form = browser.get(url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    refused = browser.post(url, {**data, "term_days": term})
    assert refused.status_code == 422
    assert refused.context["form"].errors["term_days"]
    assert Segment.objects.get(pk=cast.medium.pk).term_days == 30
    assert browser.post(url, {**data, "term_days": "40"}).status_code == 303
    assert Segment.objects.get(pk=cast.medium.pk).term_days == 40


# 16


def test_a_client_that_is_not_ours_leaves_every_queue_and_cannot_be_taken(cast, as_user, cycle, page):
    other = None
    with on(MONDAY, 11):
        other = take(cast, cast.ivanova, name="ООО «Безденежье»")
        for one in (cycle, other):
            call(one)
        assert NAME in page(cast.ivanova, "/day/")
        browser = as_user(cast.ivanova)
        url = f"/clients/{cycle.client_id}/refuse/"
        assert browser.post(url, {"refusal_reason": "not_ours"}, headers=HTMX).status_code in (200, 204)
        assert browser.post(
            f"/clients/{other.client_id}/refuse/", {"refusal_reason": "no_money"}, headers=HTMX
        ).status_code in (200, 204)
        page(cast.ivanova, "/clients/")  # where the two answers are told once
    gone, soft = fresh(cycle).client, fresh(other).client
    assert (gone.section, gone.recall_on, gone.owner) == (Section.HARD_REFUSAL, None, None)
    assert (soft.section, soft.recall_on) == (Section.SOFT_REFUSAL, MONDAY + timedelta(days=90))
    for day in (MONDAY, MONDAY + timedelta(days=120), MONDAY + timedelta(days=400)):
        with on(day, 11):
            for person in (cast.ivanova, cast.petrov, cast.orlov):
                assert NAME not in page(person, "/day/")
                for section in ("call_base", "soft_refusal", "strategic", "any"):
                    assert NAME not in page(person, f"/clients/?section={section}"), (person, section)
                assert day_of(person).queue == []
                assert as_user(person).post(f"/clients/{gone.pk}/take/", {}, headers=HTMX).status_code == 404
            with pytest.raises((Conflict, GuardFailed)):
                take_into_work(client=Client.objects.get(pk=gone.pk), owner=cast.petrov, actor=cast.volkov)
            assert as_user(cast.volkov).post(
                f"/clients/{gone.pk}/take/", {"owner": cast.petrov.pk}, headers=HTMX
            ).status_code in (409, 422)
    with on(MONDAY + timedelta(days=90), 11):
        assert "ООО «Безденежье»" in page(cast.petrov, "/clients/?section=soft_refusal")
    assert not SalesCycle.objects.open().filter(client=gone).exists()


def test_the_reason_decides_the_section_and_the_day_of_the_recall(cast):
    with on(MONDAY, 11):
        for reason, section in (("not_ours", Section.HARD_REFUSAL), ("no_money", Section.SOFT_REFUSAL)):
            one = take(cast, cast.ivanova)
            refuse(cycle=one, actor=cast.ivanova, reason=reason)
            assert fresh(one).client.section == section


# 18


def test_a_list_of_six_fourteen_and_fifty_four_lacks_seven_and_seven_on_every_screen_and_in_the_letters(cast, page):
    with on(FRIDAY, 7, 30):
        fill(cast, cast.ivanova, green=6, yellow=14, red=54)
        lights = page(cast.volkov, "/lights/")
        send_digests(day=FRIDAY)
    assert lights.count("+7") >= 2
    for person in (cast.ivanova, cast.volkov):
        mail = OutboxMail.objects.get(dedupe_key=f"digest:{person.pk}:{FRIDAY}")
        assert "Ниже нормы" in mail.text
        assert "Мария Иванова: +7 зелёных +7 жёлтых" in mail.text, person
        assert "+7 зелёных" in mail.html
    for person in (cast.petrov, cast.boss):
        assert "Ниже нормы" not in OutboxMail.objects.get(dedupe_key=f"digest:{person.pk}:{FRIDAY}").text


def test_no_alert_of_floors_below_eighteen_clients_nor_for_a_newcomer(cast):
    with on(FRIDAY, 7, 30):
        fill(cast, cast.ivanova, red=17)
        cast.petrov.employed_on = FRIDAY - timedelta(days=29)
        cast.petrov.save()
        fill(cast, cast.petrov, red=40)
        send_digests(day=FRIDAY)
    for person in (cast.ivanova, cast.petrov):
        assert "Ниже нормы" not in OutboxMail.objects.get(dedupe_key=f"digest:{person.pk}:{FRIDAY}").text


def test_a_floor_of_ten_percent_is_refused_by_the_page_and_by_the_service(cast, as_user):
    for who in (cast.volkov, cast.director):
        with pytest.raises(Invalid) as refusal:
            update_segment(segment=cast.medium, data={"green_floor_percent": "10"}, version=1, actor=who)
        assert list(refusal.value.fields) == ["green_floor_percent"]
        browser = as_user(who)
        url = f"/settings/segments/{cast.medium.pk}/"
        form = browser.get(url).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        refused = browser.post(url, {**data, "green_floor_percent": "10"})
        assert refused.status_code == 422
        assert "16,67" in str(refused.context["form"].errors["green_floor_percent"]).replace(".", ",")
    assert Segment.objects.get(pk=cast.medium.pk).green_floor_percent is None


# 19


def test_the_managers_and_the_reserve_add_up_to_the_department_on_the_lights_and_in_the_api(cast, as_user, page):
    with on(FRIDAY, 9):
        fill(cast, cast.ivanova, green=3, yellow=5, red=11, amount="1000.01")
        fill(cast, cast.petrov, green=2, yellow=0, red=7, segment=cast.small, amount="333.33")
        fill(cast, cast.volkov, green=0, yellow=1, red=2, amount="50")  # the reserve of the head
        fill(cast, cast.belov, green=4, yellow=4, red=4)
        told = as_user(cast.volkov).get("/api/v1/lights/").json()
        text = page(cast.volkov, "/lights/")
    people, whole = individual_funnels([cast.sales.pk]), department_funnel([cast.sales.pk])
    assert cast.volkov.pk in people
    for colour in (Colour.GREEN, Colour.YELLOW, Colour.RED):
        assert sum(one.cell(colour).count for one in people.values()) == whole.cell(colour).count
        assert sum((one.cell(colour).amount for one in people.values()), Decimal(0)) == whole.cell(colour).amount
    assert (whole.green.count, whole.yellow.count, whole.red.count) == (5, 6, 20)
    assert "5 · 6 · 20" in text
    assert str(whole.count) in json.dumps(told)


# 20


def test_a_manager_seventeen_points_from_his_department_is_outlined_and_written_to(cast, page):
    with on(FRIDAY, 7, 30):
        fill(cast, cast.ivanova, green=6, yellow=14, red=54)
        fill(cast, cast.petrov, green=105, yellow=171, red=316)
        lights = page(cast.volkov, "/lights/")
        send_digests(day=FRIDAY)
    assert '<span class="age age-warn">17,4</span>' in lights
    for person in (cast.ivanova, cast.volkov):
        text = OutboxMail.objects.get(dedupe_key=f"digest:{person.pk}:{FRIDAY}").text
        assert "отклонение от отдела 17,42 п.п." in text
    assert "отклонение" not in OutboxMail.objects.get(dedupe_key=f"digest:{cast.petrov.pk}:{FRIDAY}").text


# 30


def test_two_calls_to_one_decision_maker_and_one_to_a_secretary_are_one_productive_call_with_two_reasons(
    cast, as_user, cycle, page
):
    secretary = PersonFactory(client=cycle.client, is_dm=False, position="секретарь")
    with on(MONDAY, 11):
        browser = as_user(cast.ivanova)
        for number, person in enumerate((dm_of(cycle.client), dm_of(cycle.client), secretary)):
            data = {"key": f"k{number}", "kind": "call", "result": "talked", "person": person.pk}
            assert browser.post(f"/clients/{cycle.client_id}/contact/", data, headers=HTMX).status_code == 204
        text = page(cast.ivanova, f"/clients/{cycle.client_id}/")
    assert Contact.objects.filter(is_productive_call=True).count() == 1
    assert text.count("не засчитан: ") == 2
    assert sorted(Contact.objects.exclude(reason="").values_list("reason", flat=True)) == ["not_dm", "second_today"]


def test_a_sixth_decision_maker_is_refused_beside_the_field(cast, as_user, cycle):
    for number in range(MOST_DECISION_MAKERS - 1):
        add_person(
            client=cycle.client, full_name=f"Иванов {number}", position="директор", is_dm=True, actor=cast.ivanova
        )
    data = {"full_name": "Шестой Пётр", "position": "директор", "is_dm": "on"}
    with on(MONDAY, 11):
        response = as_user(cast.ivanova).post(f"/clients/{cycle.client_id}/people/new/", data, headers=HTMX)
        with pytest.raises(Invalid):
            add_person(client=cycle.client, full_name="Ш П", position="директор", is_dm=True, actor=cast.ivanova)
    assert response.status_code == 422
    assert "Не более 5 ЛПР" in response.content.decode()
    assert ContactPerson.objects.decision_makers().filter(client=cycle.client).count() == 5


# 31


def test_nineteen_answers_of_twenty_hold_no_meeting_and_progress_in_32_days_makes_none_productive(cast, as_user, cycle):
    with on(MONDAY, 11):
        make_template(20)
        call(cycle)
        browser = as_user(cast.ivanova)
        url = f"/clients/{cycle.client_id}/questionnaire/"
        names = [name for name in browser.get(url).context["form"].fields if name != "version"]
        browser.post(url, dict.fromkeys(names[:19], "да"), headers=HTMX)
    meeting = {"kind": "meeting", "result": "talked", "person": dm_of(cycle.client).pk, "has_interest": True}
    with on(MONDAY + timedelta(days=1), 11):
        path = f"/api/v1/clients/{cycle.client_id}/contacts/"
        as_user(cast.ivanova)  # the session of yesterday is over
        early = browser.post(path, meeting, content_type="application/json").json()
        assert (early["is_held_meeting"], early["reason"]) == (False, "questionnaire_incomplete")
        assert "95" in early["reason_text"]
        version = browser.get(url).context["form"]["version"].value()
        browser.post(url, {**dict.fromkeys(names, "да"), "version": version or ""}, headers=HTMX)
    with on(MONDAY + timedelta(days=2), 11):
        as_user(cast.ivanova)
        late = str(MONDAY + timedelta(days=34))
        data = {**meeting, "key": "m", "has_interest": "1", "progress_kind": "survey", "progress_due_on": late}
        refused = browser.post(f"/clients/{cycle.client_id}/contact/", data, headers=HTMX)
        assert refused.status_code == 422 and "11.12.2026" in refused.content.decode()
        far = {**meeting, "progress_kind": "survey", "progress_due_on": late}
        held = browser.post(path, far, content_type="application/json").json()
    assert held["reason"] == "progress_too_late"
    assert (held["is_held_meeting"], held["is_productive_meeting"]) == (True, False)
    assert fresh(cycle).colour == "red"


# 35


def test_four_of_seventy_out_of_order_are_an_index_of_94_29_told_to_the_head(cast, page):
    step = clock.local_moment(MONDAY, time(18))
    with on(MONDAY):
        cycles = [take(cast, cast.ivanova) for _ in range(70)]
        for one in cycles:
            call(one, next_step_at=clock.local_moment(MONDAY + timedelta(days=5), time(18)))
        _three_without_step_two_overdue_one_both(cycles, step)
    tuesday = MONDAY + timedelta(days=1)
    with on(tuesday, 0, 50):
        assert next(iter(run_day(day=tuesday, only=["audit"]))).counts["below"] == 1
        audit_worklists(day=tuesday)
    with on(tuesday, 9):
        told = page(cast.volkov, "/notices/")
        assert told.count("94,29 %") == 1
        assert "66 из 70" in told
        assert "94,29" not in page(cast.boss, "/notices/")


def _three_without_step_two_overdue_one_both(cycles: list[SalesCycle], late: datetime) -> None:
    from funnels.models import Task

    for one in cycles[:3]:
        SalesCycle.objects.filter(pk=one.pk).update(next_step_at=None)
        Task.objects.filter(cycle=one).delete()
    for one in cycles[2:4]:
        Task.objects.create(
            kind="manual",
            text="Перезвонить",
            due_at=late,
            assignee=one.owner,
            client=one.client,
            cycle=one,
            created_at=clock.now(),
        )


# R-S0-P14


def test_a_day_without_an_upgrade_rings_at_four_for_the_seller_and_his_head(cast, cycle, page):
    with on(MONDAY, 16):
        assert next(iter(run_day(day=MONDAY, only=["no_movement"]))).counts["told"] == 2
        for person in (cast.ivanova, cast.volkov):
            assert "Мария Иванова" in page(person, "/notices/")
        assert Notice.objects.filter(key__startswith="no-movement:").count() == 2
    saturday = date(2026, 11, 14)
    with on(saturday, 16):
        assert not [line for line in run_day(day=saturday, only=["no_movement"]) if line.counts.get("told")]

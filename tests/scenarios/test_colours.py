"""Scenarios 1, 2, 3, 6, 8 and 17: a colour follows from facts and from nothing else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clients.models import Client, ImportRun
from clients.services import run_import
from deals.models import PaymentCredit
from funnels.models import ColourChange, Fact, Ownership, RotationOrder, Task, Violation
from funnels.services import execute_rotations
from journal.models import AuditEvent
from tests.factories.work import answer, call, dm_of, make_template, offer, on, take
from tests.scenarios.conftest import FRIDAY, MONDAY, flag_night, fresh

pytestmark = pytest.mark.django_db

REFUSED = "Цвет вычисляется системой"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cycle(cast):
    with on(MONDAY):
        return take(cast, cast.ivanova, name="ООО «Вектор-Снаб»")


def refusals():
    return AuditEvent.objects.filter(action="client.colour_write_refused")


def talk(cycle, **fields):
    return {
        "key": fields.pop("key", "k"),
        "kind": "call",
        "result": "talked",
        "person": dm_of(cycle.client).pk,
        **fields,
    }


# 1


@pytest.mark.parametrize("who", ["ivanova", "volkov", "director"])
def test_a_colour_written_in_the_form_is_refused_and_signed(cast, as_user, cycle, who):
    person = getattr(cast, who)
    with on(MONDAY, 11):
        browser = as_user(person)
        url = f"/clients/{cycle.client_id}/edit/"
        form = browser.get(url).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        response = browser.post(url, {**data, "city": "Омск", "colour": "GREEN"})
    assert response.status_code == 422
    assert REFUSED in response.content.decode()
    assert (fresh(cycle).colour, fresh(cycle).client.city) == ("red", "")
    assert refusals().get().actor_login == who


@pytest.mark.parametrize("who", ["ivanova", "volkov", "director"])
def test_a_colour_patched_through_the_api_is_refused_and_signed(cast, as_user, cycle, who):
    with on(MONDAY, 11):
        response = as_user(getattr(cast, who)).patch(
            f"/api/v1/clients/{cycle.client_id}/",
            {"colour": "GREEN", "version": cycle.client.version},
            content_type="application/json",
        )
    assert response.status_code == 400
    assert response.json()["errors"] == [{"field": "colour", "text": REFUSED}]
    assert fresh(cycle).colour == "red"
    assert refusals().get().actor_login == who


def test_the_administrator_writes_no_colour_either(cast, as_user, cycle):
    with on(MONDAY, 11):
        browser = as_user(cast.admin)
        formed = browser.post(f"/clients/{cycle.client_id}/edit/", {"colour": "GREEN"})
        patched = browser.patch(
            f"/api/v1/clients/{cycle.client_id}/", {"colour": "GREEN", "version": 2}, content_type="application/json"
        )
    assert formed.status_code in (403, 404)
    assert patched.status_code in (400, 403, 404)
    assert fresh(cycle).colour == "red"


def test_a_column_of_colours_is_ignored_by_the_import_with_one_warning(cast, as_user, page):
    file = "Компания;Телефон;Цвет\nООО «Альфа»;+79161234567;GREEN\nООО «Бета»;+79161234568;зелёный\n".encode()
    browser = as_user(cast.volkov)
    sent = browser.post("/clients/import/", {"file": SimpleUploadedFile("clients.csv", file)})
    dry = ImportRun.objects.get()
    run_import(run_id=dry.pk)
    browser.post(f"{sent['Location']}start/")
    run_import(run_id=ImportRun.objects.get(is_dry=False).pk)
    real = ImportRun.objects.get(is_dry=False)
    assert (real.counts["created"], real.counts["warnings"]) == (2, 1)
    assert page(cast.volkov, f"/clients/import/{real.pk}/").count(REFUSED) == 1
    assert Client.objects.filter(section="call_base", owner=None).count() == 2
    assert not ColourChange.objects.exists()


def test_there_is_no_back_door_of_an_admin_site(cast, as_user):
    for who in (cast.admin, cast.director):
        assert as_user(who).get("/admin/").status_code == 404


# 2


def test_a_held_meeting_saved_in_the_browser_turns_yellow_and_the_card_names_the_three_facts(
    cast, as_user, cycle, page
):
    with on(MONDAY, 11):
        make_template(20)
        call(cycle)
    tuesday = MONDAY + timedelta(days=1)
    with on(tuesday, 11):
        browser = as_user(cast.ivanova)
        form = browser.get(f"/clients/{cycle.client_id}/questionnaire/").context["form"]
        filled = {name: "да" for name in form.fields if name != "version"}
        browser.post(f"/clients/{cycle.client_id}/questionnaire/", filled, headers=HTMX)
    with on(tuesday, 16):
        due = (tuesday + timedelta(days=20)).isoformat()
        meeting = talk(cycle, kind="meeting", has_interest="1", progress_kind="offer_preparation", progress_due_on=due)
        assert browser.post(f"/clients/{cycle.client_id}/contact/", meeting, headers=HTMX).status_code == 204
        card = page(cast.ivanova, f"/clients/{cycle.client_id}/")
        head = page(cast.volkov, f"/clients/{cycle.client_id}/")
    assert (fresh(cycle).colour, fresh(cycle).colour_rule) == ("yellow", "R8")
    change = ColourChange.objects.get(cycle=cycle, to_colour="yellow")
    kinds = set(Fact.objects.filter(pk__in=change.fact_ids).values_list("kind", flat=True))
    assert kinds == {"questionnaire_full", "interest", "progress"}
    for text in (card, head):
        assert "правило R8" in text
        assert "Причина: " in text
        assert "Анкета 100 %, интерес есть, прогресс до 30.11.2026" in text


# 3


@pytest.mark.parametrize(("days", "colour", "rule"), [(30, "green", "R7"), (31, "yellow", "R8")])
def test_terms_with_a_pay_date_in_thirty_days_are_green_and_in_thirty_one_are_not(
    cast, as_user, cycle, days, colour, rule
):
    with on(MONDAY, 11):
        make_template(20)
        call(cycle)
        answer(cycle)
        due = MONDAY + timedelta(days=20)
        call(cycle, kind="meeting", has_interest=True, progress_kind="survey", progress_due_on=due)
        offer(fresh(cycle))
        assert fresh(cycle).colour == "yellow"
        pay_on = (MONDAY + timedelta(days=days)).isoformat()
        data = {"amount": "960 000", "pay_on": pay_on, "person": dm_of(cycle.client).pk, "on": MONDAY.isoformat()}
        response = as_user(cast.ivanova).post(f"/clients/{cycle.client_id}/terms/", data, headers=HTMX)
        api = as_user(cast.ivanova).get(f"/api/v1/clients/{cycle.client_id}/").json()
    assert response.status_code == 204
    assert (fresh(cycle).colour, fresh(cycle).colour_rule) == (colour, rule)
    assert colour in str(api)


# 6


def test_comments_an_unsuccessful_call_a_task_and_an_amount_do_not_move_the_age_shown(cast, as_user, cycle, page):
    wednesday = MONDAY + timedelta(days=9)
    url = f"/clients/{cycle.client_id}"
    with on(wednesday, 11):
        browser = as_user(cast.ivanova)
        version = browser.get(f"/api/v1/clients/{cycle.client_id}/").json()["version"]
        for number in range(5):
            data = talk(cycle, key=f"m{number}", kind="message", text=f"Комментарий {number}")
            assert browser.post(f"{url}/contact/", data, headers=HTMX).status_code == 204
        failed = talk(cycle, key="no", result="no_answer")
        assert browser.post(f"{url}/contact/", failed, headers=HTMX).status_code == 204
        task = {"text": "Перезвонить", "due_on": "2026-11-19", "client": cycle.client_id, "kind": "manual", "key": "t"}
        browser.post("/tasks/new/", task, headers=HTMX)
        plan = {"amount": "1 500 000", "pay_on": "2026-12-20", "version": fresh(cycle).version}
        assert browser.post(f"{url}/plan/", plan, headers=HTMX).status_code == 204
        assert version
    assert Ownership.objects.get(cycle=cycle).clock_started_on == MONDAY
    assert fresh(cycle).expected_amount == Decimal("1500000")
    with on(wednesday + timedelta(days=1), 9):
        shown = as_user(cast.ivanova).get(f"/api/v1/clients/{cycle.client_id}/").json()
        assert "ООО «Вектор-Снаб»" in page(cast.ivanova, "/clients/?section=any&age=10")
    assert shown["age"] == 10
    flag_night(FRIDAY)
    assert RotationOrder.objects.get().age == 11


def test_an_old_state_under_a_young_colour_is_a_violation_and_a_task_of_the_head_but_no_rotation(cast, cycle, page):
    """In contact 2 since Monday, yellow since Sunday: on the eleventh day of the state the colour is five days old."""
    with on(MONDAY, 11):
        make_template(20)
        call(cycle)
        answer(cycle)
    assert fresh(cycle).state == "c2"
    sunday = MONDAY + timedelta(days=6)
    with on(sunday, 12):
        due = sunday + timedelta(days=25)
        call(fresh(cycle), kind="meeting", has_interest=True, progress_kind="survey", progress_due_on=due)
    assert (fresh(cycle).state, fresh(cycle).colour) == ("c2", "yellow")
    flag_night(FRIDAY)
    assert not RotationOrder.objects.exists()
    assert Violation.objects.get().kind == "state_10_days"
    assert Task.objects.get(kind="head_decision").assignee == cast.volkov
    with on(FRIDAY, 9):
        assert "ООО «Вектор-Снаб»" in page(cast.volkov, "/tasks/")
        assert "ООО «Вектор-Снаб»" not in page(cast.volkov, "/rotation/")
        assert "Застой в состоянии" in page(cast.ivanova, f"/clients/{cycle.client_id}/")
        assert "Застой в состоянии" in page(cast.volkov, f"/clients/{cycle.client_id}/")


# 8


def test_a_payment_of_day_ten_entered_on_day_eleven_wins_the_sale_for_the_old_owner(cast, as_user, cycle, page):
    with on(MONDAY, 11):
        call(cycle)
        browser = as_user(cast.ivanova)
        invoice = {"key": "i", "amount": "100 000", "issued_on": "2026-11-09", "due_on": "2026-12-05", "vat_rate": "22"}
        assert browser.post(f"/clients/{cycle.client_id}/invoices/new/", invoice).status_code == 303
    flag_night(FRIDAY)
    with on(FRIDAY, 8, 30):
        assert "ООО «Вектор-Снаб»" in page(cast.volkov, "/rotation/")
        data = {"key": "p", "amount": "100 000", "paid_on": "2026-11-19"}
        assert as_user(cast.accountant).post(f"/clients/{cycle.client_id}/payments/new/", data).status_code == 303
        assert "ООО «Вектор-Снаб»" not in page(cast.volkov, "/rotation/")
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        assert "ООО «Вектор-Снаб»" in page(cast.ivanova, f"/clients/{cycle.client_id}/")
    assert (fresh(cycle).outcome, RotationOrder.objects.get().status) == ("won", "cancelled")
    assert list(PaymentCredit.objects.values_list("user_id", "amount")) == [(cast.ivanova.pk, Decimal("100000.00"))]


# 17


def test_a_jump_from_new_to_deal_is_answered_409_with_the_missing_facts(cast, as_user, cycle):
    with on(MONDAY, 11):
        response = as_user(cast.ivanova).post(
            f"/api/v1/cycles/{cycle.pk}/advance/", {"state": "deal"}, content_type="application/json"
        )
    assert response.status_code == 409, response.content
    missing = {item["code"] for item in response.json()["missing"]}
    assert {"first_contact", "offer_sent", "binding_step"} <= missing
    assert fresh(cycle).state == "new"

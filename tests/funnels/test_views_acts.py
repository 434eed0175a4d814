"""Acts on a client by dialogs and plain pages: done, refused with words, out of scope."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from clients.choices import Section
from clients.models import Client
from common import clock
from funnels.models import Fact, Ownership, Questionnaire, RotationOrder, SalesCycle, Task
from funnels.services import save_questionnaire
from funnels.services.exits import win_cycle
from journal.models import AuditEvent
from tests.factories.work import call, dm_of, make_client, make_template, offer, on, take

MONDAY = date(2026, 11, 9)
HTMX = {"HTTP_HX_REQUEST": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(cast):
    User.objects.update(language="en")


@pytest.fixture
def cycle(cast):
    with on(MONDAY):
        make_template(4)
        cycle = take(cast, cast.ivanova)
        call(cycle)
    cycle.refresh_from_db()
    return cycle


def url(cycle, act):
    return f"/clients/{cycle.client_id}/{act}/"


def toast_of(response):
    return json.loads(response.headers["HX-Trigger"])["toast"]["text"]


def fresh(cycle):
    return SalesCycle.objects.select_related("client").get(pk=cycle.pk)


def test_a_manager_takes_a_free_client_and_lands_on_its_card(cast, as_user):
    client = make_client(cast)
    browser = as_user(cast.ivanova)
    assert "Take into work" in browser.get(f"/clients/{client.pk}/take/", **HTMX).content.decode()
    response = browser.post(f"/clients/{client.pk}/take/", {}, **HTMX)
    assert response.headers["HX-Redirect"] == f"/clients/{client.pk}/"
    client.refresh_from_db()
    assert (client.owner, client.section) == (cast.ivanova, Section.IN_WORK)


def test_a_take_of_an_incomplete_card_lists_what_is_missing_with_the_way_to_fill_it(cast, as_user):
    client = make_client(cast)
    client.phones.all().delete()
    browser = as_user(cast.ivanova)
    shown = browser.get(f"/clients/{client.pk}/take/", **HTMX).content.decode()
    response = browser.post(f"/clients/{client.pk}/take/", {}, **HTMX)
    assert response.status_code == 422
    for text in (shown, response.content.decode()):
        assert "a phone or an e-mail" in text
        assert f'href="/clients/{client.pk}/edit/"' in text
    assert not SalesCycle.objects.exists()


def test_a_take_asks_for_the_size_label_and_the_category_the_card_lacks(cast, as_user):
    client = make_client(cast, size="", segment=None)
    Client.objects.filter(pk=client.pk).update(category=None)
    browser = as_user(cast.ivanova)
    shown = browser.get(f"/clients/{client.pk}/take/", **HTMX).content.decode()
    assert 'name="size"' in shown and 'name="category"' in shown
    assert browser.post(f"/clients/{client.pk}/take/", {}, **HTMX).status_code == 422
    for bad in ({"size": "not_ours"}, {"size": "small", "category": "999999"}):
        assert browser.post(f"/clients/{client.pk}/take/", bad, **HTMX).status_code == 422
    client.refresh_from_db()
    assert (client.size, client.category, client.owner) == ("", None, None)
    browser.post(f"/clients/{client.pk}/take/", {"size": "small", "category": cast.category.pk}, **HTMX)
    client.refresh_from_db()
    assert (client.size, client.category, client.segment) == ("small", cast.category, cast.small)
    assert client.owner == cast.ivanova
    assert AuditEvent.objects.filter(action="client.edit", object_id=client.pk).count() == 1


def test_a_take_never_overwrites_what_the_card_has(cast, as_user):
    client = make_client(cast)
    as_user(cast.ivanova).post(f"/clients/{client.pk}/take/", {"size": "large"}, **HTMX)
    client.refresh_from_db()
    assert (client.size, client.owner) == ("medium", cast.ivanova)


def test_of_two_managers_the_second_is_told_who_was_faster(cast, as_user):
    client = make_client(cast)
    take(cast, cast.petrov, client=client)
    head = as_user(cast.volkov).post(f"/clients/{client.pk}/take/", {"owner": cast.ivanova.pk}, **HTMX)
    assert head.status_code == 409
    assert "Already in work with Алексей Петров" in head.content.decode()
    assert as_user(cast.ivanova).post(f"/clients/{client.pk}/take/", {}).status_code == 404


def test_the_head_gives_a_client_to_a_manager_seeing_his_list(cast, as_user):
    client = make_client(cast)
    take(cast, cast.petrov)
    browser = as_user(cast.volkov)
    page = browser.get(f"/clients/{client.pk}/take/").content.decode()
    assert "Петров Алексей · 1 / 90" in page
    assert "Belov" not in page
    response = browser.post(f"/clients/{client.pk}/take/", {"owner": cast.petrov.pk})
    assert (response.status_code, response.headers["Location"]) == (303, f"/clients/{client.pk}/")
    assert Client.objects.get(pk=client.pk).owner == cast.petrov


def test_a_head_cannot_give_to_another_department(cast, as_user):
    client = make_client(cast)
    response = as_user(cast.volkov).post(f"/clients/{client.pk}/take/", {"owner": cast.belov.pk}, **HTMX)
    assert response.status_code == 422
    assert not SalesCycle.objects.exists()


def test_refusal_by_the_dialog_names_the_section_and_leaves_the_page(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    assert browser.post(url(cycle, "refuse"), {"note": "x"}, **HTMX).status_code == 422
    response = browser.post(url(cycle, "refuse"), {"refusal_reason": "crisis", "note": "Wait"}, **HTMX)
    assert response.headers["HX-Redirect"] == "/"
    assert fresh(cycle).client.section == Section.SOFT_REFUSAL


def test_a_recall_date_in_the_past_is_refused_beside_its_field(cast, as_user, cycle):
    data = {"refusal_reason": "crisis", "recall_on": "2020-01-01"}
    response = as_user(cast.ivanova).post(url(cycle, "refuse"), data, **HTMX)
    assert response.status_code == 422
    assert "act_recall_on_error" in response.content.decode()
    assert fresh(cycle).is_open


def test_reserve_needs_a_day_in_the_future(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    today = f"{clock.today():%Y-%m-%d}"
    assert browser.post(url(cycle, "reserve"), {"contact_on": today}, **HTMX).status_code == 422
    later = f"{clock.today() + timedelta(days=40):%Y-%m-%d}"
    assert browser.post(url(cycle, "reserve"), {"contact_on": later}, **HTMX).status_code == 200
    assert fresh(cycle).client.section == Section.STRATEGIC


def test_agreed_terms_after_an_offer_turn_green(cast, as_user, cycle):
    with on(MONDAY + timedelta(days=1)):
        offer(cycle)
        data = {"amount": "1 260 000,50", "pay_on": "2026-11-30", "person": dm_of(cycle.client).pk, "on": "2026-11-10"}
        response = as_user(cast.ivanova).post(url(cycle, "terms"), data, **HTMX)
    assert response.status_code == 204
    assert "Colour: Green." in toast_of(response)
    assert (fresh(cycle).colour, fresh(cycle).expected_amount) == ("green", Decimal("1260000.50"))


REPEATED = {
    "terms": lambda cycle: {"amount": "1000", "pay_on": MONDAY + timedelta(days=20), "person": dm_of(cycle.client).pk},
    "calculation": lambda cycle: {"on": MONDAY, "note": "survey"},
    "plan": lambda cycle: {"amount": "1000", "pay_on": MONDAY + timedelta(days=20)},
    "next-step": lambda cycle: {"next_on": MONDAY + timedelta(days=1), "next_text": "call"},
}


@pytest.mark.parametrize("act", REPEATED)
def test_the_same_form_sent_twice_acts_once_and_is_told_the_same(cast, as_user, cycle, act):
    browser = as_user(cast.ivanova)
    with on(MONDAY, 15):
        opened = browser.get(url(cycle, act), **HTMX)
        data = REPEATED[act](cycle) | {"key": opened.context["key"]}
        first = browser.post(url(cycle, act), data, **HTMX)
        acts = AuditEvent.objects.filter(action__startswith="cycle.").count()
        second = browser.post(url(cycle, act), data, **HTMX)
        other = browser.post(url(cycle, act), data | {"note": "another", "amount": "7", "next_text": "x"}, **HTMX)
    assert (first.status_code, second.status_code, other.status_code) == (204, 204, 409)
    assert toast_of(first) == toast_of(second)
    assert AuditEvent.objects.filter(action__startswith="cycle.").count() == acts > 0
    assert Fact.objects.filter(cycle=cycle, kind__in=["terms_agreed", "calculation_accepted"]).count() <= 1


def test_a_refused_form_may_be_mended_and_sent_with_its_key(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    with on(MONDAY, 15):
        key = browser.get(url(cycle, "plan"), **HTMX).context["key"]
        day = MONDAY + timedelta(days=20)
        refused = browser.post(url(cycle, "plan"), {"amount": "0", "pay_on": day, "key": key}, **HTMX)
        assert (refused.status_code, refused.context["key"]) == (422, key)
        assert browser.post(url(cycle, "plan"), {"amount": "5", "pay_on": day, "key": key}, **HTMX).status_code == 204
    assert fresh(cycle).expected_amount == 5


@pytest.mark.parametrize("amount", ["-5", "0", "abc", "1,234", "1e9", "9" * 20, "NaN", ""])
def test_a_wrong_amount_is_refused_beside_its_field(cast, as_user, cycle, amount):
    data = {"amount": amount, "pay_on": f"{clock.today():%Y-%m-%d}"}
    response = as_user(cast.ivanova).post(url(cycle, "plan"), data, **HTMX)
    assert response.status_code == 422
    assert "act_amount_error" in response.content.decode()
    assert fresh(cycle).planned_at is None


def test_the_plan_takes_sum_and_day_and_changes_neither_colour_nor_clock(cast, as_user, cycle):
    before = Ownership.objects.open().get(cycle=cycle).clock_started_on
    later = f"{clock.today() + timedelta(days=20):%Y-%m-%d}"
    response = as_user(cast.ivanova).post(url(cycle, "plan"), {"amount": "500 000", "pay_on": later}, **HTMX)
    assert response.status_code == 204
    assert (fresh(cycle).expected_amount, fresh(cycle).colour) == (Decimal(500000), "red")
    assert Ownership.objects.open().get(cycle=cycle).clock_started_on == before


def test_an_accepted_calculation_moves_to_the_deal_and_stays_red(cast, as_user, cycle):
    response = as_user(cast.ivanova).post(url(cycle, "calculation"), {"on": f"{clock.today():%Y-%m-%d}"}, **HTMX)
    assert response.status_code == 204
    assert (fresh(cycle).state, fresh(cycle).colour) == ("deal", "red")


def test_the_next_step_is_replaced_by_the_dialog(cast, as_user, cycle):
    day = clock.today() + timedelta(days=2)
    data = {"next_on": f"{day:%Y-%m-%d}", "next_time": "16:30", "next_text": "Meet"}
    assert as_user(cast.ivanova).post(url(cycle, "next-step"), data, **HTMX).status_code == 204
    task = Task.objects.open().get(cycle=cycle, kind="next_step")
    assert (task.text, task.has_time, clock.day_of(task.due_at)) == ("Meet", True, day)
    past = {"next_on": "2020-01-01"}
    assert as_user(cast.ivanova).post(url(cycle, "next-step"), past, **HTMX).status_code == 422


def test_a_step_without_its_facts_is_refused_with_the_list_and_the_forms_for_them(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    response = browser.post(url(cycle, "advance"), {"to_state": "c2"}, **HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert "the questionnaire filled to 100 %" in page
    assert f'href="/clients/{cycle.client_id}/questionnaire/"' in page
    assert fresh(cycle).state == "c1"
    assert browser.post(url(cycle, "advance"), {"to_state": "sold"}, **HTMX).status_code == 422


def test_a_skipped_step_names_the_missing_facts_of_every_step_between(cast, as_user, cycle):
    page = as_user(cast.ivanova).post(url(cycle, "advance"), {"to_state": "c3"}, **HTMX).content.decode()
    assert "cannot be skipped" in page
    assert "a discussion of terms or objections" in page


def test_only_the_head_transfers_and_the_old_owner_no_longer_sees_the_client(cast, as_user, cycle):
    data = {"to": cast.petrov.pk, "reason": "transfer"}
    assert as_user(cast.ivanova).get(url(cycle, "transfer")).status_code == 403
    assert as_user(cast.ivanova).post(url(cycle, "transfer"), data, **HTMX).status_code == 403
    assert fresh(cycle).owner == cast.ivanova
    assert as_user(cast.volkov).post(url(cycle, "transfer"), data, **HTMX).status_code == 204
    assert fresh(cycle).owner == cast.petrov
    assert as_user(cast.ivanova).get(f"/clients/{cycle.client_id}/").status_code == 404


def test_a_transfer_while_a_rotation_is_queued_is_a_409_with_its_text(cast, as_user, cycle):
    RotationOrder.objects.create(
        department=cast.sales,
        client=cycle.client,
        cycle=cycle,
        ownership=Ownership.objects.open().get(cycle=cycle),
        old_owner=cast.ivanova,
        colour="red",
        age=11,
        flagged_on=clock.today(),
        execute_on=clock.today(),
        created_at=clock.now(),
    )
    response = as_user(cast.volkov).post(url(cycle, "transfer"), {"to": cast.petrov.pk, "reason": "transfer"}, **HTMX)
    assert response.status_code == 409
    assert "A rotation is queued" in response.content.decode()


def test_a_correction_needs_a_reason_and_resets_no_clock(cast, as_user, cycle):
    browser = as_user(cast.volkov)
    before = Ownership.objects.open().get(cycle=cycle).state_started_on
    assert browser.post(url(cycle, "correct"), {"state": "new", "reason": " "}, **HTMX).status_code == 422
    assert browser.post(url(cycle, "correct"), {"state": "new", "reason": "Wrong call"}, **HTMX).status_code == 204
    assert fresh(cycle).state == "new"
    assert Ownership.objects.open().get(cycle=cycle).state_started_on == before


def test_an_act_on_a_closed_sale_is_a_409_page(cast, as_user, cycle):
    win_cycle(cycle=cycle, day=clock.today(), at=clock.now(), actor=None)
    response = as_user(cast.ivanova).post(url(cycle, "plan"), {"amount": "1", "pay_on": "2030-01-01"})
    assert response.status_code == 409
    assert "take it into work first" in response.content.decode()


def test_a_farmer_accepts_a_customer_he_sees_only_by_his_task_then_closes_and_repeats(cast, as_user, cycle):
    win_cycle(cycle=cycle, day=clock.today(), at=clock.now(), actor=None)
    browser = as_user(cast.smirnova)
    assert browser.get(f"/clients/{cycle.client_id}/").status_code == 404
    assert url(cycle, "handover") in browser.get("/tasks/").content.decode()
    assert browser.post(url(cycle, "handover"), {}).status_code == 303
    assert fresh(cycle).client.owner == cast.smirnova
    assert not Task.objects.open().filter(kind="handover").exists()
    page = browser.get(f"/clients/{cycle.client_id}/").content.decode()
    assert url(cycle, "closing") in page
    assert browser.post(url(cycle, "closing"), {"on": f"{clock.today():%Y-%m-%d}"}, **HTMX).status_code == 204
    assert browser.post(url(cycle, "repeat"), {}, **HTMX).status_code == 204
    assert SalesCycle.objects.open().get(client=cycle.client_id).kind == "repeat"


def test_a_hunter_does_not_accept_a_customer(cast, as_user, cycle):
    win_cycle(cycle=cycle, day=clock.today(), at=clock.now(), actor=None)
    assert as_user(cast.ivanova).post(url(cycle, "handover"), {}).status_code == 403
    assert as_user(cast.petrov).post(url(cycle, "handover"), {}).status_code == 404


def test_no_more_payments_is_confirmed_by_the_head_with_a_reason(cast, as_user, cycle):
    SalesCycle.objects.filter(pk=cycle.pk).update(paid_amount=100, expected_amount=1000)
    data = {"reason": "The rest is written off"}
    assert as_user(cast.ivanova).post(url(cycle, "no-more"), data).status_code == 403
    assert as_user(cast.volkov).post(url(cycle, "no-more"), data, **HTMX).status_code == 204
    assert fresh(cycle).outcome == "won"


ACTS = (
    "take",
    "repeat",
    "refuse",
    "reserve",
    "terms",
    "calculation",
    "plan",
    "next-step",
    "advance",
    "transfer",
    "correct",
    "no-more",
    "handover",
    "closing",
    "questionnaire",
    "contact",
)


@pytest.mark.parametrize("act", ACTS)
def test_a_foreign_client_is_404_for_every_act(cast, as_user, cycle, act):
    for person in (cast.petrov, cast.boss, cast.accountant, cast.quality, cast.admin):
        browser = as_user(person)
        assert browser.get(url(cycle, act)).status_code == 404
        assert browser.post(url(cycle, act), {}).status_code == 404
    assert fresh(cycle).owner == cast.ivanova


@pytest.mark.parametrize("act", [act for act in ACTS if act != "questionnaire"])
def test_who_only_reads_may_not_act(cast, as_user, cycle, act):
    Client.objects.filter(pk=cycle.client_id).update(has_calls=True, has_documents=True)
    for person in (cast.quality, cast.accountant):
        response = as_user(person).post(url(cycle, act), {}, **HTMX)
        assert response.status_code == 403
        assert toast_of(response)


@pytest.mark.parametrize("act", ["plan", "refuse", "reserve", "terms", "calculation", "next-step", "advance"])
def test_every_form_is_a_page_without_javascript_and_a_dialog_with_it(cast, as_user, cycle, act):
    browser = as_user(cast.ivanova)
    page, dialog = browser.get(url(cycle, act)).content.decode(), browser.get(url(cycle, act), **HTMX).content.decode()
    assert "<html" in page
    assert "hx-post" not in page.split("<main")[1].split("</main>")[0]
    assert 'id="dialog-title"' in dialog
    assert "<html" not in dialog


# The questionnaire


def questions(cycle):
    from funnels.services import questionnaire_of

    answers = questionnaire_of(cycle)
    return answers, [question.pk for question in answers.template.questions.all()]


def test_a_partly_filled_questionnaire_is_saved_and_told(cast, as_user, cycle):
    answers, ids = questions(cycle)
    data = {"version": answers.version, f"q{ids[0]}": "Ten machines", f"q{ids[1]}": "Two million"}
    response = as_user(cast.ivanova).post(url(cycle, "questionnaire"), data, **HTMX)
    assert (response.status_code, toast_of(response)) == (204, "Questionnaire: 2 of 4, 50 %.")
    assert Questionnaire.objects.get().answers[str(ids[0])] == "Ten machines"


def test_a_full_questionnaire_leaves_the_fact_and_the_second_contact(cast, as_user, cycle):
    answers, ids = questions(cycle)
    data = {"version": answers.version, **{f"q{pk}": "yes" for pk in ids}}
    assert as_user(cast.ivanova).post(url(cycle, "questionnaire"), data).status_code == 303
    assert Fact.objects.filter(kind="questionnaire_full").count() == 1
    assert fresh(cycle).state == "c2"


def test_a_questionnaire_saved_meanwhile_is_a_409_that_keeps_what_was_typed(cast, as_user, cycle):
    answers, ids = questions(cycle)
    save_questionnaire(cycle=cycle, actor=cast.volkov, answers={str(ids[0]): "theirs"})
    data = {"version": answers.version, f"q{ids[0]}": "mine"}
    response = as_user(cast.ivanova).post(url(cycle, "questionnaire"), data, **HTMX)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Another person has saved the questionnaire meanwhile." in page
    assert "mine" in page
    assert Questionnaire.objects.get().answers[str(ids[0])] == "theirs"


def test_an_answer_too_long_stands_beside_its_question(cast, as_user, cycle):
    answers, ids = questions(cycle)
    data = {"version": answers.version, f"q{ids[0]}": "я" * 2001}
    response = as_user(cast.ivanova).post(url(cycle, "questionnaire"), data, **HTMX)
    assert response.status_code == 422
    assert f"id_q{ids[0]}_error" in response.content.decode()


def test_quality_reads_the_questionnaire_and_does_not_write_it(cast, as_user, cycle):
    _answers, ids = questions(cycle)
    Client.objects.filter(pk=cycle.client_id).update(has_calls=True)
    browser = as_user(cast.quality)
    page = browser.get(url(cycle, "questionnaire")).content.decode()
    assert "disabled" in page
    assert browser.post(url(cycle, "questionnaire"), {f"q{ids[0]}": "x"}).status_code == 403
    assert Questionnaire.objects.get().answers == {}

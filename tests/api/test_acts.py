"""The way of a client from the first call to the payment, through the API; repeated requests act once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Absence
from clients.models import ImportRun
from deals.models import Contract, Invoice, Offer, Payment
from funnels.models import Contact, Questionnaire, SalesCycle, Task
from tests.api.conftest import DAY
from tests.factories.work import call, dm_of, make_client, make_template, take

SOON = f"{DAY + timedelta(days=2)}T12:00:00+03:00"


@pytest.fixture
def cycle(cast, morning):
    return take(cast, cast.ivanova)


def talk(cycle, **more):
    return {"kind": "call", "result": "talked", "person": dm_of(cycle.client).pk, "next_step_at": SOON, **more}


def test_a_logged_call_tells_what_it_was_credited_as_and_how_the_client_stands(cast, calls_as, cycle):
    response = calls_as(cast.ivanova).post(f"clients/{cycle.client_id}/contacts/", talk(cycle))
    body = response.json()
    assert response.status_code == 201, body
    assert body["is_productive_call"] is True and body["credited"] and body["reason_text"] == ""
    assert (body["standing"]["state"], body["standing"]["colour"], body["standing"]["age"]) == ("c1", "red", 0)


def test_the_second_call_to_one_decision_maker_counts_no_more_and_says_why(cast, calls_as, cycle):
    caller = calls_as(cast.ivanova)
    caller.post(f"clients/{cycle.client_id}/contacts/", talk(cycle))
    second = caller.post(f"clients/{cycle.client_id}/contacts/", talk(cycle)).json()
    nobody = caller.post(f"clients/{cycle.client_id}/contacts/", talk(cycle, person=None)).json()
    assert (second["is_credited"], second["reason"]) == (False, "second_today")
    assert (nobody["is_credited"], nobody["reason"]) == (False, "not_dm")
    assert second["reason_text"] and nobody["reason_text"]
    assert Contact.objects.filter(is_productive_call=True).count() == 1


def test_a_meeting_is_held_only_with_the_whole_questionnaire(cast, calls_as, cycle):
    caller = calls_as(cast.ivanova)
    template = make_template()
    questions = [str(question.pk) for question in template.questions.all()]
    path = f"cycles/{cycle.pk}/questionnaire/"
    assert caller.get(path).json()["version"] == 0
    nineteen = caller.post(path, {"answers": dict.fromkeys(questions[:19], "да")})
    assert (nineteen.status_code, nineteen.json()["percent"]) == (200, 95)
    meeting = talk(cycle, kind="meeting", has_interest=True, progress_kind="survey")
    meeting["progress_due_on"] = str(DAY + timedelta(days=32))
    early = caller.post(f"clients/{cycle.client_id}/contacts/", meeting).json()
    assert (early["is_held_meeting"], early["reason"]) == (False, "questionnaire_incomplete")
    caller.post(path, {"answers": {questions[19]: "да"}})
    late = caller.post(f"clients/{cycle.client_id}/contacts/", meeting).json()
    assert (late["is_held_meeting"], late["is_productive_meeting"]) == (True, False)
    assert late["reason"] == "progress_too_late"


def test_a_step_over_others_answers_with_every_missing_fact(cast, calls_as, cycle):
    response = calls_as(cast.ivanova).post(f"cycles/{cycle.pk}/advance/", {"state": "deal"})
    body = response.json()
    assert response.status_code == 409 and response["Content-Type"] == "application/problem+json"
    assert {"first_contact", "offer_sent"} <= {item["code"] for item in body["missing"]}
    assert all(item["text"] for item in body["missing"])
    assert SalesCycle.objects.get(pk=cycle.pk).state == "new"


def test_from_the_first_call_to_the_payment(cast, calls_as, cycle):
    hunter, accountant = calls_as(cast.ivanova), calls_as(cast.accountant)
    hunter.post(f"clients/{cycle.client_id}/contacts/", talk(cycle))
    planned = hunter.post(f"cycles/{cycle.pk}/plan/", {"amount": "100000.00", "pay_on": str(DAY)})
    assert (planned.status_code, planned.json()["expected_amount"]) == (200, "100000.00")
    terms = {"amount": "100000", "pay_on": str(DAY + timedelta(days=5)), "person": dm_of(cycle.client).pk}
    agreed = hunter.post(f"cycles/{cycle.pk}/terms/", terms)
    assert agreed.status_code == 201, agreed.content
    sent = hunter.post(f"cycles/{cycle.pk}/offers/", {"amount": "100000", "sent_on": str(DAY)})
    assert sent.status_code == 201, sent.content
    issued = hunter.post(
        f"cycles/{cycle.pk}/invoices/",
        {"amount": 100000, "issued_on": str(DAY), "due_on": str(DAY + timedelta(days=5))},
    )
    assert issued.status_code == 201, issued.content
    signed = hunter.upload(
        f"cycles/{cycle.pk}/contracts/",
        {
            "number": "7",
            "amount": "100000",
            "signed_by_us_on": str(DAY),
            "signed_by_client_on": str(DAY),
            "file": SimpleUploadedFile("договор.pdf", b"%PDF-1.7 signed"),
        },
    )
    assert signed.status_code == 201, signed.content
    money = {"amount": "100000", "paid_on": str(DAY)}
    path = f"invoices/{issued.json()['id']}/payments/"
    assert hunter.post(path, money).status_code == 403
    paid = accountant.post(path, money)
    assert paid.status_code == 201, paid.content
    assert SalesCycle.objects.get(pk=cycle.pk).paid_amount == 100000
    for name in ("offers", "invoices", "contracts"):
        assert len(hunter.get(f"cycles/{cycle.pk}/{name}/").json()["results"]) == 1
    assert [row["amount"] for row in accountant.get(path).json()["results"]] == ["100000.00"]


def test_a_refused_client_leaves_and_the_answer_still_tells_where_to(cast, calls_as, cycle):
    caller = calls_as(cast.ivanova)
    response = caller.post(f"cycles/{cycle.pk}/refuse/", {"reason": "not_ours"}, key="refuse-1")
    assert (response.status_code, response.json()["outcome"], response.json()["colour"]) == (200, "lost", "none")
    assert caller.get(f"cycles/{cycle.pk}/").status_code == 404
    again = caller.post(f"cycles/{cycle.pk}/refuse/", {"reason": "not_ours"}, key="refuse-1")
    assert (again.status_code, again.json()) == (200, response.json())


def test_a_client_is_parked_till_the_day_of_the_next_talk(cast, calls_as, cycle):
    call(cycle)
    caller = calls_as(cast.ivanova)
    past = caller.post(f"cycles/{cycle.pk}/reserve/", {"contact_on": str(DAY)})
    assert (past.status_code, past.json()["errors"][0]["field"]) == (400, "contact_on")
    done = caller.post(f"cycles/{cycle.pk}/reserve/", {"contact_on": str(DAY + timedelta(days=30))})
    assert done.status_code == 200, done.content
    cycle.client.refresh_from_db()
    assert cycle.client.section == "strategic"


def test_only_the_head_transfers_and_only_to_people_he_sees(cast, calls_as, cycle):
    path = f"cycles/{cycle.pk}/transfer/"
    assert calls_as(cast.ivanova).post(path, {"to": cast.ivanova.pk}).status_code == 403
    head = calls_as(cast.volkov)
    foreign, absent = head.post(path, {"to": cast.belov.pk}), head.post(path, {"to": 10**15})
    assert foreign.status_code == absent.status_code == 400 and foreign.json() == absent.json()
    moved = head.post(path, {"to": cast.petrov.pk})
    assert (moved.status_code, moved.json()["owner"]) == (200, cast.petrov.pk)
    assert calls_as(cast.ivanova).get(f"clients/{cycle.client_id}/").status_code == 404
    assert calls_as(cast.petrov).get(f"clients/{cycle.client_id}/").status_code == 200


def test_tasks_are_set_listed_and_closed_once(cast, calls_as, cycle):
    caller = calls_as(cast.ivanova)
    made = caller.post("tasks/", {"text": "Отправить каталог", "due_at": SOON, "client": cycle.client_id})
    assert made.status_code == 201, made.content
    assert [row["id"] for row in caller.get("tasks/").json()["results"]] == [made.json()["id"]]
    path = f"tasks/{made.json()['id']}/done/"
    assert calls_as(cast.petrov).post(path).status_code == 404
    assert caller.post(path).status_code == 200
    assert caller.post(path).status_code == 409
    assert caller.post("tasks/", {"text": "x", "due_at": SOON, "assignee": cast.petrov.pk}).status_code == 400
    assert (
        calls_as(cast.volkov).post("tasks/", {"text": "x", "due_at": SOON, "assignee": cast.petrov.pk}).status_code
        == 201
    )


def test_an_absence_is_recorded_by_the_head_with_a_deputy_he_sees(cast, calls_as):
    body = {"user": cast.ivanova.pk, "kind": "vacation", "starts_on": str(DAY), "deputy": cast.petrov.pk}
    assert calls_as(cast.ivanova).post("absences/", body).status_code == 403
    head = calls_as(cast.volkov)
    assert head.post("absences/", {**body, "user": cast.belov.pk}).json()["errors"][0]["field"] == "user"
    assert head.post("absences/", {**body, "deputy": cast.belov.pk}).json()["errors"][0]["field"] == "deputy"
    assert not Absence.objects.exists()
    assert head.post("absences/", body).status_code == 201
    assert [row["deputy"] for row in calls_as(cast.petrov).get("absences/").json()["results"]] == [cast.petrov.pk]
    assert calls_as(cast.boss).get("absences/").json()["results"] == []


def test_an_import_is_accepted_and_its_state_can_be_asked(cast, calls_as):
    table = "Компания;Телефон\nООО «Клён»;+7 916 111-22-33\n".encode()
    head = calls_as(cast.volkov)
    made = head.upload("imports/", {"file": SimpleUploadedFile("база.csv", table)}, key="import-1")
    assert made.status_code == 202, made.content
    again = head.upload("imports/", {"file": SimpleUploadedFile("база.csv", table)}, key="import-1")
    assert (again.status_code, again.json(), ImportRun.objects.count()) == (202, made.json(), 1)
    path = f"imports/{made.json()['id']}/"
    assert head.get(path).json()["file_name"] == "база.csv"
    assert head.get(f"{path}rows/").json()["results"] == []
    assert calls_as(cast.boss).get(path).status_code == 404
    assert calls_as(cast.ivanova).upload("imports/", {"file": SimpleUploadedFile("a.csv", table)}).status_code == 403
    empty = head.upload("imports/", {"file": SimpleUploadedFile("a.csv", b"")})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (400, "file")


def _doors(cycle, invoice=None):
    offer = {"amount": "1000", "sent_on": str(DAY)}
    bill = {"amount": "1000", "issued_on": str(DAY), "due_on": str(DAY)}
    return [
        ("clients/", {"name": "ООО «Клён»"}, {"name": "ООО «Вяз»"}),
        (f"clients/{cycle.client_id}/contacts/", talk(cycle), talk(cycle, text="иначе")),
        (f"cycles/{cycle.pk}/offers/", offer, {**offer, "amount": "2000"}),
        (f"cycles/{cycle.pk}/invoices/", bill, {**bill, "amount": "2000"}),
        ("tasks/", {"text": "Позвонить", "due_at": SOON}, {"text": "Написать", "due_at": SOON}),
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_repeated_key_answers_the_same_and_writes_one_row(cast, calls_as, cycle, number):
    call(cycle)
    path, body, other = _doors(cycle)[number]
    caller = calls_as(cast.ivanova)
    rows = (Contact, Offer, Invoice, Task, Questionnaire, Payment, Contract, cycle.client.__class__)
    first = caller.post(path, body, key="press-1")
    assert first.status_code == 201, first.content
    counts = [model.objects.count() for model in rows]
    second = caller.post(path, body, key="press-1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Idempotency-Replayed"] == "true"
    differs = caller.post(path, other, key="press-1")
    assert differs.status_code == 409 and differs.json()["type"].endswith("key_reused")
    assert [model.objects.count() for model in rows] == counts


def test_a_refused_act_keeps_no_answer_and_another_person_has_keys_of_his_own(cast, calls_as, morning):
    caller = calls_as(cast.ivanova)
    assert caller.post("clients/", {"name": ""}, key="k").status_code == 400
    mine = caller.post("clients/", {"name": "ООО «Клён»"}, key="k")
    theirs = calls_as(cast.petrov).post("clients/", {"name": "ООО «Клён»"}, key="k")
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["id"] != theirs.json()["id"]
    assert caller.post("clients/", {"name": "ООО"}, key="k" * 81).status_code == 400


def test_a_head_changes_the_recipient_only_over_the_version_he_saw(cast, calls_as, morning):
    from funnels.models import RotationOrder
    from funnels.services import flag_stagnant
    from tests.factories.work import on

    cycle = take(cast, cast.ivanova)
    later = DAY + timedelta(days=13)
    with on(later, 1):
        flag_stagnant(day=later)
    with on(later, 8):
        order = RotationOrder.objects.get(cycle=cycle)
        head, path = calls_as(cast.volkov), f"rotation-orders/{order.pk}/"
        shown = head.get(path).json()
        assert shown["old_owner"] == cast.ivanova.pk and shown["why"]
        others = {cast.petrov.pk, cast.kuznetsova.pk} - {shown["suggested"]}
        to = others.pop()
        assert calls_as(cast.boss).post(f"{path}recipient/", {"to": to, "version": 1}).status_code == 404
        assert calls_as(cast.ivanova).post(f"{path}recipient/", {"to": to, "version": 1}).status_code == 403
        refused = head.post(f"{path}recipient/", {"to": cast.ivanova.pk, "version": shown["version"]})
        assert refused.status_code == 409
        changed = head.post(f"{path}recipient/", {"to": to, "version": shown["version"]})
        assert (changed.status_code, changed.json()["suggested"]) == (200, to)
        assert head.post(f"{path}recipient/", {"to": to, "version": shown["version"]}).status_code == 409
        assert calls_as(cast.ivanova).get(path).json()["excluded"] == []


def test_a_client_that_was_taken_by_another_is_a_conflict_that_names_him(cast, calls_as, cycle):
    response = calls_as(cast.volkov).post(f"clients/{cycle.client_id}/take/", {"owner": cast.petrov.pk})
    assert response.status_code == 409 and cast.ivanova.short_name in response.json()["detail"]
    assert make_client(cast).owner is None

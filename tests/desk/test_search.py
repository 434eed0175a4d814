"""The search: what is found in the scope, what is told about the rest, where a contact begins."""

from __future__ import annotations

from datetime import date

from tests.desk.test_lights import open_cycles
from tests.factories.work import call, make_client, on, take

TODAY = date(2026, 11, 20)


def test_a_client_is_found_by_a_fragment_of_the_name_and_by_the_phone(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        client = make_client(cast, name="АО «Гидромаш-Сервис»")
        phone = client.phones.first().e164
        for text in ("гидромаш", phone, phone[2:]):
            assert [row["id"] for row in browser.get("/search/", {"q": text}).context["rows"]] == [client.pk], text


def test_a_colleagues_client_is_only_hinted_at_and_only_by_the_whole_number(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        cycle = open_cycles(cast, cast.petrov, red=1)[0]
        client = make_client(cast, name="ООО «Скрытый»", department=cast.other)
        by_number = browser.get("/search/", {"q": client.phones.first().e164}).content.decode()
        by_name = browser.get("/search/", {"q": "скрытый"}).content.decode()
        of_colleague = browser.get("/search/", {"q": cycle.client.name}).context["rows"]
    assert "Скрытый" not in by_number
    assert "обратитесь к руководителю" in by_number or "ask your head" in by_number
    assert "Скрытый" not in by_name
    assert of_colleague == []


def test_the_search_for_a_contact_leads_to_the_contact_form(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        cycle = take(cast, cast.ivanova, client=make_client(cast, name="ООО «Рабочий»"))
        make_client(cast, name="ООО «Рабочий из базы»")
        rows = browser.get("/search/?for=contact&q=рабочий").context["rows"]
    urls = {row["id"]: row["url"] for row in rows}
    assert urls.pop(cycle.client_id) == f"/clients/{cycle.client_id}/contact/"
    assert all("contact" not in url for url in urls.values())


def test_without_a_question_the_last_clients_are_shown(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        assert [row["id"] for row in browser.get("/search/").context["rows"]] == [cycle.client_id]


def test_hostile_text_finds_nothing_and_breaks_nothing(cast, as_user):
    browser = as_user(cast.ivanova)
    for text in ("%", "_%", "'; drop", "<script>", "я" * 10000, "\x00", "0" * 400):
        response = browser.get("/search/", {"q": text})
        assert response.status_code == 200
        assert b"<script>" not in response.content


def test_the_answer_to_htmx_is_a_fragment(cast, as_user):
    response = as_user(cast.ivanova).get("/search/?q=ром", headers={"HX-Request": "true"})
    assert b"<html" not in response.content

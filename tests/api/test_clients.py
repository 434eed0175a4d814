"""Cards through the API: what is listed, what may be written, what is refused and signed."""

from __future__ import annotations

import pytest

from clients.models import Client
from funnels.models import SalesCycle
from journal.models import AuditEvent
from tests.factories.work import make_client, take


@pytest.fixture
def cycle(cast, morning):
    return take(cast, cast.ivanova, name="ООО «Ромашка»", inn="7707083893")


def ids(response) -> set[int]:
    assert response.status_code == 200, response.content
    return {row["id"] for row in response.json()["results"]}


def test_a_card_tells_its_colour_its_age_and_its_people(cast, calls_as, cycle):
    response = calls_as(cast.ivanova).get(f"clients/{cycle.client_id}/")
    body = response.json()
    assert (body["colour"], body["age"], body["cycle"], body["state"]) == ("red", 0, cycle.pk, "new")
    assert body["people"][0]["is_dm"] and body["phones"][0]["e164"]
    assert response["ETag"] == f'"{body["version"]}"'


def test_filters_narrow_the_scope_and_never_widen_it(cast, calls_as, cycle):
    other = take(cast, cast.petrov, name="ООО «Лютик»")
    stranger = take(cast, cast.belov, department=cast.other)
    head, hunter = calls_as(cast.volkov), calls_as(cast.ivanova)
    assert ids(head.get("clients/")) == {cycle.client_id, other.client_id}
    assert ids(hunter.get("clients/")) == {cycle.client_id}
    assert ids(head.get("clients/", search="ромаш")) == {cycle.client_id}
    assert ids(head.get("clients/", inn="7707083893")) == {cycle.client_id}
    phone = other.client.phones.first().e164
    assert ids(head.get("clients/", phone=f"8 {phone[2:]}")) == {other.client_id}
    assert ids(hunter.get("clients/", phone=phone)) == set()
    assert ids(head.get("clients/", colour="red", section="in_work", state="new")) == {cycle.client_id, other.client_id}
    assert ids(head.get("clients/", colour="green")) == set()
    assert ids(head.get("clients/", owner=cast.petrov.pk)) == {other.client_id}
    assert ids(head.get("clients/", owner=cast.belov.pk)) == set()
    assert ids(calls_as(cast.director).get("clients/")) == {cycle.client_id, other.client_id, stranger.client_id}


@pytest.mark.parametrize(
    "query",
    [
        {"ordering": "owner__password"},
        {"department": "1"},
        {"name__startswith": "О"},
        {"_connector": "OR"},
        {"limit": "-1"},
        {"token": "svt_x"},
        {"owner": "1'"},
        {"colour": "blue"},
    ],
)
def test_an_unknown_filter_or_ordering_is_refused_by_name(cast, calls_as, query):
    response = calls_as(cast.volkov).get("clients/", **query)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == set(query)


@pytest.mark.parametrize("ordering", ["name", "-name", "created_at", "-updated_at", "id", "-id"])
def test_pages_follow_each_other_without_a_gap_or_a_double(cast, calls_as, morning, ordering):
    made = {make_client(cast).pk for _ in range(7)}
    caller = calls_as(cast.volkov)
    seen: list[int] = []
    answer = caller.get("clients/", page_size=3, ordering=ordering).json()
    assert answer["previous"] is None
    while True:
        seen += [row["id"] for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = caller.browser.get(answer["next"], headers=caller.headers()).json()
    assert len(seen) == len(set(seen)) and set(seen) == made


def test_a_manager_adds_a_client_to_his_department(cast, calls_as):
    body = {
        "name": "ООО «Новый»",
        "size": "small",
        "category": cast.category.pk,
        "phone": "8 916 555-44-33",
        "person_name": "Сафонов Игорь",
        "person_position": "директор",
        "person_is_dm": True,
    }
    response = calls_as(cast.ivanova).post("clients/", body)
    assert response.status_code == 201, response.content
    client = Client.objects.get(pk=response.json()["id"])
    assert (client.department, client.section, client.owner) == (cast.sales, "call_base", None)
    assert response.json()["phones"][0]["e164"] == "+79165554433"
    assert response.json()["colour"] == "none"


def test_a_client_of_another_department_cannot_be_added(cast, calls_as):
    foreign = calls_as(cast.ivanova).post("clients/", {"name": "ООО", "department": cast.other.pk})
    absent = calls_as(cast.ivanova).post("clients/", {"name": "ООО", "department": 10**15})
    assert foreign.status_code == absent.status_code == 400
    assert foreign.json() == absent.json()
    assert not Client.objects.exists()


def test_a_card_is_changed_over_the_version_that_was_read(cast, calls_as, cycle):
    caller = calls_as(cast.ivanova)
    read = caller.get(f"clients/{cycle.client_id}/")
    changed = caller.patch(f"clients/{cycle.client_id}/", {"city": "Тверь"}, **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["city"]) == (200, "Тверь")
    stale = caller.patch(f"clients/{cycle.client_id}/", {"city": "Псков", "version": read.json()["version"]})
    assert stale.status_code == 409 and stale.json()["type"].endswith("stale_version")
    blind = caller.patch(f"clients/{cycle.client_id}/", {"city": "Псков"})
    assert blind.status_code == 400 and blind.json()["errors"][0]["field"] == "version"
    assert Client.objects.get(pk=cycle.client_id).city == "Тверь"


@pytest.mark.parametrize("who", ["ivanova", "volkov", "director"])
@pytest.mark.parametrize("key", ["colour", "color", "цвет"])
def test_a_written_colour_is_refused_and_signed_whoever_writes_it(cast, calls_as, cycle, who, key):
    person = getattr(cast, who)
    response = calls_as(person).patch(f"clients/{cycle.client_id}/", {key: "green", "version": 2, "city": "Тверь"})
    assert response.status_code == 400
    assert response.json()["errors"] == [{"field": key, "text": "Цвет вычисляется системой"}]
    assert SalesCycle.objects.get(pk=cycle.pk).colour == "red"
    assert Client.objects.get(pk=cycle.client_id).city == ""
    signed = AuditEvent.objects.get(action="client.colour_write_refused")
    assert signed.actor_id == person.pk and signed.object_id == cycle.client_id


@pytest.mark.parametrize(
    "path", ["clients/", "clients/{client}/contacts/", "clients/{client}/take/", "cycles/{cycle}/plan/"]
)
def test_a_colour_is_signed_at_every_door_even_under_a_key(cast, calls_as, cycle, path):
    body = {"name": "ООО", "colour": "green"}
    response = calls_as(cast.ivanova).post(path.format(client=cycle.client_id, cycle=cycle.pk), body, key="k-1")
    assert response.status_code == 400
    assert AuditEvent.objects.filter(action="client.colour_write_refused").count() == 1


def test_no_column_of_the_card_is_written_but_by_its_own_act(cast, calls_as, cycle):
    writable = {"kind", "name", "inn", "kpp", "ogrn", "city", "address", "website", "note", "size"}
    writable |= {"category", "segment", "source", "version"}
    before = Client.objects.filter(pk=cycle.client_id).values().get()
    caller = calls_as(cast.director)
    names = {field.name for field in Client._meta.get_fields()} | {
        field.attname for field in Client._meta.concrete_fields
    }
    for name in names - writable:
        response = caller.patch(f"clients/{cycle.client_id}/", {name: 1, "version": before["version"]})
        assert response.status_code == 400, name
        assert response.json()["errors"][0]["field"] == name
    assert Client.objects.filter(pk=cycle.client_id).values().get() == before


def test_a_head_gives_a_client_into_work_and_a_cap_is_a_conflict(cast, calls_as):
    client = make_client(cast)
    given = calls_as(cast.volkov).post(f"clients/{client.pk}/take/", {"owner": cast.petrov.pk})
    assert given.status_code == 201 and given.json()["owner"] == cast.petrov.pk
    cast.ivanova.worklist_cap = 50
    cast.ivanova.save()
    for _ in range(50):
        take(cast, cast.ivanova)
    full = calls_as(cast.ivanova).post(f"clients/{make_client(cast).pk}/take/")
    assert full.status_code == 409
    assert full.json()["detail"] == "Рабочий список заполнен: 50 из 50"


def test_a_card_without_its_facts_is_not_taken_and_the_facts_are_named(cast, calls_as):
    client = make_client(cast)
    Client.objects.filter(pk=client.pk).update(category=None, size="")
    response = calls_as(cast.ivanova).post(f"clients/{client.pk}/take/")
    assert response.status_code == 409
    assert {item["code"] for item in response.json()["missing"]} == {"missing_size", "missing_category"}


def test_a_foreign_or_absent_owner_reads_alike(cast, calls_as):
    client = make_client(cast)
    caller = calls_as(cast.volkov)
    foreign = caller.post(f"clients/{client.pk}/take/", {"owner": cast.belov.pk})
    absent = caller.post(f"clients/{client.pk}/take/", {"owner": 10**15})
    assert foreign.status_code == absent.status_code == 400
    assert foreign.json() == absent.json()
    assert not SalesCycle.objects.exists()

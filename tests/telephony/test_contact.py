"""Who calls and whom to ring, at this very second (4.2.2, scenario 37)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, User
from accounts.selectors import calendar
from clients.models import Client
from common import clock
from funnels.models import SalesCycle
from funnels.services import refuse, transfer
from tests.factories import PhoneFactory
from tests.factories.work import dm_of, make_client, take
from tests.telephony.conftest import CALLER, LINE, finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def client_of_ivanova(cast):
    client = make_client(cast, name="ООО «Ромашка»")
    client.phones.all().delete()
    person = dm_of(client)
    person.full_name, person.position = "Петрова Анна", "директор"
    person.save()
    PhoneFactory(client=client, person=person, raw=CALLER)
    take(cast, cast.ivanova, client=client)
    return client


def away(cast, user, deputy, days: int = 3) -> None:
    Absence.objects.create(
        user=user,
        deputy=deputy,
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=days),
        created_by=cast.volkov,
        created_at=clock.now(),
    )


def test_a_known_number_answers_in_the_exact_shape(pbx, cast, client_of_ivanova):
    person = dm_of(client_of_ivanova)
    response = pbx.get("contact", phone="8 (916) 123-45-67", line=LINE, call_id="x")
    assert response.status_code == 200
    assert response.json() == {
        "found": True,
        "client": {"id": client_of_ivanova.pk, "name": "ООО «Ромашка»", "colour": "RED"},
        "contact": {"id": person.pk, "name": "Петрова Анна, директор", "is_dm": True},
        "display_name": "Петрова Анна — ООО «Ромашка»",
        "responsible": {"user": cast.ivanova.pk, "extension": "101", "name": "Иванова Мария", "available": True},
        "route": ["101", "110", "group:sales"],
        "ambiguous": False,
    }


@pytest.mark.parametrize("phone", ["+79990000000", "anonymous", "", "102", "+7" * 30])
def test_an_unknown_number_is_not_found_and_goes_to_the_group_and_creates_nobody(pbx, cast, phone):
    assert pbx.get("contact", phone=phone, line=LINE).json() == {
        "found": False,
        "display_name": None,
        "responsible": None,
        "route": ["group:sales"],
    }
    assert not Client.objects.exists()


def test_the_lines_own_group_ends_the_route(pbx, cast):
    pbx.connection.lines.update(group="group:north")
    assert pbx.get("contact", phone="+79990000000", line="8 495 123 45 67").json()["route"] == ["group:north"]
    assert pbx.get("contact", phone="+79990000000", line="+74990000000").json()["route"] == ["group:sales"]


def test_after_the_change_of_owner_the_next_query_names_the_new_one(pbx, cast, client_of_ivanova):
    assert pbx.get("contact", phone=CALLER).json()["responsible"]["name"] == "Иванова Мария"
    assert pbx.get("contact", phone=CALLER).json()["route"][0] == "101"
    transfer(cycle=SalesCycle.objects.get(), to=cast.petrov, actor=cast.volkov)
    answer = pbx.get("contact", phone=CALLER).json()
    assert answer["responsible"] == {
        "user": cast.petrov.pk,
        "extension": "102",
        "name": "Петров Алексей",
        "available": True,
    }
    assert answer["route"] == ["102", "110", "group:sales"]


def test_an_absent_owner_is_passed_over_for_his_deputy(pbx, cast, client_of_ivanova):
    away(cast, cast.ivanova, cast.kuznetsova)
    answer = pbx.get("contact", phone=CALLER).json()
    assert answer["responsible"]["available"] is False
    assert answer["route"] == ["103", "110", "group:sales"]
    away(cast, cast.kuznetsova, cast.petrov)
    away(cast, cast.volkov, cast.petrov)
    assert pbx.get("contact", phone=CALLER).json()["route"] == ["group:sales"]


@pytest.mark.parametrize(
    "moment", ["2026-11-20 09:19", "2026-11-20 18:00", "2026-11-21 12:00", "2026-11-04 12:00", "2026-11-03 17:30"]
)
def test_outside_working_hours_only_the_group_is_rung(pbx, cast, client_of_ivanova, moment):
    """The third of November 2026 ends an hour earlier when the calendar says so; a Wednesday holiday is no work day."""
    if moment.startswith("2026-11-03"):
        from accounts.services import set_calendar_day

        set_calendar_day(day=moscow(moment).date(), kind="short", actor=cast.admin)
    with time_machine.travel(moscow(moment), tick=False):
        answer = pbx.get("contact", phone=CALLER).json()
    assert answer["responsible"]["available"] is False
    assert answer["route"] == ["group:sales"]


def test_a_person_without_an_extension_is_no_way(pbx, cast, client_of_ivanova):
    User.objects.filter(pk=cast.ivanova.pk).update(extension="")
    answer = pbx.get("contact", phone=CALLER).json()
    assert answer["responsible"]["available"] is False
    assert answer["route"] == ["110", "group:sales"]


def test_a_hard_refusal_shows_itself_and_goes_to_the_head(pbx, cast, client_of_ivanova):
    refuse(cycle=SalesCycle.objects.get(), actor=cast.ivanova, reason="not_ours")
    answer = pbx.get("contact", phone=CALLER).json()
    assert answer["display_name"] == "Жёсткий отказ"
    assert answer["responsible"] is None
    assert answer["route"] == ["110", "group:sales"]
    assert answer["client"]["colour"] == "NONE"


def test_a_shared_number_is_ambiguous_and_prefers_the_cycle_of_who_answers(pbx, cast):
    first = take(cast, cast.ivanova).client
    second = take(cast, cast.petrov).client
    for client in (first, second):
        PhoneFactory(client=client, raw="+74957654321", is_shared=True)
    ringing = {"event": "call.ringing", "call_id": "c1", "direction": "in", "client_number": "+74957654321"}
    pbx.deliver(ringing | {"extension": "102", "line_number": LINE})
    answer = pbx.get("contact", phone="+74957654321", call_id="c1").json()
    assert (answer["ambiguous"], answer["client"]["id"]) == (True, second.pk)


@pytest.mark.parametrize("query", [{}, {"phone": "7" * 65}, {"phone": CALLER, "line": "4" * 65}, {"phone": "7\x00"}])
def test_a_bad_question_is_a_schema_error(pbx, cast, query):
    response = pbx.get("contact", **query)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "schema"


def test_the_answer_costs_the_same_with_three_and_with_three_hundred_clients(pbx, cast, client_of_ivanova):
    calendar()

    def cost() -> int:
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert pbx.get("contact", phone=CALLER, line=LINE).json()["found"]
        return len(queries)

    few = cost()
    for number in range(300):
        client = make_client(cast)
        if number % 10 == 0:
            away(cast, cast.everybody[number % 8], cast.volkov) if cast.everybody[number % 8] != cast.volkov else None
        PhoneFactory(client=client, raw=f"+7985{number:07d}")
    assert cost() == few
    assert few <= 7


def test_a_call_that_has_ended_changes_nothing_in_the_answer(pbx, cast, client_of_ivanova):
    before = pbx.get("contact", phone=CALLER).json()
    pbx.deliver(finished("c1", at=NOON))
    assert pbx.get("contact", phone=CALLER, call_id="c1").json() == before

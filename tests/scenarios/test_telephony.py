"""Scenarios 37 and 38 without the door: the services a delivery ends in. The door stands in tests/telephony."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from clients.models import Client, Source
from funnels.models import RotationOrder, SalesCycle, Task
from funnels.services import execute_rotations
from telephony import services
from telephony.models import Call, Line, MissedCall
from telephony.selectors import find_contact
from tests.factories import PhoneFactory
from tests.factories.work import at, make_client, on, take
from tests.scenarios.conftest import FRIDAY, MONDAY, flag_night

pytestmark = pytest.mark.django_db

LINE, CALLER = "+74951234567", "+79161234567"


@pytest.fixture
def connection(cast):
    made = services.create_connection(name="АТС", actor=cast.admin)
    source = Source.objects.create(name="Линия «Сайт»")
    Line.objects.create(
        connection=made.connection, number=LINE, department=cast.sales, source=source, default_extension="103"
    )
    return made.connection


@pytest.fixture
def client_of_ivanova(cast):
    with on(MONDAY):
        client = make_client(cast, name="ООО «Ромашка»")
        PhoneFactory(client=client, raw=CALLER)
        take(cast, cast.ivanova, client=client)
    return client


def rotate() -> RotationOrder:
    flag_night(FRIDAY)
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
    return RotationOrder.objects.select_related("recipient").get(status="executed")


def test_the_pbx_is_led_to_the_owner_and_after_the_rotation_to_the_new_one(cast, connection, client_of_ivanova):
    with on(FRIDAY, 9, 30):
        before = find_contact(connection, phone=CALLER, line=LINE)
    new = rotate().recipient
    with on(FRIDAY, 9, 30):
        after = find_contact(connection, phone=CALLER, line=LINE)
    assert (before["responsible"]["user"], before["route"][0]) == (cast.ivanova.pk, "101")
    assert (after["responsible"]["user"], after["route"][0]) == (new.pk, new.extension)
    assert after["client"] == before["client"]
    assert cast.ivanova.extension not in after["route"]


def test_get_contact_names_the_new_owner_after_a_rotation(cast, client, client_of_ivanova):
    made = services.create_connection(name="АТС", actor=cast.admin)

    def asked() -> dict:
        with on(FRIDAY, 9, 30):
            headers = {"Authorization": f"Bearer {made.token}"}
            answer = client.get("/api/v1/telephony/contact", {"phone": "8 916 123-45-67"}, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    assert asked()["route"][0] == "101"
    new = rotate().recipient
    assert (asked()["responsible"]["user"], asked()["route"][0]) == (new.pk, new.extension)


def tell(connection, moment, *, result="missed", direction="in", extension="103", talk=0) -> None:
    event = {
        "event": "call.finished",
        "call_id": f"{direction}-{moment:%H%M}",
        "seq": 3,
        "direction": direction,
        "client_number": CALLER,
        "line_number": LINE,
        "extension": extension,
        "started_at": moment.isoformat(),
        "ended_at": moment.isoformat(),
        "result": result,
        "talk_seconds": talk,
    }
    if talk:
        event["answered_at"] = moment.isoformat()
    accepted = services.accept_event(connection=connection, body=json.dumps(event).encode())
    assert services.process_event(event_id=accepted.pk)


def test_an_unknown_number_missed_twice_is_one_client_one_task_of_fifteen_minutes_closed_by_a_call_back(
    cast, connection
):
    first = at(FRIDAY, 12)
    for minutes in (0, 10):
        with on(FRIDAY, 12, minutes):
            tell(connection, first + timedelta(minutes=minutes))
    client, missed, task = Client.objects.get(), MissedCall.objects.get(), Task.objects.get(kind="callback")
    assert (client.section, client.owner, missed.counter) == ("call_base", None, 2)
    assert task.due_at == first + timedelta(minutes=15)
    with on(FRIDAY, 12, 14):
        tell(connection, first + timedelta(minutes=14), direction="out", result="answered", talk=40)
    task.refresh_from_db()
    missed.refresh_from_db()
    assert task.done_at is not None
    assert missed.closed_by_call == Call.objects.get(direction="out")
    assert (Client.objects.count(), SalesCycle.objects.count()) == (1, 0)

"""Deliveries as they were sent live for ninety days; what they told of a call lives on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from telephony import services
from telephony.choices import EventState
from telephony.models import Call, WebhookEvent
from telephony.tasks import sweep
from tests.telephony.conftest import finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-06-01 12:00")


@pytest.fixture
def told(pbx):
    """Two calls of the first of June, one delivery that nobody could process."""
    with time_machine.travel(NOON, tick=False):
        pbx.deliver(finished("c1", at=NOON, event_id="e1"), finished("c2", at=NOON, event_id="e2"))
        pbx.send(finished("c3", at=NOON, event_id="e3"))
    return pbx


def test_a_delivery_is_forgotten_after_ninety_days_and_its_call_stays(told):
    with time_machine.travel(NOON + timedelta(days=90), tick=False):
        assert services.forget_events() == 0
    with time_machine.travel(NOON + timedelta(days=90, seconds=1), tick=False):
        assert sweep()["forgotten"] == 2
        assert services.forget_events() == 0
    assert list(WebhookEvent.objects.values_list("event_key", "state")) == [("id:e3", EventState.RECEIVED)]
    assert set(Call.objects.values_list("call_id", "rank", "talk_seconds")) == {("c1", 3, 120), ("c2", 3, 120)}


def test_forgetting_costs_two_queries_however_much_is_kept(told, django_assert_num_queries):
    with time_machine.travel(NOON + timedelta(days=100), tick=False), django_assert_num_queries(2):
        assert services.forget_events() == 2


def test_a_rating_after_ninety_days_is_added_and_the_end_of_the_call_is_not_lost(told):
    late = NOON + timedelta(days=100)
    with time_machine.travel(late, tick=False):
        services.forget_events()
        told.deliver({"event": "call.rated", "call_id": "c1", "event_id": "e9", "rating": 4})
        told.deliver({"event": "call.ringing", "call_id": "c2", "event_id": "e8", "extension": "999"})
    first, second = Call.objects.get(call_id="c1"), Call.objects.get(call_id="c2")
    assert (first.rank, first.result, first.talk_seconds, first.rating) == (3, "answered", 120, 4)
    assert (second.rank, second.result, second.extension) == (3, "answered", "101")


def test_a_delivery_sent_again_after_it_was_forgotten_is_too_old_to_be_signed(told):
    body = b'{"event":"call.ringing","call_id":"c1","event_id":"e1"}'
    headers = told.headers(body, moment=int(NOON.timestamp()))
    with time_machine.travel(NOON + timedelta(days=100), tick=False):
        services.forget_events()
        assert told.post(body, headers).status_code == 401

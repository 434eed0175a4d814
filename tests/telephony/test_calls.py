"""From events to calls: any order, whose number it is, who spoke, what is credited, what is left alone."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta

import pytest
import time_machine

from clients.models import Client
from funnels.models import ColourChange, Contact, Ownership, SalesCycle
from funnels.services import refuse
from journal.models import AuditEvent
from telephony import services
from telephony.models import Call, MissedCall, WebhookEvent
from tests.factories import PersonFactory, PhoneFactory
from tests.factories.work import dm_of, make_client, take
from tests.telephony.conftest import CALLER, LINE, finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def known(cast, number: str = CALLER, owner=None, **fields):
    """A client in work whose decision maker has this number."""
    client = make_client(cast, **fields)
    client.phones.all().delete()
    PhoneFactory(client=client, person=dm_of(client), raw=number)
    if owner is not None:
        take(cast, owner, client=client)
        client.refresh_from_db()
    return client


def ring_answer_finish(call_id: str = "c1", **more) -> list[dict]:
    ringing = {
        "event": "call.ringing",
        "call_id": call_id,
        "seq": 1,
        "occurred_at": "2026-11-20T11:57:00+03:00",
        "direction": "in",
        "client_number": "8 (916) 123-45-67",
        "line_number": LINE,
        "extension": "101",
    }
    answered = {
        "event": "call.answered",
        "call_id": call_id,
        "seq": 2,
        "occurred_at": "2026-11-20T11:57:12+03:00",
        "extension": "101",
    }
    ended = {
        "event": "call.finished",
        "call_id": call_id,
        "seq": 3,
        "ended_at": "2026-11-20T11:59:12+03:00",
        "talk_seconds": 120,
        "wait_seconds": 12,
        "result": "answered",
        "hangup_cause": "1110",
        "recording": {"state": "pending"},
    }
    return [ringing, answered, ended | more]


def shape(call: Call) -> dict:
    skipped = {"id", "created_at", "updated_at", "contact_id", "client_id", "missed_call_id", "call_id"}
    return {name: value for name, value in call.__dict__.items() if name not in skipped and not name.startswith("_")}


def test_every_order_of_the_three_events_ends_in_the_same_call_and_one_contact(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    shapes = []
    for number, order in enumerate(itertools.permutations(range(3))):
        events = ring_answer_finish(f"c{number}")
        for index in order:
            pbx.deliver(events[index], events[index])
        call = Call.objects.get(call_id=f"c{number}")
        assert call.client == client
        assert Contact.objects.filter(call=call).count() == 1
        assert call.contact.talk_seconds == 120
        shapes.append(shape(call))
    assert all(one == shapes[0] for one in shapes)
    assert (shapes[0]["rank"], shapes[0]["result"], shapes[0]["talk_seconds"]) == (3, "answered", 120)
    assert shapes[0]["answered_at"] == moscow("2026-11-20 11:57") + timedelta(seconds=12)
    assert shapes[0]["e164"] == CALLER


def test_every_order_of_a_missed_call_is_one_missed_call(pbx, cast):
    known(cast, owner=cast.ivanova)
    for number, order in enumerate(itertools.permutations(range(2))):
        ringing, _answered, ended = ring_answer_finish(f"m{number}", result="missed", talk_seconds=0)
        for index in order:
            pbx.deliver([ringing, ended][index])
    assert Call.objects.filter(result="missed", rank=3).count() == 2
    assert MissedCall.objects.get().counter == 2


def test_a_finish_without_earlier_events_creates_the_call_and_a_late_answer_changes_nothing(pbx, cast):
    known(cast, owner=cast.ivanova)
    pbx.deliver(finished("c1", at=NOON, result="missed"))
    pbx.deliver(ring_answer_finish("c1")[1])
    call = Call.objects.get()
    assert (call.rank, call.result) == (3, "missed")
    assert call.answered_at is not None
    assert MissedCall.objects.get().closed_at is None


def test_a_number_is_matched_in_any_spelling_and_never_by_its_tail(pbx, cast):
    client = known(cast)
    other = known(cast, number="+74991234567")
    pbx.deliver(finished("a", at=NOON, number="8 916 123 45 67"))
    pbx.deliver(finished("b", at=NOON, number="79161234567"))
    pbx.deliver(finished("c", at=NOON, number="1234567", direction="out"))
    assert {Call.objects.get(call_id=name).client for name in "ab"} == {client}
    assert Call.objects.get(call_id="c").client is None
    assert other.calls.count() == 0


def test_a_shared_number_prefers_the_open_cycle_of_who_answers_then_any_open_cycle(pbx, cast):
    free = make_client(cast)
    petrovs = take(cast, cast.petrov).client
    ivanovas = take(cast, cast.ivanova).client
    for client in (free, petrovs, ivanovas):
        PhoneFactory(client=client, raw="+74957654321", is_shared=True)
    pbx.deliver(finished("a", at=NOON, number="+74957654321", extension="101"))
    pbx.deliver(finished("b", at=NOON, number="+74957654321", extension="102"))
    pbx.deliver(finished("c", at=NOON, number="+74957654321", extension="103"))
    calls = {call.call_id: call for call in Call.objects.all()}
    assert calls["a"].client == ivanovas
    assert calls["b"].client == petrovs
    assert calls["c"].client in (ivanovas, petrovs)
    assert all(call.is_ambiguous for call in calls.values())


def test_former_numbers_match_only_when_no_living_one_does(pbx, cast):
    former, present = make_client(cast), make_client(cast)
    PhoneFactory(client=former, raw="+74957654321", is_live=False)
    pbx.deliver(finished("a", at=NOON, number="+74957654321"))
    PhoneFactory(client=present, raw="+74957654321")
    pbx.deliver(finished("b", at=NOON, number="+74957654321"))
    assert Call.objects.get(call_id="a").client == former
    assert Call.objects.get(call_id="b").client == present
    assert not Call.objects.get(call_id="b").is_ambiguous


@pytest.mark.parametrize("number", ["", "anonymous", "Anonymous", "неизвестно", "+7" + "9" * 38, "12345678"])
def test_a_hidden_or_senseless_number_is_a_call_without_a_client(pbx, cast, number):
    pbx.deliver(finished("c1", at=NOON, number=number, result="missed"))
    call = Call.objects.get()
    assert (call.client, call.e164, call.direction) == (None, "", "in")
    assert not Client.objects.exists()
    assert not MissedCall.objects.exists()


@pytest.mark.parametrize("number", ["102", "12345"])
def test_a_short_number_or_a_known_extension_is_an_internal_call(pbx, cast, number):
    pbx.deliver(finished("c1", at=NOON, number=number))
    assert Call.objects.get().direction == "internal"
    assert not Client.objects.exists()
    assert not Contact.objects.exists()


def test_an_outgoing_call_to_an_unknown_number_creates_no_client(pbx, cast):
    pbx.deliver(finished("c1", at=NOON, direction="out", result="missed"))
    call = Call.objects.get()
    assert (call.client, call.result) == (None, "no_answer")
    assert not Client.objects.exists()


def test_an_answered_two_minute_call_with_a_decision_maker_is_one_productive_call_and_the_second_is_none(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    pbx.deliver(finished("a", at=NOON, direction="out"))
    pbx.deliver(finished("b", at=NOON + timedelta(minutes=30), direction="out"))
    first, second = Contact.objects.order_by("pk")  # a clock that runs ahead is no reason to lose a contact
    assert (first.is_productive_call, first.reason, first.talk_seconds) == (True, "", 120)
    assert (second.is_productive_call, second.reason) == (False, "second_today")
    assert (first.user, first.person, first.is_manual, first.direction) == (cast.ivanova, dm_of(client), False, "out")
    assert AuditEvent.objects.filter(action="contact.log", via="pbx", actor_login="ivanova").count() == 2


def test_a_person_without_rank_and_a_short_talk_are_stored_with_the_reason(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    clerk = PersonFactory(client=client, is_dm=False, position="секретарь")
    PhoneFactory(client=client, person=clerk, raw="+79169999999")
    pbx.deliver(finished("a", at=NOON, direction="out", number="+79169999999"))
    pbx.deliver(finished("b", at=NOON, direction="out", talk=29))
    pbx.deliver(finished("c", at=NOON, direction="out", result="no_answer"))
    reasons = list(Contact.objects.order_by("pk").values_list("reason", flat=True))
    assert reasons == ["not_dm", "too_short", "not_answered"]
    assert not Contact.objects.filter(is_productive_call=True).exists()


def test_an_answered_incoming_call_is_credited_as_incoming(pbx, cast):
    known(cast, owner=cast.ivanova)
    pbx.deliver(finished("a", at=NOON, talk=40))
    contact = Contact.objects.get()
    assert contact.is_incoming_call
    assert contact.is_productive_call


def test_calls_change_no_colour_and_reset_no_clock(pbx, cast):
    with time_machine.travel(moscow("2026-11-12 10:00"), tick=False):
        known(cast, owner=cast.ivanova)
    cycle = SalesCycle.objects.get()
    ownership = Ownership.objects.open().get()
    before = (cycle.colour, cycle.state, cycle.state_since, ownership.clock_started_on, ownership.flag_on)
    changes = ColourChange.objects.count()
    for number in range(3):
        pbx.deliver(*ring_answer_finish(f"c{number}"))
    pbx.deliver(finished("m", at=NOON, result="missed"))
    cycle.refresh_from_db()
    ownership.refresh_from_db()
    after = (cycle.colour, cycle.state, cycle.state_since, ownership.clock_started_on, ownership.flag_on)
    assert after == before
    assert ColourChange.objects.count() == changes
    assert Contact.objects.count() == 4


def test_a_call_of_a_colleague_is_his_contact_and_changes_neither_owner_nor_colour(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    pbx.deliver(finished("a", at=NOON, extension="102", direction="out"))
    call = Call.objects.get()
    assert (call.client, call.user, call.contact.user) == (client, cast.petrov, cast.petrov)
    client.refresh_from_db()
    assert client.owner == cast.ivanova
    assert SalesCycle.objects.get().colour == "red"


def test_a_former_employees_extension_names_nobody(pbx, cast):
    known(cast, owner=cast.ivanova)
    type(cast.petrov).objects.filter(pk=cast.petrov.pk).update(is_active=False)
    pbx.deliver(finished("a", at=NOON, extension="102"))
    assert Call.objects.get().user is None
    assert not Contact.objects.exists()


def test_a_client_with_a_call_is_marked_so_that_quality_sees_it(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    assert not Client.objects.visible_to(cast.quality).filter(pk=client.pk).exists()
    pbx.deliver(finished("a", at=NOON))
    assert Client.objects.visible_to(cast.quality).filter(pk=client.pk).exists()


def test_a_recording_and_a_rating_belong_to_their_call_whenever_they_come(pbx, cast):
    known(cast, owner=cast.ivanova)
    pbx.deliver({"event": "call.rated", "call_id": "c1", "rating": 4})
    pbx.deliver({"event": "recording.ready", "call_id": "c1", "recording_id": "MTox", "url": None, "duration": 120})
    assert Call.objects.get().rank == 0
    pbx.deliver(finished("c1", at=NOON))
    call = Call.objects.get()
    assert (call.rank, call.rating, call.recording_id, call.recording_state) == (3, 4, "MTox", "pending")
    assert Contact.objects.count() == 1


def test_a_call_that_rings_for_more_than_four_hours_is_closed_as_failed_and_its_real_end_still_counts(pbx, cast):
    known(cast, owner=cast.ivanova)
    pbx.deliver(ring_answer_finish("c1")[0])
    with time_machine.travel(moscow("2026-11-20 15:56"), tick=False):
        assert services.sweep_calls() == {"closed": 0}
    with time_machine.travel(moscow("2026-11-20 15:58"), tick=False):
        assert services.sweep_calls() == {"closed": 1}
        assert services.sweep_calls() == {"closed": 0}
        call = Call.objects.get()
        assert (call.rank, call.result, call.is_synthetic, call.contact) == (3, "failed", True, None)
        assert MissedCall.objects.get().closed_at is None
        pbx.deliver(ring_answer_finish("c1")[2])
    call.refresh_from_db()
    assert (call.result, call.is_synthetic, call.talk_seconds) == ("answered", False, 120)
    assert MissedCall.objects.get().closed_by_call == call
    assert Contact.objects.count() == 1


def test_an_event_that_cannot_be_processed_waits_and_in_the_end_is_visibly_failed(pbx, cast):
    pbx.send(finished("c1", at=NOON))
    event = WebhookEvent.objects.get()
    WebhookEvent.objects.filter(pk=event.pk).update(raw={"call_id": "c1"})  # damaged at rest
    assert services.process_event(event_id=event.pk) is False
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("received", 1)
    assert event.error
    for _attempt in range(10):
        services.process_event(event_id=event.pk)
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("failed", 8)
    assert cast.admin.notices.count() == 1
    assert not Call.objects.exists()


def test_the_worker_task_processes_what_the_door_stored(pbx, cast):
    from telephony.tasks import process_event

    known(cast, owner=cast.ivanova)
    pbx.send(finished("c1", at=NOON))
    event = WebhookEvent.objects.get()
    assert process_event.apply(args=[event.pk]).get() is True
    assert process_event.apply(args=[event.pk]).get() is False
    assert Contact.objects.count() == 1


def test_an_answered_call_of_a_refused_client_is_kept_and_opens_nothing(pbx, cast):
    client = known(cast, owner=cast.ivanova)
    refuse(cycle=SalesCycle.objects.get(), actor=cast.ivanova, reason="not_ours")
    pbx.deliver(finished("a", at=NOON))
    contact = Call.objects.get().contact
    assert (contact.client, contact.cycle, contact.is_incoming_call) == (client, None, True)
    client.refresh_from_db()
    assert (client.section, client.owner) == ("hard_refusal", None)


def test_the_calls_of_a_connection_are_read_by_its_own_token_only(pbx, cast):
    known(cast, owner=cast.ivanova)
    pbx.deliver(finished("c1", at=NOON), finished("c2", at=NOON))
    call = Call.objects.get(call_id="c1")
    listed = pbx.get("calls").json()
    assert [row["call_id"] for row in listed["results"]] == ["c2", "c1"]
    one = pbx.get(f"calls/{call.pk}").json()
    assert (one["state"], one["result"], one["client"]) == ("finished", "answered", call.client_id)
    assert "ООО" not in json.dumps(one, ensure_ascii=False)
    made = services.create_connection(name="Чужая", actor=cast.admin)
    other = type(pbx)(made.connection, made.token, made.secret)
    assert other.get("calls").json()["results"] == []
    missing = other.get(f"calls/{call.pk}")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "not_found"


def test_a_naive_moment_is_in_the_connections_zone(pbx, cast):
    type(pbx.connection).objects.filter(pk=pbx.connection.pk).update(time_zone="Asia/Yekaterinburg")
    known(cast, owner=cast.ivanova)
    event = finished("c1", at=NOON) | {"ended_at": "2026-11-20T14:00:00"}
    pbx.deliver(event)
    assert Call.objects.get().ended_at == NOON

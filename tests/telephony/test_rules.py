"""A call is what all of its events say, in whatever order and however often they came. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from telephony.rules import event_key, fold

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KINDS = ("call.ringing", "call.answered", "call.finished", "recording.ready", "call.rated")


@st.composite
def events(draw) -> dict:
    kind = draw(st.sampled_from(KINDS))
    event: dict = {"event": kind, "call_id": "c", "occurred_at": START + timedelta(seconds=draw(st.integers(0, 300)))}
    optional = {
        "seq": st.integers(0, 5),
        "leg_id": st.sampled_from(["a", "b"]),
        "extension": st.sampled_from(["101", "102"]),
        "direction": st.sampled_from(["in", "out"]),
        "client_number": st.sampled_from(["", "+79161234567", "anonymous"]),
        "talk_seconds": st.integers(0, 600),
        "rating": st.integers(1, 5),
    }
    for name, values in optional.items():
        if draw(st.booleans()):
            event[name] = draw(values)
    if kind == "call.finished":
        event["result"] = draw(st.sampled_from(["answered", "missed", "busy", "failed"]))
    return event


def distinct(rows: list[dict]) -> list[dict]:
    """As the door leaves them: one row per event key."""
    return list({event_key(row): row for row in rows}.values())


@given(st.lists(events(), max_size=7), st.randoms())
def test_the_order_of_arrival_does_not_matter(rows, random):
    stored = distinct(rows)
    shuffled = stored[:]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(stored)


@given(st.lists(events(), min_size=1, max_size=7))
def test_a_finished_call_stays_finished_with_the_result_of_its_end(rows):
    stored = distinct(rows)
    ends = [row for row in stored if row["event"] == "call.finished"]
    known = fold(stored)
    assert (known.rank == 3) is bool(ends)
    if ends:
        said = {row["result"] for row in ends}
        assert known.result in said | ({"no_answer"} if known.direction == "out" and "missed" in said else set())
        if known.result != "answered":
            assert known.talk_seconds == 0


def test_a_lower_rank_fills_what_is_empty_and_overwrites_nothing():
    ended = {"event": "call.finished", "call_id": "c", "result": "answered", "talk_seconds": 60, "extension": "102"}
    ringing = {"event": "call.ringing", "call_id": "c", "extension": "101", "client_number": "+79161234567"}
    known = fold([ended, ringing])
    assert (known.extension, known.client_number, known.talk_seconds) == ("102", "+79161234567", 60)


def test_an_own_event_id_is_the_key_else_what_tells_events_apart():
    event = {"event": "call.ringing", "call_id": "c", "seq": 1}
    assert event_key(event | {"event_id": "e1"}) == event_key({"event": "call.rated", "call_id": "d", "event_id": "e1"})
    assert event_key(event) != event_key(event | {"seq": 2})
    assert event_key(event) == event_key(event | {"extension": "101"})

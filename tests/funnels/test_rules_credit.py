"""What interactions are credited as (R-S1-4, R-S3-5…8, R-S3-13…15)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnels.constants import ContactKind
from funnels.rules import ContactInput, credit, latest_progress_due, progress_failure, questionnaire_percent

DAY = date(2026, 11, 20)
CALL = ContactInput(ContactKind.CALL, DAY, talk_seconds=120, is_dm=True, has_name=True, has_position=True)
MEETING = ContactInput(
    ContactKind.MEETING,
    DAY,
    is_dm=True,
    has_name=True,
    has_position=True,
    is_personal=True,
    questionnaire_answered=20,
    questionnaire_required=20,
    interest=True,
    progress_due=DAY + timedelta(days=20),
)
WALK = replace(CALL, kind=ContactKind.VISIT, talk_seconds=None, is_personal=True)
CUSTOMER_CALL = replace(CALL, is_customer=True, by_farmer=True, in_open_cycle=False)


def counts(result):
    names = ("productive_call", "walk", "held_meeting", "productive_meeting", "warm_contact", "visit", "incoming_call")
    return {name: getattr(result, name) for name in names if getattr(result, name)}


def test_an_answered_call_with_the_decision_maker_is_productive():
    result = credit(CALL)
    assert (counts(result), result.reason, result.is_productive) == ({"productive_call": 1}, None, True)


def test_two_calls_to_one_decision_maker_and_one_to_another_person_credit_one():
    results = [credit(CALL), credit(replace(CALL, had_productive_today=True)), credit(replace(CALL, is_dm=False))]
    assert sum(result.productive_call for result in results) == 1
    assert [result.reason for result in results] == [None, "second_today", "not_dm"]


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"in_open_cycle": False}, "no_open_cycle", None),
        ({"is_dm": False}, "not_dm", None),
        ({"has_name": False}, "no_name", None),
        ({"has_position": False}, "no_position", None),
        ({"answered": False}, "not_answered", None),
        ({"talk_seconds": 29}, "too_short", 29),
        ({"had_productive_today": True}, "second_today", None),
        ({"is_dm": False, "talk_seconds": 3}, "not_dm", None),
    ],
)
def test_a_call_that_is_not_credited_says_why(change, reason, detail):
    result = credit(replace(CALL, **change))
    assert (counts(result), result.reason, result.detail) == ({}, reason, detail)


def test_thirty_seconds_are_enough():
    assert credit(replace(CALL, talk_seconds=30)).productive_call == 1


def test_a_call_entered_by_hand_counts_and_is_marked():
    assert (
        credit(replace(CALL, talk_seconds=None)).productive_call,
        credit(replace(CALL, talk_seconds=None)).by_hand,
    ) == (1, True)
    assert not credit(CALL).by_hand


def test_a_meeting_with_everything_is_held_and_productive():
    assert counts(credit(MEETING)) == {"held_meeting": 1, "productive_meeting": 1}


def test_a_questionnaire_of_19_answers_of_20_does_not_make_a_held_meeting():
    result = credit(replace(MEETING, questionnaire_answered=19))
    assert (counts(result), result.reason, result.detail) == ({}, "questionnaire_incomplete", 95)


def test_progress_in_32_days_makes_the_meeting_held_but_not_productive():
    result = credit(replace(MEETING, progress_due=DAY + timedelta(days=32)))
    assert (counts(result), result.reason, result.detail) == ({"held_meeting": 1}, "progress_too_late", 32)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"interest": False}, "no_interest"),
        ({"progress_due": None}, "no_progress"),
        ({"progress_due": DAY - timedelta(days=1)}, "progress_in_past"),
    ],
)
def test_a_held_meeting_without_interest_or_progress_is_not_productive(change, reason):
    result = credit(replace(MEETING, **change))
    assert (counts(result), result.reason) == ({"held_meeting": 1}, reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_personal": False}, "not_personal"),
        ({"is_dm": False}, "not_dm"),
        ({"answered": False}, "not_answered"),
        ({"questionnaire_required": 0, "questionnaire_answered": 0}, "questionnaire_incomplete"),
    ],
)
def test_a_meeting_that_is_not_held_says_why(change, reason):
    result = credit(replace(MEETING, **change))
    assert (counts(result), result.reason, result.is_productive) == ({}, reason, False)


def test_a_visit_to_a_prospect_is_a_walk_and_shares_the_first_of_the_day_with_calls():
    assert counts(credit(WALK)) == {"walk": 1}
    assert credit(replace(WALK, had_productive_today=True)).reason == "second_today"
    assert credit(replace(WALK, has_position=False)).reason == "no_position"


def test_one_incoming_call_of_a_customer_is_credited_by_three_rows():
    result = credit(replace(CUSTOMER_CALL, in_open_cycle=True, incoming=True))
    assert counts(result) == {"productive_call": 1, "warm_contact": 1, "incoming_call": 1}


def test_a_customer_between_two_cycles_gives_a_warm_contact_only():
    result = credit(CUSTOMER_CALL)
    assert (counts(result), result.reason) == ({"warm_contact": 1}, None)


def test_only_the_farmer_has_warm_contacts_and_only_once_a_day():
    assert counts(credit(replace(CUSTOMER_CALL, by_farmer=False))) == {}
    assert counts(credit(replace(CUSTOMER_CALL, had_warm_today=True))) == {}
    assert counts(credit(replace(CUSTOMER_CALL, answered=False))) == {}


def test_a_visit_after_a_call_is_a_visit_and_not_a_second_warm_contact():
    meeting = replace(MEETING, is_customer=True, by_farmer=True, questionnaire_answered=0)
    assert counts(credit(meeting)) == {"warm_contact": 1, "visit": 1}
    assert counts(credit(replace(meeting, had_warm_today=True))) == {"visit": 1}
    assert counts(credit(replace(meeting, had_warm_today=True, had_visit_today=True))) == {}


def test_an_incoming_call_needs_one_answered_second():
    unknown = ContactInput(ContactKind.CALL, DAY, incoming=True, talk_seconds=1)
    assert (counts(credit(unknown)), credit(unknown).reason) == ({"incoming_call": 1}, "not_dm")
    assert counts(credit(replace(unknown, talk_seconds=0))) == {}
    assert counts(credit(replace(unknown, answered=False))) == {}


@pytest.mark.parametrize("kind", [ContactKind.LETTER, ContactKind.MESSAGE])
def test_letters_and_messages_are_stored_with_the_reason(kind):
    result = credit(replace(CALL, kind=kind, is_customer=True, by_farmer=True))
    assert (counts(result), result.reason, result.is_credited) == ({}, "kind_not_counted", False)


@pytest.mark.parametrize("cause", ["caused_step_forward", "caused_upgrade", "created_progress"])
def test_any_kind_that_moved_the_client_is_advancing(cause):
    assert credit(replace(CALL, kind=ContactKind.LETTER, **{cause: True})).advancing
    assert not credit(CALL).advancing


@pytest.mark.parametrize(
    ("day", "latest"),
    [
        (date(2026, 11, 20), date(2026, 12, 20)),
        (date(2026, 12, 15), date(2027, 1, 15)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 30), date(2028, 2, 29)),
        (date(2026, 10, 31), date(2026, 11, 30)),
    ],
)
def test_progress_is_due_within_one_calendar_month(day, latest):
    assert latest_progress_due(day) == latest
    assert progress_failure(day, latest) is None
    assert progress_failure(day, latest + timedelta(days=1)) == "progress_too_late"


def test_a_hundred_percent_means_every_answer():
    assert questionnaire_percent(999, 1000) == 99
    assert questionnaire_percent(20, 20) == 100
    assert questionnaire_percent(0, 0) == 0


@given(
    st.builds(
        ContactInput,
        st.sampled_from(list(ContactKind)),
        st.just(DAY),
        *[st.booleans()] * 2,
        st.none() | st.integers(0, 90),
        *[st.booleans()] * 7,
        st.integers(0, 3),
        st.just(3),
        st.booleans(),
        st.none() | st.just(DAY),
        *[st.booleans()] * 3,
    )
)
def test_nothing_uncredited_is_without_a_reason(contact):
    result = credit(contact)
    assert result.is_credited or result.reason
    assert result.productive_meeting <= result.held_meeting
    assert not (result.productive_call and not contact.is_dm)

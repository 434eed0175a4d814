"""Who receives a stagnant client and why nobody else (R-S0-P16, R-S1-5)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnels.constants import FLOOR_GREEN, FLOOR_RED, FLOOR_YELLOW, Colour, CycleKind
from funnels.rules import (
    Candidate,
    Order,
    choose,
    deficit,
    exclusion,
    is_flood,
    is_trial,
    load,
    old_owner_percent,
    own_conversion,
    plan_queue,
    required_by_floor,
)

DAY = date(2026, 11, 20)
LARGE, SMB = 1, 2
R, Y, G = Colour.RED, Colour.YELLOW, Colour.GREEN
IVANOVA, PETROV, SIDOROV, KUZNETSOVA, ORLOV = 1, 2, 3, 4, 5


def person(pk, worklist, role="hunter", deficits=(0, 0, 0), segments=None, **more):
    """Each served segment holds 10 of a colour and needs 10 + deficit."""
    served = segments or frozenset({LARGE, SMB})
    keys = [(segment, colour) for segment in served for colour in (R, Y, G)]
    lacking = dict(zip((R, Y, G), deficits, strict=True))
    more.setdefault("actual", dict.fromkeys(keys, 10))
    more.setdefault("required", {key: 10 + lacking[key[1]] for key in keys})
    return Candidate(pk, 1, role, worklist, segments=segments, **more)


TEAM = [
    person(IVANOVA, 88, deficits=(0, 1, 0)),
    person(PETROV, 62, deficits=(6, 3, 2), segments=frozenset({SMB})),
    person(SIDOROV, 55, is_absent=True),
    person(KUZNETSOVA, 70, deficits=(6, 3, 4)),
    person(ORLOV, 40, role="intern", cap=50, deficits=(12, 0, 0), segments=frozenset({SMB})),
]


def order(pk, colour, segment, *previous, amount=0, **more):
    return Order(
        pk,
        pk,
        previous[-1],
        1,
        segment,
        colour,
        DAY,
        11,
        Decimal(amount),
        previous_owner_ids=frozenset(previous),
        **more,
    )


ORDERS = [
    order(101, G, LARGE, IVANOVA, amount=500),
    order(102, G, SMB, KUZNETSOVA, amount=400),
    order(103, Y, SMB, PETROV, amount=300),
    order(104, R, SMB, KUZNETSOVA, amount=100),
    order(105, R, LARGE, IVANOVA, KUZNETSOVA, amount=200),
]


def test_executed_example_of_the_method():
    choices = plan_queue(ORDERS, TEAM)
    assert [(choice.order_id, choice.user_id, choice.outcome) for choice in choices] == [
        (101, KUZNETSOVA, "chosen"),
        (102, PETROV, "chosen"),
        (103, KUZNETSOVA, "chosen"),
        (105, None, "reserve"),
        (104, ORLOV, "chosen"),
    ]
    by_order = {choice.order_id: choice for choice in choices}
    assert by_order[101].excluded == (
        (IVANOVA, "previous_owner"),
        (PETROV, "other_segment"),
        (SIDOROV, "absent"),
        (ORLOV, "other_segment"),
    )
    assert by_order[101].decided_by == "only_candidate"
    assert by_order[102].excluded == ((SIDOROV, "absent"), (KUZNETSOVA, "previous_owner"), (ORLOV, "red_only"))
    assert (by_order[102].decided_by, by_order[102].winner_figure, by_order[102].rival_figure) == ("deficit", "2", "0")
    assert by_order[103].excluded == ((PETROV, "previous_owner"), (SIDOROV, "absent"), (ORLOV, "red_only"))
    assert (by_order[103].winner_figure, by_order[103].rival_figure, by_order[103].rival_id) == ("3", "1", IVANOVA)
    assert by_order[105].excluded == (
        (IVANOVA, "previous_owner"),
        (PETROV, "other_segment"),
        (SIDOROV, "absent"),
        (KUZNETSOVA, "previous_owner"),
        (ORLOV, "other_segment"),
    )
    assert by_order[104].excluded == ((SIDOROV, "absent"), (KUZNETSOVA, "previous_owner"))
    assert (by_order[104].decided_by, by_order[104].winner_figure) == ("deficit", "12")


def test_acceptance_example_lists_the_four_exclusions():
    team = [
        person(1, 60),
        person(2, 60, is_absent=True),
        person(3, 90),
        person(4, 40, role="intern", cap=50),
        person(KUZNETSOVA + 1, 70),
    ]
    choice = choose(order(1, Y, SMB, 1), team)
    assert choice.user_id == KUZNETSOVA + 1
    assert choice.excluded == ((1, "previous_owner"), (2, "absent"), (3, "worklist_full"), (4, "red_only"))


FAILURES = [
    ("inactive", {"is_active": False}, {}),
    ("other_department", {"department_id": 9}, {}),
    ("other_role", {"role": "farmer"}, {}),
    ("other_segment", {"segments": frozenset({LARGE})}, {}),
    ("absent", {"is_absent": True}, {}),
    ("worklist_full", {"worklist": 90}, {}),
    ("previous_owner", {}, {"previous_owner_ids": frozenset({7})}),
    ("lost_recently", {}, {"lost_by": {7: DAY - timedelta(days=180)}}),
    ("knowledge_expired", {"knowledge_valid_until": DAY - timedelta(days=1)}, {"knowledge_required": True}),
    ("red_only", {"hired_on": DAY - timedelta(days=30)}, {}),
    ("daily_quota", {"received_today": 10}, {}),
]


@pytest.mark.parametrize(("code", "person_change", "order_change"), FAILURES, ids=[row[0] for row in FAILURES])
def test_each_condition_excludes_with_its_own_code(code, person_change, order_change):
    somebody, yellow = person(7, 50), order(1, Y, SMB, 1)
    assert exclusion(somebody, yellow) is None
    assert exclusion(replace(somebody, **person_change), replace(yellow, **order_change)) == code


def test_the_recorded_reason_is_the_first_failed_condition():
    somebody, yellow, failed = person(7, 50), order(1, Y, SMB, 1), []
    for code, person_change, order_change in reversed(FAILURES):
        somebody, yellow = replace(somebody, **person_change), replace(yellow, **order_change)
        failed.append((exclusion(somebody, yellow), code))
    assert [found for found, _ in failed] == [code for _, code in failed]


def test_a_client_lost_181_days_ago_may_come_back():
    assert exclusion(person(7, 50), order(1, Y, SMB, 1, lost_by={7: DAY - timedelta(days=181)})) is None


def test_red_clients_need_neither_knowledge_nor_experience():
    red = order(1, R, SMB, 1, knowledge_required=True)
    assert exclusion(person(7, 50, hired_on=DAY), red) is None
    assert exclusion(person(7, 40, role="intern", cap=50), red) is None


def test_a_repeat_cycle_goes_to_a_farmer_only():
    repeat = order(1, Y, SMB, 1, kind=CycleKind.REPEAT)
    assert exclusion(person(7, 0, role="farmer"), repeat) is None
    assert exclusion(person(7, 50), repeat) == "other_role"


@pytest.mark.parametrize(
    ("hired_on", "valid_until", "trial"),
    [
        (date(2026, 8, 21), None, True),
        (date(2026, 8, 20), None, False),
        (date(2026, 11, 1), DAY, False),
        (date(2026, 11, 1), DAY - timedelta(days=1), True),
        (None, None, False),
    ],
)
def test_trial_is_three_months_without_valid_knowledge(hired_on, valid_until, trial):
    assert is_trial(hired_on, valid_until, DAY) is trial


def test_equal_deficits_are_decided_by_the_lower_load():
    choice = choose(order(1, Y, SMB, 9), [person(1, 63), person(2, 62)])
    assert (choice.user_id, choice.decided_by) == (2, "load")
    assert (choice.winner_figure, choice.rival_figure) == ("0.6889", "0.7000")


def test_equal_loads_are_decided_by_the_conversion_from_that_colour():
    team = [
        person(1, 60, conversion={Y: Fraction(1, 3)}),
        person(2, 60, conversion={Y: Fraction(1, 2), R: Fraction(0)}),
    ]
    choice = choose(order(1, Y, SMB, 9), team)
    assert (choice.user_id, choice.decided_by, choice.winner_figure) == (2, "conversion", "0.5000")


def test_equal_conversions_are_decided_by_the_oldest_rotation_and_never_is_the_oldest():
    team = [person(1, 60, last_received_on=date(2026, 1, 1)), person(2, 60)]
    choice = choose(order(1, Y, SMB, 9), team)
    assert (choice.user_id, choice.decided_by) == (2, "last_rotation")
    assert (choice.winner_figure, choice.rival_figure) == ("never", "2026-01-01")


def test_the_lowest_user_id_decides_last():
    choice = choose(order(1, Y, SMB, 9), [person(2, 60), person(1, 60)])
    assert (choice.user_id, choice.decided_by, choice.rival_id) == (1, "user_id", 2)


def test_load_of_a_repeat_cycle_is_measured_against_ninety():
    assert load(person(1, 12, role="farmer", repeat_load=45), CycleKind.REPEAT) == Decimal("0.5000")
    assert load(person(1, 40, cap=50), CycleKind.NEW) == Decimal("0.8000")


def test_own_conversion_speaks_from_ten_finished_cycles():
    assert own_conversion(9, 9, Fraction(1, 4)) == Fraction(1, 4)
    assert own_conversion(10, 3, Fraction(1, 4)) == Fraction(3, 10)


def test_each_choice_changes_load_deficit_and_received_before_the_next():
    team = [person(1, 60, deficits=(0, 2, 0)), person(2, 60, deficits=(0, 1, 0))]
    orders = [replace(order(pk, Y, SMB, 9, amount=10 - pk), owner_id=9) for pk in (1, 2, 3)]
    # 2 > 1, then 1 = 1 and the lower load, then 1 > 0.
    assert [choice.user_id for choice in plan_queue(orders, team)] == [1, 2, 1]


def test_the_loser_becomes_needier_and_lighter_for_the_next_order():
    team = [person(1, 60), person(2, 60)]
    first, second = order(1, Y, SMB, 1, amount=9), order(2, Y, SMB, 9, amount=8)
    choices = plan_queue([first, second], team)
    assert [choice.user_id for choice in choices] == [2, 1]
    assert (choices[1].decided_by, choices[1].winner_figure, choices[1].rival_figure) == ("deficit", "1", "0")


def test_a_rotation_received_in_this_queue_is_the_newest_one():
    # After the first order both carry 60, so that the date of the last rotation decides.
    team = [person(1, 59, last_received_on=date(2026, 1, 1)), person(2, 60, last_received_on=date(2026, 1, 2))]
    orders = [replace(order(pk, Y, SMB, 9, amount=10 - pk), owner_id=9) for pk in (1, 2)]
    choices = plan_queue(orders, team)
    assert [(choice.user_id, choice.decided_by) for choice in choices] == [(1, "load"), (2, "last_rotation")]
    assert (choices[1].winner_figure, choices[1].rival_figure) == ("2026-01-02", "2026-11-20")


def test_queue_goes_by_colour_then_amount_then_age_then_client():
    orders = [
        order(1, R, SMB, 9, amount=900),
        order(2, Y, SMB, 9, amount=1),
        order(3, G, SMB, 9, amount=5),
        replace(order(4, G, SMB, 9, amount=5), age=14),
        order(5, G, SMB, 9, amount=7),
        replace(order(6, G, SMB, 9, amount=5), client_id=2),
    ]
    assert [choice.order_id for choice in plan_queue(orders, [])] == [5, 4, 6, 3, 2, 1]


def test_an_order_waits_when_only_the_daily_ten_stand_in_the_way():
    team = [person(1, 60, received_today=10), person(2, 60, is_absent=True)]
    choice = choose(order(1, Y, SMB, 9), team)
    assert (choice.outcome, choice.user_id) == ("waiting_quota", None)
    assert choose(order(1, Y, SMB, 9), team, daily_quota=None).user_id == 1


def test_the_eleventh_order_of_a_day_waits_and_changes_nothing():
    orders = [order(pk, R, SMB, 9, amount=100 - pk) for pk in range(1, 13)]
    choices = plan_queue(orders, [person(1, 60)])
    assert [choice.outcome for choice in choices] == ["chosen"] * 10 + ["waiting_quota"] * 2


def test_without_anybody_the_head_becomes_owner():
    assert choose(order(1, Y, SMB, 9), []).outcome == "reserve"
    assert choose(order(1, Y, SMB, 9), [person(1, 90)]).outcome == "reserve"


def test_the_heads_choice_is_kept_while_eligible_and_replaced_with_the_reason():
    team = [person(1, 60, deficits=(0, 5, 0)), person(2, 60)]
    kept = choose(order(1, Y, SMB, 9, head_choice_id=2), team)
    assert (kept.user_id, kept.decided_by, kept.replaced) == (2, "head_choice", None)
    replaced = choose(order(1, Y, SMB, 9, head_choice_id=2), [team[0], replace(team[1], is_absent=True)])
    assert (replaced.user_id, replaced.replaced) == (1, (2, "absent"))


def test_the_deputy_of_an_absent_owner_comes_first_when_eligible():
    team = [person(1, 60, deficits=(0, 5, 0)), person(2, 60)]
    assert choose(order(1, Y, SMB, 9, deputy_id=2), team).user_id == 2
    assert choose(order(1, Y, SMB, 9, deputy_id=2), [team[0], replace(team[1], worklist=90)]).user_id == 1


@pytest.mark.parametrize(
    ("n", "green", "yellow"), [(0, 0, 0), (1, 1, 1), (18, 3, 5), (72, 12, 20), (74, 13, 21), (90, 15, 25)]
)
def test_required_by_floor_is_exact(n, green, yellow):
    assert (required_by_floor(n, FLOOR_GREEN), required_by_floor(n, FLOOR_YELLOW), required_by_floor(n, FLOOR_RED)) == (
        green,
        yellow,
        0,
    )


def test_without_a_written_norm_the_floor_is_the_norm():
    somebody = person(1, 74, actual={(SMB, G): 6, (SMB, Y): 14, (SMB, R): 54, (LARGE, R): 90}, required={})
    assert [deficit(somebody, SMB, colour) for colour in (G, Y, R)] == [7, 7, 0]


@pytest.mark.parametrize(
    ("flags", "cycles", "flood"), [(20, 10, False), (21, 10, True), (50, 200, False), (51, 200, True), (51, 203, True)]
)
def test_a_flood_is_more_than_twenty_and_a_quarter(flags, cycles, flood):
    assert is_flood(flags, cycles) is flood


def test_the_old_owner_keeps_half_of_a_sale_that_was_still_coming():
    tomorrow, yesterday = DAY + timedelta(days=1), DAY - timedelta(days=1)
    assert old_owner_percent(G, DAY, tomorrow, None) == 50
    assert old_owner_percent(G, DAY, yesterday, DAY, share_percent=30) == 30
    assert old_owner_percent(G, DAY, yesterday, yesterday) == 0
    assert old_owner_percent(Y, DAY, tomorrow, tomorrow) == 0
    with pytest.raises(ValueError, match="60"):
        old_owner_percent(G, DAY, tomorrow, None, share_percent=60)


PEOPLE = st.lists(
    st.builds(
        person,
        st.integers(1, 30),
        st.integers(0, 92),
        role=st.sampled_from(["hunter", "hunter", "farmer", "intern"]),
        deficits=st.tuples(*[st.integers(0, 4)] * 3),
        is_absent=st.booleans(),
        received_today=st.integers(0, 11),
    ),
    max_size=8,
    unique_by=lambda each: each.user_id,
)
QUEUE = st.lists(
    st.builds(
        order, st.integers(1, 10**6), st.sampled_from([R, Y, G]), st.sampled_from([LARGE, SMB]), st.integers(1, 30)
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


@settings(max_examples=150)
@given(QUEUE, PEOPLE, st.randoms())
def test_every_order_is_answered_once_deterministically_and_within_the_caps(orders, people, random):
    choices = plan_queue(orders, people)
    assert sorted(choice.order_id for choice in choices) == sorted(each.id for each in orders)
    shuffled = list(people)
    random.shuffle(shuffled)
    assert plan_queue(reversed(orders), shuffled) == choices
    owners = {each.id: each.owner_id for each in orders}
    for each in people:
        received = [choice.order_id for choice in choices if choice.user_id == each.user_id]
        lost = [pk for pk, owner in owners.items() if owner == each.user_id]
        assert each.received_today + len(received) <= max(10, each.received_today)
        assert not set(received) & set(lost)
        if received:
            assert each.worklist + len(received) - len(lost) <= each.cap
        if each.is_absent:
            assert not received

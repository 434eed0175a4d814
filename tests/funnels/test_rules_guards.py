"""The state machine: what is missing for a step, who may take a client (R-S2-6, R-S2-7, R-S0-P10)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.constants import Section
from funnels.constants import CycleKind, RefusalReason, State
from funnels.rules import (
    Missing,
    StepContext,
    TakeContext,
    allowed_targets,
    can_take,
    fully_paid,
    missing_for,
    next_forward_state,
    payment_target,
    refusal_section,
)

DAY = date(2026, 11, 20)
EVERYTHING = StepContext(
    day=DAY,
    has_productive_contact=True,
    has_next_action=True,
    questionnaire_full=True,
    offer_sent=True,
    offer_discussed=True,
    terms_discussed=True,
    invoice_issued=True,
    calculation_accepted=True,
    contract_signed=True,
    fully_paid=True,
    closing_signed=True,
    refusal_reason=RefusalReason.NO_MONEY,
    contact_on=DAY + timedelta(days=20),
    recall_on=DAY,
    section=Section.SOFT_REFUSAL,
)


def codes(start, target, **known):
    return [missing.code for missing in missing_for(start, target, StepContext(day=DAY, **known))]


def test_new_to_deal_is_refused_with_every_missing_fact_of_the_way():
    assert codes(State.NEW, State.DEAL) == [
        "step_skipped",
        "first_contact",
        "next_action",
        "questionnaire_or_offer",
        "offer_sent",
        "terms_discussed",
        "binding_step",
    ]


def test_a_skip_is_refused_even_when_every_fact_is_there():
    assert missing_for(State.NEW, State.DEAL, EVERYTHING) == [Missing("step_skipped", (State.NEW, State.DEAL))]
    assert missing_for(State.C1, State.C3, EVERYTHING) == [Missing("step_skipped", (State.C1, State.C3))]


def test_nothing_goes_backward():
    assert [m.code for m in missing_for(State.C2, State.C1, EVERYTHING)] == ["step_backward"]
    assert [m.code for m in missing_for(State.C2, State.C2, EVERYTHING)] == ["step_backward"]


@pytest.mark.parametrize(
    ("start", "target"),
    [
        (State.NEW, State.RESERVE),
        (State.DEAL, State.RESERVE),
        (State.SUPPORT, State.REFUSAL),
        (State.REFUSAL, State.C1),
    ],
)
def test_an_exit_that_is_not_in_the_method_is_refused(start, target):
    assert [m.code for m in missing_for(start, target, EVERYTHING)] == ["step_not_allowed"]


@pytest.mark.parametrize("state", list(State))
def test_every_allowed_step_passes_with_all_facts_there(state):
    assert [missing_for(state, target, EVERYTHING) for target in allowed_targets(state)] == [[]] * len(
        allowed_targets(state)
    )


@pytest.mark.parametrize(
    ("start", "target", "known", "missing"),
    [
        (State.NEW, State.C1, {"has_productive_contact": True}, ["next_action"]),
        (State.NEW, State.C1, {"has_next_action": True}, ["first_contact"]),
        (State.C1, State.C2, {"has_next_action": True, "offer_sent": True}, ["questionnaire_or_offer"]),
        (State.C1, State.C2, {"has_next_action": True, "offer_sent": True, "offer_discussed": True}, []),
        (State.C1, State.C2, {"has_next_action": True, "questionnaire_full": True}, []),
        (State.C1, State.C2, {"questionnaire_full": True}, ["next_action"]),
        (State.C2, State.C3, {"offer_sent": True}, ["terms_discussed"]),
        (State.C1, State.DEAL, {}, ["binding_step"]),
        (State.C1, State.DEAL, {"calculation_accepted": True}, []),
        (State.C2, State.DEAL, {"invoice_issued": True}, []),
        (State.C3, State.DEAL, {"contract_signed": True}, []),
        (State.DEAL, State.SUPPORT, {}, ["full_payment"]),
        (State.SUPPORT, State.CUSTOMER, {}, ["closing_documents"]),
        (State.C1, State.REFUSAL, {}, ["refusal_reason"]),
        (State.C1, State.REFUSAL, {"refusal_reason": "boredom"}, ["refusal_reason"]),
        (State.C2, State.RESERVE, {"contact_on": DAY}, ["contact_date_future"]),
        (State.C2, State.RESERVE, {"contact_on": DAY + timedelta(days=1)}, []),
        (
            State.REFUSAL,
            State.RECALL,
            {"section": "soft_refusal", "recall_on": DAY + timedelta(days=1)},
            ["recall_not_due"],
        ),
        (State.REFUSAL, State.RECALL, {"section": "hard_refusal", "recall_on": DAY}, ["hard_refusal_section"]),
    ],
)
def test_each_guard_names_what_is_missing(start, target, known, missing):
    assert codes(start, target, **known) == missing


def test_the_way_forward_is_seven_states_long():
    way, state = [], State.NEW
    while state is not None:
        way.append(state)
        state = next_forward_state(state)
    assert way == ["new", "c1", "c2", "c3", "deal", "support", "customer"]
    assert next_forward_state(State.REFUSAL) is None


@given(st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_no_step_passes_that_the_machine_does_not_know(start, target):
    passes = not missing_for(start, target, EVERYTHING)
    assert passes == (target in allowed_targets(start))


def take(**known):
    return can_take(TakeContext(**{"day": DAY, "section": Section.CALL_BASE, "worklist": 70, **known}))


def test_the_91st_client_is_refused_with_the_figures():
    assert take(worklist=90) == [Missing("worklist_full", ("90", "90"))]
    assert take(worklist=89) == []
    assert take(worklist=50, cap=50) == [Missing("worklist_full", ("50", "50"))]


def test_a_repeat_cycle_fills_no_list():
    assert take(section=Section.CUSTOMERS, kind=CycleKind.REPEAT, worklist=90) == []


@pytest.mark.parametrize("section", [Section.CALL_BASE, Section.STRATEGIC, Section.SOFT_REFUSAL])
def test_clients_are_taken_from_the_open_sections(section):
    assert take(section=section) == []


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        (Section.HARD_REFUSAL, CycleKind.NEW),
        (Section.IN_WORK, CycleKind.NEW),
        (Section.CUSTOMERS, CycleKind.NEW),
        (Section.CALL_BASE, CycleKind.REPEAT),
    ],
)
def test_clients_are_not_taken_from_other_sections(section, kind):
    assert [missing.code for missing in take(section=section, kind=kind)] == ["section_closed"]


def test_a_client_in_work_is_not_taken_twice():
    assert [m.code for m in take(section=Section.IN_WORK, has_open_cycle=True)] == ["already_in_work"]


def test_every_required_field_is_named():
    found = take(has_name=False, has_phone_or_email=False, has_size=False, has_category=False)
    assert [m.code for m in found] == ["missing_name", "missing_phone_or_email", "missing_size", "missing_category"]


def test_the_loser_may_not_retake_through_day_180():
    assert take(lost_on=DAY - timedelta(days=180)) == [Missing("retake_ban", (DAY.isoformat(),))]
    assert take(lost_on=DAY - timedelta(days=181)) == []


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_the_reason_decides_the_section(reason):
    expected = Section.HARD_REFUSAL if reason == RefusalReason.NOT_OURS else Section.SOFT_REFUSAL
    assert refusal_section(reason) == expected
    assert refusal_section(reason, CycleKind.REPEAT) == Section.CUSTOMERS


def test_an_unknown_refusal_reason_is_an_error():
    with pytest.raises(ValueError, match="boredom"):
        refusal_section("boredom")


def money(*values):
    return [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("payments", "invoices", "contract", "expected", "paid"),
    [
        (money("60", "40"), money("60", "40"), None, None, True),
        (money("99.99"), money("100"), None, None, False),
        (money("100"), money("100"), Decimal(150), None, False),
        (money("150"), money("100"), Decimal(150), Decimal(900), True),
        (money("150"), money("200"), Decimal(150), None, False),
        (money("80"), [], None, Decimal(80), True),
        (money("79"), [], None, Decimal(80), False),
        (money("80"), [], None, None, False),
        ([], [], None, Decimal(0), False),
        (money("100", "-100"), money("100"), None, None, False),
    ],
)
def test_full_payment_is_measured_against_the_documents_else_the_expectation(
    payments, invoices, contract, expected, paid
):
    assert fully_paid(payments, invoices, contract, expected) is paid


def test_the_head_may_confirm_that_no_more_will_come_but_not_out_of_nothing():
    assert fully_paid(money("10"), money("100"), None, None, no_more_expected=True)
    assert not fully_paid([], money("100"), None, None, no_more_expected=True)


def test_the_payment_target_prefers_documents():
    assert payment_target(money("30", "30"), Decimal(50), Decimal(500)) == Decimal(60)
    assert payment_target([], None, Decimal(500)) == Decimal(500)
    assert payment_target([], None, None) is None

"""The decision table of colours, row by row, and the calendar's next turn (R-S0-P4, R-S0-P7, R-S0-P15)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.constants import Section
from funnels.constants import Colour, FactKind
from funnels.rules import FactRow, Situation, colour_on, what_would_turn_it

TODAY = date(2026, 11, 20)
IN_WORK = Situation(Section.IN_WORK, has_open_cycle=True, has_owner=True)


def fact(kind, on=date(2026, 11, 10), until=None, pk=None, **more):
    return FactRow(id=pk or list(FactKind).index(kind) + 1, kind=kind, on=on, until=until, **more)


QUESTIONNAIRE = fact(FactKind.QUESTIONNAIRE_FULL)
INTEREST = fact(FactKind.INTEREST)
OFFER = fact(FactKind.OFFER_SENT)
DISCUSSED = fact(FactKind.OFFER_DISCUSSED)
CONTRACT = fact(FactKind.CONTRACT_SIGNED)


def progress(until):
    return fact(FactKind.PROGRESS, until=until)


def terms(until, **more):
    return fact(FactKind.TERMS_AGREED, until=until, **more)


def invoice(until, **more):
    return fact(FactKind.INVOICE_ISSUED, until=until, **more)


def payment(amount="1000", **more):
    return fact(FactKind.PAYMENT, amount=Decimal(amount), **more)


VECTOR = [
    (
        "soft refusal even with an open invoice",
        Situation(Section.SOFT_REFUSAL, False, False),
        [invoice(date(2026, 12, 1))],
        "none",
        "R1",
    ),
    ("call base without owner", Situation(Section.CALL_BASE, False, False), [], "none", "R2"),
    ("new with a manager", IN_WORK, [], "red", "R10"),
    ("first contact", IN_WORK, [fact(FactKind.FIRST_CONTACT)], "red", "R10"),
    (
        "questionnaire, interest, progress",
        IN_WORK,
        [QUESTIONNAIRE, INTEREST, progress(date(2026, 12, 10))],
        "yellow",
        "R8",
    ),
    ("progress lapsed", IN_WORK, [QUESTIONNAIRE, INTEREST, progress(date(2026, 11, 19))], "red", "R10"),
    ("offer not discussed", IN_WORK, [OFFER], "red", "R10"),
    ("offer discussed, progress", IN_WORK, [OFFER, DISCUSSED, progress(date(2026, 11, 25))], "yellow", "R9"),
    ("terms, pay date in 15 days", IN_WORK, [OFFER, terms(date(2026, 12, 5))], "green", "R7"),
    (
        "terms, pay date in 35 days",
        IN_WORK,
        [OFFER, terms(date(2026, 12, 25)), QUESTIONNAIRE, INTEREST, progress(date(2026, 12, 10))],
        "yellow",
        "R8",
    ),
    ("open invoice", IN_WORK, [invoice(date(2026, 11, 24))], "green", "R5"),
    (
        "lapsed invoice over progress",
        IN_WORK,
        [invoice(date(2026, 11, 19)), QUESTIONNAIRE, INTEREST, progress(date(2026, 11, 30))],
        "yellow",
        "R8",
    ),
    ("contract signed", IN_WORK, [CONTRACT], "green", "R4"),
    ("paid in full", Situation(Section.CUSTOMERS, False, True, fully_paid=True), [payment()], "none", "R3"),
]


@pytest.mark.parametrize(
    ("situation", "facts", "colour", "rule"), [row[1:] for row in VECTOR], ids=[r[0] for r in VECTOR]
)
def test_executed_vector_of_the_decision_table(situation, facts, colour, rule):
    verdict = colour_on(facts, TODAY, situation)
    assert (verdict.colour, verdict.rule) == (colour, rule)


@pytest.mark.parametrize("section", [Section.HARD_REFUSAL, Section.SOFT_REFUSAL, Section.STRATEGIC])
def test_no_document_colours_a_client_outside_the_funnel(section):
    assert colour_on([CONTRACT, payment()], TODAY, Situation(section, True, True)).rule == "R1"


def test_open_cycle_without_owner_is_never_coloured():
    assert colour_on([CONTRACT], TODAY, Situation(Section.IN_WORK, True, False)).colour == Colour.NONE


def test_partial_payment_is_green_and_a_full_refund_is_not():
    assert colour_on([payment("500")], TODAY, IN_WORK).rule == "R6"
    assert colour_on([payment("500", pk=1), payment("-500", pk=2)], TODAY, IN_WORK).rule == "R10"


@pytest.mark.parametrize(("days", "colour"), [(0, "green"), (30, "green"), (31, "yellow"), (-1, "yellow")])
def test_pay_date_makes_green_only_from_today_to_thirty_days_ahead(days, colour):
    facts = [OFFER, DISCUSSED, progress(date(2026, 12, 30)), terms(TODAY + timedelta(days=days))]
    assert colour_on(facts, TODAY, IN_WORK).colour == colour


def test_progress_and_invoice_still_speak_on_their_last_day():
    assert colour_on([QUESTIONNAIRE, INTEREST, progress(TODAY)], TODAY, IN_WORK).rule == "R8"
    assert colour_on([OFFER, DISCUSSED, progress(TODAY)], TODAY, IN_WORK).rule == "R9"
    assert colour_on([invoice(TODAY)], TODAY, IN_WORK).rule == "R5"


def test_the_latest_terms_fact_is_the_current_pay_date():
    first = terms(date(2026, 11, 25), pk=50)
    postponed = terms(date(2027, 1, 25), pk=51, on=date(2026, 11, 18))
    assert colour_on([OFFER, first, postponed], TODAY, IN_WORK).colour == Colour.RED
    assert colour_on([OFFER, first, postponed], date(2026, 11, 17), IN_WORK).colour == Colour.GREEN


def test_terms_without_an_offer_are_not_green():
    assert colour_on([terms(date(2026, 11, 25))], TODAY, IN_WORK).colour == Colour.RED


def test_an_invoice_speaks_at_most_thirty_days_past_its_issue():
    far = invoice(date(2027, 6, 1), on=date(2026, 10, 21), issued_on=date(2026, 10, 21))
    assert colour_on([far], TODAY, IN_WORK).rule == "R5"
    assert colour_on([far], TODAY, IN_WORK).recheck_on == date(2026, 11, 21)
    assert colour_on([far], date(2026, 11, 21), IN_WORK).rule == "R10"


def test_revoked_and_closed_evidence_does_not_speak():
    rows = [
        fact(FactKind.CONTRACT_SIGNED, closed=True),
        invoice(date(2026, 12, 1), closed=True),
        invoice(date(2026, 12, 1), revoked=True, pk=90),
    ]
    assert colour_on(rows, TODAY, IN_WORK).rule == "R10"


def test_a_yellow_verdict_names_its_three_facts():
    rows = [QUESTIONNAIRE, INTEREST, progress(date(2026, 12, 10)), OFFER]
    assert colour_on(rows, TODAY, IN_WORK).fact_ids == tuple(sorted(row.id for row in rows[:3]))


def test_supporting_facts_include_every_satisfied_rule_of_the_colour():
    verdict = colour_on([CONTRACT, OFFER, terms(date(2026, 12, 5)), INTEREST], TODAY, IN_WORK)
    assert verdict.fact_ids == (CONTRACT.id,)
    assert set(verdict.supporting_ids) == {CONTRACT.id, OFFER.id, terms(TODAY).id}


def test_recheck_skips_days_on_which_nothing_turns():
    # The contract keeps the verdict whatever happens to the progress.
    assert (
        colour_on([CONTRACT, QUESTIONNAIRE, INTEREST, progress(date(2026, 11, 25))], TODAY, IN_WORK).recheck_on is None
    )
    yellow = colour_on([QUESTIONNAIRE, INTEREST, progress(date(2026, 11, 25))], TODAY, IN_WORK)
    assert yellow.recheck_on == date(2026, 11, 26)


def test_recheck_comes_on_the_day_the_pay_date_enters_the_horizon():
    rows = [OFFER, terms(date(2026, 12, 25))]
    verdict = colour_on(rows, TODAY, IN_WORK)
    assert (verdict.colour, verdict.recheck_on) == ("red", date(2026, 11, 25))
    risen = colour_on(rows, date(2026, 11, 25), IN_WORK)
    assert (risen.colour, risen.by_calendar_only, risen.recheck_on) == ("green", True, date(2026, 12, 26))


def test_green_by_terms_recorded_inside_the_horizon_is_not_by_the_calendar_alone():
    assert not colour_on([OFFER, terms(date(2026, 12, 5))], TODAY, IN_WORK).by_calendar_only


def test_hover_names_what_is_missing_for_yellow_the_shortest_way_first():
    ways = what_would_turn_it([QUESTIONNAIRE, progress(date(2026, 11, 19))], TODAY, IN_WORK)
    assert [(way.rule, way.missing) for way in ways] == [
        ("R8", ("interest", "progress_lapsed")),
        ("R9", ("offer_sent", "offer_discussed", "progress_lapsed")),
    ]


def test_hover_names_the_four_ways_to_green():
    rows = [OFFER, DISCUSSED, progress(date(2026, 11, 25)), terms(date(2026, 12, 25)), invoice(date(2026, 11, 19))]
    ways = {way.rule: way.missing for way in what_would_turn_it(rows, TODAY, IN_WORK)}
    assert ways == {
        "R4": ("contract_signed",),
        "R5": ("invoice_expired",),
        "R6": ("payment",),
        "R7": ("pay_date_too_far",),
    }


def test_hover_offers_nothing_above_green_and_outside_the_funnel():
    assert what_would_turn_it([CONTRACT], TODAY, IN_WORK) == ()
    assert what_would_turn_it([], TODAY, Situation(Section.CALL_BASE, False, False)) == ()


DAYS = st.integers(-50, 80).map(lambda shift: TODAY + timedelta(days=shift))
FACTS = st.lists(
    st.builds(
        FactRow,
        id=st.integers(1, 10**6),
        kind=st.sampled_from(list(FactKind)),
        on=DAYS,
        until=st.none() | DAYS,
        amount=st.sampled_from([None, Decimal(100), Decimal(-100)]),
        issued_on=st.none() | DAYS,
        revoked=st.sampled_from([False, False, False, True]),
        closed=st.sampled_from([False, False, True]),
    ),
    max_size=9,
    unique_by=lambda row: row.id,
)
SITUATIONS = st.builds(Situation, st.sampled_from(list(Section)), st.booleans(), st.booleans(), st.booleans())


def shape(verdict):
    return (verdict.colour, verdict.rule, verdict.fact_ids, verdict.supporting_ids, verdict.by_calendar_only)


@settings(max_examples=300)
@given(FACTS, DAYS, st.just(IN_WORK) | SITUATIONS)
def test_verdict_is_constant_until_the_recheck_day_and_turns_on_it(facts, day, situation):
    verdict = colour_on(facts, day, situation)
    last = verdict.recheck_on or day + timedelta(days=250)
    probe = day
    while probe < last:
        assert shape(colour_on(facts, probe, situation)) == shape(verdict)
        probe += timedelta(days=1)
    if verdict.recheck_on is not None:
        assert verdict.recheck_on > day
        assert shape(colour_on(facts, verdict.recheck_on, situation)) != shape(verdict)


@settings(max_examples=200)
@given(FACTS, DAYS, st.randoms())
def test_verdict_does_not_depend_on_the_order_of_facts(facts, day, random):
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert colour_on(facts, day, IN_WORK) == colour_on(shuffled, day, IN_WORK)


@settings(max_examples=200)
@given(FACTS, DAYS)
def test_a_signed_contract_is_green_whatever_else_is_recorded(facts, day):
    contract = FactRow(id=10**7, kind=FactKind.CONTRACT_SIGNED, on=day)
    assert colour_on([*facts, contract], day, IN_WORK).colour == Colour.GREEN

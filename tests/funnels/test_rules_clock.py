"""Ten-day clocks, movement, deal term and transfers on worked numbers (R-S0-P7, R-S0-P14, R-S0-P16, R-S2-8)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.constants import Section
from common.workdays import Calendar, DayKind
from funnels.constants import Colour, CycleKind, FactKind, State
from funnels.rules import (
    Cause,
    ColourEvent,
    FactRow,
    MovementKind,
    PaymentStep,
    StagnationAction,
    TransferEffect,
    TransferReason,
    Verdict,
    age,
    assess_change,
    clock_dates,
    effective_day,
    exit_withdraws_violation,
    is_announced_as_last_day,
    is_replacement,
    movement_cancels_order,
    payment_step,
    running_start,
    stagnation_outcome,
    state_clock_start,
    term_dates,
    term_exit,
    transfer_effect,
)

HOLIDAYS = [
    *(date(2026, 1, day) for day in range(1, 10)),
    date(2026, 5, 1),
    date(2026, 5, 9),
    date(2026, 5, 11),
    date(2026, 11, 4),
    date(2026, 12, 31),
    *(date(2027, 1, day) for day in range(1, 9)),
]
PAUSED = Calendar(dict.fromkeys(HOLIDAYS, DayKind.HOLIDAY))
UNPAUSED = Calendar(dict.fromkeys(HOLIDAYS, DayKind.HOLIDAY), pause_on_public_holidays=False)


@pytest.mark.parametrize(
    ("start", "calendar", "warn", "last", "flag"),
    [
        (date(2026, 11, 9), PAUSED, date(2026, 11, 16), date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 10, 30), PAUSED, date(2026, 11, 7), date(2026, 11, 10), date(2026, 11, 11)),
        (date(2026, 10, 30), UNPAUSED, date(2026, 11, 6), date(2026, 11, 9), date(2026, 11, 10)),
        (date(2026, 4, 28), PAUSED, date(2026, 5, 6), date(2026, 5, 10), date(2026, 5, 12)),
        (date(2026, 4, 28), UNPAUSED, date(2026, 5, 5), date(2026, 5, 8), date(2026, 5, 9)),
        (date(2026, 12, 29), PAUSED, date(2027, 1, 14), date(2027, 1, 17), date(2027, 1, 18)),
        (date(2026, 12, 29), UNPAUSED, date(2027, 1, 5), date(2027, 1, 8), date(2027, 1, 9)),
    ],
)
def test_clock_dates_of_the_worked_examples(start, calendar, warn, last, flag):
    dates = clock_dates(start, None, calendar)
    assert (dates.start, dates.warn_on, dates.last_day_on, dates.flag_on) == (start, warn, last, flag)


def test_new_year_ages_with_the_pause():
    ages = [
        age(date(2026, 12, 29), None, day, PAUSED) for day in (date(2027, 1, 8), date(2027, 1, 17), date(2027, 1, 18))
    ]
    assert ages == [1, 10, 11]


def test_every_clock_starts_not_before_the_go_live():
    live = date(2026, 11, 9)
    assert running_start(date(2026, 9, 1), live) == live
    assert age(date(2026, 9, 1), live, date(2026, 11, 8), PAUSED) == 0
    assert age(date(2026, 9, 1), live, date(2026, 11, 19), PAUSED) == 10
    assert clock_dates(date(2026, 9, 1), live, PAUSED).flag_on == date(2026, 11, 20)
    assert clock_dates(date(2026, 11, 10), live, PAUSED).start == date(2026, 11, 10)


@given(st.dates(date(2025, 12, 1), date(2027, 3, 1)), st.booleans())
def test_stored_dates_are_the_first_days_of_their_ages(start, pause):
    calendar = PAUSED if pause else UNPAUSED
    dates = clock_dates(start, None, calendar)
    for day, expected in ((dates.warn_on, 7), (dates.last_day_on, 10), (dates.flag_on, 11)):
        assert age(start, None, day, calendar) == expected
        assert age(start, None, day - timedelta(days=1), calendar) == expected - 1


def test_three_stagnations_without_movement_fall_on_days_11_22_and_33():
    start = first = date(2026, 9, 1)
    flags = []
    for _ in range(3):
        start = clock_dates(start, None, PAUSED).flag_on
        flags.append((start - first).days)
    assert flags == [11, 22, 33]


def test_state_age_counts_from_the_later_of_step_and_ownership():
    assert state_clock_start(date(2026, 11, 1), date(2026, 11, 5)) == date(2026, 11, 5)
    assert state_clock_start(date(2026, 11, 7), date(2026, 11, 5)) == date(2026, 11, 7)


def test_friday_digest_announces_day_ten_of_the_weekend_and_of_monday():
    friday = date(2026, 11, 20)
    announced = [shift for shift in range(-1, 6) if is_announced_as_last_day(friday + timedelta(shift), friday, PAUSED)]
    assert announced == [0, 1, 2, 3]


def test_digest_inside_the_week_announces_its_own_day_only():
    tuesday = date(2026, 11, 17)
    assert [n for n in range(-1, 6) if is_announced_as_last_day(tuesday + timedelta(n), tuesday, PAUSED)] == [0]


@pytest.mark.parametrize(
    ("fact_on", "dated", "expected"),
    [
        (date(2026, 11, 17), True, date(2026, 11, 17)),
        (date(2026, 11, 16), True, date(2026, 11, 20)),
        (date(2026, 11, 19), False, date(2026, 11, 20)),
        (date(2026, 11, 20), True, date(2026, 11, 20)),
        (date(2026, 11, 25), True, date(2026, 11, 20)),
    ],
)
def test_late_fact_counts_by_its_date_for_three_counted_days_with_dated_evidence(fact_on, dated, expected):
    assert effective_day(fact_on, date(2026, 11, 20), dated, PAUSED) == expected


def test_holidays_do_not_use_up_the_three_days():
    assert effective_day(date(2026, 12, 30), date(2027, 1, 10), True, PAUSED) == date(2026, 12, 30)
    assert effective_day(date(2026, 12, 30), date(2027, 1, 10), True, UNPAUSED) == date(2027, 1, 10)


def event(previous, colour, best, cause=Cause.FACT, facts=(7,), supporting=(7,), **more):
    verdict = Verdict(colour, "R8", fact_ids=supporting, supporting_ids=supporting)
    return ColourEvent(previous, verdict, best, cause, facts, **more)


@pytest.mark.parametrize(
    ("previous", "colour", "ranks"),
    [
        (Colour.RED, Colour.YELLOW, 1),
        (Colour.YELLOW, Colour.GREEN, 1),
        (Colour.RED, Colour.GREEN, 2),
    ],
)
def test_a_rise_above_the_best_by_a_recorded_fact_is_one_movement(previous, colour, ranks):
    movement = assess_change(event(previous, colour, previous))
    assert movement is not None
    assert (movement.kind, movement.count, movement.ranks) == (MovementKind.UPGRADE, 1, ranks)
    assert (movement.resets_clock, movement.stops_clock, movement.best) == (True, False, colour)


def test_stored_colours_and_ranks_are_understood():
    movement = assess_change(event("red", Colour.YELLOW, "red"))
    assert movement is not None
    assert (movement.ranks, movement.best) == (1, Colour.YELLOW)
    assert [Colour.of_rank(rank) for rank in (0, 1, 2, 3)] == list(Colour)
    with pytest.raises(ValueError, match="4"):
        Colour.of_rank(4)


def test_a_return_to_a_colour_already_reached_is_no_movement():
    assert assess_change(event(Colour.YELLOW, Colour.GREEN, Colour.GREEN)) is None
    assert assess_change(event(Colour.RED, Colour.YELLOW, Colour.GREEN)) is None


def test_a_fall_is_reported_and_resets_nothing():
    movement = assess_change(event(Colour.GREEN, Colour.RED, Colour.GREEN, Cause.CALENDAR, (), ()))
    assert movement is not None
    assert (movement.kind, movement.count, movement.ranks) == (MovementKind.FALL, -1, -2)
    assert (movement.resets_clock, movement.best) == (False, Colour.GREEN)


def test_leaving_the_funnel_unpaid_is_neither_a_fall_nor_a_movement():
    assert assess_change(event(Colour.GREEN, Colour.NONE, Colour.GREEN)) is None


def test_a_rise_by_the_calendar_is_no_movement_and_the_next_causing_fact_is():
    assert assess_change(event(Colour.YELLOW, Colour.GREEN, Colour.YELLOW, Cause.CALENDAR, ())) is None
    movement = assess_change(event(Colour.GREEN, Colour.GREEN, Colour.YELLOW))
    assert movement is not None
    assert (movement.count, movement.ranks, movement.best) == (1, 1, Colour.GREEN)


def test_a_fact_that_is_not_among_the_causes_moves_nothing_after_a_calendar_rise():
    assert assess_change(event(Colour.GREEN, Colour.GREEN, Colour.YELLOW, facts=(8,))) is None
    # Nor when the calendar's rise is noticed only because some other fact was recorded.
    assert assess_change(event(Colour.YELLOW, Colour.GREEN, Colour.YELLOW, facts=(8,))) is None


def test_a_later_pay_date_or_replacing_invoice_is_no_movement():
    assert assess_change(event(Colour.YELLOW, Colour.GREEN, Colour.YELLOW, fact_is_replacement=True)) is None
    assert assess_change(event(Colour.GREEN, Colour.GREEN, Colour.YELLOW, fact_is_replacement=True)) is None


def test_import_or_correction_never_moves():
    assert assess_change(event(Colour.RED, Colour.GREEN, Colour.RED, Cause.CORRECTION)) is None
    assert assess_change(event(Colour.GREEN, Colour.RED, Colour.GREEN, Cause.CORRECTION)) is None


def test_full_payment_is_a_movement_and_stops_the_clock():
    movement = assess_change(event(Colour.GREEN, Colour.NONE, Colour.GREEN, fully_paid=True))
    assert movement is not None
    assert (movement.kind, movement.count, movement.resets_clock, movement.stops_clock) == (
        "full_payment",
        1,
        False,
        True,
    )


def test_a_counted_payment_on_a_green_cycle_resets_the_clock():
    step = PaymentStep(True, ())
    movement = assess_change(event(Colour.GREEN, Colour.GREEN, Colour.GREEN, payment=step))
    assert movement is not None
    assert (movement.kind, movement.count, movement.ranks, movement.resets_clock) == (MovementKind.PAYMENT, 1, 0, True)


def test_a_payment_that_also_lifts_the_colour_is_one_movement():
    movement = assess_change(event(Colour.YELLOW, Colour.GREEN, Colour.YELLOW, payment=PaymentStep(True, (25,))))
    assert movement is not None
    assert (movement.kind, movement.count) == (MovementKind.UPGRADE, 1)


@given(st.sampled_from(list(Colour)), st.sampled_from(list(Colour)), st.sampled_from(list(Colour)), st.booleans())
def test_best_never_falls_and_the_calendar_never_resets(previous, colour, best, by_calendar):
    cause = Cause.CALENDAR if by_calendar else Cause.FACT
    movement = assess_change(event(previous, colour, best, cause, () if by_calendar else (7,)))
    if movement is not None:
        assert movement.best.rank >= best.rank
        assert not (by_calendar and (movement.resets_clock or movement.best != best))


def money(*values):
    return [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("0", "100", PaymentStep(True, ())),
        ("0", "250", PaymentStep(True, (25,))),
        ("100", "200", None),
        ("100", "249.99", None),
        ("100", "250", PaymentStep(False, (25,))),
        ("250", "499", None),
        ("300", "800", PaymentStep(False, (50, 75))),
        ("800", "900", None),
    ],
)
def test_payments_count_first_and_at_each_quarter_of_a_thousand(before, after, expected):
    assert payment_step(*money(before, after), Decimal(1000)) == expected


def test_a_payment_cancelled_and_entered_again_does_not_count_twice():
    assert payment_step(*money("0", "500"), Decimal(1000), highest_before=Decimal(500)) is None
    assert payment_step(*money("0", "750"), Decimal(1000), highest_before=Decimal(500)) == PaymentStep(False, (75,))


def test_without_a_known_sum_only_the_first_payment_counts():
    assert payment_step(*money("0", "1"), None) == PaymentStep(True, ())
    assert payment_step(*money("1", "2"), None) is None


def row(pk, kind, on, **more):
    return FactRow(id=pk, kind=kind, on=on, **more)


def test_the_first_terms_fact_of_an_ownership_fixes_the_pay_date():
    started = date(2026, 11, 10)
    inherited = row(1, FactKind.TERMS_AGREED, date(2026, 11, 1))
    first = row(2, FactKind.TERMS_AGREED, date(2026, 11, 12))
    second = row(3, FactKind.TERMS_AGREED, date(2026, 11, 15))
    facts = [inherited, first, second]
    assert not is_replacement(first, facts, started)
    assert is_replacement(second, facts, started)


def test_an_invoice_after_an_unpaid_one_replaces_it():
    started = date(2026, 11, 1)
    lapsed = row(1, FactKind.INVOICE_ISSUED, date(2026, 11, 2), until=date(2026, 11, 5))
    new = row(2, FactKind.INVOICE_ISSUED, date(2026, 11, 9))
    paid = row(1, FactKind.INVOICE_ISSUED, date(2026, 11, 2), closed=True)
    assert is_replacement(new, [lapsed, new], started)
    assert not is_replacement(new, [paid, new], started)
    assert not is_replacement(lapsed, [lapsed], started)
    assert not is_replacement(row(5, FactKind.OFFER_SENT, started), [row(4, FactKind.OFFER_SENT, started)], started)


@pytest.mark.parametrize(("movement_on", "cancels"), [(date(2026, 11, 19), True), (date(2026, 11, 20), False)])
def test_only_a_movement_dated_day_ten_or_earlier_cancels_the_order(movement_on, cancels):
    assert movement_cancels_order(movement_on, date(2026, 11, 19)) is cancels
    assert exit_withdraws_violation(movement_on, date(2026, 11, 19)) is cancels


@pytest.mark.parametrize(
    ("colour_age", "reason", "effect"),
    [
        (6, TransferReason.DECREE, TransferEffect.CARRY),
        (7, TransferReason.DECREE, TransferEffect.ROTATION),
        (12, TransferReason.DECREE, TransferEffect.ROTATION),
        (9, TransferReason.ABSENCE, TransferEffect.RESET),
        (3, TransferReason.DISMISSAL, TransferEffect.RESET),
        (10, TransferReason.INTERN_HANDOVER, TransferEffect.RESET),
    ],
)
def test_transfer_from_day_seven_is_a_rotation_unless_people_leave(colour_age, reason, effect):
    assert transfer_effect(colour_age, reason) == effect


@pytest.mark.parametrize(
    ("nth", "colour", "kind", "bound", "action", "section", "recall"),
    [
        (1, Colour.GREEN, CycleKind.NEW, True, "rotate", None, None),
        (2, Colour.RED, CycleKind.NEW, False, "rotate", None, None),
        (3, Colour.RED, CycleKind.NEW, False, "expire", Section.SOFT_REFUSAL, 90),
        (3, Colour.YELLOW, CycleKind.NEW, False, "expire", Section.SOFT_REFUSAL, 90),
        (4, Colour.YELLOW, CycleKind.REPEAT, False, "expire", Section.CUSTOMERS, None),
        (3, Colour.GREEN, CycleKind.REPEAT, False, "head_reserve", None, None),
        (3, Colour.RED, CycleKind.NEW, True, "head_reserve", None, None),
    ],
)
def test_the_third_stagnation_is_not_rotated(nth, colour, kind, bound, action, section, recall):
    outcome = stagnation_outcome(nth, colour, kind, bound)
    assert (outcome.action, outcome.section, outcome.recall_days) == (StagnationAction(action), section, recall)


@pytest.mark.parametrize(
    ("term", "warn", "last", "leaves"),
    [
        (14, date(2026, 9, 12), date(2026, 9, 15), date(2026, 9, 16)),
        (30, date(2026, 9, 28), date(2026, 10, 1), date(2026, 10, 2)),
        (40, date(2026, 10, 8), date(2026, 10, 11), date(2026, 10, 12)),
    ],
)
def test_deal_term_dates(term, warn, last, leaves):
    dates = term_dates(date(2026, 9, 1), term, PAUSED)
    assert (dates.warn_on, dates.last_day_on, dates.exit_on) == (warn, last, leaves)


def test_deal_term_pauses_on_holidays_and_waits_for_the_go_live():
    assert term_dates(date(2026, 12, 20), 14, PAUSED).last_day_on == date(2027, 1, 12)
    assert term_dates(date(2026, 8, 1), 14, PAUSED, date(2026, 9, 1)).last_day_on == date(2026, 9, 15)


def test_a_term_of_25_days_does_not_exist():
    with pytest.raises(ValueError, match="25"):
        term_dates(date(2026, 9, 1), 25, PAUSED)


@pytest.mark.parametrize(
    ("ever_yellow", "not_ours", "section", "recall"),
    [
        (True, False, Section.STRATEGIC, 30),
        (False, False, Section.SOFT_REFUSAL, 90),
        (True, True, Section.HARD_REFUSAL, None),
    ],
)
def test_term_expiry_goes_by_what_the_client_has_reached(ever_yellow, not_ours, section, recall):
    leaving = term_exit(ever_yellow, not_ours, False, State.C3)
    assert leaving is not None
    assert (leaving.section, leaving.recall_days) == (section, recall)


def test_term_does_not_expire_a_deal_a_bound_or_a_repeat_cycle():
    assert term_exit(True, False, True, State.C3) is None
    assert term_exit(True, False, False, State.DEAL) is None
    assert term_exit(True, False, False, State.C1, CycleKind.REPEAT) is None

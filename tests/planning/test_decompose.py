"""From a target to the acts of a day: worked numbers, an independent calculation, and answers to impossible input."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning import calculator as calc
from planning.calculator import Code, Step, Why
from planning.constants import DEFAULT_STEP_RATES, StepRates, Zone

FEBRUARY = calc.PlanInput(Decimal(3_000_000), Decimal(60_000), working_days=19, managers=2)
SHARES = st.integers(1, 100).map(lambda percent: Fraction(percent, 100))


def plan(**changes: object) -> calc.PlanInput:
    given_ = {"target": Decimal(3_000_000), "average_cheque": Decimal(60_000), "working_days": 19, "managers": 2}
    return calc.PlanInput(**{**given_, **changes})  # type: ignore[arg-type]


def rates(*percents: int) -> StepRates:
    return StepRates(*(Fraction(one, 100) for one in percents))


def problems(**changes: object) -> dict[str, Code]:
    with pytest.raises(calc.WrongInput) as caught:
        calc.decompose(plan(**changes))
    return {one.field: one.code for one in caught.value.problems}


@pytest.mark.parametrize(
    ("step", "month", "per_manager", "per_day", "norm"),
    [
        (Step.PAYMENTS, 50, 25, "1.32", 2),
        (Step.INVOICES, 72, 36, "1.89", 2),
        (Step.OFFERS, 120, 60, "3.16", 4),
        (Step.PRODUCTIVE_MEETINGS, 150, 75, "3.95", 4),
        (Step.HELD_MEETINGS, 250, 125, "6.58", 7),
        (Step.APPOINTED_MEETINGS, 302, 151, "7.95", 8),
        (Step.PRODUCTIVE_CALLS, 1510, 755, "39.74", 40),
    ],
)
def test_three_million_in_february_of_two_hunters(step, month, per_manager, per_day, norm):
    line = calc.decompose(FEBRUARY).lines[step]
    assert (line.month, line.per_manager, line.norm) == (month, per_manager, norm)
    assert f"{float(line.per_day):.2f}" == per_day


def test_a_working_day_of_that_plan_and_of_one_hunter():
    found = calc.decompose(FEBRUARY)
    assert (str(found.day_plan), str(found.manager_day_plan)) == ("157894.74", "78947.37")


def test_the_time_table_has_no_room_for_it_and_says_how_many_hunters_it_takes():
    time = calc.decompose(FEBRUARY).meetings
    assert time.slots == Fraction(456, 10)
    assert time.slots_per_day.value == Fraction(24, 10)
    assert f"{float(time.managers_needed.value):.2f}" == "5.48" and time.headcount == 6
    assert f"{float(time.cover.value * 100):.1f}" == "36.5"
    assert time.zone is Zone.RED and not time.is_enough
    assert str(time.affordable) == "1094400.00"


def test_the_headcount_it_names_is_enough_and_one_fewer_is_not():
    assert calc.decompose(plan(managers=6)).meetings.is_enough
    assert not calc.decompose(plan(managers=5)).meetings.is_enough


@settings(max_examples=30)
@given(
    st.integers(0, 10**10),
    st.integers(1, 10**7),
    st.integers(1, 31),
    st.integers(1, 40),
    st.lists(st.integers(1, 100), min_size=6, max_size=6),
)
def test_the_chain_holds_against_decimals_of_sixty_digits(target, cheque, days, managers, percents):
    found = calc.decompose(
        plan(target=Decimal(target), average_cheque=Decimal(cheque), working_days=days, managers=managers,
             rates=rates(*percents))
    )  # fmt: skip
    with localcontext() as context:
        context.prec = 60
        needed = (Decimal(target) / cheque).to_integral_value(ROUND_CEILING)
        expected = [needed]
        for percent in percents:
            # ⌈needed × 100 / percent⌉ in whole numbers: no share is ever written as a fraction of two.
            needed = (needed * 100 + percent - 1) // percent
            expected.append(needed)
    assert [line.month for line in found.lines.values()] == expected
    for line in found.lines.values():
        assert (line.norm - 1) * managers * days < line.month <= line.norm * managers * days


@settings(max_examples=30)
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.tuples(*[SHARES] * 6))
def test_more_plan_never_needs_fewer_acts_or_people(target, more, shares):
    low, high = (calc.decompose(plan(target=Decimal(one), rates=StepRates(*shares))) for one in (target, target + more))
    for step in Step:
        assert low.lines[step].month <= high.lines[step].month
    assert low.meetings.headcount <= high.meetings.headcount


def test_a_target_of_nothing_needs_nothing_and_is_provided_for():
    found = calc.decompose(plan(target=Decimal(0)))
    assert {line.month for line in found.lines.values()} == {0}
    assert found.meetings.is_enough and found.meetings.cover.why is Why.NOTHING_REQUIRED


def test_a_conversion_of_zero_stops_the_chain_there_and_says_so():
    found = calc.decompose(plan(rates=rates(70, 60, 80, 60, 0, 20)))
    assert found.lines[Step.HELD_MEETINGS].month == 250
    for step in (Step.APPOINTED_MEETINGS, Step.PRODUCTIVE_CALLS):
        line = found.lines[step]
        assert (line.month, line.per_day, line.norm, line.why) == (None, None, None, Why.NO_CONVERSION)
    blocked = calc.decompose(plan(rates=rates(0, 60, 80, 60, 83, 20)))
    assert blocked.lines[Step.PAYMENTS].month == 50
    assert blocked.meetings.managers_needed.why is Why.NO_CONVERSION and blocked.meetings.zone is None


def test_a_department_without_people_is_told_how_many_it_needs():
    found = calc.decompose(plan(managers=0))
    line = found.lines[Step.HELD_MEETINGS]
    assert (line.month, line.per_manager, line.norm, line.why) == (250, None, None, Why.NO_PEOPLE)
    assert found.meetings.headcount == 6 and found.meetings.zone is Zone.RED
    assert found.meetings.cover.value == 0 and found.meetings.affordable == 0
    assert str(found.day_plan) == "157894.74" and found.manager_day_plan is None


def test_a_month_without_working_days_has_no_daily_norm():
    found = calc.decompose(plan(working_days=0))
    assert found.lines[Step.PAYMENTS].why is Why.NO_WORKING_DAYS
    assert found.day_plan is None and found.meetings.managers_needed.why is Why.NO_WORKING_DAYS
    assert found.meetings.slots_per_day.why is Why.NO_WORKING_DAYS


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("target", Decimal(-1), Code.NEGATIVE),
        ("target", Decimal(10) ** 12, Code.TOO_LARGE),
        ("target", Decimal("NaN"), Code.NOT_A_NUMBER),
        ("target", Decimal("Infinity"), Code.NOT_A_NUMBER),
        ("target", Decimal("1E+999999"), Code.TOO_LARGE),
        ("average_cheque", Decimal(0), Code.NOT_POSITIVE),
        ("average_cheque", Decimal("1E-999999"), Code.TOO_FINE),
        ("working_days", -1, Code.NEGATIVE),
        ("working_days", 400, Code.TOO_LARGE),
        ("managers", Decimal("2.5"), Code.NOT_WHOLE),
        ("managers", 1.5, Code.NOT_A_NUMBER),
        ("managers", -2, Code.NEGATIVE),
    ],
)
def test_impossible_input_is_named_by_its_field(field, value, code):
    assert problems(**{field: value}) == {field: code}


def test_every_problem_is_named_at_once():
    found = problems(target=Decimal(-1), managers=Decimal("0.5"), rates=rates(101, 60, 80, 60, -1, 20))
    assert found == {
        "target": Code.NEGATIVE,
        "managers": Code.NOT_WHOLE,
        "invoice_to_payment": Code.ABOVE_ONE,
        "appointed_to_held": Code.NEGATIVE,
    }


def test_the_largest_plan_with_the_smallest_rates_stays_a_number():
    tiny = StepRates(*[Fraction(1, 10_000)] * 6)
    found = calc.decompose(plan(target=Decimal("999999999999.99"), average_cheque=Decimal("0.01"), rates=tiny))
    assert found.lines[Step.PRODUCTIVE_CALLS].month == 99_999_999_999_999 * 10**24


def test_a_plan_is_approved_with_leads_a_cheque_and_every_conversion_only():
    whole = dict.fromkeys(list(Step)[1:], Fraction(1, 2))
    assert calc.missing_for_approval(leads=400, average_cheque=Decimal(1), rates=whole) == ()
    lacking = {**whole, Step.OFFERS: None, Step.PRODUCTIVE_CALLS: Fraction(0)}
    assert calc.missing_for_approval(leads=0, average_cheque=None, rates=lacking) == (
        "leads",
        "average_cheque",
        "offer_to_invoice",
        "call_to_appointed",
    )


def test_default_conversions_are_those_of_the_example():
    assert rates(70, 60, 80, 60, 83, 20) == DEFAULT_STEP_RATES

"""Flow, velocity, the client array, own statistics, «what if», segments apart."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning import calculator as calc
from planning.calculator import Code, Why
from planning.constants import (
    DEFAULT_CONVERSION,
    DEFAULT_DAYS,
    DEFAULT_REFERENCE,
    Colour,
    PerColour,
    Reference,
    Zone,
)

RED, YELLOW, GREEN = Colour.RED, Colour.YELLOW, Colour.GREEN
SHARES = st.integers(1, 100).map(lambda percent: Fraction(percent, 100))
DAYS = st.integers(0, 10).map(Fraction)
REFERENCES = st.builds(Reference, st.builds(PerColour, SHARES, SHARES, SHARES), st.builds(PerColour, DAYS, DAYS, DAYS))
COUNTS = st.builds(calc.Counts, st.integers(0, 90), st.integers(0, 90), st.integers(0, 90))


def reference(p: tuple[int, int, int], t: tuple[int, int, int]) -> Reference:
    return Reference(PerColour(*(Fraction(one, 100) for one in p)), PerColour(*map(Fraction, t)))


def faults(caught: pytest.ExceptionInfo[calc.WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


class TestFlow:
    def test_six_million_of_eighty_thousand_each(self):
        flow = calc.flow_for(money=6_000_000, average_cheque=80_000, reference=DEFAULT_REFERENCE)
        assert flow.deals == 75
        assert [f"{float(one):.2f}" for one in (flow.entries, flow.list_size)] == ["357.14", "214.29"]
        at_once = [flow.concurrent[colour] for colour in (GREEN, YELLOW, RED)]
        assert [f"{float(one):.2f}" for one in at_once] == ["35.71", "59.52", "119.05"]

    def test_a_steady_flow_stands_in_the_ratio_three_five_ten(self):
        at_once = calc.flow_for(money=1, average_cheque=1, reference=DEFAULT_REFERENCE).concurrent
        assert (at_once.green / 3, at_once.yellow / 5) == (at_once.red / 10, at_once.red / 10)

    def test_wrong_money_cheque_and_period_are_named_together(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.flow_for(money=-1, average_cheque=0, reference=DEFAULT_REFERENCE, days=0)
        assert faults(caught) == {
            "money": Code.NEGATIVE,
            "average_cheque": Code.NOT_POSITIVE,
            "days": Code.NOT_POSITIVE,
        }


class TestVelocity:
    def test_thirty_nine_thousand_a_day_and_a_coverage_below_the_required(self):
        found = calc.pipeline_of(
            calc.PipelineInput(70, Fraction(21, 100), Decimal(80_000), Fraction(30), Decimal(1_500_000))
        )
        assert str(found.velocity) == "39200.00"
        assert f"{float(found.required.value):.2f}" == "4.76"
        assert f"{float(found.actual.value):.2f}" == "3.73"
        assert found.is_enough is False

    def test_coverage_of_exactly_the_required_is_enough(self):
        found = calc.pipeline_of(calc.PipelineInput(4, Fraction(1, 4), Decimal(1), Fraction(1), Decimal(1)))
        assert found.is_enough is True

    def test_no_rate_no_cycle_and_no_plan_are_explained(self):
        found = calc.pipeline_of(calc.PipelineInput(70, Fraction(0), Decimal(1), Fraction(0), Decimal(0)))
        assert (found.velocity, found.why) == (None, Why.NO_CYCLE_DAYS)
        assert (found.required.why, found.actual.why) == (Why.NO_CONVERSION, Why.NO_PLAN)
        assert found.is_enough is None

    def test_a_rate_above_one_is_refused(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.pipeline_of(calc.PipelineInput(-1, Fraction(3, 2), Decimal(1), Fraction(1), Decimal(1)))
        assert faults(caught) == {"clients": Code.NEGATIVE, "win_rate": Code.ABOVE_ONE}


class TestArray:
    def test_a_base_of_1050_lasts_88_days(self):
        entries = calc.flow_for(money=6_000_000, average_cheque=80_000, reference=DEFAULT_REFERENCE).entries
        found = calc.array_sufficiency(available=1050, entries=entries)
        assert f"{float(found.entries_per_day):.2f}" == "11.90"
        assert found.days == 88 and not found.is_enough
        assert found.k.value == Fraction(98, 100)

    def test_a_base_that_nobody_needs_is_enough(self):
        found = calc.array_sufficiency(available=0, entries=0)
        assert found.k.why is Why.NOTHING_REQUIRED and found.days is None and found.is_enough

    def test_an_empty_base_lasts_no_day(self):
        assert calc.array_sufficiency(available=0, entries=30).days == 0

    def test_cards_of_95_percent_are_complete_and_94_are_not(self):
        assert calc.homogeneity(complete=95, total=100, cheques=[]).is_complete
        assert not calc.homogeneity(complete=94, total=100, cheques=[]).is_complete
        assert calc.homogeneity(complete=0, total=0, cheques=[]).complete.why is Why.NO_DATA

    def test_a_spread_equal_to_the_mean_is_still_one_kind(self):
        even = calc.homogeneity(complete=1, total=1, cheques=[Decimal(0), Decimal(200)])
        assert even.variation_squared.value == 1 and even.is_uniform and even.variation == 1
        mixed = calc.homogeneity(complete=1, total=1, cheques=[Decimal(1), Decimal(1), Decimal(1), Decimal(1000)])
        assert not mixed.is_uniform
        assert calc.homogeneity(complete=1, total=1, cheques=[Decimal(5)]).variation_squared.why is Why.TOO_FEW


class TestOwnStatistics:
    @staticmethod
    def passages(finished: int, succeeded: int) -> calc.Passages:
        return calc.Passages(dict.fromkeys(Colour, finished), dict.fromkeys(Colour, succeeded))

    def test_defaults_stand_until_one_manager_has_ten_passages(self):
        known = [self.passages(9, 9), self.passages(0, 0)]
        found = calc.stage_rates(known, DEFAULT_CONVERSION)[RED]
        assert (found.rate, found.is_own, found.left_out) == (Fraction(1, 2), False, 1)
        own = calc.stage_rates([*known, self.passages(10, 4)], DEFAULT_CONVERSION)[RED]
        assert (own.rate, own.is_own, own.managers, own.passages, own.left_out) == (Fraction(2, 5), True, 1, 10, 1)

    @settings(max_examples=30)
    @given(st.lists(st.integers(0, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=8))
    def test_the_rates_named_are_the_rates_used(self, pairs):
        known = [self.passages(*pair) for pair in pairs]
        rates, used = calc.stage_rates(known, DEFAULT_CONVERSION), calc.mean_conversions(known, DEFAULT_CONVERSION)
        assert {colour: rates[colour].rate for colour in Colour} == {colour: used[colour] for colour in Colour}

    def test_own_conversion_is_said_from_ten_passages_on(self):
        assert calc.own_conversions(self.passages(10, 3)) == dict.fromkeys(Colour, Fraction(3, 10))
        assert calc.own_conversions(self.passages(9, 3)) == dict.fromkeys(Colour)


class TestWhatIf:
    @staticmethod
    def manager(manager_id: int = 1, **extra: object) -> calc.ManagerFunnel:
        lines = [
            calc.FunnelLine(YELLOW, Decimal(100_000), count=2),
            calc.FunnelLine(YELLOW, Decimal(300_000), Decimal(100_000)),
            calc.FunnelLine(RED, count=5),
        ]
        segment = calc.SegmentFunnel(DEFAULT_REFERENCE, Decimal(80_000), lines)
        return calc.ManagerFunnel(manager_id, [segment], **extra)  # type: ignore[arg-type]

    def test_the_dearest_yellow_are_moved_first(self):
        found = calc.what_if([self.manager()], [calc.ColourMove(1, 2, YELLOW, GREEN)], 30, Decimal(1_000_000))
        # 200 000 and 100 000 roubles unpaid at 70 % instead of 42 %.
        assert found.gain == Decimal("84000.00")
        assert found.before.amount + found.gain == found.after.amount

    def test_the_number_of_clients_stays_and_others_are_untouched(self):
        people = [self.manager(1), self.manager(2)]
        found = calc.what_if(people, [calc.ColourMove(1, 3, YELLOW, GREEN)], 30, Decimal(0))
        assert found.after.managers[1] == found.before.managers[1]
        assert found.after.managers[0].expected_deals.yellow == 0
        assert found.after.managers[0].expected_deals.green == 3 * Fraction(7, 10)

    def test_a_move_of_nobody_or_to_the_same_colour_changes_nothing(self):
        moves = [calc.ColourMove(1, 2, YELLOW, YELLOW), calc.ColourMove(1, 0, YELLOW, RED)]
        found = calc.what_if([self.manager()], moves, 30, Decimal(0))
        assert found.after == found.before

    def test_moves_are_applied_one_after_the_other(self):
        moves = [calc.ColourMove(1, 5, RED, YELLOW), calc.ColourMove(1, 8, YELLOW, GREEN)]
        found = calc.what_if([self.manager()], moves, 30, Decimal(0))
        assert found.after.amount == Decimal("560000.00")  # 800 000 unpaid at 70 %

    def test_a_fall_costs_money(self):
        found = calc.what_if([self.manager()], [calc.ColourMove(1, 1, YELLOW, RED)], 30, Decimal(0))
        assert found.gain == Decimal("-42000.00")

    @pytest.mark.parametrize(
        ("move", "fault"),
        [
            (calc.ColourMove(1, 4, YELLOW, GREEN), {"number": Code.TOO_MANY}),
            (calc.ColourMove(1, -1, YELLOW, GREEN), {"number": Code.NEGATIVE}),
            (calc.ColourMove(9, 1, YELLOW, GREEN), {"manager": Code.MISSING}),
        ],
    )
    def test_clients_that_are_not_there_cannot_be_moved(self, move, fault):
        with pytest.raises(calc.WrongInput) as caught:
            calc.what_if([self.manager()], [move], 30, Decimal(0))
        assert faults(caught) == fault


class TestSegmentsApart:
    QUICK = reference((45, 65, 75), (4, 5, 5))
    SLOW = reference((40, 55, 65), (10, 10, 10))

    def test_the_department_is_as_good_as_its_worse_segment(self):
        found = calc.check_segments(
            {
                1: calc.FunnelInput(Decimal(2_000_000), Decimal(0), Decimal(40_000), 30, calc.Counts(11, 19, 33), self.QUICK),
                2: calc.FunnelInput(Decimal(4_500_000), Decimal(0), Decimal(450_000), 30, calc.Counts(5, 9, 26), self.SLOW),
            }
        )  # fmt: skip
        assert [found.segments[key].required for key in (1, 2)] == [calc.Counts(12, 18, 31), calc.Counts(6, 10, 24)]
        assert found.worst == 2 and found.k_funnel == Fraction(5, 6) and found.zone is Zone.YELLOW
        assert found.deficit == calc.Counts(2, 1, 0)

    def test_one_red_segment_makes_the_department_red(self):
        good = calc.FunnelInput(Decimal(1), Decimal(1), Decimal(1), 30, calc.Counts(1, 1, 1), self.QUICK)
        bad = calc.FunnelInput(Decimal(10**6), Decimal(0), Decimal(1000), 30, calc.Counts(1, 1, 1), self.QUICK)
        assert calc.check_segments({1: good, 2: bad}).zone is Zone.RED

    def test_a_segment_without_a_cheque_is_named_and_an_empty_department_is_not_judged(self):
        nameless = calc.FunnelInput(Decimal(1), Decimal(0), Decimal(0), 30, calc.Counts(0, 0, 0), self.QUICK)
        found = calc.check_segments({7: nameless})
        assert found.why == {7: Why.NO_CHEQUE} and found.zone is None and found.worst is None
        assert calc.check_segments({}).zone is None

    @settings(max_examples=30)
    @given(st.integers(0, 10**8), st.integers(1, 10**6), st.integers(1, 31), COUNTS, REFERENCES)
    def test_required_numbers_and_k_hold_against_a_plain_calculation(self, plan, cheque, days, actual, ref):
        found = calc.check_funnel(calc.FunnelInput(Decimal(plan), Decimal(0), Decimal(cheque), days, actual, ref))
        p, t = ref.conversion, ref.days
        through = {
            GREEN: Fraction(plan, cheque) / p.green,
            YELLOW: Fraction(plan, cheque) / p.green / p.yellow,
            RED: Fraction(plan, cheque) / p.green / p.yellow / p.red,
        }
        required = {colour: ceil(through[colour] * t[colour] / days) for colour in Colour}
        assert {colour: found.required[colour] for colour in Colour} == required
        ratios = [Fraction(actual[colour], required[colour]) for colour in Colour if required[colour]]
        assert found.k_funnel == (min(ratios) if ratios else None)
        assert all(found.deficit[colour] == max(0, required[colour] - actual[colour]) for colour in Colour)

    @settings(max_examples=30)
    @given(
        st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([0, 1000, 90_000]), COUNTS, REFERENCES), max_size=4)
    )
    def test_the_worst_alone_is_the_worst_of_all_that_is_said(self, segments):
        funnels = {
            key: calc.FunnelInput(Decimal(plan), Decimal(0), Decimal(cheque), 30, actual, ref)
            for key, (plan, cheque, actual, ref) in enumerate(segments)
        }
        assert calc.worst_segment(funnels) == calc.check_segments(funnels).worst

    @settings(max_examples=30)
    @given(st.integers(0, 10**8), st.integers(0, 10**8), COUNTS, REFERENCES)
    def test_more_plan_never_requires_fewer_clients(self, plan, more, actual, ref):
        low, high = (
            calc.check_funnel(calc.FunnelInput(Decimal(one), Decimal(0), Decimal(1000), 30, actual, ref))
            for one in (plan, plan + more)
        )
        assert all(low.required[colour] <= high.required[colour] for colour in Colour)

    def test_fractions_of_clients_and_negative_money_are_named(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.check_funnel(
                calc.FunnelInput(Decimal(-1), Decimal(0), Decimal(0), 0, calc.Counts(-1, 0, 0), DEFAULT_REFERENCE)
            )
        assert faults(caught) == {
            "plan": Code.NEGATIVE,
            "average_cheque": Code.NOT_POSITIVE,
            "days": Code.NOT_POSITIVE,
            "green": Code.NEGATIVE,
        }


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-(10**6), 10**9)), max_size=6))
def test_verification_is_always_between_nothing_and_everything(pairs):
    known = [calc.ForecastAndFact(Decimal(forecast), Decimal(fact)) for forecast, fact in pairs]
    verdicts = [calc.verify_department(known), *map(calc.verify_manager, known)]
    assert all(0 <= one.value <= 1 for one in verdicts)


@settings(max_examples=25)
@given(SHARES, SHARES)
def test_a_floor_is_raised_or_refused_and_never_falls(green, yellow):
    least = calc.MINIMUM_FLOORS
    try:
        floors = calc.Floors(green, yellow)
    except ValueError:
        assert green < least.green or yellow < least.yellow or green + yellow > 1
        return
    assert floors.green >= least.green and floors.yellow >= least.yellow
    for total in range(0, 91):
        assert floors.least(total).green == ceil(floors.green * total)
        assert floors.least(total).green >= least.least(total).green


class TestTypedReference:
    def test_percents_a_person_typed_become_a_reference(self):
        assert calc.typed_reference(
            {RED: Fraction(1, 2), YELLOW: Fraction(3, 5), GREEN: Fraction(7, 10)}, dict.fromkeys(Colour, 10)
        ) == Reference(DEFAULT_CONVERSION, DEFAULT_DAYS)

    def test_every_wrong_field_is_named(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.typed_reference({RED: 0, YELLOW: Decimal("1.01"), GREEN: 1}, {RED: -1, YELLOW: 11, GREEN: 0})
        assert faults(caught) == {
            "p_red": Code.NOT_POSITIVE,
            "p_yellow": Code.ABOVE_ONE,
            "t_red": Code.NEGATIVE,
            "t_yellow": Code.TOO_LARGE,
        }

    def test_a_figure_is_a_number_or_a_reason_never_both_or_neither(self):
        for wrong in ({}, {"value": Fraction(1), "why": Why.NO_DATA}):
            with pytest.raises(ValueError, match="a figure is"):
                calc.Figure(**wrong)
        assert calc.Figure.of(0) and not calc.Figure.absent(Why.NO_DATA)

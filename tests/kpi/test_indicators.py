"""Reference values, norms, lights of people, technology, trends, the head's own indicators."""

from __future__ import annotations

import statistics
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi import calculator as calc
from kpi.calculator import Kpi, Side
from planning.calculator import Code, Why, WrongInput
from planning.constants import Zone

RED, YELLOW, GREEN = Zone.RED, Zone.YELLOW, Zone.GREEN


def faults(caught: pytest.ExceptionInfo[WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


def managers(*values: object, finished: int = 30) -> list[calc.ManagerValue]:
    return [calc.ManagerValue(at, value, finished) for at, value in enumerate(values, 1)]  # type: ignore[arg-type]


class TestReference:
    def test_the_best_quarter_of_four_is_one_manager(self):
        found = calc.reference_value(Kpi.PRODUCTIVE_CALLS, managers(40, 55, 60, 48), 60)
        assert (found.value, found.is_own, found.best, found.judged) == (60, True, (3,), 4)

    def test_the_median_of_the_best_two_of_eight_is_their_mean(self):
        found = calc.reference_value(Kpi.OFFERS, managers(1, 2, 3, 4, 5, 6, 7, 8), 5)
        assert found.value == Fraction(15, 2) and set(found.best) == {7, 8}

    def test_where_less_is_better_the_best_are_the_least(self):
        found = calc.reference_value(Kpi.DAYS_RED, managers(9, 4, 6, 8), 10)
        assert (found.value, found.best) == (4, (2,))

    def test_three_managers_or_twenty_nine_finished_sales_leave_the_default(self):
        assert calc.reference_value(Kpi.OFFERS, managers(9, 9, 9), 5) == calc.ReferenceValue(Fraction(5), False, (), 3)
        few = [*managers(9, 9, 9), calc.ManagerValue(4, 9, 29)]
        assert not calc.reference_value(Kpi.OFFERS, few, 5).is_own

    def test_no_reference_leaves_the_bounds_of_the_method(self):
        weak = calc.reference_value(Kpi.CONVERSION, managers(*[Fraction(1, 10)] * 4), Fraction(1, 5))
        assert (weak.value, weak.is_bounded) == (Fraction(1, 5), True)
        slow = calc.reference_value(Kpi.DAYS_GREEN, managers(14, 15, 16, 17), 10)
        assert (slow.value, slow.is_bounded) == (10, True)
        assert calc.reference_value(Kpi.VIOLATIONS, managers(*[Fraction(1, 4)] * 4), 0).value == 0

    @settings(max_examples=40)
    @given(st.lists(st.integers(0, 100), min_size=4, max_size=24))
    def test_the_value_is_the_median_of_the_upper_quarter(self, values):
        found = calc.reference_value(Kpi.PRODUCTIVE_CALLS, managers(*values), 0)
        size = -(-len(values) // 4)
        assert found.value == Fraction(statistics.median(sorted(values)[-size:]))
        assert len(found.best) == size

    @pytest.mark.parametrize(
        ("computed", "effective"),
        [
            (date(2026, 11, 1), date(2026, 12, 1)),
            (date(2026, 12, 31), date(2027, 1, 1)),
            (date(2026, 1, 31), date(2026, 2, 1)),
        ],
    )
    def test_a_value_is_in_force_from_the_next_month(self, computed, effective):
        assert calc.effective_from(computed) == effective

    def test_every_indicator_is_a_result_or_leads_to_one(self):
        assert set(calc.NATURES) == set(Kpi)
        assert {kpi for kpi in Kpi if calc.NATURES[kpi].side is Side.RESULT} == {
            Kpi.CONVERSION_RED, Kpi.CONVERSION_YELLOW, Kpi.CONVERSION_GREEN,
            Kpi.CONVERSION, Kpi.AVERAGE_CHEQUE, Kpi.VERIFICATION,
        }  # fmt: skip

    def test_nothing_has_no_median_and_impossible_values_are_named(self):
        with pytest.raises(ValueError, match="no middle"):
            calc.median([])
        with pytest.raises(WrongInput) as caught:
            calc.reference_value(Kpi.OFFERS, [calc.ManagerValue(1, Decimal("NaN"), -1)], 0)
        assert faults(caught) == {"value": Code.NOT_A_NUMBER, "finished": Code.NEGATIVE}


class TestNorms:
    @pytest.mark.parametrize(
        ("norm", "days", "scaled"),
        [(60, 5, 60), (60, 4, 48), (60, 0, 0), (5, 4, 4), (6, 4, 5), (5, 1, 1), (10, 6, 12), (5, 3, 3), (3, 2, 1)],
    )
    def test_a_short_week_asks_for_less_rounded_to_the_nearest(self, norm, days, scaled):
        assert calc.week_norm(norm, days) == scaled

    def test_half_a_norm_or_day_is_refused(self):
        with pytest.raises(WrongInput) as caught:
            calc.week_norm(Fraction(5, 2), 8)  # type: ignore[arg-type]
        assert faults(caught) == {"norm": Code.NOT_WHOLE, "working_days": Code.TOO_LARGE}

    def test_against_the_norm(self):
        assert calc.against_norm(30, 60).share.value == Fraction(1, 2) and not calc.against_norm(59, 60).is_met
        nothing = calc.against_norm(5, 0)
        assert nothing.is_met and nothing.share.why is Why.NOTHING_REQUIRED

    def test_regularity_is_a_share_of_working_days(self):
        assert calc.regularity([True, False, True, True]).value == Fraction(3, 4)
        assert calc.regularity([]).why is Why.NO_WORKING_DAYS


class TestPeople:
    @pytest.mark.parametrize(
        ("fact", "zone"),
        [("640000", YELLOW), ("639999.99", RED), ("800000", GREEN), ("799999.99", YELLOW), ("0", RED), ("-1", RED)],
    )
    def test_the_light_of_a_manager_by_the_plan_to_date(self, fact, zone):
        assert calc.staff_light(Decimal(fact), Decimal(800_000)) is zone

    @pytest.mark.parametrize(("percent", "zone"), [("79.99", RED), ("80.00", YELLOW), ("100", GREEN)])
    def test_the_bounds_of_the_morning_desk(self, percent, zone):
        assert calc.staff_light(Decimal(percent), Decimal(100)) is zone

    def test_without_a_plan_there_is_no_light(self):
        assert calc.staff_light(Decimal(5), Decimal(0)) is None

    @pytest.mark.parametrize(
        ("weeks", "risk"),
        [
            ([RED, RED], True),
            ([RED, YELLOW], False),
            ([RED, RED, YELLOW], False),
            ([YELLOW, RED, RED], True),
            ([RED, None, RED], True),
            ([RED, RED, None], True),
            ([RED], False),
            ([None, RED], False),
            ([], False),
        ],
    )
    def test_two_red_control_weeks_in_a_row_are_a_risk(self, weeks, risk):
        assert calc.is_at_risk(weeks) is risk


class TestShares:
    def test_technology_is_met_from_95_percent(self):
        assert calc.technology_index(in_order=95, done=100).is_met is True
        assert calc.technology_index(in_order=9499, done=10_000).is_met is False
        nothing = calc.technology_index(in_order=0, done=0)
        assert nothing.figure.why is Why.NO_DATA and nothing.is_met is None

    def test_the_morning_review_is_met_from_90_percent_of_the_days(self):
        assert calc.review_share(signed=18, working_days=20).is_met is True
        assert calc.review_share(signed=17, working_days=20).is_met is False
        assert calc.review_share(signed=0, working_days=0).is_met is None

    def test_more_signed_days_than_days_are_refused(self):
        with pytest.raises(WrongInput) as caught:
            calc.review_share(signed=21, working_days=20)
        assert faults(caught) == {"signed": Code.TOO_LARGE}

    def test_a_head_answers_for_the_funnels_of_his_managers(self):
        found = calc.head_indicators(
            k={1: Fraction(1), 2: Fraction(999, 1000), 3: None, 4: Fraction(3, 2)},
            floors_met={1: True, 2: False},
            call_scores=[Fraction(80, 100), Decimal("0.9")],
        )
        assert found.sufficient.value == Fraction(3, 4)
        assert found.floors_met.value == Fraction(1, 2) and found.call_score.value == Fraction(85, 100)

    def test_a_department_without_managers_and_calls_has_no_shares(self):
        found = calc.head_indicators(k={}, floors_met={}, call_scores=[])
        assert found.sufficient.why is Why.NO_PEOPLE and found.floors_met.why is Why.NO_PEOPLE
        assert found.call_score.why is Why.NO_DATA


class TestTrends:
    def test_the_last_is_held_against_the_mean_of_three(self):
        found = calc.trend(Kpi.OFFERS, [100, 4, 5, 6, 8])
        assert (found.before, found.difference, found.is_better) == (5, 3, True)
        assert found.change.value == Fraction(3, 5)

    def test_where_less_is_better_a_rise_is_worse(self):
        assert calc.trend(Kpi.DAYS_RED, [4, 5]).is_better is False
        assert calc.trend(Kpi.FIRST_REACTION, [5, 4]).is_better is True

    def test_no_change_is_neither_and_gaps_are_left_out(self):
        assert calc.trend(Kpi.OFFERS, [5, None, 5]).is_better is None
        assert calc.trend(Kpi.OFFERS, [None, 5]) is None and calc.trend(Kpi.OFFERS, []) is None

    def test_a_rise_from_nothing_has_no_percent(self):
        assert calc.trend(Kpi.OFFERS, [0, 5]).change.why is Why.NO_DATA

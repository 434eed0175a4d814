"""What a month pays and what a little more would bring."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi import calculator as calc
from planning.calculator import Code, Why, WrongInput

PLAN = Decimal(1_200_000)
MONEY = st.integers(0, 3 * 10**8).map(lambda kopecks: Decimal(kopecks) / 100)
KPIS = st.integers(0, 150).map(lambda percent: Fraction(percent, 100))


def faults(caught: pytest.ExceptionInfo[WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


@pytest.mark.parametrize(
    ("fact", "kpi", "attained", "amount"),
    [
        ("1260000", "0.948", "105.00", "59724.00"),
        ("900000", "0.85", "75.00", "19125.00"),
        ("800000", "0.85", "66.67", "0.00"),
        ("800000", "1.1", "66.67", "0.00"),
    ],
)
def test_pay_of_the_worked_months(fact, kpi, attained, amount):
    found = calc.pay(fact=Decimal(fact), plan=PLAN, kpi=Decimal(kpi))
    assert (f"{float(found.attainment * 100):.2f}", str(found.amount)) == (attained, amount)


@pytest.mark.parametrize(
    ("percent", "multiplier"),
    [
        ("-5", "0"), ("0", "0"), ("69.99", "0"), ("70", "0.5"), ("79.99", "0.5"), ("80", "0.8"),
        ("99.99", "0.8"), ("100", "1"), ("119.99", "1"), ("120", "1.2"), ("500", "1.2"),
    ],
)  # fmt: skip
def test_bands_of_attainment_include_their_lower_bound(percent, multiplier):
    found = calc.pay(fact=Decimal(percent), plan=Decimal(100), kpi=1)
    assert found.multiplier == Fraction(multiplier)


@pytest.mark.parametrize(
    ("kpi", "factor"), [("0", "0.5"), ("0.5", "0.5"), ("0.948", "0.948"), ("1.1", "1.1"), ("1.2", "1.1")]
)
def test_kpi_is_held_between_a_half_and_eleven_tenths(kpi, factor):
    found = calc.pay(fact=PLAN, plan=PLAN, kpi=Fraction(kpi))
    assert (found.kpi, found.kpi_factor) == (Fraction(kpi), Fraction(factor))


class TestKpi:
    def test_weights_and_cap(self):
        found = calc.kpi_of(
            {
                "productive_calls": calc.Indicator(228, 240),  # 95 %
                "productive_meetings": calc.Indicator(20, 24),  # 83.33 %
                "upgrades": calc.Indicator(300, 100),  # capped at 120 %
            }
        )
        assert found.value.value == Fraction(40, 100) * Fraction(95, 100) + Fraction(30, 100) * (
            Fraction(20, 24) + Fraction(120, 100)
        )

    def test_an_indicator_without_a_norm_is_left_out_and_the_weights_rescaled(self):
        found = calc.kpi_of(
            {
                "productive_calls": calc.Indicator(0, 10),
                "productive_meetings": calc.Indicator(5, 0),
                "upgrades": calc.Indicator(10, 10),
            }
        )
        assert found.weights == {"productive_calls": Fraction(4, 7), "upgrades": Fraction(3, 7)}
        assert found.value.value == Fraction(3, 7)

    def test_no_norm_at_all_is_not_computable_and_changes_no_pay(self):
        found = calc.kpi_of({"upgrades": calc.Indicator(5, 0)})
        assert found.value.why is Why.NOTHING_REQUIRED
        paid = calc.pay(fact=PLAN, plan=PLAN, kpi=found.value.value)
        assert (paid.kpi, paid.kpi_factor, str(paid.amount)) == (None, 1, "60000.00")

    def test_the_worked_948_tenths_of_a_percent_come_from_facts(self):
        found = calc.kpi_of(
            {
                "productive_calls": calc.Indicator(96, 100),
                "productive_meetings": calc.Indicator(88, 100),
                "upgrades": calc.Indicator(100, 100),
            }
        )
        assert found.value.value == Fraction(948, 1000)
        assert str(calc.pay(fact=Decimal(1_260_000), plan=PLAN, kpi=found.value.value).amount) == "59724.00"


class TestWhatALittleMoreBrings:
    def test_every_step_ahead_with_its_money_and_its_pay(self):
        steps = calc.next_steps(fact=Decimal(800_000), plan=PLAN, kpi=Decimal("0.85"))
        assert [(str(one.extra), str(one.pay.amount), str(one.gain)) for one in steps] == [
            ("40000.00", "17850.00", "17850.00"),
            ("160000.00", "32640.00", "32640.00"),
            ("400000.00", "51000.00", "51000.00"),
            ("640000.00", "73440.00", "73440.00"),
        ]

    def test_above_the_last_step_there_is_none_but_more_still_pays_more(self):
        assert calc.next_steps(fact=Decimal(1_440_000), plan=PLAN, kpi=1) == ()
        found = calc.pay_if(fact=Decimal(1_440_000), plan=PLAN, kpi=1, extra=Decimal(100_000))
        assert str(found.gain) == "6000.00"

    def test_without_a_plan_there_is_no_pay_and_no_step(self):
        assert calc.pay(fact=Decimal(500), plan=Decimal(0), kpi=1).amount == 0
        assert calc.pay(fact=Decimal(500), plan=Decimal(0), kpi=1).attainment is None
        assert calc.next_steps(fact=Decimal(500), plan=Decimal(0), kpi=1) == ()

    def test_returns_pay_nothing_and_are_earned_back_first(self):
        assert calc.pay(fact=Decimal(-100), plan=Decimal(1000), kpi=1).amount == 0
        assert str(calc.next_steps(fact=Decimal(-100), plan=Decimal(1000), kpi=1)[0].extra) == "800.00"

    def test_a_step_that_pays_no_better_is_no_step(self):
        scheme = calc.PayScheme(steps=((0, 0), (Fraction(1, 2), 1), (Fraction(3, 4), 1), (1, 2)))
        steps = calc.next_steps(fact=Decimal(0), plan=Decimal(100), kpi=1, scheme=scheme)
        assert [str(one.extra) for one in steps] == ["50.00", "100.00"]

    @settings(max_examples=40)
    @given(MONEY, MONEY.filter(bool), KPIS)
    def test_a_kopeck_less_than_the_step_does_not_reach_it(self, fact, plan, kpi):
        for step in calc.next_steps(fact=fact, plan=plan, kpi=kpi):
            short = calc.pay(fact=fact + step.extra - Decimal("0.01"), plan=plan, kpi=kpi)
            assert short.multiplier < step.pay.multiplier
            assert step.pay.amount == calc.pay(fact=fact + step.extra, plan=plan, kpi=kpi).amount


@settings(max_examples=40)
@given(MONEY, MONEY, KPIS)
def test_pay_holds_against_decimals_of_fifty_digits(fact, plan, kpi):
    found = calc.pay(fact=fact, plan=plan, kpi=kpi)
    bands = [(120, "1.2"), (100, "1"), (80, "0.8"), (70, "0.5"), (0, "0")]
    times = next(factor for percent, factor in bands if fact * 100 >= plan * percent) if plan else "0"
    with localcontext() as context:
        context.prec = 50
        clamped = min(Decimal("1.1"), max(Decimal("0.5"), Decimal(kpi.numerator) / kpi.denominator))
        exact = fact * Decimal("0.05") * Decimal(times) * clamped
        assert found.amount == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@settings(max_examples=30)
@given(MONEY, MONEY, MONEY, KPIS)
def test_more_fact_never_pays_less(fact, more, plan, kpi):
    assert calc.pay_if(fact=fact, plan=plan, kpi=kpi, extra=more).gain >= 0


class TestWrongTerms:
    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"rate": Decimal("1.01")}, {"rate": Code.ABOVE_ONE}),
            ({"rate": -1}, {"rate": Code.NEGATIVE}),
            ({"steps": ()}, {"steps": Code.MISSING}),
            ({"steps": ((Fraction(1, 10), 1),)}, {"steps": Code.NOT_RISING}),
            ({"steps": ((0, 1), (1, Fraction(1, 2)))}, {"steps": Code.NOT_RISING}),
            ({"steps": ((0, 0), (0, 1))}, {"steps": Code.NOT_RISING}),
            ({"weights": {"upgrades": Fraction(9, 10)}}, {"weights": Code.NOT_ONE_IN_ALL}),
            ({"weights": {}}, {"weights": Code.NOT_ONE_IN_ALL}),
            ({"kpi_least": 2}, {"kpi_most": Code.BELOW_LEAST}),
            ({"cap": 0}, {"cap": Code.NOT_POSITIVE}),
        ],
    )
    def test_a_scheme_that_makes_no_sense_is_named_by_its_field(self, changes, fault):
        with pytest.raises(WrongInput) as caught:
            calc.pay(fact=PLAN, plan=PLAN, kpi=1, scheme=calc.PayScheme(**changes))
        assert faults(caught) == fault

    def test_impossible_figures_are_named_together(self):
        with pytest.raises(WrongInput) as caught:
            calc.pay(fact=Decimal("NaN"), plan=Decimal(-1), kpi=Decimal(-1))
        assert faults(caught) == {"fact": Code.NOT_A_NUMBER, "plan": Code.NEGATIVE, "kpi": Code.NEGATIVE}
        with pytest.raises(WrongInput) as caught:
            calc.pay_if(fact=PLAN, plan=PLAN, kpi=1, extra=Decimal(10) ** 12)
        assert faults(caught) == {"extra": Code.TOO_LARGE}
        with pytest.raises(WrongInput) as caught:
            calc.kpi_of({"upgrades": calc.Indicator(-1, 5)})
        assert faults(caught) == {"upgrades": Code.NEGATIVE}

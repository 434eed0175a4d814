"""The worked numbers of the method, to the kopeck."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.production_calendar import seeded_kinds
from common.workdays import Calendar, DayKind
from planning import calculator as calc
from planning.constants import DEFAULT_CONVERSION, DEFAULT_DAYS, DEFAULT_REFERENCE, Colour, PerColour, Reference, Zone

CALENDAR = Calendar(seeded_kinds([2026]))
RED, YELLOW, GREEN = Colour.RED, Colour.YELLOW, Colour.GREEN
IVANOVA, PETROV, SIDOROV = 1, 2, 3


def percent(value: Fraction | None) -> str:
    assert value is not None
    return f"{float(value * 100):.2f}"


def passages(red: int, yellow: int, green: int, finished: int = 100) -> calc.Passages:
    return calc.Passages(dict.fromkeys(Colour, finished), {RED: red, YELLOW: yellow, GREEN: green})


def funnel(
    manager_id: int, green: int, yellow: int, red: int, cheque: int, conversion: PerColour, **extra: object
) -> calc.ManagerFunnel:
    counts = ((GREEN, green), (YELLOW, yellow), (RED, red))
    lines = [calc.FunnelLine(colour, count=count) for colour, count in counts]
    segment = calc.SegmentFunnel(Reference(conversion, DEFAULT_DAYS), Decimal(cheque), lines)
    return calc.ManagerFunnel(manager_id, [segment], **extra)  # type: ignore[arg-type]


class TestForecast:
    MEAN = calc.mean_conversions([passages(55, 62, 72), passages(48, 58, 69), passages(44, 54, 63)], DEFAULT_CONVERSION)

    def department(self, **extra: object) -> calc.DepartmentForecast:
        managers = [
            funnel(SIDOROV, 6, 14, 36, 92_000, self.MEAN, **extra),
            funnel(IVANOVA, 12, 20, 38, 85_000, self.MEAN, **extra),
            funnel(PETROV, 9, 15, 30, 78_000, self.MEAN, **extra),
        ]
        return calc.forecast_department(managers, 31, Decimal(6_000_000))

    def test_mean_is_unweighted_and_overall_is_below_the_norm(self) -> None:
        assert [percent(self.MEAN[colour]) for colour in (RED, YELLOW, GREEN)] == ["49.00", "58.00", "68.00"]
        assert percent(Reference(self.MEAN, DEFAULT_DAYS).to_payment(RED)) == "19.33"

    def test_manager_with_few_passages_is_left_out_and_an_empty_stage_takes_the_default(self) -> None:
        few = passages(9, 9, 9, finished=9)
        assert calc.mean_conversions([few, passages(40, 50, 60)], DEFAULT_CONVERSION) == PerColour(
            Fraction(40, 100), Fraction(50, 100), Fraction(60, 100)
        )
        assert calc.mean_conversions([few], DEFAULT_CONVERSION) == DEFAULT_CONVERSION
        assert calc.mean_conversions([], DEFAULT_CONVERSION) == DEFAULT_CONVERSION

    def test_ten_passages_are_enough(self) -> None:
        assert calc.mean_conversions([passages(4, 4, 4, finished=10)], DEFAULT_CONVERSION).red == Fraction(2, 5)

    def test_forecasts_plans_and_gap_to_the_kopeck(self) -> None:
        result = self.department()
        assert [one.manager_id for one in result.managers] == [IVANOVA, PETROV, SIDOROV]
        assert [str(one.amount) for one in result.managers] == ["1988296.88", "1391027.04", "1523411.07"]
        assert str(result.amount) == "4902734.99"
        assert {key: str(plan) for key, plan in result.plans.items()} == {
            IVANOVA: "2433291.07",
            PETROV: "1702348.23",
            SIDOROV: "1864360.70",
        }
        assert sum(result.plans.values()) == Decimal(6_000_000)
        assert str(result.gap) == "1097265.01"
        assert percent(result.attainment) == "81.71"
        assert result.zone is Zone.YELLOW

    def test_expected_deals_by_colour(self) -> None:
        managers = self.department().managers
        shown = [[f"{float(one.expected_deals[c]):.3f}" for c in (GREEN, YELLOW, RED)] for one in managers]
        assert shown == [["8.160", "7.888", "7.344"], ["6.120", "5.916", "5.798"], ["4.080", "5.522", "6.957"]]
        assert [f"{float(one.expected_deals_total):.3f}" for one in managers] == ["23.392", "17.834", "16.559"]
        assert f"{float(self.department().expected_deals_total):.3f}" == "57.784"

    @pytest.mark.parametrize(
        ("days", "expected"),
        [
            (31, ["1.000", "1.000", "1.000"]),
            (20, ["1.000", "1.000", "0.667"]),
            (12, ["1.000", "0.600", "0.400"]),
            (5, ["0.500", "0.250", "0.167"]),
            (0, ["0.000", "0.000", "0.000"]),
        ],
    )
    def test_timing_factors(self, days: int, expected: list[str]) -> None:
        factors = [calc.timing_factor(DEFAULT_REFERENCE, colour, days) for colour in (GREEN, YELLOW, RED)]
        assert [f"{float(factor):.3f}" for factor in factors] == expected

    def test_days_remaining_include_today(self) -> None:
        assert calc.days_remaining(date(2026, 12, 1), date(2026, 12, 31)) == 31
        assert calc.days_remaining(date(2026, 12, 31), date(2026, 12, 31)) == 1
        assert calc.days_remaining(date(2027, 1, 1), date(2026, 12, 31)) == 0

    def test_paid_part_of_a_cycle_is_not_expected_again(self) -> None:
        segment = calc.SegmentFunnel(DEFAULT_REFERENCE, Decimal(80_000))
        part = calc.FunnelLine(GREEN, Decimal(100_000), already_paid=Decimal(40_000))
        over = calc.FunnelLine(GREEN, Decimal(100_000), already_paid=Decimal(140_000))
        assert calc.expected_from_line(segment, part, 30) == 42_000
        assert calc.expected_from_line(segment, over, 30) == 0
        assert calc.expected_from_line(segment, calc.FunnelLine(GREEN), 30) == 56_000

    def test_ramp_multiplies_only_the_unpaid_part(self) -> None:
        manager = funnel(1, 1, 0, 0, 80_000, DEFAULT_CONVERSION, paid=Decimal(10_000), ramp=Fraction(1, 2))
        assert calc.forecast_manager(manager, 30).amount == Decimal("38000.00")

    def test_new_clients_bring_money_only_beyond_the_whole_way(self) -> None:
        segment = calc.SegmentFunnel(DEFAULT_REFERENCE, Decimal(80_000), (), new_clients_per_day=Fraction(2))
        manager = calc.ManagerFunnel(1, [segment])
        assert calc.forecast_manager(manager, 30).amount == 0
        assert calc.forecast_manager(manager, 40).amount == Decimal("336000.00")

    def test_segments_of_one_manager_are_rounded_once(self) -> None:
        line = [calc.FunnelLine(GREEN, Decimal("0.02"))]
        segment = calc.SegmentFunnel(DEFAULT_REFERENCE, Decimal(1), line)
        # Twice 0.014 is 0.028; rounded apart it would be 0.02.
        assert calc.forecast_manager(calc.ManagerFunnel(1, [segment, segment]), 30).amount == Decimal("0.03")

    def test_without_forecasts_the_target_is_shared_by_capacity(self) -> None:
        managers = [
            calc.ManagerFunnel(1, [], part_time=Fraction(1, 2)),
            calc.ManagerFunnel(2, [], ramp=Fraction(1, 2)),
            calc.ManagerFunnel(3, []),
        ]
        plans = calc.forecast_department(managers, 30, Decimal(100)).plans
        assert plans == {1: Decimal("25.00"), 2: Decimal("25.00"), 3: Decimal("50.00")}

    def test_department_without_people_or_target_has_no_light(self) -> None:
        result = calc.forecast_department([], 30, Decimal(0))
        assert (result.amount, result.attainment, result.zone, result.plans) == (Decimal(0), None, None, {})

    def test_returns_make_a_forecast_negative_but_no_plan(self) -> None:
        managers = [calc.ManagerFunnel(1, [], paid=Decimal(-5)), calc.ManagerFunnel(2, [], paid=Decimal(5))]
        result = calc.forecast_department(managers, 30, Decimal(100))
        assert result.managers[0].amount == Decimal("-5.00")
        assert result.plans == {1: Decimal("0.00"), 2: Decimal("100.00")}

    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12), st.integers(0, 10**12))
    def test_individual_plans_always_sum_to_the_target(self, paid: list[int], target: int) -> None:
        managers = [calc.ManagerFunnel(at, [], paid=Decimal(sum_) / 100) for at, sum_ in enumerate(paid)]
        goal = Decimal(target) / 100
        assert sum(calc.forecast_department(managers, 30, goal).plans.values()) == goal


class TestSplit:
    SEASON = {1: Fraction(8, 10), 8: Fraction(9, 10), 12: Fraction(12, 10)}
    MONTHS = calc.split_year(Decimal(120_000_000), CALENDAR, 2026, SEASON)
    NOVEMBER = calc.split_month(MONTHS[11], CALENDAR, 2026, 11)

    def test_year_to_months(self) -> None:
        assert [str(plan) for plan in self.MONTHS.values()] == [
            *("5846528.62", "9257003.66", "10231425.09", "10718635.81", "9257003.66", "10231425.09"),
            *("11205846.53", "9208282.58", "10718635.81", "10718635.81", "9744214.37", "12862362.97"),
        ]
        assert sum(self.MONTHS.values()) == Decimal(120_000_000)

    def test_quarters_and_halves_are_sums(self) -> None:
        quarters = [str(plan) for plan in calc.quarter_plans(self.MONTHS).values()]
        assert quarters == ["25334957.37", "30207064.56", "31132764.92", "33325213.15"]
        assert [str(plan) for plan in calc.half_plans(self.MONTHS).values()] == ["55542021.93", "64457978.07"]

    def test_november_to_days(self) -> None:
        plans = list(self.NOVEMBER.values())
        assert len(plans) == 20
        assert str(plans[0]) == "487210.72" and str(plans[-1]) == "487210.71"
        assert plans == sorted(plans, reverse=True)
        assert sum(plans) == self.MONTHS[11]
        assert date(2026, 11, 4) not in self.NOVEMBER

    def test_november_control_weeks(self) -> None:
        weeks = calc.control_week_plans(self.NOVEMBER, 2026, 11)
        assert [str(plan) for _, plan in weeks] == ["1948842.88", "2436053.60", "2436053.60", "2923264.29"]
        lengths = [len(CALENDAR.working_days(week.starts_on, week.ends_on)) for week, _ in weeks]
        assert lengths == [4, 5, 5, 6]

    def test_november_triads(self) -> None:
        plans = calc.triad_plans(self.NOVEMBER, CALENDAR, 2026, 11)
        shown = [(period.starts_on.day, period.ends_on.day, str(plan)) for period, plan in plans]
        assert shown == [
            (2, 5, "1461632.16"),
            (6, 10, "1461632.16"),
            (11, 13, "1461632.16"),
            (16, 18, "1461632.16"),
            (19, 23, "1461632.16"),
            (24, 26, "1461632.15"),
            (27, 30, "974421.42"),
        ]

    def test_plan_per_working_day_of_february(self) -> None:
        days = calc.split_month(Decimal(3_000_000), CALENDAR, 2026, 2)
        assert str(days[date(2026, 2, 2)]) == "157894.74"

    def test_january_week_without_working_days_has_plan_zero(self) -> None:
        days = calc.split_month(self.MONTHS[1], CALENDAR, 2026, 1)
        assert calc.control_week_plans(days, 2026, 1)[0][1] == 0

    @given(st.integers(0, 10**15), st.lists(st.fractions(0, 3), min_size=12, max_size=12).filter(any))
    def test_every_level_sums_to_the_one_above(self, kopecks: int, season: list[Fraction]) -> None:
        total = Decimal(kopecks) / 100
        months = calc.split_year(total, CALENDAR, 2026, dict(enumerate(season, 1)))
        assert sum(months.values()) == total
        assert sum(calc.quarter_plans(months).values()) == sum(calc.half_plans(months).values()) == total
        days = calc.split_month(months[5], CALENDAR, 2026, 5)
        weeks = sum(plan for _, plan in calc.control_week_plans(days, 2026, 5))
        by_triad = sum(plan for _, plan in calc.triad_plans(days, CALENDAR, 2026, 5))
        assert months[5] == sum(days.values()) == weeks == by_triad

    def test_month_without_working_days_takes_no_money(self) -> None:
        closed = Calendar({date(2026, 2, day): DayKind.WEEKEND for day in range(1, 29)})
        assert calc.split_month(Decimal(0), closed, 2026, 2) == {}
        assert calc.split_year(Decimal(100), closed, 2026)[2] == 0
        with pytest.raises(ValueError, match="all weights are zero"):
            calc.split_month(Decimal(1), closed, 2026, 2)

    def test_departments_day_is_the_sum_of_its_managers(self) -> None:
        day = date(2026, 11, 2)
        other = date(2026, 11, 3)
        managers = [{other: Decimal("0.01")}, {day: Decimal("1.10"), other: Decimal("2.20")}]
        assert calc.sum_of_managers(managers) == {day: Decimal("1.10"), other: Decimal("2.21")}

    def test_plan_to_date_includes_the_day_and_carries_over_days_off(self) -> None:
        assert calc.plan_to_date(self.NOVEMBER, date(2026, 11, 1)) == 0
        assert str(calc.plan_to_date(self.NOVEMBER, date(2026, 11, 3))) == "974421.44"
        assert calc.plan_to_date(self.NOVEMBER, date(2026, 11, 4)) == calc.plan_to_date(
            self.NOVEMBER, date(2026, 11, 3)
        )

    def test_catch_up_spreads_the_rest_over_the_remaining_days(self) -> None:
        assert calc.catch_up(Decimal(100), Decimal(40), 7) == Decimal("8.57")
        assert calc.catch_up(Decimal(100), Decimal(120), 7) == 0
        assert calc.catch_up(Decimal(100), Decimal(40), 0) is None

    @pytest.mark.parametrize(
        ("fact", "zone"), [("100", Zone.GREEN), ("99.99", Zone.YELLOW), ("80", Zone.YELLOW), ("79.99", Zone.RED)]
    )
    def test_light_bands_include_their_lower_bound(self, fact: str, zone: Zone) -> None:
        assert calc.light(Decimal(fact), Decimal(100)) is zone

    def test_no_plan_no_light(self) -> None:
        assert calc.attainment(Decimal(5), Decimal(0)) is None
        assert calc.light(Decimal(5), Decimal(0)) is None


def pair(forecast: str, fact: str) -> calc.ForecastAndFact:
    return calc.ForecastAndFact(Decimal(forecast), Decimal(fact))


class TestVerification:
    PAIRS = [pair("2000000", "1900000"), pair("1400000", "1540000"), pair("1200000", "780000")]

    def test_managers_of_the_example(self) -> None:
        verdicts = [calc.verify_manager(one) for one in self.PAIRS]
        assert [percent(one.value) for one in verdicts] == ["95.00", "90.91", "65.00"]
        assert [one.zone for one in verdicts] == [Zone.GREEN, Zone.GREEN, Zone.RED]
        assert percent(verdicts[2].bias) == "53.85"
        assert [one.systematic for one in verdicts] == [None, None, calc.Bias.OVERSTATED]

    def test_errors_of_managers_do_not_cancel_in_the_department(self) -> None:
        verdict = calc.verify_department(self.PAIRS)
        assert percent(1 - verdict.value) == "15.64"
        assert percent(verdict.value) == "84.36"
        assert verdict.zone is Zone.YELLOW
        assert percent(verdict.bias) == "9.00" and verdict.systematic is None
        assert percent(calc.net_accuracy(self.PAIRS)) == "91.00"

    @pytest.mark.parametrize(
        ("forecast", "fact", "value", "bias"),
        [
            ("0", "0", 1, None),
            ("5", "0", 0, None),
            ("0", "5", 0, Fraction(-1)),
            ("5", "-3", 0, None),
            ("0", "-3", 1, None),
            ("7", "7", 1, Fraction(0)),
        ],
    )
    def test_edges_of_one_manager(self, forecast: str, fact: str, value: int, bias: Fraction | None) -> None:
        verdict = calc.verify_manager(pair(forecast, fact))
        assert (verdict.value, verdict.bias) == (value, bias)

    def test_edges_of_a_department(self) -> None:
        assert calc.verify_department([]).value == 1
        assert calc.verify_department([pair("0", "0")]).value == 1
        assert calc.verify_department([pair("1", "0")]).value == 0
        assert calc.verify_department([pair("100", "1"), pair("0", "1")]).value == 0
        assert calc.net_accuracy([]) is None

    def test_bias_of_exactly_ten_percent_is_not_systematic(self) -> None:
        assert calc.verify_manager(pair("110", "100")).systematic is None
        assert calc.verify_manager(pair("110.01", "100")).systematic is calc.Bias.OVERSTATED
        assert calc.verify_manager(pair("89.99", "100")).systematic is calc.Bias.UNDERSTATED

    def test_zones_include_their_lower_bound(self) -> None:
        assert calc.verification_zone(Fraction(85, 100)) is Zone.GREEN
        assert calc.verification_zone(Fraction(8499, 10000)) is Zone.YELLOW
        assert calc.verification_zone(Fraction(70, 100)) is Zone.YELLOW
        assert calc.verification_zone(Fraction(6999, 10000)) is Zone.RED

    def test_clients_that_were_forecast_and_paid(self) -> None:
        assert calc.hit_rate([1, 2, 3, 4], [3, 4, 5]) == Fraction(1, 2)
        assert calc.coverage([1, 2, 3, 4], [3, 4, 5]) == Fraction(2, 3)
        assert calc.hit_rate([], [1]) is None and calc.coverage([1], []) is None


def check(plan: int, paid: int, cheque: int, actual: calc.Counts, reference: Reference) -> calc.Sufficiency:
    return calc.check_funnel(calc.FunnelInput(Decimal(plan), Decimal(paid), Decimal(cheque), 30, actual, reference))


def shown_k(result: calc.Sufficiency) -> list[str]:
    return [f"{float(result.k[colour] or 0):.3f}" for colour in (GREEN, YELLOW, RED)]


def reference(p: tuple[int, int, int], t: tuple[int, int, int]) -> Reference:
    rates = (Fraction(one, 100) for one in p)
    return Reference(PerColour(*rates), PerColour(*(Fraction(one) for one in t)))


class TestSufficiency:
    @pytest.mark.parametrize(
        ("total", "least"),
        [
            (50, (9, 14, 27)),
            (54, (9, 15, 30)),
            (70, (12, 20, 38)),
            (72, (12, 20, 40)),
            (90, (15, 25, 50)),
            (0, (0, 0, 0)),
        ],
    )
    def test_least_numbers_of_a_list(self, total: int, least: tuple[int, int, int]) -> None:
        assert calc.Floors().least(total) == calc.Counts(*least)

    def test_default_reference_recommends_three_five_ten(self) -> None:
        shares = calc.recommended_shares(DEFAULT_REFERENCE)
        assert shares == PerColour(red=Fraction(10, 18), yellow=Fraction(5, 18), green=Fraction(3, 18))

    def test_floor_is_never_lowered_but_may_be_raised(self) -> None:
        with pytest.raises(ValueError, match="never lowered"):
            calc.Floors(green=Fraction(10, 100))
        with pytest.raises(ValueError, match="never lowered"):
            calc.Floors(yellow=Fraction(2777, 10000))
        raised = calc.Floors(green=Fraction(1, 4))
        assert calc.check_ratio(calc.Counts(12, 20, 40), raised).need_green == 6

    def test_floor_is_compared_exactly(self) -> None:
        assert calc.check_ratio(calc.Counts(12, 20, 40)).is_met
        assert not calc.check_ratio(calc.Counts(11, 21, 40)).is_met
        assert calc.check_ratio(calc.Counts(0, 0, 0)).is_met

    def test_first_example_is_green_throughout(self) -> None:
        result = check(1_200_000, 0, 80_000, calc.Counts(12, 20, 40), DEFAULT_REFERENCE)
        assert result.required == calc.Counts(8, 12, 24)
        assert shown_k(result) == ["1.500", "1.667", "1.667"]
        assert result.k_funnel == Fraction(3, 2) and result.zone is Zone.GREEN
        assert result.ratio.is_met and not result.moves
        assert float(result.expected_deals) == 25.20
        assert result.deals == 15 and percent(result.coverage) == "168.00"
        assert calc.resolutions_norm(calc.Counts(12, 20, 40)) == Fraction(1008, 100)
        assert f"{float(calc.upgrades_norm(calc.Counts(12, 20, 40), DEFAULT_REFERENCE)):.2f}" == "5.66"

    def test_second_example_is_stuck_in_red(self) -> None:
        result = check(1_600_000, 160_000, 80_000, calc.Counts(6, 14, 54), DEFAULT_REFERENCE)
        assert result.deals == 18
        assert result.required == calc.Counts(9, 15, 29)
        assert shown_k(result) == ["0.667", "0.933", "1.862"]
        assert result.k_funnel == Fraction(2, 3) and result.zone is Zone.RED
        assert result.deficit == calc.Counts(green=3, yellow=1, red=0)
        shares = result.ratio.shares
        assert shares is not None
        assert [percent(shares[one]) for one in (GREEN, YELLOW, RED)] == ["8.11", "18.92", "72.97"]
        assert (result.ratio.need_green, result.ratio.need_yellow) == (7, 7)
        assert float(result.expected_deals) == 21.42 and percent(result.coverage) == "119.00"
        assert result.moves == calc.Moves(red_to_yellow=14, yellow_to_green=7, clients_missing=0, is_red_excess=True)

    def test_full_ratio_control(self) -> None:
        result = check(2_400_000, 0, 80_000, calc.Counts(15, 25, 50), DEFAULT_REFERENCE)
        assert result.required == calc.Counts(15, 24, 48)
        assert shown_k(result) == ["1.000", "1.042", "1.042"]
        assert result.zone is Zone.GREEN

    def test_third_example_judges_segments_apart(self) -> None:
        quick, slow = reference((45, 65, 75), (4, 5, 5)), reference((40, 55, 65), (10, 10, 10))
        small = check(2_000_000, 0, 40_000, calc.Counts(11, 19, 33), quick)
        assert small.deals == 50 and small.required == calc.Counts(12, 18, 31)
        assert shown_k(small) == ["0.917", "1.056", "1.065"]
        assert small.zone is Zone.YELLOW and small.deficit == calc.Counts(1, 0, 0)
        assert small.ratio.is_met and small.coverage is not None
        assert f"{float(small.coverage):.3f}" == "0.495"
        assert small.moves == calc.Moves(0, 1, 0, is_red_excess=False)
        large = check(4_500_000, 0, 450_000, calc.Counts(5, 9, 26), slow)
        assert large.required == calc.Counts(6, 10, 24)
        assert large.k_funnel is not None and f"{float(large.k_funnel):.3f}" == "0.833"
        assert (large.ratio.need_green, large.ratio.need_yellow) == (2, 3)
        assert calc.worst_zone([small.zone, large.zone]) is Zone.YELLOW
        assert calc.worst_zone([Zone.GREEN, None, Zone.RED]) is Zone.RED
        assert calc.worst_zone([None]) is None

    def test_exactly_three_greens_are_not_four(self) -> None:
        quick = reference((50, 60, 70), (10, 10, 7))
        assert check(270_000, 0, 30_000, calc.Counts(3, 0, 0), quick).required.green == 3

    def test_fulfilled_plan_requires_nothing(self) -> None:
        result = check(100, 200, 80, calc.Counts(0, 0, 0), DEFAULT_REFERENCE)
        assert result.required == calc.Counts(0, 0, 0)
        assert set(result.k.values()) == {None} and result.k_funnel is None
        assert result.zone is Zone.GREEN and result.coverage is None and not result.moves

    def test_empty_funnel_needs_clients_from_outside(self) -> None:
        result = check(1_200_000, 0, 80_000, calc.Counts(0, 0, 0), DEFAULT_REFERENCE)
        assert result.k_funnel == 0 and result.zone is Zone.RED
        assert result.moves == calc.Moves(0, 0, clients_missing=20, is_red_excess=False)

    def test_money_coverage_uses_the_real_amounts(self) -> None:
        facts = calc.FunnelInput(
            Decimal(100),
            Decimal(20),
            Decimal(10),
            30,
            calc.Counts(1, 0, 0),
            DEFAULT_REFERENCE,
            expected_money=Decimal(60),
        )
        assert calc.check_funnel(facts).coverage_money == Fraction(3, 4)

    def test_cheque_and_period_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="positive"):
            check(100, 0, 0, calc.Counts(1, 1, 1), DEFAULT_REFERENCE)

    def test_manager_deviates_from_the_department_by_17_points(self) -> None:
        found = calc.deviation(calc.Counts(6, 14, 54), calc.Counts(12, 20, 40))
        assert percent(found) == "17.42" and calc.is_deviating(found)
        assert not calc.is_deviating(Fraction(10, 100)) and not calc.is_deviating(None)
        assert calc.deviation(calc.Counts(0, 0, 0), calc.Counts(1, 1, 1)) is None

    @example(0, 0, 1)
    @example(1, 0, 0)
    @given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
    def test_after_the_moves_the_floors_are_met(self, green: int, yellow: int, red: int) -> None:
        actual = calc.Counts(green, yellow, red)
        moves = calc.moves_to(actual, calc.Counts(0, 0, 0))
        after = calc.Counts(
            green + moves.yellow_to_green,
            yellow + moves.red_to_yellow - moves.yellow_to_green,
            red - moves.red_to_yellow,
        )
        assert min(after.green, after.yellow, after.red) >= 0
        if not moves.clients_missing:
            assert calc.check_ratio(after).is_met

    def test_velocity_and_pipeline_coverage(self) -> None:
        assert calc.velocity(70, Fraction(21, 100), Decimal(80_000), Fraction(30)) == 39_200
        assert f"{float(calc.required_coverage(DEFAULT_REFERENCE)):.2f}" == "4.76"
        with pytest.raises(ValueError, match="takes time"):
            calc.velocity(1, Fraction(1), Decimal(1), Fraction(0))

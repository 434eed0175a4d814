"""Are there enough people: worked numbers, plain calculations beside them, laws, impossible input."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp, factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.calculator import Code, Why, WrongInput
from planning.constants import PerColour, Reference, Zone
from staffing import calculator as calc
from staffing.constants import FARMER_POOLS, HUNTER_POOLS, Bottleneck, Pool

FULL = calc.Employee(month=12)
TIME = calc.WorkTime(22)
SHARES = st.integers(1, 100).map(lambda percent: Fraction(percent, 100))
DAYS = st.integers(0, 10).map(Fraction)
REFERENCES = st.builds(Reference, st.builds(PerColour, SHARES, SHARES, SHARES), st.builds(PerColour, DAYS, DAYS, DAYS))


def hunters(plan: int, cheque: int = 80_000, time: calc.WorkTime = TIME) -> calc.Required:
    return calc.hunters_required([calc.SegmentDemand(Decimal(plan), Decimal(cheque))], time)


def shown(value: Fraction | None, digits: int = 3) -> str:
    assert value is not None
    return f"{float(value):.{digits}f}"


def faults(caught: pytest.ExceptionInfo[WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


class TestSixMillionOfHunters:
    need = hunters(6_000_000)

    def test_the_list(self):
        assert shown(self.need.entries, 2) == "357.14"
        assert (shown(self.need.clients, 2), shown(self.need.fte_list)) == ("214.29", "3.061")
        assert shown(self.need.fte_stress) == "2.381"

    @pytest.mark.parametrize(
        ("pool", "minutes", "capacity", "fte"),
        [
            (Pool.TELEMARKETING, "5714", "2024", "2.823"),
            (Pool.MEETINGS, "21429", "4858", "4.411"),
            (Pool.DOCUMENTS, "3214", "972", "3.309"),
        ],
    )
    def test_the_blocks_of_the_week(self, pool, minutes, capacity, fte):
        load = self.need.pools[pool]
        assert (shown(load.minutes, 0), shown(load.capacity, 0), shown(load.fte.value)) == (minutes, capacity, fte)

    def test_six_are_more_than_enough_and_stay_so_after_half_a_year_of_leaving(self):
        verdict = calc.check_staff(self.need, calc.available_fte([FULL] * 6))
        assert shown(self.need.fte.value) == "4.411" and self.need.headcount == 5
        assert shown(verdict.k.value) == "1.360" and verdict.zone is Zone.GREEN
        ahead = calc.hires_for(self.need.fte.value, [FULL] * 6, horizon=6, attrition=Fraction(25, 100))
        assert (ahead.available, ahead.hires) == (Fraction(525, 100), 0)


class TestNineMillionOfHunters:
    need = hunters(9_000_000)
    people = [*[FULL] * 5, calc.Employee(2), calc.Employee(1)]

    def test_the_meetings_are_the_bottleneck(self):
        assert (shown(self.need.entries, 2), shown(self.need.clients, 2)) == ("535.71", "321.43")
        assert shown(self.need.fte_list) == "4.592"
        load = self.need.pools[Pool.MEETINGS]
        assert (shown(load.minutes, 0), shown(load.capacity, 0)) == ("32143", "4858")
        assert shown(self.need.fte.value) == "6.617" and self.need.headcount == 7
        assert self.need.bottleneck is Bottleneck.MEETINGS

    def test_two_newcomers_make_five_and_three_quarters_and_a_yellow_light(self):
        there = calc.available_fte(self.people)
        verdict = calc.check_staff(self.need, there)
        assert there == Fraction(575, 100)
        assert shown(verdict.k.value) == "0.869" and verdict.zone is Zone.YELLOW

    def test_one_is_hired_now(self):
        ahead = calc.hires_for(self.need.fte.value, self.people, horizon=4, attrition=Fraction(30, 100))
        assert ahead.available == Fraction(63, 10)
        assert shown(ahead.gap) == "0.317" and ahead.hires == 1

    def test_for_the_present_month_it_is_too_late_and_the_gap_is_shown(self):
        ahead = calc.hires_for(self.need.fte.value, self.people, horizon=0, attrition=Fraction(30, 100))
        assert (ahead.hires, ahead.why) == (None, Why.TOO_LATE)
        assert shown(ahead.gap) == "0.867"


class TestFarmers:
    groups = [
        calc.CustomerGroup(40, 4, 1),
        calc.CustomerGroup(160, 2, Fraction(1, 4)),
        calc.CustomerGroup(500, 1, Fraction(5, 100)),
    ]
    need = calc.farmers_required(groups, TIME)

    @pytest.mark.parametrize(
        ("pool", "minutes", "capacity", "fte"),
        [
            (Pool.TELEMARKETING, 14_700, "2428.80", "6.052"),
            (Pool.MEETINGS, 9_450, "2914.56", "3.242"),
            (Pool.STUDY, 7_000, "2024.00", "3.458"),
        ],
    )
    def test_the_base_of_seven_hundred_by_blocks(self, pool, minutes, capacity, fte):
        load = self.need.pools[pool]
        assert (load.minutes, shown(load.capacity, 2), shown(load.fte.value)) == (minutes, capacity, fte)

    def test_six_farmers_are_yellow_by_the_telephone(self):
        verdict = calc.check_staff(self.need, 6)
        assert shown(self.need.fte.value) == "6.052" and self.need.headcount == 7
        assert shown(verdict.k.value) == "0.991" and verdict.zone is Zone.YELLOW
        assert verdict.bottleneck is Bottleneck.TELEMARKETING


def test_the_blocks_are_those_of_the_printed_weeks():
    others = {"hunter": 100 + 120 + 90 + 90 + 60, "farmer": 100 + 90 + 90 + 60}
    assert sum(HUNTER_POOLS.values()) + others["hunter"] == 2400
    assert sum(FARMER_POOLS.values()) + others["farmer"] == 2400
    assert HUNTER_POOLS[Pool.MEETINGS] == 12 * 100


class TestPeople:
    @pytest.mark.parametrize(
        ("month", "part"),
        [(-3, 0), (0, 0), (1, Fraction(1, 4)), (2, Fraction(1, 2)), (3, Fraction(3, 4)), (4, 1), (99, 1)],
    )
    def test_a_newcomer_grows_by_a_quarter_a_month(self, month, part):
        assert calc.ramp_of_month(month) == part

    @pytest.mark.parametrize(
        ("employed_on", "day", "month"),
        [
            (date(2026, 11, 2), date(2026, 11, 2), 1),
            (date(2026, 11, 2), date(2026, 12, 1), 1),
            (date(2026, 11, 2), date(2026, 12, 2), 2),
            (date(2026, 12, 1), date(2026, 11, 20), 0),
            (date(2020, 1, 1), date(2026, 1, 1), 73),
            (None, date(2026, 1, 1), 4),
        ],
    )
    def test_the_month_of_employment(self, employed_on, day, month):
        assert calc.employment_month(employed_on, day) == month

    def test_half_a_day_is_half_and_a_head_is_nobody(self):
        people = [calc.Employee(9, Fraction(1, 2)), calc.Employee(9, 0), calc.Employee(1, Fraction(1, 2))]
        assert calc.available_fte(people) == Fraction(5, 8)

    def test_nobody_is_left_when_more_than_everybody_leaves(self):
        assert calc.available_fte([FULL], horizon=12, attrition=2) == 0

    def test_more_than_a_whole_person_is_refused(self):
        with pytest.raises(WrongInput) as caught:
            calc.available_fte([calc.Employee(1, Decimal("1.5"))], horizon=-1, attrition=-1)
        assert faults(caught) == {"horizon": Code.NEGATIVE, "attrition": Code.NEGATIVE, "part_time": Code.ABOVE_ONE}


class TestHiring:
    def test_a_hire_of_the_second_month_is_worth_half(self):
        # Search of one month, so in two months the newcomer is in his second.
        assert calc.hires_for(1, [], horizon=2).hires == 2
        assert calc.hires_for(1, [], horizon=1).hires == 4
        assert calc.hires_for(1, [], horizon=4).hires == 1

    def test_the_search_begins_four_months_before_the_gap(self):
        plan = calc.hiring_plan(Fraction(11, 2), [FULL] * 6, attrition=Fraction(20, 100))
        # 6 · (1 − 0.2 · h / 12) is 5.5 in month 5 and below it in month 6.
        assert (plan.first_gap, plan.search_in, plan.is_late) == (6, 2, False)

    def test_a_gap_of_today_is_late(self):
        plan = calc.hiring_plan(3, [FULL])
        assert (plan.first_gap, plan.search_in, plan.is_late) == (0, 0, True)

    def test_enough_people_need_no_search(self):
        plan = calc.hiring_plan(1, [FULL])
        assert plan.first_gap is None and plan.search_in is None and not plan.is_late
        assert {one.hires for one in plan.months} == {0}

    @settings(max_examples=40)
    @given(st.integers(0, 400), st.lists(st.integers(-2, 6), max_size=8), st.integers(1, 12), st.integers(0, 100))
    def test_the_hired_close_the_gap_and_one_fewer_would_not(self, quarters, months, horizon, percent):
        people = [calc.Employee(month) for month in months]
        required, leave = Fraction(quarters, 4), Fraction(percent, 100)
        ahead = calc.hires_for(required, people, horizon=horizon, attrition=leave)
        strength = min(horizon, 4) * Fraction(1, 4)
        assert ahead.available + ahead.hires * strength >= required
        if ahead.hires:
            assert ahead.available + (ahead.hires - 1) * strength < required


class TestEdges:
    def test_no_plan_needs_nobody_whoever_is_there(self):
        verdict = calc.check_staff(hunters(0), 0)
        assert (verdict.k.why, verdict.zone, verdict.required.headcount) == (Why.NOTHING_REQUIRED, Zone.GREEN, 0)
        assert verdict.bottleneck is None

    def test_an_empty_department_is_red_and_not_endless(self):
        verdict = calc.check_staff(hunters(1), 0)
        assert verdict.k.value == 0 and verdict.zone is Zone.RED

    @pytest.mark.parametrize("time", [calc.WorkTime(0), calc.WorkTime(22, absence=1)])
    def test_without_time_the_need_is_not_computable(self, time):
        need = hunters(6_000_000, time=time)
        assert (need.fte.why, need.headcount, need.bottleneck) == (Why.NO_WORKING_DAYS, None, None)
        verdict = calc.check_staff(need, 6)
        assert verdict.k.why is Why.NO_WORKING_DAYS and verdict.zone is None
        assert hunters(0, time=time).headcount == 0

    def test_the_whole_range_of_money_stays_a_number(self):
        need = calc.hunters_required([calc.SegmentDemand(Decimal("999999999999.99"), Decimal("0.01"))], TIME)
        assert need.headcount is not None and need.headcount > 10**12

    @pytest.mark.parametrize(
        ("k", "zone"), [("0.85", Zone.YELLOW), ("0.8499", Zone.RED), ("1", Zone.GREEN), ("0.9999", Zone.YELLOW)]
    )
    def test_bands_of_the_light_include_their_lower_bound(self, k, zone):
        assert calc.staff_zone(Fraction(k)) is zone

    def test_a_role_that_requires_nobody_is_left_out_of_the_least(self):
        nothing, tight = calc.check_staff(hunters(0), 0), calc.check_staff(hunters(6_000_000), 4)
        assert calc.worst_staff([nothing, tight]) == (tight.k.value, Zone.YELLOW)
        assert calc.worst_staff([nothing]) == (None, Zone.GREEN)
        assert calc.worst_staff([]) == (None, None)

    def test_impossible_input_is_named(self):
        with pytest.raises(WrongInput) as caught:
            hunters(1, time=calc.WorkTime(-1, absence=Decimal("1.1")))
        assert faults(caught) == {"working_days": Code.NEGATIVE, "absence": Code.ABOVE_ONE}
        with pytest.raises(WrongInput) as caught:
            hunters(-1, cheque=0)
        assert faults(caught) == {"money": Code.NEGATIVE, "average_cheque": Code.NOT_POSITIVE}
        with pytest.raises(WrongInput) as caught:
            calc.farmers_required([calc.CustomerGroup(Decimal("0.5"), -1, Decimal("NaN"))], TIME)  # type: ignore[arg-type]
        assert faults(caught) == {"customers": Code.NOT_WHOLE, "contacts": Code.NEGATIVE, "visits": Code.NOT_A_NUMBER}


class TestLaws:
    @settings(max_examples=30)
    @given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**6), REFERENCES, st.integers(1, 23))
    def test_more_plan_never_needs_fewer_people(self, plan, more, cheque, reference, days):
        low, high = (
            calc.hunters_required([calc.SegmentDemand(Decimal(one), Decimal(cheque), reference)], calc.WorkTime(days))
            for one in (plan, plan + more)
        )
        assert low.fte.value <= high.fte.value and low.headcount <= high.headcount

    @settings(max_examples=30)
    @given(
        st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 10**6), REFERENCES), max_size=4), st.integers(1, 23)
    )
    def test_segments_apart_add_up_as_in_a_plain_calculation(self, segments, days):
        need = calc.hunters_required(
            [calc.SegmentDemand(Decimal(plan), Decimal(cheque), reference) for plan, cheque, reference in segments],
            calc.WorkTime(days),
        )
        entries, clients = Fraction(0), Fraction(0)
        for plan, cheque, reference in segments:
            p, t = reference.conversion, reference.days
            green = Fraction(plan, cheque) / p.green
            yellow = green / p.yellow
            red = yellow / p.red
            entries += red
            clients += (green * t.green + yellow * t.yellow + red * t.red) / 30
        week = Fraction(days * 92, 5 * 100)
        needs = [clients / 70, entries * 16 / (500 * week), entries * 60 / (1200 * week), entries * 9 / (240 * week)]
        assert (need.entries, need.clients, need.fte.value) == (entries, clients, max(needs))
        assert need.headcount == ceil(max(needs))


class TestIncomingLines:
    @staticmethod
    def plain(load: float, agents: int, seconds: float, handling: float) -> tuple[float, float]:
        busy = load**agents / factorial(agents) * agents / (agents - load)
        waits = busy / (sum(load**k / factorial(k) for k in range(agents)) + busy)
        return waits, 1 - waits * exp(-(agents - load) * seconds / handling)

    def test_a_hundred_calls_of_three_minutes_need_eight_people(self):
        queue = calc.Queue(100, 180)
        assert queue.load == 5
        seven, eight = calc.answering(queue, 7), calc.answering(queue, 8)
        assert (f"{seven.waits:.4f}", f"{seven.level:.4f}") == ("0.3241", "0.7404")
        assert (f"{eight.waits:.4f}", f"{eight.level:.4f}") == ("0.1673", "0.8801")
        assert calc.agents_needed(queue) == eight

    @settings(max_examples=40)
    @given(st.integers(1, 400), st.integers(10, 600), st.integers(0, 120), st.integers(1, 60))
    def test_the_formula_holds_against_a_plain_calculation(self, calls, handling, seconds, agents):
        queue = calc.Queue(calls, handling, seconds)
        found = calc.answering(queue, agents)
        if agents <= queue.load:
            assert (found.waits, found.level, found.is_growing) == (1, 0, True)
            return
        waits, level = self.plain(float(queue.load), agents, seconds, handling)
        assert float(found.waits) == pytest.approx(waits, rel=1e-9, abs=1e-12)
        assert float(found.level) == pytest.approx(level, rel=1e-9, abs=1e-9)

    @settings(max_examples=25)
    @given(st.integers(1, 3000), st.integers(10, 600))
    def test_the_number_named_is_the_least(self, calls, handling):
        queue = calc.Queue(calls, handling)
        found = calc.agents_needed(queue)
        assert found.level >= Decimal("0.8")
        assert calc.answering(queue, found.agents) == found
        assert calc.answering(queue, found.agents - 1).level < Decimal("0.8")

    def test_without_calls_nobody_is_needed(self):
        found = calc.agents_needed(calc.Queue(0, 180))
        assert (found.agents, found.waits, found.level) == (0, 0, 1)
        assert calc.answering(calc.Queue(100, 180), 0).is_growing

    def test_as_many_people_as_erlangs_never_catch_up(self):
        five, six = (calc.answering(calc.Queue(100, 180), agents) for agents in (5, 6))
        assert five.is_growing and (five.waits, five.level) == (1, 0)
        assert not six.is_growing

    def test_impossible_lines_are_named(self):
        with pytest.raises(WrongInput) as caught:
            calc.agents_needed(calc.Queue(-1, 90_000, -5))
        assert faults(caught) == {
            "calls_an_hour": Code.NEGATIVE,
            "handling_seconds": Code.TOO_LARGE,
            "answer_seconds": Code.NEGATIVE,
        }
        with pytest.raises(WrongInput) as caught:
            calc.agents_needed(calc.Queue(100_000, 600))
        assert faults(caught) == {"load": Code.TOO_LARGE}
        with pytest.raises(WrongInput) as caught:
            calc.agents_needed(calc.Queue(1, 1), level=1)
        assert faults(caught) == {"level": Code.TOO_LARGE}


class TestScenarios:
    @staticmethod
    def scenario(name: str, plan: int, **extra: object) -> calc.Scenario:
        demand = calc.SegmentDemand(Decimal(plan), Decimal(80_000))
        return calc.Scenario(name, [demand], extra.pop("time", TIME), [FULL] * 6, **extra)  # type: ignore[arg-type]

    def test_every_scenario_is_held_against_the_first(self):
        now, more = calc.compare([self.scenario("now", 6_000_000), self.scenario("more", 9_000_000, horizon=4)])
        assert (now.fte_difference, now.headcount_difference) == (0, 0)
        assert shown(more.fte_difference) == "2.206" and more.headcount_difference == 2
        assert more.ahead.hires == 1 and more.verdict.zone is Zone.YELLOW

    def test_one_that_cannot_be_computed_does_not_spoil_the_others(self):
        closed, open_ = calc.compare(
            [self.scenario("closed", 1, time=calc.WorkTime(0)), self.scenario("open", 6_000_000)]
        )
        assert closed.ahead is None and closed.verdict.zone is None
        assert open_.fte_difference is None and open_.headcount_difference is None
        assert open_.verdict.zone is Zone.GREEN
        assert calc.compare([]) == ()

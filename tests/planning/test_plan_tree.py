"""A year's target down to its days, edited months, people of half a month, the season, control weeks that are done."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.production_calendar import seeded_kinds
from common.workdays import Calendar, DayKind, PeriodKind, month_end
from planning import calculator as calc
from planning.calculator import Code
from planning.constants import Zone

CALENDAR = Calendar(seeded_kinds([2026]))
SEASON = {1: Fraction(8, 10), 8: Fraction(9, 10), 12: Fraction(12, 10)}
NOVEMBER = calc.split_month(Decimal("9744214.37"), CALENDAR, 2026, 11)
DAYS = [date(2026, 1, 1) + timedelta(days=at) for at in range(365)]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    kinds = st.sampled_from([DayKind.WORKDAY, DayKind.WEEKEND, DayKind.HOLIDAY, DayKind.SHORT])
    return Calendar(draw(st.dictionaries(st.sampled_from(DAYS), kinds, max_size=60)))


def code_of(caught: pytest.ExceptionInfo[calc.WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


def test_the_tree_of_the_year_holds_the_worked_numbers_at_every_level():
    tree = calc.plan_tree(Decimal(120_000_000), CALENDAR, 2026, SEASON)
    assert [str(plan) for _, plan in tree[PeriodKind.YEAR]] == ["120000000.00"]
    assert [str(plan) for _, plan in tree[PeriodKind.HALF]] == ["55542021.93", "64457978.07"]
    assert [str(plan) for _, plan in tree[PeriodKind.QUARTER]] == [
        "25334957.37", "30207064.56", "31132764.92", "33325213.15",
    ]  # fmt: skip
    assert str(tree[PeriodKind.MONTH][10][1]) == "9744214.37"
    november = [plan for period, plan in tree[PeriodKind.WEEK] if period.starts_on.month == 11]
    assert [str(plan) for plan in november] == ["1948842.88", "2436053.60", "2436053.60", "2923264.29"]
    assert len(tree[PeriodKind.DAY]) == 247 and len(tree[PeriodKind.WEEK]) == 48


@settings(max_examples=15)
@given(
    calendars(),
    st.integers(0, 10**13),
    st.lists(st.integers(0, 30).map(lambda tenths: Fraction(tenths, 10)), min_size=12, max_size=12),
)
def test_children_sum_to_the_parent_to_the_kopeck_for_any_calendar(calendar, kopecks, season):
    total = Decimal(kopecks) / 100
    coefficients = dict(enumerate(season, 1))
    try:
        tree = calc.plan_tree(total, calendar, 2026, coefficients)
    except calc.WrongInput as error:
        assert [one.code for one in error.problems] == [Code.NO_WORKING_DAY]
        assert not any(season)
        return
    for kind in PeriodKind:
        assert sum(plan for _, plan in tree[kind]) == total, kind
        for (before, _), (after, _) in pairwise(tree[kind]):
            assert before.ends_on < after.starts_on
    for month, plan in tree[PeriodKind.MONTH]:
        for kind in (PeriodKind.WEEK, PeriodKind.TRIAD, PeriodKind.DAY):
            inside = [amount for period, amount in tree[kind] if period.starts_on in month]
            assert sum(inside) == plan, (kind, month)


@settings(max_examples=15)
@given(st.integers(0, 10**12), calendars())
def test_days_of_a_month_are_equal_but_for_one_kopeck_of_the_earlier_ones(kopecks, calendar):
    days = list(calc.split_days(Decimal(kopecks) / 100, calendar, date(2026, 3, 1), date(2026, 3, 31)).values())
    share, spare = divmod(kopecks, len(days))
    assert [int(plan * 100) for plan in days] == [share + 1] * spare + [share] * (len(days) - spare)


def test_a_manager_who_came_on_the_sixteenth_has_plans_from_then_on():
    days = calc.split_days(Decimal(1_000_000), CALENDAR, date(2026, 11, 16), date(2026, 11, 30))
    assert min(days) == date(2026, 11, 16) and len(days) == 11
    assert sum(days.values()) == 1_000_000


def test_a_manager_who_left_on_a_day_off_before_work_began_can_have_no_money():
    with pytest.raises(calc.WrongInput) as caught:
        calc.split_days(Decimal("0.01"), CALENDAR, date(2026, 1, 1), date(2026, 1, 4))
    assert code_of(caught) == {"total": Code.NO_WORKING_DAY}
    assert calc.split_days(Decimal(0), CALENDAR, date(2026, 1, 1), date(2026, 1, 4)) == {}


class TestAnEditedMonth:
    SINCE = date(2026, 11, 16)

    def test_a_new_day_off_changes_the_future_only(self):
        edited = Calendar({**seeded_kinds([2026]), date(2026, 11, 20): DayKind.HOLIDAY})
        days = calc.resplit_month(Decimal("9744214.37"), NOVEMBER, edited, 2026, 11, self.SINCE)
        assert {day: plan for day, plan in days.items() if day < self.SINCE} == {
            day: plan for day, plan in NOVEMBER.items() if day < self.SINCE
        }
        assert date(2026, 11, 20) not in days and sum(days.values()) == Decimal("9744214.37")

    def test_a_past_day_that_was_taken_off_keeps_its_plan(self):
        edited = Calendar({**seeded_kinds([2026]), date(2026, 11, 3): DayKind.HOLIDAY})
        days = calc.resplit_month(Decimal("9744214.37"), NOVEMBER, edited, 2026, 11, self.SINCE)
        assert days == NOVEMBER

    def test_an_edit_of_the_first_day_is_the_month_anew(self):
        assert calc.resplit_month(Decimal("9744214.37"), NOVEMBER, CALENDAR, 2026, 11, date(2026, 11, 1)) == NOVEMBER

    def test_a_target_below_what_has_gone_by_is_refused(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.resplit_month(Decimal(1), NOVEMBER, CALENDAR, 2026, 11, self.SINCE)
        assert code_of(caught) == {"total": Code.BELOW_ELAPSED}

    def test_money_left_without_a_day_to_put_it_on_is_refused(self):
        with pytest.raises(calc.WrongInput) as caught:
            calc.resplit_month(Decimal(10_000_000), NOVEMBER, CALENDAR, 2026, 11, date(2026, 12, 1))
        assert code_of(caught) == {"total": Code.NO_WORKING_DAY}

    @settings(max_examples=15)
    @given(calendars(), st.integers(1, 30))
    def test_the_month_stays_whole_after_any_edit(self, calendar, day):
        since = date(2026, 11, day)
        try:
            days = calc.resplit_month(Decimal("9744214.37"), NOVEMBER, calendar, 2026, 11, since)
        except calc.WrongInput as error:
            assert [one.code for one in error.problems] == [Code.NO_WORKING_DAY]
            assert not calendar.working_days(since, month_end(2026, 11))
            return
        assert sum(days.values()) == Decimal("9744214.37")


class TestSeason:
    def test_a_year_paid_by_its_working_days_has_no_season(self):
        flat = Calendar({})
        year = {
            month: Decimal(len(flat.working_days(date(2025, month, 1), month_end(2025, month))))
            for month in range(1, 13)
        }
        for value in calc.season_suggestion({2025: year}, flat).values():
            assert value == 1

    def test_the_two_latest_years_speak_and_each_weighs_the_same(self):
        small = dict.fromkeys(range(1, 13), Decimal(0)) | {1: Decimal(10), 2: Decimal(10)}
        large = dict.fromkeys(range(1, 13), Decimal(0)) | {1: Decimal(3_000_000), 2: Decimal(1_000_000)}
        old = {3: Decimal(10**9)}
        found = calc.season_suggestion({2023: old, 2024: small, 2025: large}, CALENDAR)
        january = [len(CALENDAR.working_days(date(y, 1, 1), date(y, 1, 31))) for y in (2024, 2025)]
        whole = [len(CALENDAR.working_days(date(y, 1, 1), date(y, 12, 31))) for y in (2024, 2025)]
        share = Fraction(january[0], whole[0]) + Fraction(january[1], whole[1])
        assert found[1] == (Fraction(1, 2) + Fraction(3, 4)) / share
        assert found[3] == 0

    def test_a_year_that_brought_nothing_suggests_nothing(self):
        assert calc.season_suggestion({}, CALENDAR) is None
        assert calc.season_suggestion({2025: {1: Decimal(-5)}}, CALENDAR) is None

    def test_a_month_that_never_worked_keeps_the_coefficient_of_one(self):
        closed = Calendar({date(2025, 2, day): DayKind.HOLIDAY for day in range(1, 29)})
        assert calc.season_suggestion({2025: {1: Decimal(5), 2: Decimal(5)}}, closed)[2] == 1

    def test_the_suggestion_brings_the_shares_of_the_past_back(self):
        past = {month: Decimal(1000 * month) for month in range(1, 13)}
        season = calc.season_suggestion({2026: past}, CALENDAR)
        again = calc.split_year(Decimal(sum(past.values())), CALENDAR, 2026, season)
        assert again == {month: Decimal(f"{plan}.00") for month, plan in past.items()}


class TestControlWeeks:
    def test_four_weeks_done_are_the_month_done(self):
        weeks = calc.control_week_plans(NOVEMBER, 2026, 11)
        done = [(plan, plan) for _, plan in weeks]
        assert calc.weeks_done(done) == 4
        plan, fact = sum(plan for plan, _ in done), sum(fact for _, fact in done)
        assert calc.attainment(fact, plan) == 1 and calc.light(fact, plan) is Zone.GREEN

    def test_a_kopeck_less_in_one_week_is_three_weeks(self):
        weeks = [(plan, plan) for _, plan in calc.control_week_plans(NOVEMBER, 2026, 11)]
        weeks[2] = (weeks[2][0], weeks[2][0] - Decimal("0.01"))
        assert calc.weeks_done(weeks) == 3

    def test_a_week_of_new_year_without_working_days_counts_as_done(self):
        assert calc.is_week_done(Decimal(0), Decimal(0)) and calc.is_week_done(Decimal(0), Decimal(-5))


@pytest.mark.parametrize(
    ("total", "season", "fault"),
    [
        (Decimal(-1), {}, {"total": Code.NEGATIVE}),
        (Decimal(10) ** 12, {}, {"total": Code.TOO_LARGE}),
        (Decimal("0.001"), {}, {"total": Code.TOO_FINE}),
        (Decimal(1), {3: Fraction(-1, 2)}, {"season_3": Code.NEGATIVE}),
        (Decimal(1), dict.fromkeys(range(1, 13), Fraction(0)), {"total": Code.NO_WORKING_DAY}),
    ],
)
def test_an_impossible_year_is_named_by_its_field(total, season, fault):
    with pytest.raises(calc.WrongInput) as caught:
        calc.plan_tree(total, CALENDAR, 2026, season)
    assert code_of(caught) == fault

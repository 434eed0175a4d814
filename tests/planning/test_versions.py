"""A new version of a year, its division between people, and two versions side by side. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.production_calendar import seeded_kinds
from common.workdays import Calendar
from planning import calculator as calc
from planning.calculator import Code

CALENDAR = Calendar(seeded_kinds([2026]))
SEASON = {1: Fraction(8, 10), 8: Fraction(9, 10), 12: Fraction(12, 10)}
YEAR = calc.split_year(Decimal(120_000_000), CALENDAR, 2026, SEASON)


def faults(caught: pytest.ExceptionInfo[calc.WrongInput]) -> dict[str, Code]:
    return {one.field: one.code for one in caught.value.problems}


def test_the_first_version_is_the_year_split_as_ever():
    assert calc.revise_year(Decimal(120_000_000), CALENDAR, 2026, season=SEASON) == YEAR


def test_months_that_are_over_keep_their_plan_and_the_rest_takes_the_change():
    kept = {month: YEAR[month] for month in range(1, 11)}
    revised = calc.revise_year(Decimal(130_000_000), CALENDAR, 2026, season=SEASON, kept=kept)
    assert {month: revised[month] for month in kept} == kept
    assert sum(revised.values()) == 130_000_000
    # 20 working days × 1 and 22 × 1.2 share what is left.
    left = Fraction(130_000_000) - Fraction(sum(kept.values()))
    assert abs(Fraction(revised[11]) - left * Fraction(200, 464)) < Fraction(1, 100)


def test_the_same_total_again_changes_nothing():
    kept = {month: YEAR[month] for month in range(1, 7)}
    again = calc.revise_year(Decimal(120_000_000), CALENDAR, 2026, season=SEASON, kept=kept)
    assert [
        line.difference for line in calc.compare_versions(YEAR, again) if abs(line.difference) > Decimal("0.01")
    ] == []


@pytest.mark.parametrize(
    ("total", "season", "kept", "fault"),
    [
        (Decimal(1), {}, {1: Decimal(2)}, {"total": Code.BELOW_ELAPSED}),
        (Decimal(-1), {5: Fraction(-1)}, {}, {"total": Code.NEGATIVE, "season_5": Code.NEGATIVE}),
        (Decimal("0.005"), {5: 101}, {}, {"total": Code.TOO_FINE, "season_5": Code.TOO_LARGE}),
        (Decimal(5), dict.fromkeys(range(1, 13), 0), {}, {"total": Code.NO_WORKING_DAY}),
        (Decimal(5), {}, dict.fromkeys(range(1, 13), Decimal(0)), {"total": Code.NO_WORKING_DAY}),
    ],
)
def test_an_impossible_version_is_named_by_its_field(total, season, kept, fault):
    with pytest.raises(calc.WrongInput) as caught:
        calc.revise_year(total, CALENDAR, 2026, season=season, kept=kept)
    assert faults(caught) == fault


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 10**11), min_size=12, max_size=12),
    st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any),
)
def test_people_sum_to_every_month_to_the_kopeck(kopecks, weights):
    months = {at: Decimal(one) / 100 for at, one in enumerate(kopecks, 1)}
    shares = calc.split_between(months, dict(enumerate(weights)))
    for month, plan in months.items():
        assert sum(of_person[month] for of_person in shares.values()) == plan


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 10**11), min_size=1, max_size=23),
    st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any),
    st.booleans(),
    st.integers(1, 23),
)
def test_parts_make_every_day_and_their_days_make_them_and_the_past_does_not_look_ahead(kopecks, weights, is_all, gone):
    days = {date(2026, 11, at): Decimal(one) / 100 for at, one in enumerate(kopecks, 1)}
    total = sum(days.values(), Decimal(0))
    parts = {part: months[1] for part, months in calc.split_between({1: total}, dict(enumerate(weights))).items()}
    if not is_all:
        parts.pop(max(parts))
    found = calc.days_between(days, parts)
    assert all(sum(found[part].values()) == amount for part, amount in parts.items())
    for day, plan in days.items():
        of_day = [found[part][day] for part in parts]
        assert min(of_day, default=0) >= 0 and (sum(of_day) == plan if is_all else sum(of_day) <= plan)
    ahead = {day: plan for day, plan in days.items() if day.day > gone}
    if ahead:
        moved = {day: plan for day, plan in days.items() if day.day <= gone} | {
            date(2026, 11, 30): sum(ahead.values(), Decimal(0))
        }
        again = calc.days_between(moved, parts)
        assert all(again[part][day] == found[part][day] for part in parts for day in moved if day.day <= gone)
    assert calc.days_between(days, {1: total, 2: Decimal("0.01")}) is None


def test_a_spare_kopeck_goes_to_the_lower_id():
    shares = calc.split_between({1: Decimal("0.01")}, {9: 1, 4: 1})
    assert shares == {4: {1: Decimal("0.01")}, 9: {1: Decimal("0.00")}}


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({}, Code.MISSING),
        ({1: 0, 2: 0}, Code.NOT_POSITIVE),
        ({1: 1, 2: -1}, Code.NEGATIVE),
        ({1: Decimal("NaN")}, Code.NOT_A_NUMBER),
    ],
)
def test_nobody_to_divide_between_is_named(weights, code):
    with pytest.raises(calc.WrongInput) as caught:
        calc.split_between({1: Decimal(1)}, weights)
    assert faults(caught) == {"weights": code}


def test_two_versions_are_compared_month_by_month():
    lines = calc.compare_versions({1: Decimal(5), 2: Decimal(7)}, {2: Decimal(9), 3: Decimal(1)})
    assert [(one.month, one.before, one.after, one.difference) for one in lines] == [
        (1, 5, None, -5),
        (2, 7, 9, 2),
        (3, None, 1, 1),
    ]

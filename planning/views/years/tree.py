"""A year's plan unfolded: half → quarter → month → control week, triad and day, every part to the kopeck."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.workdays import Calendar, Period, PeriodKind, month_end
from planning.calculator import tree_of_months
from planning.calculator.split import PlanTree
from planning.models import YearPlan
from planning.selectors.year_plans import kept_months, months_of
from planning.services import PlanScope
from planning.views.calculators.texts import number_text
from planning.views.years.scope import scope_of, scope_pairs

_MONTHS = 3  # of a quarter


def month_name(month: int) -> str:
    """«Ноябрь»."""
    return str(MONTHS[month])


def year_tree(
    scope: PlanScope, months: Mapping[int, Decimal], season: Mapping[int, Decimal], kept: Mapping[int, Decimal]
) -> dict[str, Any]:
    """What the template prints: money and working days of every part, weights of months, months that are over.

    WrongInput for money in a month without working days.
    """
    calendar = production_calendar()
    tree = tree_of_months(months, calendar, scope.year)
    leaves = [_month(scope, tree, calendar, at, season, at in kept) for at in range(1, 13)]
    quarters = [
        _branch(_("Quarter %(n)s") % {"n": at + 1}, period, plan, calendar, leaves[at * _MONTHS : (at + 1) * _MONTHS])
        for at, (period, plan) in enumerate(tree[PeriodKind.QUARTER])
    ]
    halves = [
        _branch(_("Half-year %(n)s") % {"n": at + 1}, period, plan, calendar, quarters[at * 2 : at * 2 + 2])
        for at, (period, plan) in enumerate(tree[PeriodKind.HALF])
    ]
    (year, total) = tree[PeriodKind.YEAR][0]
    return _branch(str(scope.year), year, total, calendar, halves)


def tree_of_version(plan: YearPlan, approved: YearPlan | None) -> dict[str, Any]:
    """A stored version unfolded."""
    season = {int(month): Decimal(value) for month, value in plan.season.items()}
    kept = kept_months(approved, today=clock.today())
    return year_tree(scope_of(plan), months_of(plan), season, kept)


def _branch(name: str, period: Period, plan: Decimal, calendar: Calendar, parts: list[Any]) -> dict[str, Any]:
    days = len(calendar.working_days(period.starts_on, period.ends_on))
    return {"name": name, "amount": formats.money(plan), "days": _days(days), "parts": parts}


def _month(
    scope: PlanScope, tree: PlanTree, calendar: Calendar, month: int, season: Mapping[int, Decimal], is_kept: bool
) -> dict[str, Any]:
    first, last = date(scope.year, month, 1), month_end(scope.year, month)
    plan = tree[PeriodKind.MONTH][month - 1][1]
    day_plans = [(period.starts_on, amount) for period, amount in _inside(tree, PeriodKind.DAY, first, last)]
    days = len(calendar.working_days(first, last))
    coefficient = Fraction(season.get(month, Decimal(1)))
    return {
        "name": month_name(month),
        "amount": formats.money(plan),
        "days": _days(days),
        "weight": number_text(days * coefficient, 2, short=True),
        "season": number_text(coefficient, 2, short=True) if coefficient != 1 else "",
        "is_kept": is_kept,
        "url": _month_url(scope, first),
        "weeks": [
            {
                "name": _stretch(period),
                "days": len(calendar.working_days(period.starts_on, period.ends_on)),
                "amount": formats.money(amount),
            }
            for period, amount in _inside(tree, PeriodKind.WEEK, first, last)
        ],
        "triads": [
            {
                "name": _stretch(period),
                "amount": formats.money(amount),
                "days": [
                    f"{day:%d.%m}: {formats.money(money)}"
                    for day, money in day_plans
                    if period.starts_on <= day <= period.ends_on
                ],
            }
            for period, amount in _inside(tree, PeriodKind.TRIAD, first, last)
        ],
    }


def _days(number: int) -> str:
    return ngettext("%(n)s working day", "%(n)s working days", number) % {"n": number}


def _inside(tree: PlanTree, kind: PeriodKind, first: date, last: date) -> list[tuple[Period, Decimal]]:
    return [(period, plan) for period, plan in tree[kind] if first <= period.starts_on <= last]


def _stretch(period: Period) -> str:
    if period.starts_on == period.ends_on:
        return f"{period.starts_on:%d.%m}"
    return f"{period.starts_on:%d}–{period.ends_on:%d.%m}"


def _month_url(scope: PlanScope, first: date) -> str:
    """Plan and fact of that month; of the company and of segments, the target beside its parts."""
    pairs = {name: value for name, value in scope_pairs(scope).items() if name in ("department", "user")}
    page = "/plan/parts/?" if scope.department is None or scope.segment is not None else "/plan/?"
    return page + "&".join(["period=month", f"day={first:%Y-%m-%d}", *(f"{k}={v}" for k, v in pairs.items())])

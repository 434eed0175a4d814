"""The year's plans of the demo: departments after their people's months, the company after them, segments by payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

from django.db.models import Sum

from accounts.models import Department, User
from planning.constants import DEFAULT_REFERENCE, DEFAULT_STEP_RATES, Colour
from planning.models import MonthTarget, YearPlan
from planning.selectors.dividing import SEGMENTS, shares_of
from planning.services import PlanData, PlanScope, approve_year_plan, draft_year_plan, split_year_plan

_CHEQUE = Decimal(120_000)
_NOTHING = Decimal("0.00")


def plan_years(departments: Sequence[Department], *, director: User, today: date) -> None:
    """Approved years of the company, its departments and the segments of each; parts make the whole to the kopeck."""
    whole: dict[int, Decimal] = defaultdict(Decimal)
    for department in departments:
        months = _months(department, today)
        for month, amount in months.items():
            whole[month] += amount
        _approve(PlanScope(today.year, department), months, director, today)
    _approve(PlanScope(today.year), dict(whole), director, today)


def _months(department: Department, today: date) -> dict[int, Decimal]:
    """What people have been set, nothing before the history begins, the mean of it ahead."""
    rows = MonthTarget.objects.filter(department=department, user__isnull=False, month__year=today.year)
    known = dict(rows.order_by().values_list("month__month").annotate(total=Sum("amount")))
    mean = (sum(known.values(), _NOTHING) / max(1, len(known)) / 1000).quantize(Decimal(1)) * 1000
    return {month: known.get(month, mean if month > today.month else _NOTHING) for month in range(1, 13)}


def _approve(scope: PlanScope, months: dict[int, Decimal], director: User, today: date) -> None:
    amount = sum(months.values(), _NOTHING)
    leads = Fraction(amount) / Fraction(_CHEQUE) / DEFAULT_REFERENCE.to_payment(Colour.RED)
    data = PlanData(
        amount=amount,
        leads=ceil(leads) or 1,
        average_cheque=_CHEQUE,
        rates={name: _decimal(rate) for name, rate in vars(DEFAULT_STEP_RATES).items()},
        months=months,
    )
    plan = _approved(draft_year_plan(scope=scope, data=data, actor=director), director)
    shares = shares_of(plan=plan, kind=SEGMENTS, today=today)
    way = "past" if any(one.weights["past"] for one in shares) else "evenly"
    weights = {one.part: one.weights[way] for one in shares if one.weights[way]}
    for part in split_year_plan(plan=plan, weights=weights, actor=director):  # type: ignore[arg-type]
        _approved(part, director)


def _approved(draft: YearPlan, director: User) -> YearPlan:
    return approve_year_plan(plan=draft, actor=director, edition=draft.edition)


def _decimal(rate: Fraction) -> Decimal:
    return Decimal(rate.numerator) / rate.denominator

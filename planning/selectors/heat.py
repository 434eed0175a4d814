"""Plan and money by manager and day: the cells of the heat table, each with the days whose payments it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from accounts.models import User
from common.workdays import Calendar, month_end
from planning.calculator import attainment, plan_between
from planning.rules import Span
from planning.selectors.figures import NOTHING, Paid
from planning.selectors.targets import DayPlans

MOST_DAYS: Final = 31  # a longer period is shown by months


@dataclass(frozen=True)
class Stretch:
    """A column: days from `starts_on` to `ends_on`; `day` is the working day that gives it its name."""

    starts_on: date
    ends_on: date
    day: date
    is_month: bool = False

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class HeatCell:
    """Plan and fact of a person in a stretch, roubles; `fact` is None while nothing of it is over."""

    stretch: Stretch
    plan: Decimal
    fact: Decimal | None
    has_payments: bool
    corrected_at: datetime | None

    @property
    def attainment(self) -> Fraction | None:
        return None if self.fact is None else attainment(self.fact, self.plan)


@dataclass(frozen=True)
class HeatRow:
    user: User
    cells: list[HeatCell]


def working_stretches(span: Span, calendar: Calendar) -> list[Stretch]:
    """The working days of a period; days off belong to the next working day, those after the last one to the last."""
    working = calendar.working_days(span.facts_from, span.facts_to)
    found, taken = [], span.facts_from
    for at, day in enumerate(working):
        until = span.facts_to if at == len(working) - 1 else day
        found.append(Stretch(taken, until, day))
        taken = until + timedelta(days=1)
    return found


def stretches_of(span: Span, calendar: Calendar) -> list[Stretch]:
    """The columns of a period: its working days, months of a period longer than a month, else the period itself."""
    if (span.facts_to - span.facts_from).days < MOST_DAYS:
        return working_stretches(span, calendar) or [Stretch(span.facts_from, span.facts_to, span.facts_from)]
    found, first = [], span.facts_from
    while first <= span.facts_to:
        last = month_end(first.year, first.month)
        found.append(Stretch(first, min(last, span.facts_to), first, is_month=True))
        first = last + timedelta(days=1)
    return found


def heat_rows(
    people: Iterable[User],
    stretches: list[Stretch],
    plans: Mapping[int, DayPlans],
    paid: Paid,
    corrected: Mapping[tuple[int | None, date | None], datetime],
    as_of: date,
) -> list[HeatRow]:
    """One row for each person: plan of the days that are over against the money that came in them."""
    moments: dict[int, list[tuple[date, datetime]]] = {}
    for (user_id, day), moment in corrected.items():
        if user_id is not None and day is not None:
            moments.setdefault(user_id, []).append((day, moment))
    return [
        HeatRow(
            user,
            [
                _cell(one, plans.get(user.pk, {}), paid.get(user.pk, {}), moments.get(user.pk, []), as_of)
                for one in stretches
            ],
        )
        for user in people
    ]


def _cell(
    stretch: Stretch,
    plans: DayPlans,
    paid: Mapping[date, Decimal],
    moments: Iterable[tuple[date, datetime]],
    as_of: date,
) -> HeatCell:
    is_begun = stretch.starts_on <= as_of  # money of days off is there before their working day is over
    money = [amount for day, amount in paid.items() if stretch.holds(day)] if is_begun else []
    return HeatCell(
        stretch,
        plan_between(plans, stretch.starts_on, min(stretch.ends_on, as_of)),
        sum(money, NOTHING) if is_begun else None,
        bool(money),
        max((moment for day, moment in moments if stretch.holds(day)), default=None),
    )

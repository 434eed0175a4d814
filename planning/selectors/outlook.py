"""The forecast of a month from individual funnels as the calculator shows it: people, sources, planned clients (3.1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from django.db.models import OuterRef, Subquery

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from clients.models import Segment
from common.workdays import PeriodKind, month_end
from funnels.choices import TaskKind
from funnels.models import SalesCycle, Task
from planning.calculator import (
    ColourMove,
    Counts,
    DepartmentForecast,
    ManagerFunnel,
    StageRate,
    WhatIf,
    days_remaining,
    individual_plans,
    own_conversions,
    stage_rates,
    what_if,
)
from planning.constants import Colour
from planning.rules import Span, span_of
from planning.selectors.figures import department_figures
from planning.selectors.forecast import Inputs, forecast_inputs, manager_funnels
from planning.selectors.references import SegmentDefault


@dataclass(frozen=True)
class OwnRate:
    """A person's own conversions in a segment by colour: the rate, or how many of ten passages there are."""

    user: User
    rates: Mapping[Colour, Fraction | None]
    finished: Mapping[Colour, int]


@dataclass(frozen=True)
class SegmentRates:
    """What a segment's forecast is counted by: each stage with its source, and the people behind the means."""

    segment: Segment
    stages: Mapping[Colour, StageRate]
    people: Sequence[OwnRate]
    default: SegmentDefault


@dataclass
class Outlook:
    """Funnels and payments of a department for one month as of `day`. `target`: the plan in force, roubles."""

    department: Department
    day: date
    span: Span
    inputs: Inputs
    target: Decimal
    paid: dict[int, Decimal] = field(default_factory=dict)
    current: dict[int, Decimal] = field(default_factory=dict)

    @property
    def days_left(self) -> int:
        return days_remaining(self.day, self.span.period.ends_on)

    @cached_property
    def funnels(self) -> list[ManagerFunnel]:
        """By user id; of `inputs` and `paid` as they are when first asked for."""
        return manager_funnels(self.inputs, self.paid)

    def forecast(self, moves: Sequence[ColourMove], target: Decimal) -> WhatIf:
        """The forecast, and the one after the moves. WrongInput (number, manager)."""
        return what_if(self.funnels, moves, self.days_left, target)

    def plans(self, forecast: DepartmentForecast) -> Mapping[int, Decimal]:
        """Its target · F_m / ΣF over active managers, to the kopeck: a head's reserve is given out, not planned.

        `forecast`: of these funnels as they stand.
        """
        planners = [
            one
            for one in self.funnels
            if (user := self.inputs.people.get(one.manager_id)) and user.is_active and user.is_manager
        ]
        by_person = {one.manager_id: one for one in forecast.managers}
        return individual_plans(planners, [by_person[one.manager_id] for one in planners], forecast.target)

    @cached_property
    def counts(self) -> dict[int, Counts]:
        """Clients by colour of every person."""
        found = {pk: dict.fromkeys(Colour, 0) for pk in self.inputs.people}
        for (user_id, _segment_id, colour), number in self.inputs.counted.items():
            found.setdefault(user_id, dict.fromkeys(Colour, 0))[colour] += number
        return {pk: Counts(**{str(colour): number for colour, number in row.items()}) for pk, row in found.items()}

    def rates(self) -> list[SegmentRates]:
        """Segments with clients or passages, and whose statistics each stage uses."""
        used = {segment_id for _user_id, segment_id, _colour in self.inputs.counted} | self.inputs.passages.keys()
        return [self._rates(pk) for pk in sorted(used) if pk in self.inputs.segments]

    def _rates(self, pk: int) -> SegmentRates:
        passages, segment = self.inputs.passages.get(pk, {}), self.inputs.segments[pk]
        default = self.inputs.defaults[pk]
        known = [
            (self.inputs.people[user_id], one) for user_id, one in passages.items() if user_id in self.inputs.people
        ]
        return SegmentRates(
            segment,
            stage_rates([passages[user_id] for user_id in sorted(passages)], default.reference.conversion),
            [
                OwnRate(user, own_conversions(one), one.finished)
                for user, one in sorted(known, key=lambda pair: (pair[0].last_name, pair[0].pk))
            ],
            default,
        )


def outlook_of(*, department: Department, month: date, day: date) -> Outlook:
    """The month's funnels, payments to yesterday and plan in force; eight queries, whatever the numbers."""
    span = span_of(PeriodKind.MONTH, month, production_calendar())
    until = min(day - timedelta(days=1), month_end(month.year, month.month))
    figures = department_figures(department_id=department.pk, day=month, as_of=until, kinds=[PeriodKind.MONTH])
    found = Outlook(
        department=department,
        day=day,
        span=span,
        inputs=forecast_inputs(department_id=department.pk, day=day),
        target=figures.whole[PeriodKind.MONTH].plan,
    )
    for user_id, one in figures.people.items():
        if one[PeriodKind.MONTH].fact:
            found.paid[user_id] = one[PeriodKind.MONTH].fact
        if one[PeriodKind.MONTH].plan:
            found.current[user_id] = one[PeriodKind.MONTH].plan
    strangers = found.paid.keys() - found.inputs.people.keys()
    if strangers:
        people = found.inputs.people | {user.pk: user for user in User.objects.filter(pk__in=strangers)}
        found.inputs = replace(found.inputs, people=people)
    return found


@dataclass(frozen=True)
class Planned:
    """A client put into the plan: what he is to bring and when, and whether somebody acts today or tomorrow (R-S0-B2)."""

    cycle: SalesCycle
    next_step_at: datetime | None
    is_pushed: bool


def planned_clients(*, viewer: User, department: Department, span: Span, until: datetime, most: int) -> list[Planned]:
    """Open cycles «поставлены в план» with a pay date in the period, by that date; one query.

    `until`: the end of tomorrow; a next step after it does not push.
    """
    step = Task.objects.filter(cycle=OuterRef("pk"), kind=TaskKind.NEXT_STEP, done_at__isnull=True).values("due_at")[:1]
    rows = (
        SalesCycle.objects.visible_to(viewer)
        .open()
        .filter(
            owner__department=department,
            planned_at__isnull=False,
            planned_pay_on__gte=span.period.starts_on,
            planned_pay_on__lte=span.period.ends_on,
        )
        .select_related("client", "owner")
        .annotate(step_at=Subquery(step))
        .order_by("planned_pay_on", "pk")[:most]
    )
    return [Planned(row, row.step_at, row.step_at is not None and row.step_at < until) for row in rows]

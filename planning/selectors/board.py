"""Everything /plan/ shows of one department or person in one period, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Max, Q, QuerySet

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.prepared import Prepared
from common.snapshots import snapshot
from common.workdays import PeriodKind, control_weeks
from planning.calculator import Verification, attainment, days_remaining, forecast_department, plan_between
from planning.models import PlanFact
from planning.rules import Span, previous_day, span_of
from planning.selectors.counts import Counts, count_acts, no_counts
from planning.selectors.figures import (
    NOTHING,
    DepartmentFigures,
    Figures,
    Paid,
    department_figures,
    figures_of,
    paid_by_day,
)
from planning.selectors.forecast import forecast_inputs, manager_funnels
from planning.selectors.heat import HeatRow, Stretch, heat_rows, stretches_of, working_stretches
from planning.selectors.verification import PeriodVerification, verify_period


@dataclass(frozen=True)
class DayPoint:
    """One working day: its plan and fact, and the running totals. `fact` is None for a day that is not over.

    `stretch` are the days whose money it holds, `corrected_at` tells that the past was written anew.
    """

    day: date
    plan: Decimal
    fact: Decimal | None
    plan_total: Decimal
    fact_total: Decimal | None
    stretch: Stretch
    corrected_at: datetime | None = None


@dataclass(frozen=True)
class Part:
    """One control week inside a month."""

    starts_on: date
    ends_on: date
    plan: Decimal
    plan_to_date: Decimal
    fact: Decimal
    is_ahead: bool

    @property
    def attainment(self) -> Fraction | None:
        return attainment(self.fact, self.plan_to_date)


@dataclass(frozen=True)
class PersonLine:
    user: User
    figures: Figures
    forecast: Decimal | None
    verification: Verification | None
    counts: Counts
    by_kind: Mapping[PeriodKind, Figures]  # of the board's period, of all seven where they were asked for
    corrected_at: datetime | None = None


@dataclass
class Board:
    department: Department
    user: User | None
    kind: PeriodKind
    span: Span
    previous: Span
    today: date
    by_kind: Mapping[PeriodKind, Figures]
    figures: Figures
    lines: list[PersonLine] = field(default_factory=list)
    points: list[DayPoint] = field(default_factory=list)
    weeks: list[Part] = field(default_factory=list)
    forecast: Decimal | None = None
    verification: Verification | None = None
    computed_at: datetime | None = None
    counts: Counts = field(default_factory=no_counts)
    stretches: list[Stretch] = field(default_factory=list)
    heat: list[HeatRow] = field(default_factory=list)
    corrected_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.span.facts_from <= self.today <= self.span.facts_to

    @property
    def forecast_gap(self) -> Decimal | None:
        return None if self.forecast is None or not self.figures.plan else self.figures.plan - self.forecast


@snapshot()
def board_of(
    *, department: Department, user: User | None, kind: PeriodKind, day: date, today: date, every_kind: bool = False
) -> Board:
    """The board of the period that holds `day`; a running period is counted to yesterday, today stands apart.

    `every_kind`: people's figures of all seven periods, not of the one asked for alone.
    """
    calendar = production_calendar()
    span = span_of(kind, day, calendar)
    previous = span_of(kind, previous_day(kind, day, calendar), calendar)
    as_of = today - timedelta(days=1)
    user_id = user.pk if user else None
    found = department_figures(
        department_id=department.pk,
        day=day,
        as_of=as_of,
        today=today,
        user_id=user_id,
        of_people=None if every_kind or user is not None else [kind],
    )
    by_kind = found.whole if user is None else found.people.get(user.pk) or _nothing(day, as_of, today)
    board = Board(department, user, kind, span, previous, today, by_kind, by_kind[kind])
    verified = verify_period(department_id=department.pk, span=previous)
    forecasts = _forecasts(board, found)
    counts = count_acts(department_id=department.pk, spans={kind: span}, day=as_of)
    corrected = _corrected(board)
    board.counts = counts[user_id, kind]
    board.corrected_at = corrected.get((user_id, None))
    board.lines = _lines(board, found, forecasts, verified, counts, corrected)
    if user is None:
        board.forecast = sum(forecasts.values(), NOTHING) if forecasts else None
        board.verification = verified.department
    else:
        board.forecast, board.verification = forecasts.get(user.pk), verified.people.get(user.pk)
    stretch = (span.facts_from, min(as_of, span.facts_to))
    paid = paid_by_day(department_id=department.pk, stretches=[stretch], user_id=user_id)
    board.stretches = stretches_of(span, calendar)
    people = [line.user for line in board.lines]
    days = {at: moment for (at_user, at), moment in corrected.items() if at_user == user_id and at is not None}
    board.heat = heat_rows(people, board.stretches, found.person_days, paid, corrected, as_of)
    if kind is not PeriodKind.DAY:
        _fill_days(board, found, as_of, _together(paid), days)
    board.computed_at = next((at for (at,) in _last((), department=department.pk)), None)
    return board


def _last_written(_shape: tuple[()], *, department: int) -> QuerySet:
    one_group = PlanFact.objects.filter(department_id=department).order_by().values("department_id")
    return one_group.annotate(last=Max("computed_at")).values_list("last")


_last = Prepared(_last_written)


def _nothing(day: date, as_of: date, today: date) -> dict[PeriodKind, Figures]:
    calendar = production_calendar()
    return {kind: figures_of(span_of(kind, day, calendar), as_of, {}, {}, calendar, today) for kind in PeriodKind}


def _forecasts(board: Board, found: DepartmentFigures) -> dict[int, Decimal]:
    """F by person of a running period; nothing for one that is over or ahead."""
    if not board.is_running:
        return {}
    inputs = forecast_inputs(department_id=board.department.pk, day=board.today)
    paid = {user_id: of_person[board.kind].fact for user_id, of_person in found.people.items()}
    days_left = days_remaining(board.today, board.span.period.ends_on)
    made = forecast_department(manager_funnels(inputs, paid), days_left, found.whole[board.kind].plan)
    return {one.manager_id: one.amount for one in made.managers}


def _lines(
    board: Board,
    found: DepartmentFigures,
    forecasts: Mapping[int, Decimal],
    verified: PeriodVerification,
    counts: Mapping[tuple[int | None, PeriodKind], Counts],
    corrected: Mapping[tuple[int | None, date | None], datetime],
) -> list[PersonLine]:
    """People of the department, by name: its active managers and whoever has a plan, money or a forecast."""
    others = {user_id for user_id in found.people if found.people[user_id][board.kind].plan} | {
        user_id for user_id in found.people if found.people[user_id][board.kind].fact
    }
    others |= {user_id for user_id, amount in forecasts.items() if amount}
    others |= {user_id for user_id, _kind in counts if user_id is not None and any(counts[user_id, _kind].values())}
    people = [board.user] if board.user is not None else _people(board.department, others)
    lacks = any(user.pk not in found.people for user in people)
    nothing = _nothing(board.span.period.starts_on, board.figures.as_of, board.today) if lacks else {}
    return [
        PersonLine(
            user,
            (found.people.get(user.pk) or nothing)[board.kind],
            forecasts.get(user.pk),
            verified.people.get(user.pk),
            counts.get((user.pk, board.kind)) or no_counts(),
            found.people.get(user.pk) or nothing,
            corrected.get((user.pk, None)),
        )
        for user in sorted(people, key=lambda one: (one.last_name, one.first_name, one.pk))
    ]


def _people(department: Department, others: set[int]) -> list[User]:
    return list(User.objects.active().managers().filter(department=department) | User.objects.filter(pk__in=others))


def _fill_days(
    board: Board,
    found: DepartmentFigures,
    as_of: date,
    paid: Mapping[date, Decimal],
    corrected: Mapping[date, datetime],
) -> None:
    """Running totals by working day; money of a day off joins the next working day (the last one at the end)."""
    span, calendar = board.span, production_calendar()
    plans = found.whole_days if board.user is None else found.person_days.get(board.user.pk, {})
    plan_total = fact_total = NOTHING
    for stretch in working_stretches(span, calendar):
        plan = plans.get(stretch.day, NOTHING)
        plan_total += plan
        fact, moments = None, []
        if stretch.day <= as_of:
            fact = sum((amount for on, amount in paid.items() if stretch.holds(on)), NOTHING)
            fact_total += fact
            moments = [moment for day, moment in corrected.items() if stretch.holds(day)]
        total = None if fact is None else fact_total
        board.points.append(DayPoint(stretch.day, plan, fact, plan_total, total, stretch, max(moments, default=None)))
    if board.kind is PeriodKind.MONTH:
        for week in control_weeks(span.period.starts_on.year, span.period.starts_on.month):
            until = min(as_of, week.ends_on)
            board.weeks.append(
                Part(
                    week.starts_on,
                    week.ends_on,
                    plan_between(plans, week.starts_on, week.ends_on),
                    plan_between(plans, week.starts_on, until),
                    sum((amount for on, amount in paid.items() if week.starts_on <= on <= until), NOTHING),
                    week.starts_on > as_of,
                )
            )


def _together(paid: Paid) -> dict[date, Decimal]:
    sums: dict[date, Decimal] = {}
    for days in paid.values():
        for day, amount in days.items():
            sums[day] = sums.get(day, NOTHING) + amount
    return sums


def _rewritten_rows(kind: str, *, department: int, first: date, until: date) -> QuerySet:
    rows = PlanFact.objects.filter(department_id=department, is_corrected=True).filter(
        Q(period=PeriodKind.DAY, day__gte=first, day__lte=until) | Q(period=kind, day=until)
    )
    return rows.order_by().values_list("user_id", "period", "day", "computed_at")


_rewritten = Prepared(_rewritten_rows)


def _corrected(board: Board) -> dict[tuple[int | None, date | None], datetime]:
    """(person or None for the department, day or None for the period itself) → when its past was written anew."""
    until = min(board.figures.as_of, board.span.facts_to)
    first = board.span.facts_from
    rows = _rewritten(str(board.kind), department=board.department.pk, first=first, until=until)
    found: dict[tuple[int | None, date | None], datetime] = {}
    for user_id, period, day, at in rows:
        if period == PeriodKind.DAY:
            found[user_id, day] = at
        if period == board.kind and day == until:
            found[user_id, None] = at
    return found

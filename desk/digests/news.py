"""What the letters of one working day tell about one department: loaded by a constant number of queries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q

from accounts.choices import Role
from accounts.models import Absence, Department, User
from accounts.selectors import calendar
from common.workdays import Calendar
from desk.digests.norms import NormLine, norm_lines
from funnels.choices import OrderStatus, OwnershipReason
from funnels.constants import CLOCK_FLAG_DAYS, Colour
from funnels.models import Movement, Ownership, RotationOrder, Violation
from funnels.rules import age, deficit, is_announced_as_last_day
from funnels.selectors import candidates, destination_text, why_text
from planning.choices import PeriodKind
from planning.models import PlanFact

_COLOURS = (Colour.RED, Colour.YELLOW, Colour.GREEN)
# Ten digits and more with the usual signs between them: imported names carry telephone numbers (152-ФЗ).
_NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){9,}")


@dataclass(frozen=True)
class RotationLine:
    """`to_id` is None while nobody is found; `to_name` is then empty. Held orders are not executed today."""

    order_id: int
    client_id: int
    client: str
    colour: str
    age: int
    from_id: int
    from_name: str
    to_id: int | None
    to_name: str
    is_reserve: bool
    is_held: bool
    amount: Decimal | None
    order: RotationOrder = field(repr=False, compare=False)

    @property
    def reason(self) -> str:
        """Why this recipient, in the language of the letter that asks."""
        return why_text(self.order)

    @property
    def destination(self) -> str:
        return destination_text(self.order)


@dataclass(frozen=True)
class AgeLine:
    """A client near its limit or over it. `by_state`: it is the state clock, which ends in a flag, not in rotation."""

    client_id: int
    client: str
    colour: str
    age: int
    owner_id: int
    owner: str
    amount: Decimal | None
    limit_on: date
    is_last_day: bool
    by_state: bool = False

    @property
    def is_over(self) -> bool:
        return self.age >= CLOCK_FLAG_DAYS


@dataclass(frozen=True)
class PlanLine:
    """Money of the last working day and of the month so far."""

    day: date
    plan: Decimal
    fact: Decimal
    month_plan: Decimal
    month_plan_to_date: Decimal
    month_fact: Decimal

    @property
    def is_behind(self) -> bool:
        return self.month_fact < self.month_plan_to_date


@dataclass(frozen=True)
class DeficitLine:
    """Clients of each colour that the funnel lacks (R-S1-5, R-S0-P18)."""

    user_id: int
    name: str
    red: int
    yellow: int
    green: int


@dataclass(frozen=True)
class DepartmentNews:
    department: Department
    day: date
    since: date  # the working day before: what "yesterday" means in a morning letter
    people: tuple[User, ...]
    deputising: dict[int, frozenset[int]]  # deputy → absent colleagues whose clients he works with
    rotations: tuple[RotationLine, ...] = ()
    held: tuple[RotationLine, ...] = ()
    near: tuple[AgeLine, ...] = ()
    over: tuple[AgeLine, ...] = ()
    reserve: tuple[AgeLine, ...] = ()
    plans: dict[int | None, PlanLine] = field(default_factory=dict)  # None = the department
    deficits: tuple[DeficitLine, ...] = ()
    norms: tuple[NormLine, ...] = ()
    still: tuple[User, ...] = ()  # managers without any movement on `since`
    violations: int = 0

    @property
    def managers(self) -> list[User]:
        return [person for person in self.people if person.is_manager]

    @property
    def heads(self) -> list[User]:
        return [person for person in self.people if person.is_head]


def without_numbers(text: str) -> str:
    """No personal telephone number leaves in a letter, not even inside a name."""
    return _NUMBER.sub("…", text)


def load_news(department: Department, day: date) -> DepartmentNews:
    """`day` is the working day of the letter."""
    plain = calendar()
    since = plain.previous_working_day(day)
    people = tuple(
        User.objects.active()
        .filter(department=department)
        .filter(Q(pk__in=User.objects.managers()) | Q(role=Role.HEAD))
    )
    lines = [_rotation_line(order, day, department, plain) for order in _orders(department, day)]
    near, over, reserve = _ages(department, day, plain)
    moved = set(Movement.objects.filter(user__in=people, on=since).values_list("user_id", flat=True))
    return DepartmentNews(
        department=department,
        day=day,
        since=since,
        people=people,
        deputising=_deputising(department, day),
        rotations=tuple(line for line in lines if not line.is_held),
        held=tuple(line for line in lines if line.is_held),
        near=near,
        over=over,
        reserve=reserve,
        plans=_plans(department, day, since),
        deficits=_deficits(department, day, people),
        norms=norm_lines(department, day, people),
        still=tuple(person for person in people if person.is_manager and person.pk not in moved),
        violations=Violation.objects.filter(
            user__department=department, on__gt=since, on__lte=day, withdrawn_at__isnull=True
        ).count(),
    )


def _orders(department: Department, day: date) -> Iterable[RotationOrder]:
    """The open queue of today in the order of execution: GREEN, YELLOW, RED, then money, age, client."""
    rows = (
        RotationOrder.objects.open()
        .filter(department=department, execute_on__lte=day)
        .select_related("client", "cycle__client", "ownership", "old_owner", "suggested")
    )
    rank = {str(colour): -colour.rank for colour in _COLOURS}
    return sorted(rows, key=lambda order: (rank.get(order.cycle.colour, 0), -order.amount, -order.age, order.client_id))


def _rotation_line(order: RotationOrder, day: date, department: Department, plain: Calendar) -> RotationLine:
    return RotationLine(
        order_id=order.pk,
        client_id=order.client_id,
        client=without_numbers(order.client.name),
        colour=order.cycle.colour,
        age=age(order.ownership.clock_started_on, department.rotation_starts_on, day, plain),
        from_id=order.old_owner_id,
        from_name=order.old_owner.short_name,
        to_id=order.suggested_id,
        to_name=order.suggested.short_name if order.suggested else "",
        is_reserve=order.is_reserve,
        is_held=order.status == OrderStatus.HELD,
        amount=order.cycle.expected_amount,
        order=order,
    )


def _ages(
    department: Department, day: date, plain: Calendar
) -> tuple[tuple[AgeLine, ...], tuple[AgeLine, ...], tuple[AgeLine, ...]]:
    # Before days off the letter looks as far as the next working day: nobody reads one in between.
    horizon = plain.next_working_day(day)
    rows = (
        Ownership.objects.open()
        .with_cycle()
        .filter(client__department=department, cycle__closed_at__isnull=True)
        .filter(
            Q(warn_on__lte=day)
            | Q(last_day_on__lte=horizon)
            | Q(state_warn_on__lte=day)
            | Q(reason=OwnershipReason.RESERVE)
        )
        .select_related("client", "cycle", "user")
        .order_by("flag_on", "client_id")
    )
    near, over, reserve = [], [], []
    for row in rows:
        go_live = department.rotation_starts_on
        colour_age = age(row.clock_started_on, go_live, day, plain)
        if row.reason == OwnershipReason.RESERVE:
            reserve.append(_age_line(row, colour_age, row.last_day_on or day, False))
            continue
        if row.flag_on and row.flag_on <= day:
            over.append(_age_line(row, colour_age, row.flag_on, False))
        elif row.last_day_on and row.warn_on:
            is_last = row.last_day_on <= day or is_announced_as_last_day(row.last_day_on, day, plain)
            if is_last or row.warn_on <= day:
                near.append(_age_line(row, colour_age, row.last_day_on, is_last))
        if _has_older_state(row, day):
            state_age = age(row.state_started_on, go_live, day, plain)
            is_last = row.state_last_day_on is not None and row.state_last_day_on <= day
            line = _age_line(row, state_age, row.state_last_day_on or day, is_last, by_state=True)
            (over if row.state_flag_on and row.state_flag_on <= day else near).append(line)
    return tuple(sorted(near, key=_nearest_first)), tuple(sorted(over, key=_nearest_first)), tuple(reserve)


def _has_older_state(row: Ownership, day: date) -> bool:
    """The state clock is told apart only where it runs ahead of the colour clock; equal clocks are one line."""
    if row.state_warn_on is None or row.state_warn_on > day:
        return False
    return row.warn_on is None or row.state_warn_on < row.warn_on


def _nearest_first(line: AgeLine) -> tuple[bool, date, int]:
    return (not line.is_last_day, line.limit_on, line.client_id)


def _age_line(row: Ownership, days: int, limit_on: date, is_last_day: bool, *, by_state: bool = False) -> AgeLine:
    cycle = row.cycle
    return AgeLine(
        client_id=row.client_id,
        client=without_numbers(row.client.name),
        colour=cycle.colour if cycle else "",
        age=days,
        owner_id=row.user_id,
        owner=row.user.short_name,
        amount=cycle.expected_amount if cycle else None,
        limit_on=limit_on,
        is_last_day=is_last_day,
        by_state=by_state,
    )


def _deputising(department: Department, day: date) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = Absence.objects.covering(day).filter(user__department=department)
    for deputy_id, user_id in rows.values_list("deputy_id", "user_id"):
        found[deputy_id].add(user_id)
    return {deputy_id: frozenset(ids) for deputy_id, ids in found.items()}


def _plans(department: Department, day: date, since: date) -> dict[int | None, PlanLine]:
    """The rows as of the last working day, or, for the month, as of the newest day before the letter."""
    rows = PlanFact.objects.filter(
        department=department, period__in=[PeriodKind.DAY, PeriodKind.MONTH], day__gte=since, day__lt=day
    ).order_by("day")
    days: dict[int | None, PlanFact] = {}
    months: dict[int | None, PlanFact] = {}
    for row in rows:
        if row.period == PeriodKind.MONTH:
            # On the first of a month the letter still speaks of the month that has just ended.
            months[row.user_id] = row
        elif row.day == since:
            days[row.user_id] = row
    return {
        scope: PlanLine(
            day=since,
            plan=days[scope].plan if scope in days else Decimal(0),
            fact=days[scope].fact if scope in days else Decimal(0),
            month_plan=month.plan,
            month_plan_to_date=month.plan_to_date,
            month_fact=month.fact,
        )
        for scope, month in months.items()
    }


def _deficits(department: Department, day: date, people: Iterable[User]) -> tuple[DeficitLine, ...]:
    names = {person.pk: person.short_name for person in people}
    lines = []
    for candidate in candidates(department.pk, day):
        segments = {segment for segment, _colour in [*candidate.actual, *candidate.required]}
        red, yellow, green = (sum(deficit(candidate, each, colour) for each in segments) for colour in _COLOURS)
        if red or yellow or green:
            lines.append(DeficitLine(candidate.user_id, names.get(candidate.user_id, ""), red, yellow, green))
    return tuple(lines)

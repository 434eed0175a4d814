"""Everything /kpi/ shows of one department or person in one period, read in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from accounts.choices import MANAGER_ROLES
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.prepared import Prepared
from common.snapshots import snapshot
from common.workdays import PeriodKind, control_weeks, month_end
from kpi.calculator import (
    head_indicators,
    review_share,
)
from kpi.constants import TREND_PERIODS
from kpi.selectors.counts import REVIEWS, UNCREDITED, done_between, overdue_by_person, reactions
from kpi.selectors.funnels import expected_moves, open_cycles, verdicts
from kpi.selectors.lines import Read, leading, numbers_of, results, segments, verified_span
from kpi.selectors.outcomes import outcomes_of
from kpi.selectors.references import references_on
from kpi.selectors.shapes import Board, HeadRow, PersonRow, Week
from planning.calculator import plan_between
from planning.rules import Span, previous_day, span_of
from planning.selectors import (
    Paid,
    Targets,
    current_targets,
    day_plans,
    figures_of,
    figures_of_read,
    frozen_forecasts,
    paid_between,
    paid_by_day,
)

KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)
NOTHING = Decimal("0.00")


def last_day(span: Span, kind: PeriodKind, today: date) -> date:
    """Till when facts are counted: a running day as it goes, everything longer to the end of yesterday (3.1.3)."""
    until = today if kind is PeriodKind.DAY else today - timedelta(days=1)
    return min(until, span.facts_to)


@snapshot()
def board_of(*, department: Department, user: User | None, kind: PeriodKind, day: date, today: date) -> Board:
    """Eighteen queries, whatever the number of managers, clients and acts."""
    calendar = production_calendar()
    spans = [span_of(kind, day, calendar)]
    while len(spans) <= TREND_PERIODS:
        spans.insert(0, span_of(kind, previous_day(kind, spans[0].period.starts_on, calendar), calendar))
    span = spans[-1]
    as_of = last_day(span, kind, today)
    nothing = figures_of(span, as_of, {}, {}, calendar)
    board = Board(department, user, kind, span, today, span.facts_from, as_of, nothing)
    targets, paid = _money(board, verified_span(board, spans))
    found = figures_of_read(department_id=department.pk, span=span, as_of=as_of, targets=targets, paid=paid)
    board.figures = found.whole[kind] if user is None else found.people.get(user.pk, {}).get(kind, nothing)
    board.people = _people(department, user, set(found.people))
    read = _read(board, spans, targets, paid)
    board.expected = read.expected
    board.names = {pk: segment.name for pk, segment in read.references.segments.items()}
    board.lines = [*leading(board, read, set(board.people)), *results(board, read)]
    board.uncredited = read.done.of(UNCREDITED, board.first, as_of, set(board.people))
    weeks = _weeks(board, read)
    for pk, person in board.people.items():
        of_person = found.people.get(pk, {}).get(kind, nothing)
        lines = numbers_of(board, read, person)
        number = read.done.of(UNCREDITED, board.first, as_of, {pk})
        board.rows.append(PersonRow(person, of_person, tuple(weeks.get(pk, ())), lines, number))
    board.segments = segments(board, read)
    if user is None:
        board.head = _head(board, read)
    return board


def _people(department: Department, user: User | None, with_money: set[int]) -> dict[int, User]:
    """The active managers by name, and managers who left but have plan or money in the period."""
    if user is not None:
        return {user.pk: user}
    rows = _managers.models((), department=department.pk)
    return {one.pk: one for one in rows if one.is_active or one.pk in with_money}


def _by_name(_shape: tuple[()], *, department: int) -> QuerySet[User]:
    return User.objects.managers().filter(department_id=department).order_by("last_name", "first_name", "pk")


_managers = Prepared(_by_name)


def _money(board: Board, verified: Span) -> tuple[Targets, Paid]:
    """Targets and payments of everything the board tells of money. Two queries."""
    before, this = _months(board)
    span = board.span
    targets = current_targets(
        department_id=board.department.pk,
        first_month=min(before, span.facts_from.replace(day=1)),
        last_month=max(this, span.facts_to),
    )
    weeks = (before, month_end(this.year, this.month))
    stretches = [weeks, (span.facts_from, board.as_of), (verified.facts_from, verified.facts_to)]
    return targets, paid_by_day(department_id=board.department.pk, stretches=stretches)


def _months(board: Board) -> tuple[date, date]:
    """The first days of the month before and of this one."""
    this = board.today.replace(day=1)
    return (this - timedelta(days=1)).replace(day=1), this


def _read(board: Board, spans: list[Span], targets: Targets, paid: Paid) -> Read:
    department_id = board.department.pk
    references = references_on(department_id=department_id, day=max(board.as_of, board.first))
    cycles = open_cycles(department_id)
    asked = {board.span, verified_span(board, spans)}
    frozen = frozen_forecasts(department_id=department_id, spans=asked)
    return Read(
        spans=spans,
        targets=targets,
        paid=paid,
        frozen=frozen,
        done=done_between(
            department_id=department_id,
            first=spans[0].facts_from,
            last=max(board.as_of, board.first),
            judged_from=board.first,
        ),
        references=references,
        now=cycles.funnels,
        expected=expected_moves(
            people=board.people,
            frozen=frozen[board.span],
            starts_on=board.span.period.starts_on,
            references=references,
            now=cycles.funnels,
        ),
        overdue=overdue_by_person(
            department_id=department_id, day=board.today if board.is_running else board.span.facts_to
        ),
        reactions=reactions(department_id=department_id, first=board.first, last=max(board.as_of, board.first)),
        complete=cycles.cards,
        outcomes=outcomes_of(department_id=department_id, day=board.as_of),
    )


def _weeks(board: Board, read: Read) -> dict[int, list[Week]]:
    """The finished control weeks of this month and the one before, by person, oldest first."""
    months = _months(board)
    plans, _whole = day_plans(
        {key: target for key, target in read.targets.items() if key[1] in months}, production_calendar()
    )
    found: dict[int, list[Week]] = {pk: [] for pk in board.people}
    for week in (week for month in months for week in control_weeks(month.year, month.month)):
        if week.ends_on >= board.today:
            continue
        facts = paid_between(read.paid, week.starts_on, week.ends_on)
        for pk, of_person in found.items():
            plan = plan_between(plans.get(pk, {}), week.starts_on, week.ends_on)
            of_person.append(Week(week.starts_on, week.ends_on, plan, facts.get(pk, NOTHING)))
    return found


def _head(board: Board, read: Read) -> HeadRow:
    first, last = board.first, board.as_of
    working = set(production_calendar().working_days(first, last)) if first <= last else set()
    signed = read.done.days(REVIEWS, first, last) & working
    managers = {pk: user for pk, user in board.people.items() if user.is_active and user.role in MANAGER_ROLES}
    found = verdicts(people=managers, now=read.now, references=read.references, day=board.today)
    whole = head_indicators(
        k={one.user.pk: one.k for one in found},
        floors_met={one.user.pk: one.floors_met for one in found if one.floors_met is not None},
        call_scores=(),
    )
    return HeadRow(review_share(signed=len(signed), working_days=len(working)), whole, tuple(found))

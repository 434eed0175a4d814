"""Everything /kpi/ shows of one department or person in one period, read in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from accounts.choices import MANAGER_ROLES
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.snapshots import snapshot
from common.workdays import PeriodKind, control_weeks, month_end
from deals.models import PaymentCredit
from funnels.models import DepartmentReview
from funnels.selectors import worklist_rows
from kpi.calculator import (
    head_indicators,
    review_share,
)
from kpi.constants import TREND_PERIODS
from kpi.selectors.counts import UNCREDITED, done_between, overdue_by_person, reactions
from kpi.selectors.funnels import expected_moves, funnels_now, verdicts
from kpi.selectors.lines import Read, leading, results, segments
from kpi.selectors.outcomes import outcomes_of
from kpi.selectors.references import references_on
from kpi.selectors.shapes import Board, HeadRow, PersonRow, Week
from planning.calculator import plan_between
from planning.rules import Span, previous_day, span_of
from planning.selectors import current_targets, day_plans, department_figures, figures_of

KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)
NOTHING = Decimal("0.00")


def last_day(span: Span, kind: PeriodKind, today: date) -> date:
    """Till when facts are counted: a running day as it goes, everything longer to the end of yesterday (3.1.3)."""
    until = today if kind is PeriodKind.DAY else today - timedelta(days=1)
    return min(until, span.facts_to)


@snapshot()
def board_of(*, department: Department, user: User | None, kind: PeriodKind, day: date, today: date) -> Board:
    """About forty queries, whatever the number of managers, clients and acts."""
    calendar = production_calendar()
    spans = [span_of(kind, day, calendar)]
    while len(spans) <= TREND_PERIODS:
        spans.insert(0, span_of(kind, previous_day(kind, spans[0].period.starts_on, calendar), calendar))
    span = spans[-1]
    as_of = last_day(span, kind, today)
    found = department_figures(department_id=department.pk, day=day, as_of=as_of, kinds=[kind])
    nothing = figures_of(span, as_of, {}, {}, calendar)
    figures = found.whole[kind] if user is None else found.people.get(user.pk, {}).get(kind, nothing)
    board = Board(department, user, kind, span, today, span.facts_from, as_of, figures)
    board.people = _people(department, user, set(found.people))
    read = _read(board, spans)
    board.names = {pk: segment.name for pk, segment in read.references.segments.items()}
    board.lines = [*leading(board, read, set(board.people)), *results(board, spans[-2])]
    board.uncredited = read.done.of(UNCREDITED, board.first, as_of, set(board.people))
    weeks = _weeks(board)
    for pk, person in board.people.items():
        of_person = found.people.get(pk, {}).get(kind, nothing)
        lines = {line.kpi: line for line in leading(board, read, {pk})}
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
    rows = User.objects.managers().filter(department=department).order_by("last_name", "first_name", "pk")
    return {one.pk: one for one in rows if one.is_active or one.pk in with_money}


def _read(board: Board, spans: list[Span]) -> Read:
    department_id = board.department.pk
    references = references_on(department_id=department_id, day=max(board.as_of, board.first))
    now = funnels_now(department_id)
    everybody = board.people
    complete = {
        pk: (sum(row.has_required_fields for row in rows), len(rows))
        for pk, rows in worklist_rows(everybody, board.today).items()
    }
    return Read(
        spans=spans,
        done=done_between(department_id=department_id, first=spans[0].facts_from, last=max(board.as_of, board.first)),
        references=references,
        now=now,
        expected=expected_moves(
            department_id=department_id, span=spans[-1], people=everybody, references=references, now=now
        ),
        overdue=overdue_by_person(
            department_id=department_id, day=board.today if board.is_running else board.span.facts_to
        ),
        reactions=reactions(department_id=department_id, first=board.first, last=max(board.as_of, board.first)),
        complete=complete,
        outcomes=outcomes_of(department_id=department_id, day=board.as_of),
    )


def _weeks(board: Board) -> dict[int, list[Week]]:
    """The finished control weeks of this month and the one before, by person, oldest first. Two queries."""
    this = board.today.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    weeks = [
        week
        for month in (before, this)
        for week in control_weeks(month.year, month.month)
        if week.ends_on < board.today
    ]
    if not weeks:
        return {}
    targets = current_targets(department_id=board.department.pk, first_month=before, last_month=this)
    plans, _whole = day_plans(targets, production_calendar())
    rows = PaymentCredit.objects.filter(
        department=board.department,
        is_void=False,
        paid_on__gte=before,
        paid_on__lte=month_end(this.year, this.month),
    )
    paid: dict[int, dict[date, Decimal]] = {}
    for user_id, on, total in rows.order_by().values_list("user_id", "paid_on").annotate(total=Sum("amount")):
        paid.setdefault(user_id, {})[on] = total
    found: dict[int, list[Week]] = {}
    for pk in board.people:
        for week in weeks:
            of_week = (total for on, total in paid.get(pk, {}).items() if week.starts_on <= on <= week.ends_on)
            fact = sum(of_week, NOTHING)
            plan = plan_between(plans.get(pk, {}), week.starts_on, week.ends_on)
            found.setdefault(pk, []).append(Week(week.starts_on, week.ends_on, plan, fact))
    return found


def _head(board: Board, read: Read) -> HeadRow:
    first, last = board.first, board.as_of
    days = len(production_calendar().working_days(first, last)) if first <= last else 0
    signed = DepartmentReview.objects.filter(department=board.department, day__gte=first, day__lte=last)
    working = set(production_calendar().working_days(first, last)) if days else set()
    number = len({day for day in signed.values_list("day", flat=True) if day in working})
    managers = {pk: user for pk, user in board.people.items() if user.is_active and user.role in MANAGER_ROLES}
    found = verdicts(people=managers, now=read.now, references=read.references, day=board.today)
    whole = head_indicators(
        k={one.user.pk: one.k for one in found},
        floors_met={one.user.pk: one.floors_met for one in found if one.floors_met is not None},
        call_scores=(),
    )
    return HeadRow(review_share(signed=number, working_days=days), whole, tuple(found))

"""Plan and fact of a department or person as a workbook: every scope in the seven periods, real numbers and dates."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock
from common.books import book_response, write_book
from common.snapshots import snapshot
from deals.selectors import may_export
from journal.services import record
from planning.rules import ALL_KINDS, span_of
from planning.selectors.board import Board, board_of
from planning.selectors.counts import SHOWN_ACTS, Counts, count_acts, no_counts
from planning.selectors.figures import Figures
from planning.views.cells import ACT_LABELS, percent_of
from planning.views.figures_book import figures_cells, figures_head
from planning.views.page import period_asked
from planning.views.scope import chosen


@require_safe
def plan_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The page's scopes and periods as a spreadsheet, to those who may export; written to the audit log."""
    viewer = cast(User, request.user)
    scope = chosen(request)
    if not may_export(viewer):
        raise Http404
    kind, day = period_asked(request)
    head = [
        _("Whose plan"),
        *figures_head(),
        _("Needed a day, ₽"),
        *(str(ACT_LABELS[name]) for name in SHOWN_ACTS),
        _("Forecast, ₽"),
        _("Verification, %"),
        _("Bias, %"),
    ]
    with snapshot():
        board = board_of(
            department=scope.department, user=scope.user, kind=kind, day=day, today=clock.today(), every_kind=True
        )
        spans = {one: span_of(one, day, production_calendar()) for one in ALL_KINDS}
        counts = count_acts(department_id=scope.department.pk, spans=spans, day=board.figures.as_of)
    file, count = write_book(head, _lines(board, counts), sheet=_("Plan-fact"))
    record(
        action="plan.export",
        obj=scope.user or scope.department,
        actor=viewer,
        after={"rows": count, "period": str(kind), "day": day},
    )
    return book_response(file, f"plan-fact-{day:%Y-%m-%d}")


def _lines(board: Board, counts: Any) -> Iterator[list[Any]]:
    """The whole first, then its people; forecast and verification belong to the period the page shows."""
    whole = board.user.full_name if board.user else board.department.name
    user_id = board.user.pk if board.user else None
    for kind in ALL_KINDS:
        extra = (board.forecast, board.verification) if kind is board.kind else (None, None)
        yield _line(whole, board.by_kind[kind], counts.get((user_id, kind)), *extra)
    if board.user is not None:
        return
    for line in board.lines:
        for kind in ALL_KINDS:
            extra = (line.forecast, line.verification) if kind is board.kind else (None, None)
            yield _line(line.user.full_name, line.by_kind[kind], counts.get((line.user.pk, kind)), *extra)


def _line(name: str, figures: Figures, counts: Counts | None, forecast: Decimal | None, verified: Any) -> list[Any]:
    numbers = counts or no_counts()
    return [
        name,
        *figures_cells(figures),
        figures.needed_per_day if figures.days_left else None,
        *(numbers[name] for name in SHOWN_ACTS),
        forecast,
        percent_of(verified.value) if verified else None,
        percent_of(verified.bias) if verified else None,
    ]

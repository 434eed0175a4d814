"""The managers' table as a workbook, and what a head does about a risk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common import clock
from common.acts import answers_refusals, done
from common.books import book_response, write_book
from journal.services import record
from kpi import services
from kpi.selectors import PersonRow, board_of, may_approve
from kpi.views.board import asked_of
from kpi.views.cells import label
from kpi.views.parts import COLUMNS
from planning.views.calculators import rounded


@require_safe
def kpi_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The managers' table as a spreadsheet; written to the audit log with its number of rows."""
    viewer = cast(User, request.user)
    scope, kind, day = asked_of(request)
    if not may_approve(viewer, scope.department):
        raise Http404
    board = board_of(department=scope.department, user=None, kind=kind, day=day, today=clock.today())
    head = [_("Manager"), _("Role"), _("Fact, ₽"), _("Plan to date, ₽"), _("Plan to date, %")]
    for kpi in COLUMNS:
        head += [label(kpi), _("%(name)s, norm") % {"name": label(kpi)}]
    head.append(_("Not credited"))
    file, count = write_book(head, (_cells(row) for row in board.rows))
    after = {"rows": count, "from": board.first, "to": board.as_of}
    record(action="kpi.export", obj=scope.department, actor=viewer, after=after)
    return book_response(file, f"kpi-{board.span.period.starts_on:%Y-%m-%d}")


def _cells(row: PersonRow) -> list[Any]:
    share = row.figures.attainment
    cells: list[Any] = [
        row.user.full_name,
        str(row.user.get_role_display()),
        row.figures.fact,
        row.figures.plan_to_date,
        rounded(share * 100, 2) if share is not None else None,
    ]
    for kpi in COLUMNS:
        line = row.lines.get(kpi)
        cells += [_whole(line.fact), _whole(line.norm)] if line is not None else [None, None]
    return [*cells, row.uncredited]


def _whole(value: Any) -> int | Decimal | None:
    if value is None:
        return None
    return int(value) if value.denominator == 1 else rounded(value, 2)


@require_POST
@answers_refusals
def risk_act(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `act`: a task of the head about a manager at risk."""
    viewer = cast(User, request.user)
    user = User.objects.visible_to(viewer).active().managers().filter(pk=pk).select_related("department").first()
    if user is None or user.department is None or not may_approve(viewer, user.department):
        raise Http404
    task = services.act_on_risk(department=user.department, user=user, act=request.POST.get("act", ""), actor=viewer)
    told = _("The task is set: %(text)s") % {"text": task.text}
    return done(request, told, f"/kpi/?department={user.department_id}")

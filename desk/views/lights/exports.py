"""The managers and their colours as a workbook."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from common.books import book_response, write_book
from desk.selectors.lights import Line, lights_of
from desk.views.lights.rows import percent_of, role_of
from desk.views.scope import department_asked
from journal.services import record


@require_safe
def lights_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The table of managers as a spreadsheet; written to the audit log with its number of rows."""
    department, _departments = department_asked(request)
    board = lights_of(department)
    head = [
        _("Manager"),
        _("Role"),
        _("Green"),
        _("Yellow"),
        _("Red"),
        _("Green, ₽"),
        _("Yellow, ₽"),
        _("Red, ₽"),
        _("To the norm: green"),
        _("To the norm: yellow"),
        _("From the department, p.p."),
        "7–9",
        "10",
        "11+",
        _("Movements"),
        _("Movements, norm"),
        _("Plan to date, %"),
    ]
    lines = [*board.lines, *([board.whole] if board.whole else [])]
    file, count = write_book(head, (_cells(line, department.name) for line in lines))
    record(action="lights.export", obj=department, actor=cast(User, request.user), after={"rows": count})
    return book_response(file, f"lights-{board.today:%Y-%m-%d}")


def _cells(line: Line, department: str) -> list[Any]:
    counts, user = line.counts, line.user
    return [
        user.full_name if user else department,
        role_of(line) if user else _("Department"),
        counts.green,
        counts.yellow,
        counts.red,
        *(line.amounts.get(colour, Decimal(0)) for colour in ("green", "yellow", "red")),
        line.ratio.need_green if line.ratio.is_judged else None,
        line.ratio.need_yellow if line.ratio.is_judged else None,
        percent_of(line.deviation),
        line.aged["warn"],
        line.aged["last"],
        line.aged["over"],
        line.rises,
        line.rises_norm,
        percent_of(line.attainment),
    ]

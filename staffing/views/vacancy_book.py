"""The vacancies of the page as a spreadsheet: the same filters, every row, real dates and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.views.proof import ask_proof_for_rows
from common import clock
from common.books import book_response, write_book
from journal.services import record
from staffing.models import Vacancy
from staffing.views.calculator.texts import bottleneck_name
from staffing.views.vacancy_filters import asked_vacancies


@require_safe
def vacancies_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Head or director, within his sight; the export is audited with its count and filters."""
    asked = asked_vacancies(request)
    rows = asked.rows.order_by("created_at", "pk")
    if unproved := ask_proof_for_rows(request, rows):
        return unproved
    head = [
        _("Role"),
        _("Department"),
        _("People"),
        _("Wanted by"),
        _("Status"),
        _("Sufficiency K"),
        _("Full employees needed"),
        _("Full employees there are"),
        _("Bottleneck"),
        _("Created by"),
        pgettext("vacancy", "Created"),
        pgettext("vacancy", "Opened on"),
        pgettext("vacancy", "Closed on"),
        _("Text of the vacancy"),
    ]
    file, count = write_book(head, (_line(row) for row in _all(rows)), sheet=_("Vacancies"))
    record(
        action="vacancy.export",
        actor=asked.viewer,
        object_type="staffing.vacancy",
        after={"count": count, **asked.address},
    )
    return book_response(file, f"vacancies-{clock.today():%Y-%m-%d}")


def _all(rows: Any) -> Iterator[Vacancy]:
    return rows.iterator(chunk_size=1000)


def _line(row: Vacancy) -> list[Any]:
    return [
        str(row.get_role_display()),
        str(row.department),
        row.headcount,
        row.wanted_on,
        str(row.get_status_display()),
        *(_number(row, name) for name in ("k", "fte_required", "fte_available")),
        bottleneck_name(row.reason.get("bottleneck")),
        row.created_by.full_name if row.created_by else _("by the night"),
        *(clock.day_of(at) if at else None for at in (row.created_at, row.opened_at, row.closed_at)),
        row.text,
    ]


def _number(row: Vacancy, name: str) -> Decimal | None:
    value = row.reason.get(name)
    return None if value is None else Decimal(value)

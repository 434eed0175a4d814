"""A target and its parts as a workbook: the whole, its departments and its segments in the period of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from common import clock
from common.books import book_response, write_book
from deals.selectors import may_export
from journal.services import record
from planning.selectors.parts import Parts, parts_of
from planning.views.figures_book import figures_cells, figures_head
from planning.views.page import period_asked
from planning.views.parts import parts_scope


@require_safe
def parts_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The page's rows as a spreadsheet, to those who may export; written to the audit log."""
    viewer = cast(User, request.user)
    department, user, _departments = parts_scope(request)
    if not may_export(viewer):
        raise Http404
    kind, day = period_asked(request)
    found = parts_of(department=department, user=user, kind=kind, day=day, today=clock.today())
    whole = user.full_name if user else department.name if department else _("Company")
    head = [_("Of what"), _("Part"), *figures_head()]
    file, count = write_book(head, _lines(found, whole), sheet=_("Plan-fact"))
    about = {"rows": count, "period": str(kind), "day": day}
    if user is not None or department is not None:
        record(action="plan.export", obj=user or department, actor=viewer, after=about)
    else:
        record(action="plan.export", object_type="planning.yearplan", actor=viewer, after=about)
    return book_response(file, f"plan-parts-{day:%Y-%m-%d}")


def _lines(found: Parts, whole: str) -> Iterator[list[Any]]:
    yield [whole, _("The whole"), *figures_cells(found.whole)]
    for line in found.departments:
        yield [line.part.name, _("Department"), *figures_cells(line.figures)]
    for line in found.segments:
        yield [line.part.name, _("Segment"), *figures_cells(line.figures)]

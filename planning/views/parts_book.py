"""A target and its parts as a workbook: the whole, its departments and its segments in the period of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from common import clock
from common.books import XLSX, write_book
from deals.selectors import may_export
from journal.services import record
from planning.choices import PeriodKind as PeriodLabel
from planning.selectors.figures import Figures
from planning.selectors.parts import Parts, parts_of
from planning.views.cells import percent_of
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
    head = [
        _("Of what"),
        _("Part"),
        _("Period"),
        _("From"),
        _("To"),
        _("As of"),
        _("Plan, ₽"),
        _("Plan to date, ₽"),
        _("Fact, ₽"),
        _("Fact to plan, %"),
    ]
    file, count = write_book(head, _lines(found, whole), sheet=_("Plan-fact"))
    about = {"rows": count, "period": str(kind), "day": day}
    if user is not None or department is not None:
        record(action="plan.export", obj=user or department, actor=viewer, after=about)
    else:
        record(action="plan.export", object_type="planning.yearplan", actor=viewer, after=about)
    response = FileResponse(file, as_attachment=True, filename=f"plan-parts-{day:%Y-%m-%d}.xlsx", content_type=XLSX)
    response["Cache-Control"] = "private, no-store"
    return response


def _lines(found: Parts, whole: str) -> Iterator[list[Any]]:
    yield _line(whole, _("The whole"), found.whole)
    for line in found.departments:
        yield _line(line.part.name, _("Department"), line.figures)
    for line in found.segments:
        yield _line(line.part.name, _("Segment"), line.figures)


def _line(name: str, part: str, figures: Figures) -> list[Any]:
    period = figures.span.period
    return [
        name,
        part,
        str(PeriodLabel(str(period.kind)).label),
        period.starts_on,
        period.ends_on,
        min(figures.as_of, figures.span.facts_to),
        figures.plan,
        figures.plan_to_date,
        figures.fact,
        percent_of(figures.attainment),
    ]

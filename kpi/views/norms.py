"""/kpi/norms/: how a norm of the board came about: days of every person × what a day asks of him, and who says so."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from common import clock, formats
from kpi.calculator import Kpi
from kpi.constants import NORM_WEEK_DAYS
from kpi.selectors import Board, PersonRow, board_of, may_approve, references_on
from kpi.selectors.funnels import Expected
from kpi.selectors.lines import COUNTED, MOVED, working_days
from kpi.selectors.references import PERSON_KPIS, References
from kpi.views.board import asked_of
from kpi.views.cells import label, shown, source_text
from planning.views.calculators import address_of, number_text
from planning.views.scope import departments_of


@require_safe
def kpi_norms(request: HttpRequest) -> HttpResponse:
    """`?of=` an indicator that is counted, `&period=&day=&user=|department=` as on the board. Http404 for any other."""
    viewer = cast(User, request.user)
    scope, kind, day = asked_of(request)
    of = request.GET.get("of", "")
    if of not in {str(kpi) for kpi in COUNTED}:
        raise Http404
    kpi = Kpi(of)
    board = board_of(department=scope.department, user=scope.user, kind=kind, day=day, today=clock.today())
    references = references_on(department_id=scope.department.pk, day=max(board.as_of, board.first))
    leads = may_approve(viewer, scope.department)
    line = board.line(kpi)
    many = len(departments_of(viewer)) > 1
    context = {
        "title": _("Norm: %(name)s") % {"name": label(kpi)},
        "who": scope.user.full_name if scope.user else scope.department.name,
        "stretch": f"{formats.date_num(board.first)} – {formats.date_num(max(board.as_of, board.first))}",
        "rows": [_row(board, row, kpi, references, leads=leads) for row in board.rows if _norm(row, kpi)],
        "total": shown(kpi, line.norm if line is not None else None),
        "is_funnel": kpi not in PERSON_KPIS,
        "back_url": address_of(
            "/kpi/",
            {"period": str(kind), "day": day.isoformat(), "user": scope.user.pk if scope.user else None},
            {"department": scope.department.pk if many and not scope.user else None},
        ),
    }
    return render(request, "kpi/norms.html", context)


def _norm(row: PersonRow, kpi: Kpi) -> Any:
    line = row.lines.get(kpi)
    return line.norm if line is not None else None


def _row(board: Board, row: PersonRow, kpi: Kpi, references: References, *, leads: bool) -> dict[str, Any]:
    user = row.user
    value, source, url = _said(board, user, kpi, references)
    return {
        "name": user.full_name,
        "role": user.get_role_display(),
        "days": formats.number(working_days(user, board.first, board.as_of)),
        "value": value,
        "source": source,
        "url": url if leads or kpi in MOVED else "",
        "norm": shown(kpi, _norm(row, kpi)),
    }


def _said(board: Board, user: User, kpi: Kpi, references: References) -> tuple[str, str, str]:
    """What is asked, by whom, and the page it is decided on."""
    if kpi in MOVED:
        return _of_funnel(board, user, kpi)
    department = board.department.pk
    month = f"{board.first:%Y-%m}"
    a_day = references.of_plan(kpi, user.role)
    if a_day is not None:
        said = _("%(n)s a working day") % {"n": formats.number(a_day)}
        return (
            said,
            _("plan of the month"),
            address_of("/calculators/plan/", {"department": department, "month": month}),
        )
    found = references.value(kpi, user.role)
    said = _("%(n)s for %(days)s working days") % {"n": number_text(found.value, 1, short=True), "days": NORM_WEEK_DAYS}
    return said, source_text(found.source), address_of("/kpi/references/", {"department": department})


def _of_funnel(board: Board, user: User, kpi: Kpi) -> tuple[str, str, str]:
    """The clients of the funnel the norm was taken from, which is not always the present one."""
    expected = board.expected.get(user.pk, Expected())
    asked = expected.resolutions if kpi is Kpi.RESOLUTIONS else expected.upgrades
    said = _("%(n)s a working day") % {"n": number_text(asked, 4, short=True)}
    source = (
        _("his funnel as it stands now")
        if expected.stood_on is None
        else _("his funnel of %(day)s") % {"day": formats.date_num(expected.stood_on)}
    )
    day = board.span.period.starts_on.isoformat()
    where = {"of": str(kpi), "period": str(board.kind), "day": day, "user": user.pk}
    return said, source, address_of("/kpi/norms/clients/", where)

"""/kpi/references/: what a department is held against, what is proposed for the next month, and how it came to be."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import Role
from accounts.models import Department, User
from common import clock, formats
from common.acts import answers_refusals, attempt, done
from common.htmx import redirect, wants_fragment
from kpi import services
from kpi.calculator import Kpi, effective_from
from kpi.choices import Source
from kpi.constants import REFERENCE_LEAST_FINISHED, REFERENCE_LEAST_MANAGERS
from kpi.forms import ReferenceForm
from kpi.models import Norm, ReferenceKPI
from kpi.selectors import may_approve, proposals, references_on
from kpi.selectors.people import short_names
from kpi.selectors.references import (
    PERSON_KPIS,
    ROLES,
    SEGMENT_KPIS,
    SEGMENT_ROLES,
    SET_NORMS,
    References,
    default_of,
    history,
    norm_history,
)
from kpi.views.cells import label, shown, source_text, unit
from planning.views.scope import chosen

_HISTORY = 30


def _department(request: HttpRequest) -> tuple[Department, list[Department]]:
    """The department asked for, to those who may approve its values."""
    viewer = cast(User, request.user)
    scope = chosen(request)
    if scope.user is not None or not may_approve(viewer, scope.department):
        raise Http404
    return scope.department, scope.departments


def _address(department: Department, path: str = "") -> str:
    return f"/kpi/references/{path}?department={department.pk}"


@require_GET
def references(request: HttpRequest) -> HttpResponse:
    viewer = cast(User, request.user)
    department, departments = _department(request)
    today = clock.today()
    now, then = references_on(department_id=department.pk, day=today), effective_from(today)
    ahead = references_on(department_id=department.pk, day=then)
    waiting = {
        (row.segment_id, row.role, row.kpi): row for row in proposals(department=department, viewer=viewer, after=today)
    }
    names = short_names(pk for row in waiting.values() for pk in row.basis.get("best", ()))
    groups = [_group(_("All segments: the whole working time"), None, PERSON_KPIS, ROLES, now, ahead, waiting, names)]
    groups += [
        _group(segment.name, pk, SEGMENT_KPIS, SEGMENT_ROLES, now, ahead, waiting, names)
        for pk, segment in now.segments.items()
        if segment.is_active
    ]
    context = {
        "title": department.name,
        "month": _month(then),
        "groups": [group for group in groups if group["rows"]],
        "norms": [_norm(kpi, role, now, ahead) for kpi in SET_NORMS for role in ROLES],
        "waiting": len(waiting),
        "history": _history(department, viewer),
        "why": _("Own statistics speak for at least %(managers)s managers with %(finished)s finished sales each.")
        % {"managers": REFERENCE_LEAST_MANAGERS, "finished": REFERENCE_LEAST_FINISHED},
        "approve_url": _address(department, "approve/"),
        "propose_url": _address(department, "propose/"),
        "new_url": _address(department, "new/"),
        "back_url": f"/kpi/?department={department.pk}",
        "departments": [{"label": one.name, "url": _address(one), "active": one == department} for one in departments]
        if len(departments) > 1
        else [],
    }
    return render(request, "kpi/references.html", context)


def _month(day: date) -> str:
    return date_format(day, "F Y").lower()


def _group(
    name: str,
    segment_id: int | None,
    kpis: Any,
    roles: tuple[Role, ...],
    now: References,
    ahead: References,
    waiting: dict[Any, ReferenceKPI],
    names: dict[int, str],
) -> dict[str, Any]:
    rows = []
    for kpi in kpis:
        for role in roles:
            proposal = waiting.get((segment_id, role, kpi))
            is_asked = segment_id is not None or default_of(kpi, role, None) or proposal is not None
            if not is_asked and now.value(kpi, role).source == Source.DEFAULT:
                continue
            rows.append(_row(kpi, role, segment_id, now, ahead, proposal, names))
    return {"name": name, "rows": rows}


def _row(
    kpi: Kpi,
    role: Role,
    segment_id: int | None,
    now: References,
    ahead: References,
    proposal: ReferenceKPI | None,
    names: dict[int, str],
) -> dict[str, Any]:
    value, then = now.value(kpi, role, segment_id), ahead.value(kpi, role, segment_id)
    row: dict[str, Any] = {
        "name": label(kpi),
        "role": str(role.label),
        "value": shown(kpi, value.value),
        "unit": "" if "%" in shown(kpi, value.value) or "₽" in shown(kpi, value.value) else unit(kpi),
        "source": source_text(value.source),
        "next": shown(kpi, then.value) if then.value != value.value else "",
        "next_source": source_text(then.source),
        "proposal": None,
    }
    if proposal is not None:
        best = ", ".join(names.get(pk, "") for pk in proposal.basis.get("best", ()))
        row["proposal"] = {
            "id": proposal.pk,
            "value": shown(kpi, proposal.value),
            "source": source_text(proposal.source),
            "why": _("the best of %(judged)s: %(best)s") % {"judged": proposal.basis.get("judged", 0), "best": best}
            if best
            else _("too few managers to judge by"),
            "is_bounded": proposal.basis.get("is_bounded", False),
        }
    return row


def _norm(kpi: Kpi, role: Role, now: References, ahead: References) -> dict[str, Any]:
    return _row(kpi, role, None, now, ahead, None, {})


def _history(department: Department, viewer: User) -> list[dict[str, Any]]:
    rows = [
        (row.approved_at, row, row.approved_by) for row in history(department=department, viewer=viewer)[:_HISTORY]
    ] + [(row.created_at, row, row.created_by) for row in norm_history(department=department, viewer=viewer)[:_HISTORY]]
    rows.sort(key=lambda one: (one[0], one[1].pk), reverse=True)  # type: ignore[arg-type,return-value]
    return [_told(row, at, by) for at, row, by in rows[:_HISTORY]]


def _told(row: ReferenceKPI | Norm, at: Any, by: User | None) -> dict[str, Any]:
    kpi = Kpi(row.kpi)
    segment = row.segment.name if row.segment is not None else _("all segments")
    source = row.source if isinstance(row, ReferenceKPI) else Source.SET
    return {
        "name": label(kpi),
        "place": f"{row.get_role_display()} · {segment}",
        "value": shown(kpi, row.value),
        "source": source_text(source),
        "from": _month(row.valid_from),
        "by": by.short_name if by else formats.DASH,
        "at": formats.day_time(at),
        "reason": row.reason,
    }


@require_POST
@answers_refusals
def references_approve(request: HttpRequest) -> HttpResponse:
    """POST `ids`: the chosen proposals become the values of the next month."""
    department, _departments = _department(request)
    ids = [int(value) for value in request.POST.getlist("ids") if value.isdecimal() and len(value) < 19]
    rows = services.approve_references(department=department, ids=ids, actor=cast(User, request.user))
    told = ngettext("%(n)s value is approved.", "%(n)s values are approved.", len(rows)) % {"n": len(rows)}
    return done(request, told, _address(department))


@require_POST
@answers_refusals
def references_propose(request: HttpRequest) -> HttpResponse:
    """POST: what the best of the last ninety days show is proposed for the next month, at once."""
    department, _departments = _department(request)
    rows = services.propose_now(department=department, actor=cast(User, request.user))
    told = (
        ngettext("%(n)s value is proposed.", "%(n)s values are proposed.", len(rows)) % {"n": len(rows)}
        if rows
        else _("Nothing to propose: there are too few data, or the values in force say the same.")
    )
    messages.success(request, told)
    return redirect(request, _address(department))


@require_http_methods(["GET", "POST"])
@answers_refusals
def reference_new(request: HttpRequest) -> HttpResponse:
    """A value set by hand; a fragment in the dialog, a page without JavaScript."""
    department, _departments = _department(request)
    form = ReferenceForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST":

        def act(data: dict[str, Any]) -> None:
            services.set_reference(department=department, actor=cast(User, request.user), **data)

        refusal = attempt(form, act)
        if refusal is None:
            return done(request, _("The value is set, in force from the next month."), _address(department))
    context = {
        "form": form,
        "refusal": refusal,
        "department": department,
        "action_url": request.get_full_path(),
        "back_url": _address(department),
        "title": _("Value set by hand, from %(month)s") % {"month": _month(effective_from(clock.today()))},
    }
    template = "kpi/_reference.html" if wants_fragment(request) else "kpi/reference_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)

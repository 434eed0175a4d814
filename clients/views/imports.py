"""Upload of a table and the result of its import; for heads and the director, invisible to others."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clients import selectors, services
from clients.choices import FileProblem, ImportState, RowCode, RowState
from clients.constants import IMPORT_FILE_BYTES, IMPORT_ROWS
from clients.forms import ImportForm
from clients.models import Client, ImportRow, ImportRun
from clients.tasks import process_import
from clients.views.answers import employee, go
from common.errors import ActError, NotAllowed
from common.htmx import redirect, wants_fragment
from common.paging import keyset_page
from notifications.tasks import wake

_SHOWN = 20
_VIEWS = ("errors", "warnings", "duplicates", "created")


def _user(request: HttpRequest) -> Any:
    user = employee(request)
    if not selectors.can_import(user):
        raise Http404
    return user


def _wake(run: ImportRun) -> None:
    """A worker that cannot be reached now is no failure of the upload: the sweeper finds the run."""
    wake(process_import, run.pk)


@require_http_methods(["GET", "POST"])
def import_upload(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if request.method == "GET":
        return _upload(request, ImportForm(user=user))
    form = ImportForm(request.POST, request.FILES, user=user)
    if not form.is_valid():
        return _upload(request, form, 422)
    try:
        run = services.receive_import(
            file=form.cleaned_data["file"],
            actor=user,
            department=form.cleaned_data.get("department"),
            is_dry=form.cleaned_data["is_dry"],
        )
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except ActError as problem:
        return _upload(request, form, form.add_refusal(problem))
    _wake(run)
    return redirect(request, reverse("import_result", args=[run.pk]))


def _upload(request: HttpRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    runs = ImportRun.objects.visible_to(employee(request)).select_related("started_by", "department")[:_SHOWN]
    context = {
        "form": form,
        "runs": [{"run": run, "problem": _problem(run)} for run in runs],
        "limit_mb": IMPORT_FILE_BYTES // (1024 * 1024),
        "limit_rows": IMPORT_ROWS,
    }
    return render(request, "clients/import.html", context, status=status)


@require_GET
def import_result(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request)
    runs = ImportRun.objects.visible_to(user).select_related("started_by", "department")
    run = get_object_or_404(runs, pk=pk)
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in _VIEWS else ""
    rows = _rows(run, chosen, user, request.GET.get("page", ""))
    counts = dict.fromkeys(("rows", "created", "duplicates", "errors", "warnings", "total"), 0) | run.counts
    context = {
        "run": run,
        "counts": counts,
        "problem": _problem(run),
        "is_running": run.state in (ImportState.RECEIVED, ImportState.RUNNING),
        "file_codes": [RowCode(code).label for code in run.mapping.get("codes", [])],
        "tabs": _tabs(run, counts, chosen),
        "can_start": run.is_dry and run.state == ImportState.DONE and bool(run.file) and run.started_by_id == user.pk,
        **rows,
    }
    # Only the poll of the page itself asks for the fragment.
    name = "clients/_import.html" if wants_fragment(request) else "clients/import_result.html"
    return render(request, name, context)


def _tabs(run: ImportRun, counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    labels = {
        "": _("All rows"),
        "errors": _("Errors"),
        "warnings": _("Warnings"),
        "duplicates": _("Duplicates"),
        "created": _("New clients"),
    }
    address = reverse("import_result", args=[run.pk])
    return [
        {
            "label": label,
            "count": counts[name or "rows"],
            "url": f"{address}?show={name}" if name else address,
            "active": name == chosen,
        }
        for name, label in labels.items()
    ]


def _rows(run: ImportRun, chosen: str, user: Any, cursor: str) -> dict[str, Any]:
    rows = ImportRow.objects.visible_to(user).filter(run=run)
    states = {"errors": RowState.ERROR, "duplicates": RowState.DUPLICATE, "created": RowState.CREATED}
    if chosen in states:
        rows = rows.filter(state=states[chosen])
    elif chosen == "warnings":
        rows = rows.filter(state=RowState.CREATED).exclude(codes=[]).exclude(codes=[RowCode.NOTE_PHONE_RANGE])
    page = keyset_page(rows, field="row_no", cursor=cursor)
    linked = {row.client_id for row in page.rows if row.client_id}
    visible = set(Client.objects.visible_to(user).filter(pk__in=linked).values_list("pk", flat=True))
    lines = [
        {
            "row_no": row.row_no,
            "name": row.name,
            "state": row.get_state_display(),
            "is_error": row.state == RowState.ERROR,
            "words": "; ".join(str(RowCode(code).label) for code in row.codes if code in RowCode.values),
            "url": f"/clients/{row.client_id}/" if row.client_id in visible else "",
        }
        for row in page.rows
    ]
    return {"lines": lines, "page": page}


def _problem(run: ImportRun) -> str:
    return str(FileProblem(run.error).label) if run.error in FileProblem.values else run.error


@require_POST
def import_start(request: HttpRequest, pk: int) -> HttpResponse:
    """From a check to the real import of the same bytes."""
    user = _user(request)
    run = get_object_or_404(ImportRun.objects.visible_to(user), pk=pk)
    try:
        real = services.confirm_import(run=run, actor=user)
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except ActError as problem:
        return go(request, reverse("import_result", args=[run.pk]), problem.text, messages.WARNING)
    _wake(real)
    return redirect(request, reverse("import_result", args=[real.pk]))

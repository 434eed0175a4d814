"""Targets from a table: upload, a check that tells every fault by row and column, then everything is written or nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from clients.readers import ReadError
from common import formats
from common.acts import answers_refusals
from common.books import book_response, write_book
from common.errors import Invalid
from common.htmx import redirect
from planning.readers import TABLE_BYTES, TABLE_ROWS, Fault, TargetRow, lines_for, read_targets, template_head
from planning.selectors.year_plans import people_to_plan
from planning.services import Imported, Into, import_targets
from planning.views.scope import departments_of
from planning.views.years.scope import list_url, planner, scope_name, year_asked

_CHECKED_FOR: Final = 3600  # seconds in which a checked table may be written
_SHOWN_FAULTS: Final = 200


class ImportForm(forms.Form):
    """A table, what it becomes, and why."""

    file = forms.FileField(label=gettext_lazy("Table: XLSX or CSV"), max_length=255)
    into = forms.ChoiceField(
        label=gettext_lazy("Write as"),
        choices=[
            (str(Into.DRAFTS), gettext_lazy("drafts of year plans, to be approved later")),
            (str(Into.TARGETS), gettext_lazy("approved targets of months, at once")),
        ],
        initial=str(Into.DRAFTS),
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, min_length=3)

    use_required_attribute = False

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > TABLE_BYTES:
            raise forms.ValidationError(_("The file is too large. The limit is 1 MB."))
        return file


@answers_refusals
@require_http_methods(["GET", "POST"])
def year_import(request: HttpRequest) -> HttpResponse:
    """POST with a file checks it and writes nothing; POST with what was `checked` writes."""
    viewer, year = planner(request), year_asked(request)
    if request.method == "POST" and "checked" in request.POST:
        return _write(request, viewer, year)
    posted = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if posted else ImportForm()
    if not posted or not form.is_valid():
        return _page(request, year, form, status=422 if posted else 200)
    try:
        rows, faults = _read(form.cleaned_data["file"])
        into, reason = Into(form.cleaned_data["into"]), form.cleaned_data["reason"]
        found = import_targets(rows=rows, year=year, into=into, reason=reason, actor=viewer, is_dry=True)
    except ReadError as error:
        form.add_error("file", _file_words(error))
        return _page(request, year, form, status=422)
    except Invalid as error:
        form.add_error("reason", error.text)
        return _page(request, year, form, status=422)
    found.faults = sorted([*faults, *found.faults], key=lambda one: (one.row_no, one.column))
    checked = {"year": year, "into": str(into), "reason": reason, "rows": [row.as_data() for row in rows]}
    sealed = "" if found.faults else signing.dumps(checked, salt=_salt(viewer), compress=True)
    return _page(request, year, form, found=found, sealed=sealed, status=422 if found.faults else 200)


@require_safe
def import_template(request: HttpRequest) -> FileResponse:
    """The empty table: departments and people whom the reader may plan."""
    viewer = planner(request)
    departments = departments_of(viewer)
    people = list(people_to_plan(departments))
    names = [(one.name, "") for one in departments]
    names += [(user.department.name if user.department else "", _unique_name(user, people)) for user in people]
    file, _count = write_book(template_head(), lines_for(names), widths=(28, 16))
    return book_response(file, "targets")


def _unique_name(user: User, people: list[User]) -> str:
    """The full name, or the login where two people share a name."""
    same = [one for one in people if one.full_name == user.full_name]
    return user.full_name if len(same) == 1 else user.login


def _write(request: HttpRequest, viewer: User, year: int) -> HttpResponse:
    try:
        checked = signing.loads(request.POST["checked"], salt=_salt(viewer), max_age=_CHECKED_FOR)
    except signing.BadSignature:
        form = ImportForm()
        refusal = _("The check is too old, or not yours. Upload the table once more.")
        return _page(request, year, form, refusal=refusal, status=422)
    rows = [TargetRow.of_data(row) for row in checked["rows"]]
    found = import_targets(
        rows=rows,
        year=checked["year"],
        into=Into(checked["into"]),
        reason=checked["reason"],
        actor=viewer,
        is_dry=False,
    )
    if found.faults:
        return _page(request, checked["year"], ImportForm(), found=found, status=422)
    if checked["into"] == Into.DRAFTS:
        told = ngettext("%(n)s draft is written.", "%(n)s drafts are written.", found.written)
    else:
        told = ngettext("%(n)s target is approved.", "%(n)s targets are approved.", found.written)
    messages.success(request, told % {"n": found.written})
    return redirect(request, list_url(checked["year"]))


def _read(file: Any) -> tuple[list[TargetRow], list[Fault]]:
    """The uploaded bytes under a name of our own, gone when they are read."""
    with tempfile.NamedTemporaryFile(suffix=".table") as place:
        for chunk in file.chunks():
            place.write(chunk)
        place.flush()
        return read_targets(Path(place.name))


def _file_words(error: ReadError) -> str:
    words = {
        "too_large": _("The file is too large. The limit is 1 MB."),
        "too_many_rows": _("There are more than %(rows)s rows. Split the table.") % {"rows": TABLE_ROWS},
        "too_many_columns": _("There are too many columns: a name, twelve months and the year are read."),
    }
    return words.get(error.code, str(error))


def _salt(viewer: User) -> str:
    return f"planning.targets.{viewer.pk}"


def _page(
    request: HttpRequest,
    year: int,
    form: ImportForm,
    *,
    found: Imported | None = None,
    sealed: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "year": year,
        "found": found is not None,
        "refusal": refusal,
        "faults": [] if found is None else found.faults[:_SHOWN_FAULTS],
        "more": 0 if found is None else max(0, len(found.faults) - _SHOWN_FAULTS),
        "planned": []
        if found is None
        else [
            {"row_no": one.row_no, "name": scope_name(one.scope), "amount": formats.money(one.amount)}
            for one in found.planned
        ],
        "sealed": sealed,
        "limit_rows": TABLE_ROWS,
        "action_url": f"/plan/year/import/?year={year}",
        "back_url": list_url(year),
    }
    return render(request, "planning/year_import.html", context, status=status)

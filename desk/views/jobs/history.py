"""All runs of one job, newest first, by state and by days, and the same as a table to take out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import may_see_settings
from accounts.views.proof import ask_proof_for_rows
from accounts.views.requests import only_for, person
from common import clock, formats
from common.books import book_response, write_book
from common.paging import keyset_page
from desk.choices import JOB_WORDS
from desk.forms import JobRunFilterForm
from desk.selectors.job_runs import number_aside, runs_of
from desk.views.jobs.lines import counts_of, error_of, is_overdue, job_named, line_of, times_of, took
from journal.models import JobRun
from journal.services import record

_PORTION = 500


@require_safe
@only_for(may_see_settings)
def job_runs(request: HttpRequest, job: str) -> HttpResponse:
    job_named(job)
    form = JobRunFilterForm(request.GET)
    return _page(request, job, form) if form.is_valid() else _refused(request, job, form)


@require_safe
@only_for(may_see_settings)
def job_runs_export(request: HttpRequest, job: str) -> HttpResponse:
    """What the filters leave; written to the audit log with its number of rows."""
    job_named(job)
    form = JobRunFilterForm(request.GET)
    if not form.is_valid():
        return _refused(request, job, form)
    runs, viewer = runs_of(job, **form.wanted()), person(request)
    if unproved := ask_proof_for_rows(request, runs):
        return unproved
    head = [
        _("Day"),
        _("State"),
        pgettext("run of a job", "Planned"),
        _("Begun"),
        _("Finished"),
        _("Lasted"),
        _("Late"),
        _("Attempts"),
        _("Set aside"),
        _("Result"),
        _("Error"),
    ]
    file, count = write_book(head, _cells(runs, viewer), sheet=job, widths=(14, 18))
    asked = {"job": job} | {name: str(value) for name, value in form.wanted().items()}
    record(action="jobs.export", object_type=JobRun._meta.label_lower, after={"rows": count, "filter": asked})
    return cast(HttpResponse, book_response(file, f"{job}-{clock.today():%Y-%m-%d}"))


def _page(request: HttpRequest, job: str, form: JobRunFilterForm) -> HttpResponse:
    viewer, now, wanted = person(request), clock.now(), form.wanted()
    page = keyset_page(
        runs_of(job, **wanted), field="business_date", cursor=request.GET.get("cursor", ""), is_descending=True
    )
    kept = {name: str(value) for name, value in wanted.items()}

    def url(cursor: str) -> str:
        return f"{reverse('job_runs', args=[job])}?{urlencode({**kept, 'cursor': cursor})}" if cursor else ""

    context = {
        "lines": [line_of(run, viewer, now) for run in page.rows],
        "is_filtered": bool(wanted),
        "export_url": f"{reverse('job_runs_export', args=[job])}?{urlencode(kept)}",
        "next_url": url(page.next_cursor),
        "previous_url": url(page.previous_cursor),
    }
    return render(request, "desk/job_runs.html", _common(job, form) | context)


def _refused(request: HttpRequest, job: str, form: JobRunFilterForm) -> HttpResponse:
    return render(request, "desk/job_runs.html", _common(job, form) | {"is_refused": True}, status=422)


def _common(job: str, form: JobRunFilterForm) -> dict[str, Any]:
    title, what = JOB_WORDS[job]
    return {"form": form, "title": title, "what": what, "times": times_of(job_named(job)),
            "here": reverse("job_runs", args=[job])}  # fmt: skip


def _cells(runs: QuerySet[JobRun], viewer: User) -> Iterator[list[Any]]:
    now = clock.now()
    for run in runs.order_by("-business_date", "-pk").iterator(chunk_size=_PORTION):
        yield [
            run.business_date,
            run.get_state_display(),
            *(formats.stamp(moment) for moment in (run.due_at, run.started_at, run.finished_at)),
            took(run),
            _("yes") if is_overdue(run, now) else "",
            run.attempts,
            number_aside(run) or None,
            "; ".join(f"{what}: {number}" for what, number in counts_of(run)),
            error_of(run, viewer),
        ]

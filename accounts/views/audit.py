from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import time, timedelta
from itertools import islice
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.rules import may_see_audit
from accounts.selectors import audit_events, has_hidden_contents
from accounts.views.proof import ask_proof_for_rows
from accounts.views.requests import only_for, person
from common import clock, formats
from common.paging import count_up_to, keyset_page
from common.text import formula_guard
from journal.forms import AuditFilterForm
from journal.models import AuditEvent
from journal.readers import in_words
from journal.selectors import last_seal
from journal.services import record

EXPORT_MOST: Final = 20_000
_PORTION: Final = 500


@require_GET
@only_for(may_see_audit)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Newest first. A head reads the acts of his people; an administrator no contents of clients (domain 1.1)."""
    viewer = person(request)
    form = AuditFilterForm(request.GET)
    wanted = form.wanted()
    events = _filtered(audit_events(viewer), wanted)
    if "csv" in request.GET:
        return _export(request, viewer, events, wanted)
    page = keyset_page(events, field="at", cursor=request.GET.get("page", ""), is_descending=True)
    context = {
        "form": form,
        "rows": in_words(page.rows, viewer=viewer, is_hidden=lambda event: has_hidden_contents(viewer, event)),
        "page": page,
        "seal": last_seal(),
        "may_export": not viewer.is_administrator,
        "is_filtered": bool(wanted),
    }
    return render(request, "accounts/audit.html", context)


def _filtered(events: QuerySet[AuditEvent], wanted: dict[str, Any]) -> QuerySet[AuditEvent]:
    if actor := wanted.get("actor"):
        # By id: the index of acts begins with it.
        named = Q(login=actor.strip().lower()) | Q(last_name__iexact=actor.strip())
        events = events.filter(actor_id__in=list(User.objects.filter(named).values_list("pk", flat=True)))
    if action := wanted.get("action"):
        events = events.filter(action__startswith=action.strip().lower())
    if kind := wanted.get("kind"):
        events = events.filter(object_type=kind)
    if pk := wanted.get("pk"):
        events = events.filter(object_id=pk)
    if text := wanted.get("text"):
        events = events.filter(object_name__icontains=text)
    if via := wanted.get("via"):
        events = events.filter(via=via)
    if number := wanted.get("request"):
        events = events.filter(request_id=number)
    day_from, day_to = wanted.get("day_from"), wanted.get("day_to")
    if day_from:
        events = events.filter(at__gte=clock.local_moment(day_from, time.min))
    if day_to and day_to.year < 9999:
        events = events.filter(at__lt=clock.local_moment(day_to + timedelta(days=1), time.min))
    return events


def _export(request: HttpRequest, viewer: User, events: QuerySet[AuditEvent], wanted: dict[str, Any]) -> HttpResponse:
    """The filtered log as CSV, for whoever may export clients: what he reads on the page, no formula; itself audited."""
    if viewer.is_administrator:
        raise PermissionDenied
    count = count_up_to(events, EXPORT_MOST)
    if count.is_capped:
        text = _("More than %(n)d acts: narrow the filter before you export.") % {"n": EXPORT_MOST}
        messages.error(request, text)
        query = request.GET.copy()
        del query["csv"]
        return redirect(f"{reverse('audit_log')}?{query.urlencode()}")
    if unproved := ask_proof_for_rows(request, events):
        return unproved
    asked = {name: str(value) for name, value in wanted.items()}
    record(
        action="journal.export",
        object_type=AuditEvent._meta.label_lower,
        after={"rows": count.value, **({"filter": asked} if asked else {})},
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{clock.today():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "private, no-store"
    response.write("\ufeff")
    sheet = csv.writer(response, delimiter=";")
    for cells in _cells(viewer, events, count.value):
        sheet.writerow([formula_guard(cell) for cell in cells])
    return response


def _cells(viewer: User, events: QuerySet[AuditEvent], count: int) -> Iterator[list[str]]:
    yield [_("When"), _("Who"), _("Channel"), _("Act"), _("Kind of object"), _("Number"), _("Object"),
           _("Before → after"), _("Request number")]  # fmt: skip
    newest = events.order_by("-at", "-pk")[:count].iterator(chunk_size=_PORTION)
    while portion := list(islice(newest, _PORTION)):
        for row in in_words(portion, viewer=viewer, is_hidden=lambda event: has_hidden_contents(viewer, event)):
            changes = (
                f"{each['key']}: {each['old'] + ' → ' if each['old'] else ''}{each['new']}" for each in row["changes"]
            )
            yield [
                formats.stamp(row["at"]),
                row["who"],
                str(row["via"]),
                row["act"],
                row["kind"],
                str(row["id"] or ""),
                row["name"],
                "; ".join(changes),
                row["request"],
            ]

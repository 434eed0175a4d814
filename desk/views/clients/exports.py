"""The list as a workbook."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views.proof import ask_proof_for_rows
from clients.models import Client
from common import clock
from common.books import book_response, write_book
from desk.selectors import clients as lists
from desk.selectors.work import with_work
from desk.views.clients.asked import Asked
from desk.views.clients.bulk import chosen_of
from journal.services import record


@require_http_methods(["GET", "HEAD", "POST"])
def client_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """GET: what the filters leave; POST: the ticked clients. Written to the audit log with its number of rows."""
    asked = Asked(request)
    if not lists.may_export(asked.viewer):
        raise Http404
    rows = asked.filter.qs
    if request.method == "POST" and not request.POST.get("all"):
        rows = with_work(Client.objects.visible_to(asked.viewer)).filter(pk__in=chosen_of(request, asked))
    if unproved := ask_proof_for_rows(request, rows):
        return unproved
    head = (
        _("Client"),
        _("INN"),
        _("Section"),
        _("State"),
        _("Owner"),
        _("Size"),
        _("Category"),
        _("Segment"),
        _("City"),
        _("Colour"),
        _("Sum, ₽"),
        _("Next step"),
        _("What to do"),
        _("Last contact"),
        _("Term ends"),
    )
    colours = {"red": _("Red"), "yellow": _("Yellow"), "green": _("Green"), "none": ""}
    lines = lists.export_lines(lists.exportable(asked.viewer, rows))
    file, count = write_book(head, ([*line[:9], colours.get(line[9], ""), *line[10:]] for line in lines))
    record(
        action="clients.export",
        obj=asked.viewer,
        actor=asked.viewer,
        after={"rows": count, "filter": asked.query.urlencode()[:500]},
    )
    return book_response(file, f"clients-{clock.today():%Y-%m-%d}")

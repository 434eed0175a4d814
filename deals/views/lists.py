"""/documents/: offers, invoices, contracts, payments, and the payments behind a figure of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from accounts.views.proof import ask_proof_for_rows
from clients.models import Segment
from common import clock, formats
from common.books import book_response
from common.htmx import wants_fragment
from common.paging import keyset_page
from deals import selectors
from deals.forms import FilterForm
from deals.models import Payment, PaymentCredit
from deals.selectors import TABS, Tab, Totals, Wanted
from deals.views import exports
from deals.views.rows import credit_row, document_row
from journal.services import record

READERS = frozenset({*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR, Role.ACCOUNTANT})


def _statuses(tab: Tab) -> list[tuple[str, str]]:
    if tab.model is Payment:
        return [("counted", pgettext("payment", "counted")), ("cancelled", pgettext("payment", "cancelled"))]
    return [(value, str(label)) for value, label in tab.statuses]


def _whole(value: str) -> int | None:
    """An id of the address; 404 for what can be none."""
    if not value:
        return None
    if not value.isdecimal() or len(value) > 18:
        raise Http404
    return int(value)


@dataclass(frozen=True)
class Asked:
    """The list the address asks for."""

    tab: Tab
    form: FilterForm
    wanted: Wanted
    user: User | None
    department: Department | None
    segment: Segment | None = None
    is_whole: bool = False  # `?credited=1`: what counts for anybody the reader sees, as the company's figure counts it

    @property
    def is_credited(self) -> bool:
        return self.is_whole or any(one is not None for one in (self.user, self.department, self.segment))

    def credits(self, viewer: User) -> QuerySet[PaymentCredit]:
        ids = {
            f"{name}_id": one.pk if one is not None else None
            for name, one in (("user", self.user), ("department", self.department), ("segment", self.segment))
        }
        return selectors.credited(viewer=viewer, wanted=self.wanted, **ids)


def _asked(request: HttpRequest) -> Asked:
    viewer: User = request.user  # type: ignore[assignment]
    if viewer.role not in READERS:
        raise Http404
    tab = TABS.get(request.GET.get("tab", "offers"))
    if tab is None:
        raise Http404
    people = [] if viewer.is_manager else list(selectors.owners_for_filter(viewer))
    form = FilterForm(request.GET, statuses=_statuses(tab), owners=[(person.pk, person.full_name) for person in people])
    found = form.wanted()
    wanted = Wanted(
        status=found.get("status", ""),
        day_from=found.get("from"),
        day_to=found.get("to"),
        owner_id=found.get("owner"),
        text=found.get("q", ""),
    )
    user = department = segment = None
    if tab.model is Payment:
        user_id, department_id = _whole(request.GET.get("user", "")), _whole(request.GET.get("department", ""))
        if user_id is not None:
            user = User.objects.visible_to(viewer).filter(pk=user_id).first()
            if user is None:
                raise Http404
        if department_id is not None:
            department = Department.objects.filter(pk=department_id).first()
            if department is None or not _sees_department(viewer, department):
                raise Http404
        if (segment_id := _whole(request.GET.get("segment", ""))) is not None:
            segment = Segment.objects.filter(pk=segment_id).first()
            if segment is None:
                raise Http404
    is_whole = tab.model is Payment and request.GET.get("credited") == "1"
    return Asked(tab, form, wanted, user, department, segment, is_whole)


def _sees_department(viewer: User, department: Department) -> bool:
    return viewer.role in (Role.DIRECTOR, Role.ACCOUNTANT) or (
        viewer.role == Role.HEAD and viewer.department_id == department.pk
    )


@require_GET
def documents(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    viewer: User = request.user  # type: ignore[assignment]
    cursor = request.GET.get("cursor", "")
    if asked.is_credited:
        credits = asked.credits(viewer)
        totals = selectors.credited_totals(credits)
        page: Any = keyset_page(credits, field="paid_on", cursor=cursor, is_descending=True)
        open_ids = selectors.visible_client_ids(
            viewer=viewer, client_ids=[credit.payment.client_id for credit in page.rows]
        )
        rows = [credit_row(credit, open_ids) for credit in page.rows]
    else:
        found = selectors.documents(tab=asked.tab, viewer=viewer, wanted=asked.wanted)
        totals = selectors.totals(tab=asked.tab, rows=found)
        page = keyset_page(found, field=asked.tab.day, cursor=cursor, is_descending=True)
        rows = [document_row(document, viewer) for document in page.rows]
    context = {
        "tabs": _tabs(request, asked.tab),
        "tab": asked.tab.name,
        "form": asked.form,
        "rows": rows,
        "totals": totals,
        "summary": _summary(totals),
        "page": page,
        "next_url": _url(request, cursor=page.next_cursor) if page.has_next else "",
        "previous_url": _url(request, cursor=page.previous_cursor) if page.has_previous else "",
        "scope": " · ".join(str(one) for one in (asked.user or asked.department, asked.segment) if one),
        "is_filtered": asked.is_credited or any(vars(asked.wanted).values()),
        "reset_url": f"/documents/?tab={asked.tab.name}",
        "export_url": f"/documents/export/?{_query(request)}" if selectors.may_export(viewer) else "",
    }
    template = "deals/_list.html" if wants_fragment(request) else "deals/page.html"
    return render(request, template, context)


@require_GET
def documents_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """The filtered list as XLSX, to those who may export (section 1.1); the export is audited with its count."""
    asked = _asked(request)
    viewer: User = request.user  # type: ignore[assignment]
    if not selectors.may_export(viewer):
        raise Http404
    if asked.is_credited:
        rows: Any = asked.credits(viewer).order_by("paid_on", "pk")
        if unproved := ask_proof_for_rows(request, rows):
            return unproved
        book, count = exports.credits_book(rows)
    else:
        found = selectors.documents(tab=asked.tab, viewer=viewer, wanted=asked.wanted)
        if viewer.is_manager:
            # The switch opens «свой список» alone: not the free base, not a colleague's clients.
            found = found.filter(client__owner=viewer)
        rows = found.order_by(asked.tab.day, "pk")
        if unproved := ask_proof_for_rows(request, rows):
            return unproved
        book, count = exports.documents_book(asked.tab, rows)
    # What the form has read, not what was typed: the log stores no NUL and no foreign names.
    filters = {"tab": asked.tab.name} | {name: str(value) for name, value in vars(asked.wanted).items() if value}
    filters |= {"user": str(asked.user.pk)} if asked.user else {}
    filters |= {"department": str(asked.department.pk)} if asked.department else {}
    filters |= {"segment": str(asked.segment.pk)} if asked.segment else {}
    record(
        action="documents.export",
        actor=viewer,
        object_type=f"deals.{asked.tab.name}",
        after={"count": count, **filters},
    )
    return book_response(book, f"{asked.tab.name}-{clock.today():%Y-%m-%d}")


def _tabs(request: HttpRequest, tab: Tab) -> list[dict[str, Any]]:
    labels = {
        "offers": _("Offers"),
        "invoices": _("Invoices"),
        "contracts": _("Contracts"),
        "payments": _("Payments"),
    }
    return [
        {"url": f"/documents/?tab={name}", "label": label, "active": name == tab.name} for name, label in labels.items()
    ]


def _summary(totals: Totals) -> str:
    return _("%(count)s in the list, %(amount)s in total") % {
        "count": formats.number(totals.count),
        "amount": formats.money(totals.amount),
    }


def _query(request: HttpRequest, **changed: str) -> str:
    kept = {key: value for key, value in request.GET.items() if key != "cursor" and value}
    return urlencode(kept | {key: value for key, value in changed.items() if value})


def _url(request: HttpRequest, **changed: str) -> str:
    return f"/documents/?{_query(request, **changed)}"

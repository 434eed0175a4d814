"""/documents/: offers, invoices, contracts, payments, and the payments behind a figure of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from common import clock, formats
from common.htmx import wants_fragment
from common.paging import keyset_page
from deals import selectors
from deals.choices import ContractStatus, InvoiceStatus, OfferStatus
from deals.forms import FilterForm
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from deals.selectors import TABS, Tab, Totals, Wanted
from deals.views import exports
from journal.services import record

READERS = frozenset({*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR, Role.ACCOUNTANT})


@dataclass(frozen=True)
class Row:
    """One line, formatted once: the template only prints it."""

    pk: int
    name: str
    sub: str
    client_id: int
    client: str
    owner: str
    day: str
    amount: str
    status: SafeString
    more: str = ""
    file_url: str = ""
    act_url: str = ""
    act: str = ""
    is_struck: bool = False
    is_client_open: bool = True


def _tag(kind: str, text: str) -> SafeString:
    return format_html('<span class="tag tag-line{}">{}</span>', f" tag-{kind}" if kind else "", text)


def _flow_tag(amount: Decimal) -> SafeString:
    """Money that came, or a return."""
    if amount > 0:
        return _tag("good", pgettext("payment", "counted"))
    return _tag("warn", pgettext("payment", "return"))


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

    @property
    def is_credited(self) -> bool:
        return self.user is not None or self.department is not None


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
    user = department = None
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
    return Asked(tab, form, wanted, user, department)


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
        credits = selectors.credited(
            viewer=viewer,
            wanted=asked.wanted,
            user_id=asked.user.pk if asked.user else None,
            department_id=asked.department.pk if asked.department else None,
        )
        totals = selectors.credited_totals(credits)
        page: Any = keyset_page(credits, field="paid_on", cursor=cursor, is_descending=True)
        open_ids = selectors.visible_client_ids(
            viewer=viewer, client_ids=[credit.payment.client_id for credit in page.rows]
        )
        rows = [_credit_row(credit, open_ids) for credit in page.rows]
    else:
        found = selectors.documents(tab=asked.tab, viewer=viewer, wanted=asked.wanted)
        totals = selectors.totals(tab=asked.tab, rows=found)
        page = keyset_page(found, field=asked.tab.day, cursor=cursor, is_descending=True)
        rows = [_row(document, viewer) for document in page.rows]
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
        "scope": asked.user or asked.department,
        "is_filtered": asked.is_credited or any(vars(asked.wanted).values()),
        "reset_url": f"/documents/?tab={asked.tab.name}",
        "export_url": f"/documents/export/?{_query(request)}" if selectors.may_export(viewer) else "",
    }
    template = "deals/_list.html" if wants_fragment(request) else "deals/page.html"
    return render(request, template, context)


@require_GET
def documents_export(request: HttpRequest) -> FileResponse:
    """The filtered list as XLSX, to those who may export (section 1.1); the export is audited with its count."""
    asked = _asked(request)
    viewer: User = request.user  # type: ignore[assignment]
    if not selectors.may_export(viewer):
        raise Http404
    if asked.is_credited:
        rows: Any = selectors.credited(
            viewer=viewer,
            wanted=asked.wanted,
            user_id=asked.user.pk if asked.user else None,
            department_id=asked.department.pk if asked.department else None,
        ).order_by("paid_on", "pk")
        book, count = exports.credits_book(rows)
    else:
        found = selectors.documents(tab=asked.tab, viewer=viewer, wanted=asked.wanted)
        if viewer.is_manager:
            # The switch opens «свой список» alone: not the free base, not a colleague's clients.
            found = found.filter(client__owner=viewer)
        rows = found.order_by(asked.tab.day, "pk")
        book, count = exports.documents_book(asked.tab, rows)
    filters = {key: request.GET[key] for key in request.GET if key != "cursor" and request.GET[key]}
    record(
        action="documents.export",
        actor=viewer,
        object_type=f"deals.{asked.tab.name}",
        after={"count": count, **filters},
    )
    response = FileResponse(
        book,
        as_attachment=True,
        filename=f"{asked.tab.name}-{clock.today():%Y-%m-%d}.xlsx",
        content_type=exports.XLSX,
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _row(document: Any, viewer: User) -> Row:
    client = document.client
    base = {
        "pk": document.pk,
        "client_id": client.pk,
        "client": client.name,
        "owner": client.owner.short_name if client.owner else formats.DASH,
        "amount": formats.money(document.amount),
    }
    works = viewer.role in (Role.HEAD, Role.DIRECTOR) or client.owner_id == viewer.pk
    if isinstance(document, Offer):
        tag = _tag("good" if document.status == OfferStatus.SENT else "", document.get_status_display())
        return Row(
            name=_("Offer %(number)s") % {"number": document.number},
            sub=document.note,
            day=formats.date_num(document.sent_on),
            status=tag,
            more=document.sent_to,
            **base,
        )
    if isinstance(document, Invoice):
        return _invoice_row(document, base, works, viewer)
    if isinstance(document, Contract):
        is_signed = document.status == ContractStatus.SIGNED
        act_url = act = ""
        if is_signed and works:
            act_url, act = f"/clients/{client.pk}/contracts/{document.pk}/terminate/", _("Terminate")
        elif is_signed and selectors.may_enter_payment(viewer, client):
            # Money may come by the contract, without an invoice.
            act_url, act = f"/clients/{client.pk}/payments/new/?next=/documents/%3Ftab=contracts", _("Payment")
        return Row(
            name=_("Contract %(number)s") % {"number": document.number},
            sub="",
            day=formats.date_num(document.signed_by_client_on),
            status=_tag("good" if is_signed else "", document.get_status_display()),
            more=formats.date_num(document.signed_by_us_on),
            file_url=f"/documents/contracts/{document.pk}/file/" if document.file else "",
            act_url=act_url,
            act=act,
            **base,
        )
    return _payment_row(document, base, viewer)


def _invoice_row(invoice: Invoice, base: dict[str, Any], works: bool, viewer: User) -> Row:
    is_open = invoice.status == InvoiceStatus.OPEN
    if is_open and invoice.due_on < clock.today():
        tag = _tag("warn", pgettext("invoice", "Expired"))
    else:
        tag = _tag("good" if invoice.status == InvoiceStatus.PAID else "", invoice.get_status_display())
    act_url = act = ""
    if is_open and selectors.may_enter_payment(viewer, invoice.client):
        act_url = f"/clients/{invoice.client_id}/payments/new/?invoice={invoice.pk}&next=/documents/%3Ftab=invoices"
        act = _("Payment")
    elif is_open and works:
        act_url, act = f"/clients/{invoice.client_id}/invoices/{invoice.pk}/cancel/", _("Cancel")
    return Row(
        name=_("Invoice %(number)s") % {"number": invoice.number},
        sub=invoice.subject,
        day=formats.date_num(invoice.issued_on),
        status=tag,
        more=formats.date_num(invoice.due_on),
        act_url=act_url,
        act=act,
        is_struck=invoice.status == InvoiceStatus.CANCELLED,
        **base,
    )


def _payment_row(payment: Payment, base: dict[str, Any], viewer: User) -> Row:
    is_cancelled = payment.cancelled_at is not None
    if is_cancelled:
        tag = _tag("bad", pgettext("payment", "cancelled"))
    else:
        tag = _tag(
            "good" if payment.amount > 0 else "warn",
            pgettext("payment", "counted") if payment.amount > 0 else pgettext("payment", "return"),
        )
    may_cancel = not is_cancelled and selectors.may_enter_payment(viewer, payment.client)
    return Row(
        name=_("Invoice %(number)s") % {"number": payment.invoice.number}
        if payment.invoice
        else _("Without an invoice"),
        sub=payment.document,
        day=formats.date_num(payment.paid_on),
        status=tag,
        more=str(payment.get_source_display()),
        act_url=f"/clients/{payment.client_id}/payments/{payment.pk}/cancel/?next=/documents/%3Ftab=payments"
        if may_cancel
        else "",
        act=_("Cancel"),
        is_struck=is_cancelled,
        **base,
    )


def _credit_row(credit: PaymentCredit, open_ids: set[int]) -> Row:
    payment = credit.payment
    is_part = credit.amount != payment.amount
    return Row(
        pk=credit.pk,
        name=_("Share of the payment") if is_part else _("Payment"),
        sub=_("of %(amount)s") % {"amount": formats.money(payment.amount)} if is_part else "",
        client_id=payment.client_id,
        client=payment.client.name,
        owner=credit.user.short_name,
        day=formats.date_num(credit.paid_on),
        amount=formats.money(credit.amount),
        status=_tag(
            "good" if credit.amount > 0 else "warn",
            pgettext("payment", "counted") if credit.amount > 0 else pgettext("payment", "return"),
        ),
        is_client_open=payment.client_id in open_ids,
    )


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

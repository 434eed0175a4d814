"""Documents of one client in one query, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import BooleanField, Case, CharField, DateField, F, QuerySet, Value, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import ScopeShape, scope_of, viewer_of
from clients.models import Client
from common import formats
from common.prepared import Prepared
from deals.choices import ContractStatus, InvoiceStatus, OfferStatus
from deals.models import Contract, Invoice, Offer, Payment

MOST: Final = 100
_ICONS: Final = {"offer": "file-text", "invoice": "receipt", "contract": "file-check", "payment": "banknote"}


@dataclass(frozen=True)
class DocumentRow:
    """One document as the card lists it; `is_struck`: it no longer stands."""

    kind: str
    id: int
    icon: str
    name: str
    sub: str
    amount: Decimal
    is_struck: bool
    file_url: str
    act_url: str
    act: str


def documents_of(client: Client, viewer: User, *, can_act: bool, can_pay: bool) -> list[DocumentRow]:
    """Offers, invoices, contracts and payments the viewer may see; at most MOST."""
    shape, mine = scope_of(viewer)
    found = _documents((shape, client.section), client=client.pk, **mine)
    return [_row(client, *row, can_act=can_act, can_pay=can_pay) for row in found]


def _documents_of(shape: tuple[ScopeShape, str], *, client: int, user: int, department: int) -> QuerySet[Any]:
    scope, section = shape
    viewer = viewer_of(scope, user, department)
    fields = ("doc", "pk", "name", "amount", "day", "until", "state", "has_file")
    parts = []
    for kind, model, name, day, until in (
        ("offer", Offer, Cast("number", CharField()), "sent_on", None),
        ("invoice", Invoice, Cast("number", CharField()), "issued_on", "due_on"),
        ("contract", Contract, F("number"), "signed_by_client_on", "terminated_on"),
        ("payment", Payment, F("document"), "paid_on", None),
    ):
        rows = model.objects.visible_to(viewer, (section,)).filter(client=client).order_by()  # type: ignore[attr-defined]
        state: Any = Cast("status", CharField())
        if kind == "payment":
            cancelled = When(cancelled_at__isnull=False, then=Value("cancelled"))
            state = Case(cancelled, default=Value("counted"), output_field=CharField())
        parts.append(
            rows.annotate(
                state=state,
                doc=Value(kind, CharField()),
                name=Cast(name, CharField()),
                day=Cast(day, DateField()),
                until=Cast(until or Value(None, DateField()), DateField()),
                has_file=Value(kind == "contract", BooleanField()),
            ).values_list(*fields)
        )
    return parts[0].union(*parts[1:], all=True).order_by("-day", "-pk")[:MOST]


_documents = Prepared(_documents_of)


def _row(
    client: Client,
    kind: str,
    pk: int,
    name: str,
    amount: Decimal,
    day: date | None,
    until: date | None,
    state: str,
    has_file: bool,
    *,
    can_act: bool,
    can_pay: bool,
) -> DocumentRow:
    titles = {
        "offer": _("Offer № %(number)s"),
        "invoice": _("Invoice № %(number)s"),
        "contract": _("Contract № %(number)s"),
        "payment": _("Payment %(number)s"),
    }
    labels = {**dict(OfferStatus.choices), **dict(InvoiceStatus.choices), **dict(ContractStatus.choices)}
    words = {"counted": "", "cancelled": _("cancelled")}.get(state, str(labels.get(state, state)).lower())
    if kind == "invoice" and state == InvoiceStatus.OPEN and until:
        words = _("till %(day)s") % {"day": formats.date_num(until)}
    act_url = act = file_url = ""
    if kind == "invoice" and state == InvoiceStatus.OPEN and can_pay:
        act_url, act = f"{reverse('payment_new', args=[client.pk])}?invoice={pk}", _("Enter the payment")
    elif kind == "invoice" and state == InvoiceStatus.OPEN and can_act:
        act_url, act = reverse("invoice_cancel", args=[client.pk, pk]), _("Cancel")
    elif kind == "contract" and state == ContractStatus.SIGNED and can_act:
        act_url, act = reverse("contract_terminate", args=[client.pk, pk]), _("Terminate")
    elif kind == "payment" and state == "counted" and can_pay:
        act_url, act = reverse("payment_cancel", args=[client.pk, pk]), _("Cancel")
    if has_file:
        file_url = reverse("contract_file", args=[pk])
    return DocumentRow(
        kind=kind,
        id=pk,
        icon=_ICONS[kind],
        name=(titles[kind] % {"number": name}).strip(),
        sub=" · ".join(part for part in (formats.date_num(day), words) if part),
        amount=amount,
        is_struck=state in ("cancelled", "withdrawn", "terminated"),
        file_url=file_url,
        act_url=act_url,
        act=act,
    )

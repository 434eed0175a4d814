"""Forms of documents and payments: a fragment for the card, a page of its own without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.choices import Role
from clients.models import Client
from common import formats
from common.acts import Refusal, answers_refusals, attempt, done
from common.htmx import wants_fragment
from deals import selectors, services
from deals.forms import CancelForm, ContractForm, InvoiceForm, OfferForm, PaymentForm, TerminateForm
from deals.models import Contract, Invoice, Payment
from funnels.models import SalesCycle
from funnels.services.access import ensure_may_work

Act = Callable[[dict[str, Any]], str]


def _form(
    request: HttpRequest,
    *,
    client: Client,
    title: str,
    action: str,
    form: forms.Form,
    act: Act | None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """One form, one act. `act` does it and returns what is told; None shows the form alone with `refusal`."""
    if request.method == "POST" and act is not None:
        told: list[str] = []
        refusal = attempt(form, lambda data: told.append(act(data)))
        if refusal is None:
            return done(request, told[0], _next(request) or f"/clients/{client.pk}/")
    context = {
        "client": client,
        "title": title,
        "action": action,
        "form": form,
        "refusal": refusal,
        "can_send": act is not None,
        "next": _next(request),
    }
    template = "deals/_form.html" if wants_fragment(request) else "deals/form_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _next(request: HttpRequest) -> str:
    """Where the person came from, when it is a page of this host."""
    url = request.POST.get("next") or request.GET.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()) else ""


def _client(request: HttpRequest, pk: int) -> Client:
    return get_object_or_404(Client.objects.visible_to(request.user).select_related("department"), pk=pk)  # type: ignore[arg-type]


def _new(
    request: HttpRequest,
    pk: int,
    *,
    title: str,
    action: str,
    form_class: type[forms.Form],
    act: Callable[..., Any],
    told: str,
) -> HttpResponse:
    client = _client(request, pk)
    ensure_may_work(request.user, client)  # type: ignore[arg-type]
    cycle = selectors.cycle_for_document(client)
    form = form_class(request.POST, request.FILES) if request.method == "POST" else form_class()

    def do(data: dict[str, Any]) -> str:
        document = act(cycle=cycle, actor=request.user, **data)
        return told % {"number": document.number, "amount": formats.money(document.amount)}

    refusal = None if cycle else Refusal(409, _("The client is not in work: take it into work first."))
    return _form(
        request, client=client, title=title, action=action, form=form, act=do if cycle else None, refusal=refusal
    )


@require_http_methods(["GET", "POST"])
@answers_refusals
def offer_new(request: HttpRequest, pk: int) -> HttpResponse:
    return _new(
        request,
        pk,
        title=_("New offer"),
        action=_("Record the offer"),
        form_class=OfferForm,
        act=services.send_offer,
        told=_("Offer %(number)s for %(amount)s is recorded."),
    )


@require_http_methods(["GET", "POST"])
@answers_refusals
def invoice_new(request: HttpRequest, pk: int) -> HttpResponse:
    return _new(
        request,
        pk,
        title=_("New invoice"),
        action=_("Issue the invoice"),
        form_class=InvoiceForm,
        act=services.issue_invoice,
        told=_("Invoice %(number)s for %(amount)s is issued."),
    )


@require_http_methods(["GET", "POST"])
@answers_refusals
def contract_new(request: HttpRequest, pk: int) -> HttpResponse:
    return _new(
        request,
        pk,
        title=_("Signed contract"),
        action=_("Record the contract"),
        form_class=ContractForm,
        act=services.register_contract,
        told=_("Contract %(number)s for %(amount)s is recorded."),
    )


@require_http_methods(["GET", "POST"])
@answers_refusals
def payment_new(request: HttpRequest, pk: int) -> HttpResponse:
    client = _client(request, pk)
    user = request.user
    if not selectors.may_enter_payment(user, client):  # type: ignore[arg-type]
        raise PermissionDenied(_("Payments are entered by the accountant, or by the head with a document."))
    cycle = selectors.cycle_for_payment(client)
    if cycle is None:
        return _form(
            request,
            client=client,
            title=_("Payment"),
            action="",
            form=forms.Form(),
            act=None,
            refusal=Refusal(409, _("This client has never been in work: there is no sale to pay for.")),
        )
    needs_document = user.role == Role.HEAD  # type: ignore[union-attr]
    if request.method == "POST":
        form = PaymentForm(request.POST, cycle=cycle, needs_document=needs_document)
    else:
        initial = _initial_payment(request, cycle)
        form = PaymentForm(cycle=cycle, needs_document=needs_document, initial=initial)

    def do(data: dict[str, Any]) -> str:
        payment = services.enter_payment(cycle=cycle, actor=user, **data)  # type: ignore[arg-type]
        return _("Payment of %(amount)s is entered.") % {"amount": formats.money(payment.amount)}

    return _form(request, client=client, title=_("Payment"), action=_("Enter the payment"), form=form, act=do)


def _initial_payment(request: HttpRequest, cycle: SalesCycle) -> dict[str, Any]:
    """The invoice named in the address and what it still lacks."""
    asked = request.GET.get("invoice", "")
    if not asked.isdecimal() or len(asked) > 18:
        return {}
    invoice = Invoice.objects.filter(cycle=cycle, pk=int(asked)).first()
    if invoice is None:
        return {}
    paid = Payment.objects.filter(invoice=invoice).counted().aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return {"invoice": invoice, "amount": formats.number(max(Decimal(0), invoice.amount - paid), 2)}


@require_http_methods(["GET", "POST"])
@answers_refusals
def invoice_cancel(request: HttpRequest, pk: int, invoice_pk: int) -> HttpResponse:
    client = _client(request, pk)
    invoice = get_object_or_404(Invoice.objects.visible_to(request.user), pk=invoice_pk, client=client)  # type: ignore[arg-type]
    ensure_may_work(request.user, client)  # type: ignore[arg-type]
    initial = {"version": invoice.version}
    form = CancelForm(request.POST) if request.method == "POST" else CancelForm(initial=initial)

    def do(data: dict[str, Any]) -> str:
        services.cancel_invoice(invoice=invoice, actor=request.user, **data)  # type: ignore[arg-type]
        return _("Invoice %(number)s is cancelled.") % {"number": invoice.number}

    title = _("Cancel invoice %(number)s") % {"number": invoice.number}
    return _form(request, client=client, title=title, action=_("Cancel the invoice"), form=form, act=do)


@require_http_methods(["GET", "POST"])
@answers_refusals
def contract_terminate(request: HttpRequest, pk: int, contract_pk: int) -> HttpResponse:
    client = _client(request, pk)
    contract = get_object_or_404(Contract.objects.visible_to(request.user), pk=contract_pk, client=client)  # type: ignore[arg-type]
    ensure_may_work(request.user, client)  # type: ignore[arg-type]
    initial = {"version": contract.version}
    form = TerminateForm(request.POST) if request.method == "POST" else TerminateForm(initial=initial)

    def do(data: dict[str, Any]) -> str:
        services.terminate_contract(contract=contract, actor=request.user, **data)  # type: ignore[arg-type]
        return _("Contract %(number)s is terminated.") % {"number": contract.number}

    title = _("Terminate contract %(number)s") % {"number": contract.number}
    return _form(request, client=client, title=title, action=_("Terminate the contract"), form=form, act=do)


@require_http_methods(["GET", "POST"])
@answers_refusals
def payment_cancel(request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
    client = _client(request, pk)
    payment = get_object_or_404(Payment.objects.visible_to(request.user), pk=payment_pk, client=client)  # type: ignore[arg-type]
    if not selectors.may_enter_payment(request.user, client):  # type: ignore[arg-type]
        raise PermissionDenied(_("Payments are entered by the accountant, or by the head with a document."))
    form = CancelForm(request.POST) if request.method == "POST" else CancelForm()

    def do(data: dict[str, Any]) -> str:
        services.cancel_payment(payment=payment, actor=request.user, reason=data["reason"])  # type: ignore[arg-type]
        return _("The payment of %(amount)s is cancelled.") % {"amount": formats.money(payment.amount)}

    title = _("Cancel the payment of %(amount)s") % {"amount": formats.money(payment.amount)}
    return _form(request, client=client, title=title, action=_("Cancel the payment"), form=form, act=do)

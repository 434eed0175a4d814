"""Offers, invoices and contracts of a cycle, payments of an invoice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer

from common.api import PageQuery, StrictSerializer, documented
from deals import services
from deals.models import Contract, Invoice, Offer, Payment
from deals.serializers import (
    ContractInput,
    ContractSerializer,
    InvoiceInput,
    InvoiceSerializer,
    OfferInput,
    OfferSerializer,
    PaymentInput,
    PaymentSerializer,
)
from funnels.models import SalesCycle
from journal.api import ActView


class OfCycleView(ActView):
    """The documents of one kind of one cycle, and entering one."""

    model: type[Any]
    takes: type[StrictSerializer]
    tells: type[ModelSerializer]
    enter: Callable[..., Model]

    def cycle(self, pk: int) -> SalesCycle:
        return get_object_or_404(SalesCycle.objects.visible_to(self.person).select_related("client"), pk=pk)

    def rows(self, pk: int) -> Response:
        asked = self.asked(PageQuery)
        found = self.model.objects.visible_to(self.person).filter(cycle=self.cycle(pk))
        return self.page(found, asked, lambda rows: self.tells(rows, many=True).data)

    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        document = type(self).enter(cycle=cycle, actor=self.person, **self.read(self.takes))
        return Response(self.tells(document).data, status=201)


@extend_schema_view(
    post=documented("cycles_offers_create", "An offer was sent", body=OfferInput, answer=OfferSerializer, status=201)
)
class OffersView(OfCycleView):
    model, takes, tells, enter = Offer, OfferInput, OfferSerializer, services.send_offer

    @documented("cycles_offers", "Offers of a cycle", answer=OfferSerializer, query=PageQuery, is_paged=True)
    def get(self, request: Request, pk: int) -> Response:
        return self.rows(pk)


@extend_schema_view(
    post=documented(
        "cycles_invoices_create", "Issue an invoice", body=InvoiceInput, answer=InvoiceSerializer, status=201
    )
)
class InvoicesView(OfCycleView):
    model, takes, tells, enter = Invoice, InvoiceInput, InvoiceSerializer, services.issue_invoice

    @documented("cycles_invoices", "Invoices of a cycle", answer=InvoiceSerializer, query=PageQuery, is_paged=True)
    def get(self, request: Request, pk: int) -> Response:
        return self.rows(pk)


@extend_schema_view(
    post=documented(
        "cycles_contracts_create",
        "A contract signed by both, with its file",
        body={"multipart/form-data": ContractInput},
        answer=ContractSerializer,
        status=201,
    )
)
class ContractsView(OfCycleView):
    parser_classes = [MultiPartParser]
    model, takes, tells, enter = Contract, ContractInput, ContractSerializer, services.register_contract

    @documented("cycles_contracts", "Contracts of a cycle", answer=ContractSerializer, query=PageQuery, is_paged=True)
    def get(self, request: Request, pk: int) -> Response:
        return self.rows(pk)


@extend_schema_view(
    post=documented(
        "invoices_payments_create", "Enter a payment", body=PaymentInput, answer=PaymentSerializer, status=201
    )
)
class InvoicePaymentsView(ActView):
    def invoice(self, pk: int) -> Invoice:
        return get_object_or_404(Invoice.objects.visible_to(self.person).select_related("cycle__client"), pk=pk)

    @documented("invoices_payments", "Payments of an invoice", answer=PaymentSerializer, query=PageQuery, is_paged=True)
    def get(self, request: Request, pk: int) -> Response:
        asked = self.asked(PageQuery)
        rows = Payment.objects.visible_to(self.person).filter(invoice=self.invoice(pk))
        return self.page(rows, asked, lambda found: PaymentSerializer(found, many=True).data)

    def perform(self, request: Request, pk: int) -> Response:
        invoice = self.invoice(pk)
        payment = services.enter_payment(
            cycle=invoice.cycle, actor=self.person, invoice=invoice, **self.read(PaymentInput)
        )
        return Response(PaymentSerializer(payment).data, status=201)

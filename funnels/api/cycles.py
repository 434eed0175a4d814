"""Sales cycles and their acts; a refused step answers 409 with every missing fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import Role
from accounts.models import User
from common.api import ApiView, documented
from common.errors import NotAllowed
from funnels import serializers as s
from funnels import services
from funnels.api.base import ClientActView, CycleActView, colleague, cycle_answer, cycles_seen_by, person_of_client
from funnels.models import Questionnaire, SalesCycle
from funnels.serializers import CycleQuery, CycleSerializer


class CyclesView(ApiView):
    @documented(
        "cycles_list", "Sales cycles in scope, newest first", answer=CycleSerializer, query=CycleQuery, is_paged=True
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(CycleQuery)
        rows = cycles_seen_by(self.person)
        for name, lookup in (
            ("client", "client_id"),
            ("owner", "owner_id"),
            ("state", "state"),
            ("colour", "colour"),
            ("kind", "kind"),
        ):
            if name in asked:
                rows = rows.filter(**{lookup: asked[name]})
        if asked["is_open"] is not None:
            rows = rows.filter(closed_at__isnull=asked["is_open"])
        return self.page(rows, asked, lambda found: CycleSerializer(_readable(found, self.person), many=True).data)


class CycleView(CycleActView):
    http_method_names = ["get", "head", "options"]

    @documented("cycles_read", "A sales cycle", answer=CycleSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(CycleSerializer(_readable([self.cycle(pk)], self.person)[0]).data)


def _readable(cycles: Iterable[SalesCycle], viewer: User) -> list[SalesCycle]:
    """The accountant has requisites and documents only (section 1.1): not what the manager is about to do."""
    rows = list(cycles)
    if viewer.role == Role.ACCOUNTANT:
        for row in rows:
            row.next_step_text = ""
    return rows


def _act(operation_id: str, summary: str, body: Any, status: int = 200) -> Any:
    return extend_schema_view(post=documented(operation_id, summary, body=body, answer=CycleSerializer, status=status))


@_act("clients_take", "Take a client into work", s.TakeInput, 201)
class TakeView(ClientActView):
    def perform(self, request: Request, pk: int) -> Response:
        client = self.client(pk)
        data = self.read(s.TakeInput)
        owner = colleague(self.person, data["owner"], "owner") if "owner" in data else self.person
        cycle = services.take_into_work(client=client, owner=owner, actor=self.person, kind=data["kind"])
        return cycle_answer(cycle, 201)


@_act("cycles_advance", "Make a forward step; 409 names the missing facts", s.AdvanceInput)
class AdvanceView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        data = self.read(s.AdvanceInput)
        return cycle_answer(services.advance(cycle=cycle, to_state=data["state"], actor=self.person))


@_act("cycles_refuse", "Refusal; the reason decides the section", s.RefuseInput)
class RefuseView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        return cycle_answer(services.refuse(cycle=cycle, actor=self.person, **self.read(s.RefuseInput)))


@_act("cycles_reserve", "To the strategic archive with the date of the next talk", s.ReserveInput)
class ReserveView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        return cycle_answer(services.park(cycle=cycle, actor=self.person, **self.read(s.ReserveInput)))


@_act("cycles_transfer", "Transfer decreed by the head", s.TransferInput)
class TransferView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        data = self.read(s.TransferInput)
        to = colleague(self.person, data.pop("to"), "to")
        services.transfer(cycle=cycle, to=to, actor=self.person, **data)
        return cycle_answer(cycle)


@_act("cycles_plan", "Put into the plan: amount and pay date", s.PlanInput)
class PlanView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        return cycle_answer(services.plan_sale(cycle=cycle, actor=self.person, **self.read(s.PlanInput)))


@extend_schema_view(
    post=documented("cycles_terms", "Terms agreed", body=s.TermsInput, answer=s.TermsSerializer, status=201)
)
class TermsView(CycleActView):
    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        data = self.read(s.TermsInput)
        person = person_of_client(cycle.client, data.pop("person"))
        fact = services.agree_terms(cycle=cycle, actor=self.person, person=person, **data)
        return Response({"fact": s.FactSerializer(fact).data, "cycle": cycle_answer(cycle).data}, status=201)


@extend_schema_view(
    post=documented(
        "cycles_questionnaire_save",
        "Save answers by question id; an empty text clears one",
        body=s.QuestionnaireInput,
        answer=s.QuestionnaireSerializer,
    )
)
class QuestionnaireView(CycleActView):
    @documented("cycles_questionnaire", "The questionnaire of a cycle", answer=s.QuestionnaireSerializer)
    def get(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        if self.person.role == Role.ACCOUNTANT:
            raise NotAllowed(_("Your role has requisites and documents only."))
        found = Questionnaire.objects.select_related("template").filter(cycle=cycle).first()
        return Response(_questionnaire(found))

    def perform(self, request: Request, pk: int) -> Response:
        cycle = self.cycle(pk)
        return Response(
            _questionnaire(
                services.save_questionnaire(cycle=cycle, actor=self.person, **self.read(s.QuestionnaireInput))
            )
        )


def _questionnaire(found: Questionnaire | None) -> dict[str, Any]:
    template = found.template if found else services.active_template()
    return {
        "questions": s.QuestionSerializer(template.questions.all(), many=True).data,
        "answers": found.answers if found else {},
        "percent": found.percent if found else 0,
        "completed_on": found.completed_on if found else None,
        "version": found.version if found else 0,
    }

"""Cards with their colour, the lights of departments, and the page that lists the API's operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema_view
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import Role
from accounts.models import Department, User
from clients import services
from clients.models import Client, ContactPerson, Email, Phone
from clients.selectors import search_q
from clients.serializers import CardChangeInput, CardCreateInput
from common.api import ApiView, documented
from common.errors import Invalid
from common.phones import normalise
from desk.serializers import (
    CardSerializer,
    ColouredClientQuery,
    ColouredClientSerializer,
    LightsQuery,
    LightsSerializer,
)
from funnels.choices import Colour
from funnels.models import Ownership, SalesCycle
from funnels.selectors import COLOURS, Funnel, individual_funnels
from journal.api import ActView

_ORDER_COLUMNS = {"name": "sort_key", "id": "pk"}


def _coloured(clients: QuerySet[Client]) -> QuerySet[Client]:
    return clients.select_related("owner", "department").prefetch_related(
        Prefetch("cycles", queryset=SalesCycle.objects.open(), to_attr="open_cycles"),
        Prefetch("ownerships", queryset=Ownership.objects.open(), to_attr="open_ownerships"),
    )


def _card(client_id: int, viewer: User) -> Client:
    """The card as it stands after an act, with what the viewer may read of it."""
    parts = (
        Prefetch("people", queryset=ContactPerson.objects.visible_to(viewer)),
        Prefetch("phones", queryset=Phone.objects.visible_to(viewer)),
        Prefetch("emails", queryset=Email.objects.visible_to(viewer)),
    )
    found = _coloured(Client.objects.filter(pk=client_id)).prefetch_related(*parts).first()
    if found is None:
        raise Http404
    return _readable([found], viewer)[0]


def _readable(clients: Iterable[Client], viewer: User) -> list[Client]:
    """The accountant has requisites and documents only (section 1.1): no notes of the sale."""
    rows = list(clients)
    if viewer.role == Role.ACCOUNTANT:
        for row in rows:
            row.note = ""
    return rows


@extend_schema_view(
    post=documented(
        "clients_create", "Add a client to the base to call", body=CardCreateInput, answer=CardSerializer, status=201
    )
)
class ClientsView(ActView):
    @documented(
        "clients_list",
        "Clients in scope: by name, phone, INN, section, state, colour, owner",
        answer=ColouredClientSerializer,
        query=ColouredClientQuery,
        is_paged=True,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(ColouredClientQuery)
        name = asked["ordering"].lstrip("-")
        return self.page(
            _coloured(_filtered(self.person, asked)),
            asked,
            lambda rows: ColouredClientSerializer(_readable(rows, self.person), many=True).data,
            field=_ORDER_COLUMNS.get(name, name),
            is_descending=asked["ordering"].startswith("-"),
        )

    def before(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if isinstance(request.data, Mapping):
            services.refuse_colour(request.data, actor=self.person)

    def perform(self, request: Request) -> Response:
        data = self.read(CardCreateInput)
        department = None
        if (wanted := data.pop("department", None)) is not None:
            department = Department.objects.visible_to(self.person).filter(pk=wanted).first()
            if department is None:
                raise Invalid({"department": _("There is no such department.")})
        client = services.create_client(data=data, actor=self.person, department=department)
        return Response(CardSerializer(_card(client.pk, self.person)).data, status=201)


def _filtered(person: User, asked: Mapping[str, Any]) -> QuerySet[Client]:
    clients: QuerySet[Client] = Client.objects.visible_to(person)
    for name, lookup in (("inn", "inn"), ("section", "section"), ("state", "state"), ("owner", "owner_id")):
        if asked.get(name):
            clients = clients.filter(**{lookup: asked[name]})
    if asked.get("search"):
        matches = search_q(person, asked["search"])
        clients = clients.none() if matches is None else clients.filter(matches)
    if asked.get("phone"):
        number = normalise(asked["phone"])
        phones = Phone.objects.filter(is_live=True, e164=number.e164)
        clients = clients.filter(pk__in=phones.values("client_id")) if number.e164 else clients.none()
    if "colour" in asked:
        coloured = SalesCycle.objects.coloured().filter(client=OuterRef("pk"))
        if asked["colour"] == Colour.NONE:
            clients = clients.filter(~Exists(coloured))
        else:
            clients = clients.filter(Exists(coloured.filter(colour=asked["colour"])))
    return clients


class ClientView(ApiView):
    def _client(self, pk: int) -> Client:
        return get_object_or_404(Client.objects.visible_to(self.person), pk=pk)

    @documented("clients_read", "A card with its people, phones and colour", answer=CardSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return self._answer(self._client(pk))

    @documented(
        "clients_change",
        "Change the card; the version read is sent in If-Match or in the body",
        body=CardChangeInput,
        answer=CardSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        client = self._client(pk)
        if isinstance(request.data, Mapping):
            services.refuse_colour(request.data, actor=self.person, client=client)
        data = self.read(CardChangeInput)
        version = _version(request, data.pop("version", None))
        changed = services.update_client(client=client, data=data, version=version, actor=self.person)
        return self._answer(changed)

    def _answer(self, client: Client) -> Response:
        shown = _card(client.pk, self.person)
        return Response(CardSerializer(shown).data, headers={"ETag": f'"{shown.version}"'})


def _version(request: Request, in_body: int | None) -> int:
    """What the person has read; without it two people would silently overwrite each other."""
    header = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if header.isascii() and header.isdigit() and len(header) < 10:
        return int(header)
    if header or in_body is None:
        raise Invalid({"version": _("Send the version you have read, in If-Match or in version.")})
    return in_body


class LightsView(ApiView):
    @documented("lights", "Colours by person and department", answer=LightsSerializer, query=LightsQuery)
    def get(self, request: Request) -> Response:
        asked = self.asked(LightsQuery)
        if self.person.role not in (Role.HEAD, Role.DIRECTOR):
            raise NotFound
        departments = Department.objects.visible_to(self.person).filter(is_active=True)
        if "department" in asked:
            departments = departments.filter(pk=get_object_or_404(departments, pk=asked["department"]).pk)
        found = list(departments)
        return Response({"departments": [_lights(department) for department in found]})


def _lights(department: Department) -> dict[str, Any]:
    """Two queries a department. The whole is added up, never stored: it cannot differ from its parts (R-S0-P8)."""
    funnels = individual_funnels([department.pk])
    people = User.objects.filter(pk__in=funnels).order_by("last_name", "first_name", "pk")
    whole = sum(funnels.values(), Funnel())
    return {
        "department": department.pk,
        "name": department.name,
        **_told(whole),
        "people": [
            {"user": user.pk, "name": user.full_name, "is_reserve": user.is_head, **_told(funnels[user.pk])}
            for user in people
        ],
    }


def _told(funnel: Funnel) -> dict[str, Any]:
    cells = {
        str(colour): {"count": funnel.cell(colour).count, "amount": f"{funnel.cell(colour).amount:.2f}"}
        for colour in COLOURS
    }
    return {**cells, "count": funnel.count, "amount": f"{funnel.amount:.2f}"}


class UnknownView(ApiView):
    """An address that no operation has."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound


@cache
def _schema(language: str | None) -> dict[str, Any]:
    """The schema with its words in one language, half a second of work: made once in a process."""
    with translation.override(language):
        return SchemaGenerator().get_schema(request=None, public=True)


@cache
def _drawn(language: str | None, renderer: Callable[[], BaseRenderer]) -> bytes:
    return force_bytes(renderer().render(_schema(language), renderer_context={}))


class ApiSchema(SpectacularAPIView):
    """The same for everybody who may call the API."""

    permission_classes = (IsAuthenticated,)
    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
        renderer, _media = self.perform_content_negotiation(request, force=True)
        body = _drawn(language, type(renderer))  # type: ignore[arg-type]
        name = f'inline; filename="{spectacular_settings.TITLE}.{renderer.format}"'
        return HttpResponse(body, content_type=renderer.media_type, headers={"Content-Disposition": name})


def _operations() -> list[dict[str, str]]:
    """Method, address and summary of every operation, as the schema tells them."""
    return [
        {"verb": verb.upper(), "path": path, "summary": operation.get("summary", "")}
        for path, operations in sorted(_schema(translation.get_language())["paths"].items())
        for verb, operation in operations.items()
    ]


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Without a script from elsewhere: the policy of this site forbids one, and the machine may be offline."""
    return render(request, "desk/api_docs.html", {"operations": _operations()})

"""What the acts of the funnel start with: the row in the person's scope, and nobody writing a colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from clients.models import Client, ContactPerson
from clients.services import refuse_colour
from common.errors import Invalid
from funnels.models import Ownership, SalesCycle
from funnels.serializers import CycleSerializer, age_of
from journal.api import ActView


def cycles_seen_by(person: User) -> QuerySet[SalesCycle]:
    return with_rows(SalesCycle.objects.visible_to(person))


def with_rows(cycles: QuerySet[SalesCycle]) -> QuerySet[SalesCycle]:
    """With everything that is told of a cycle: three queries for any number of rows."""
    return cycles.select_related("client__department", "owner").prefetch_related(
        Prefetch("ownerships", queryset=Ownership.objects.open())
    )


def cycle_answer(cycle: SalesCycle, status: int = 200) -> Response:
    """The cycle as it stands after an act, also when it has left the scope by it."""
    fresh = with_rows(SalesCycle.objects.filter(pk=cycle.pk)).first()
    return Response(CycleSerializer(fresh).data, status=status)


def standing_of(client_id: int) -> dict[str, Any]:
    """Section, state, colour and age of a client now; three queries."""
    client = Client.objects.select_related("department").filter(pk=client_id).first()
    cycle = SalesCycle.objects.open().filter(client_id=client_id).first()
    ownership = Ownership.objects.open().filter(cycle=cycle).first() if cycle else None
    if ownership is not None and client is not None:
        ownership.client = client
    return {
        "section": client.section if client else "",
        "state": client.state if client else None,
        "colour": cycle.colour if cycle else "none",
        "colour_rule": cycle.colour_rule if cycle else None,
        "age": age_of(ownership),
        "term_ends_on": cycle.term_ends_on if cycle else None,
    }


def person_of_client(client: Client, pk: int | None) -> ContactPerson | None:
    """A person of another client and one that never was read alike. Invalid {"person": …}."""
    if pk is None:
        return None
    found = ContactPerson.objects.active().filter(client=client, pk=pk).first()
    if found is None:
        raise Invalid({"person": _("Choose a person of this client.")})
    return found


def colleague(viewer: User, pk: int, field: str) -> User:
    """An active person the viewer may see. Invalid by field for strangers and the absent alike."""
    found = User.objects.visible_to(viewer).active().filter(pk=pk).first()
    if found is None:
        raise Invalid({field: _("Choose an active manager of the department.")})
    return found


class ClientActView(ActView):
    def client(self, pk: int) -> Client:
        """404 for absent and for out of scope."""
        return get_object_or_404(Client.objects.visible_to(self.person).select_related("department", "owner"), pk=pk)

    def before(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if isinstance(request.data, Mapping) and request.data.keys() & {"colour", "color", "цвет"}:
            refuse_colour(request.data, actor=self.person, client=self.client(kwargs["pk"]))


class CycleActView(ActView):
    def cycle(self, pk: int) -> SalesCycle:
        return get_object_or_404(cycles_seen_by(self.person), pk=pk)

    def before(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if isinstance(request.data, Mapping) and request.data.keys() & {"colour", "color", "цвет"}:
            refuse_colour(request.data, actor=self.person, client=self.cycle(kwargs["pk"]).client)

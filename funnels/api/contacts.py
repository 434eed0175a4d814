"""Contacts: the list in scope, one's own list, and logging one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from clients.models import Client
from common.api import ApiView, PageQuery, documented
from funnels.api.base import ClientActView, person_of_client, standing_of
from funnels.models import Contact
from funnels.serializers import ContactInput, ContactQuery, ContactSerializer, LoggedSerializer
from funnels.services import ContactData, log_contact


def _write(rows: list[Contact], person: User) -> Any:
    """What stays readable of a client who has left is decided row by row; one query more."""
    ids = {row.client_id for row in rows}
    visible = set(Client.objects.visible_to(person).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return ContactSerializer(rows, many=True, context={"visible": visible}).data


class ContactsView(ApiView):
    @documented(
        "contacts_list",
        "Contacts in scope; mine=true: one's own",
        answer=ContactSerializer,
        query=ContactQuery,
        is_paged=True,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(ContactQuery)
        rows: QuerySet[Contact] = (
            Contact.objects.own_list(self.person) if asked["mine"] else Contact.objects.visible_to(self.person)
        )
        for name, lookup in (
            ("client", "client_id"),
            ("user", "user_id"),
            ("kind", "kind"),
            ("day_from", "day__gte"),
            ("day_to", "day__lte"),
        ):
            if name in asked:
                rows = rows.filter(**{lookup: asked[name]})
        return self.page(rows.select_related("client"), asked, lambda found: _write(found, self.person), field="at")


@extend_schema_view(
    post=documented("contacts_log", "Log a contact", body=ContactInput, answer=LoggedSerializer, status=201)
)
class ClientContactsView(ClientActView):
    @documented(
        "clients_contacts",
        "Contacts of a client, newest first",
        answer=ContactSerializer,
        query=PageQuery,
        is_paged=True,
    )
    def get(self, request: Request, pk: int) -> Response:
        asked = self.asked(PageQuery)
        rows = Contact.objects.visible_to(self.person).filter(client=self.client(pk)).select_related("client")
        return self.page(rows, asked, lambda found: ContactSerializer(found, many=True).data, field="at")

    def perform(self, request: Request, pk: int) -> Response:
        client = self.client(pk)
        given = self.read(ContactInput)
        at = given.pop("at", None)
        person = person_of_client(client, given.pop("person", None))
        contact = log_contact(client=client, actor=self.person, data=ContactData(person=person, **given), at=at)
        shown = ContactSerializer(contact).data
        return Response({**shown, "standing": standing_of(client.pk)}, status=201)

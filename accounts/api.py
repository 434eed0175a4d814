"""People in scope, oneself, absences."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Absence, User
from accounts.serializers import AbsenceInput, AbsenceSerializer, MeInput, MeSerializer, UserQuery, UserSerializer
from accounts.services import change_preferences, record_absence
from common.api import ApiView, PageQuery, documented
from common.errors import Invalid
from journal.api import ActView


class UsersView(ApiView):
    @documented("users_list", "People in scope", answer=UserSerializer, query=UserQuery, is_paged=True)
    def get(self, request: Request) -> Response:
        asked = self.asked(UserQuery)
        people = User.objects.visible_to(self.person)
        if "department" in asked:
            people = people.filter(department_id=asked["department"])
        if asked["is_active"] is not None:
            people = people.filter(is_active=asked["is_active"])
        return self.page(
            people,
            asked,
            lambda rows: UserSerializer(rows, many=True).data,
            field="last_name",
            is_descending=False,
        )


class MeView(ApiView):
    @documented("users_me", "Oneself", answer=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(self.person).data)

    @documented("users_me_change", "One's own language and shortcuts", body=MeInput, answer=MeSerializer)
    def patch(self, request: Request) -> Response:
        changed = change_preferences(user=self.person, data=self.read(MeInput))
        return Response(MeSerializer(changed).data)


@extend_schema_view(
    post=documented("absences_create", "Record an absence", body=AbsenceInput, answer=AbsenceSerializer, status=201)
)
class AbsencesView(ActView):
    @documented("absences_list", "Absences in scope", answer=AbsenceSerializer, query=PageQuery, is_paged=True)
    def get(self, request: Request) -> Response:
        rows = Absence.objects.visible_to(self.person).select_related("user", "deputy")
        return self.page(rows, self.asked(PageQuery), lambda found: AbsenceSerializer(found, many=True).data)

    def perform(self, request: Request) -> Response:
        data = self.read(AbsenceInput)
        people = User.objects.visible_to(self.person)
        user = people.filter(pk=data["user"]).first()
        if user is None:
            raise Invalid({"user": _("There is no such employee.")})
        absence = record_absence(
            user=user,
            kind=data["kind"],
            starts_on=data["starts_on"],
            ends_on=data.get("ends_on"),
            # Of another department or absent: the service refuses None with the field's name, like a wrong deputy.
            deputy=people.filter(pk=data["deputy"]).first(),
            actor=self.person,
        )
        return Response(AbsenceSerializer(absence).data, status=201)

"""People and absences as the API tells and takes them. No password, token or session ever passes here."""

from __future__ import annotations

from rest_framework import serializers

from accounts.choices import AbsenceKind
from accounts.models import Absence, User
from common.api import DayField, IdField, PageQuery, StrictSerializer, columns_of


class UserSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="full_name")
    department = serializers.IntegerField(source="department_id", allow_null=True)

    class Meta:
        model = User
        fields = ["id", "login", "name", "role", "department", "extension", "worklist_cap", "is_active"]


class MeSerializer(UserSerializer):
    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "email", "language", "has_shortcuts"]


class MeInput(StrictSerializer):
    """What a person changes of himself through the API; everything else has its own act."""

    read_only_keys = columns_of(User) | {"name", "groups", "is_staff", "is_superuser", "plan"}

    language = serializers.ChoiceField(choices=["ru", "en"], required=False)
    has_shortcuts = serializers.BooleanField(required=False)


class UserQuery(PageQuery):
    department = IdField(required=False)
    is_active = serializers.BooleanField(required=False, default=None, allow_null=True)


class AbsenceSerializer(serializers.ModelSerializer):
    user = serializers.IntegerField(source="user_id")
    user_name = serializers.CharField(source="user.short_name")
    deputy = serializers.IntegerField(source="deputy_id")
    deputy_name = serializers.CharField(source="deputy.short_name")

    class Meta:
        model = Absence
        fields = ["id", "user", "user_name", "kind", "starts_on", "ends_on", "deputy", "deputy_name"]


class AbsenceInput(StrictSerializer):
    read_only_keys = columns_of(Absence)

    user = IdField()
    kind = serializers.ChoiceField(choices=AbsenceKind.choices)
    starts_on = DayField()
    ends_on = DayField(required=False, allow_null=True)
    deputy = IdField()

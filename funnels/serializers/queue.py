"""Tasks and rotation orders as the API tells and takes them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api import IdField, MomentField, PageQuery, StrictSerializer, columns_of
from funnels.choices import (
    OrderStatus,
)
from funnels.models import RotationOrder, Task
from funnels.selectors import excluded_texts, outcome_text, why_text


class TaskSerializer(serializers.ModelSerializer):
    client = serializers.IntegerField(source="client_id", allow_null=True)
    cycle = serializers.IntegerField(source="cycle_id", allow_null=True)
    assignee = serializers.IntegerField(source="assignee_id")

    class Meta:
        model = Task
        fields = [
            "id",
            "kind",
            "text",
            "client",
            "cycle",
            "assignee",
            "due_at",
            "has_time",
            "created_at",
            "done_at",
            "is_cancelled",
        ]


class TaskQuery(PageQuery):
    assignee = IdField(required=False)
    client = IdField(required=False)
    is_open = serializers.BooleanField(required=False, default=True)


class TaskInput(StrictSerializer):
    read_only_keys = columns_of(Task)

    text = serializers.CharField(max_length=300)
    due_at = MomentField()
    has_time = serializers.BooleanField(required=False, default=False)
    client = IdField(required=False, allow_null=True)
    assignee = IdField(required=False)


class ExclusionSerializer(serializers.Serializer):
    name = serializers.CharField()
    reason = serializers.CharField()


class OrderSerializer(serializers.ModelSerializer):
    """Why this recipient, who was excluded and why (for those who see the whole queue), what happened."""

    client = serializers.IntegerField(source="client_id")
    client_name = serializers.CharField(source="client.name")
    cycle = serializers.IntegerField(source="cycle_id")
    department = serializers.IntegerField(source="department_id")
    old_owner = serializers.IntegerField(source="old_owner_id")
    suggested = serializers.IntegerField(source="suggested_id", allow_null=True)
    recipient = serializers.IntegerField(source="recipient_id", allow_null=True)
    chosen_by = serializers.IntegerField(source="chosen_by_id", allow_null=True)
    why = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()
    excluded = serializers.SerializerMethodField()

    class Meta:
        model = RotationOrder
        fields = [
            "id",
            "kind",
            "status",
            "client",
            "client_name",
            "cycle",
            "department",
            "colour",
            "amount",
            "age",
            "stagnation_no",
            "flagged_on",
            "execute_on",
            "old_owner",
            "suggested",
            "recipient",
            "is_reserve",
            "chosen_by",
            "why",
            "excluded",
            "outcome",
            "executed_at",
            "version",
        ]

    def get_why(self, order: RotationOrder) -> str:
        return str(why_text(order))

    def get_outcome(self, order: RotationOrder) -> str:
        return str(outcome_text(order))

    @extend_schema_field(ExclusionSerializer(many=True))
    def get_excluded(self, order: RotationOrder) -> list[dict[str, str]]:
        if not self.context.get("sees_all"):
            return []
        return [{"name": name, "reason": str(reason)} for name, reason in excluded_texts(order)]


class OrderQuery(PageQuery):
    status = serializers.ChoiceField(choices=OrderStatus.choices, required=False)
    is_open = serializers.BooleanField(required=False, default=None, allow_null=True)


class RecipientInput(StrictSerializer):
    read_only_keys = columns_of(RotationOrder) - {"version"}

    to = IdField()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)

"""Contacts as the API tells and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.api import DayField, IdField, MomentField, PageQuery, StrictSerializer, columns_of
from funnels.choices import (
    ContactKind,
    ContactResult,
    Direction,
    Place,
    ProgressKind,
    RefusalReason,
)
from funnels.models import Contact
from funnels.selectors.credits import credit_names
from funnels.serializers.cycles import StandingSerializer
from funnels.services import reason_text


class ContactSerializer(serializers.ModelSerializer):
    """`credited`: rows of the credit table in words; `reason`, `reason_text`: why not, or not fully.

    A contact of a client who has left the scope keeps date, kind, client name and credit; the rest is null.
    """

    client = serializers.IntegerField(source="client_id")
    client_name = serializers.CharField(source="client.name")
    cycle = serializers.IntegerField(source="cycle_id", allow_null=True)
    person = serializers.IntegerField(source="person_id", allow_null=True)
    user = serializers.IntegerField(source="user_id")
    credited = serializers.SerializerMethodField()
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = Contact
        fields = [
            "id",
            "client",
            "client_name",
            "cycle",
            "person",
            "user",
            "kind",
            "direction",
            "at",
            "day",
            "result",
            "talk_seconds",
            "is_manual",
            "is_personal",
            "place",
            "text",
            "has_interest",
            "is_offer_discussed",
            "is_terms_discussed",
            "progress_kind",
            "progress_due_on",
            "questionnaire_percent",
            "is_credited",
            "is_productive_call",
            "is_walk",
            "is_held_meeting",
            "is_productive_meeting",
            "is_warm_contact",
            "is_visit",
            "is_incoming_call",
            "is_advancing",
            "credited",
            "reason",
            "reason_text",
        ]

    _KEPT = frozenset({"id", "day", "kind", "client_name", "is_credited"})

    def get_credited(self, contact: Contact) -> list[str]:
        return credit_names(contact)

    def get_reason_text(self, contact: Contact) -> str:
        return reason_text(contact.reason, contact.reason_detail.get("value")) if contact.reason else ""

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        visible = self.context.get("visible")
        if visible is None or instance.client_id in visible:
            return shown
        return {name: value if name in self._KEPT else None for name, value in shown.items()}


class LoggedSerializer(ContactSerializer):
    """The contact and how the client stands after it."""

    standing = StandingSerializer()

    class Meta(ContactSerializer.Meta):
        fields = [*ContactSerializer.Meta.fields, "standing"]


class ContactQuery(PageQuery):
    client = IdField(required=False)
    user = IdField(required=False)
    kind = serializers.ChoiceField(choices=ContactKind.choices, required=False)
    day_from = DayField(required=False)
    day_to = DayField(required=False)
    mine = serializers.BooleanField(required=False, default=False)


class ContactInput(StrictSerializer):
    """Credit, day and questionnaire are the system's; `at` empty = now. Talk time comes from the PBX alone."""

    read_only_keys = columns_of(Contact) | {"is_credited", "credited", "colour", "state"}

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    result = serializers.ChoiceField(choices=ContactResult.choices)
    person = IdField(required=False, allow_null=True)
    text = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    at = MomentField(required=False, allow_null=True)
    is_personal = serializers.BooleanField(required=False)
    place = serializers.ChoiceField(choices=Place.choices, required=False, allow_blank=True)
    has_interest = serializers.BooleanField(required=False)
    is_offer_discussed = serializers.BooleanField(required=False)
    is_terms_discussed = serializers.BooleanField(required=False)
    progress_kind = serializers.ChoiceField(choices=ProgressKind.choices, required=False, allow_blank=True)
    progress_due_on = DayField(required=False, allow_null=True)
    next_step_at = MomentField(required=False, allow_null=True)
    next_step_has_time = serializers.BooleanField(required=False)
    next_step_text = serializers.CharField(required=False, allow_blank=True, max_length=200)
    refusal_reason = serializers.ChoiceField(choices=RefusalReason.choices, required=False, allow_blank=True)
    recall_on = DayField(required=False, allow_null=True)

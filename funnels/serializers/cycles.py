"""Cycles, agreed terms and questionnaires as the API tells them."""

from __future__ import annotations

from rest_framework import serializers

from accounts.selectors import calendar
from common import clock
from common.api import IdField, PageQuery
from funnels.choices import (
    Colour,
    CycleKind,
    State,
)
from funnels.models import Ownership, SalesCycle
from funnels.rules import age


def age_of(ownership: Ownership | None) -> int | None:
    """Counted days in the colour; None when no clock runs. The client's department must be loaded."""
    if ownership is None or ownership.cycle_id is None:
        return None
    go_live = ownership.client.department.rotation_starts_on
    return age(ownership.clock_started_on, go_live, clock.today(), calendar())


class StandingSerializer(serializers.Serializer):
    """How a client stands: `age` in counted days of ten; null when the client is not in work."""

    section = serializers.CharField()
    state = serializers.CharField(allow_null=True)
    colour = serializers.ChoiceField(choices=Colour.choices)
    colour_rule = serializers.CharField(allow_null=True)
    age = serializers.IntegerField(allow_null=True)
    term_ends_on = serializers.DateField(allow_null=True)


class CycleSerializer(serializers.ModelSerializer):
    client = serializers.IntegerField(source="client_id")
    client_name = serializers.CharField(source="client.name")
    segment = serializers.IntegerField(source="segment_id")
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.short_name", default=None, allow_null=True)
    age = serializers.SerializerMethodField()

    class Meta:
        model = SalesCycle
        fields = [
            "id",
            "client",
            "client_name",
            "kind",
            "segment",
            "owner",
            "owner_name",
            "opened_on",
            "closed_on",
            "outcome",
            "refusal_reason",
            "state",
            "state_since",
            "colour",
            "colour_rule",
            "age",
            "term_ends_on",
            "expected_amount",
            "planned_pay_on",
            "invoiced_amount",
            "contract_amount",
            "paid_amount",
            "stagnation_count",
            "last_contact_at",
            "next_step_at",
            "next_step_text",
            "version",
        ]

    def get_age(self, cycle: SalesCycle) -> int | None:
        found = [row for row in cycle.ownerships.all() if row.ended_at is None]
        if not found or not cycle.is_open:
            return None
        found[0].client = cycle.client
        return age_of(found[0])


class CycleQuery(PageQuery):
    client = IdField(required=False)
    owner = IdField(required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    colour = serializers.ChoiceField(choices=Colour.choices, required=False)
    kind = serializers.ChoiceField(choices=CycleKind.choices, required=False)
    is_open = serializers.BooleanField(required=False, default=None, allow_null=True)


class FactSerializer(serializers.Serializer):
    """Agreed terms as the ledger holds them."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    on = serializers.DateField()
    until = serializers.DateField(allow_null=True)
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)


class TermsSerializer(serializers.Serializer):
    fact = FactSerializer()
    cycle = CycleSerializer()


class QuestionSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    section = serializers.CharField()
    text = serializers.CharField()
    kind = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    is_required = serializers.BooleanField()


class QuestionnaireSerializer(serializers.Serializer):
    """`version` 0 while nobody has saved an answer."""

    questions = QuestionSerializer(many=True)
    answers = serializers.DictField(child=serializers.CharField())
    percent = serializers.IntegerField()
    completed_on = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()

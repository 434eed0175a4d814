"""Cycles, contacts, tasks and rotation orders as the API tells and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.selectors import calendar
from common import clock
from common.api import DayField, IdField, MomentField, MoneyField, PageQuery, StrictSerializer, columns_of
from funnels.choices import (
    Colour,
    ContactKind,
    ContactResult,
    CycleKind,
    Direction,
    OrderStatus,
    OwnershipReason,
    Place,
    ProgressKind,
    RefusalReason,
    State,
)
from funnels.models import Contact, Ownership, Questionnaire, RotationOrder, SalesCycle, Task
from funnels.rules import age
from funnels.selectors import excluded_texts, outcome_text, why_text
from funnels.selectors.credits import credit_names
from funnels.services import reason_text

CYCLE_COLUMNS = columns_of(SalesCycle) | {"age", "owner_name", "client_name"}


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


class CycleInput(StrictSerializer):
    """Base of the acts on a cycle: a column of the cycle is read-only, whatever the act."""

    read_only_keys = CYCLE_COLUMNS


class TakeInput(CycleInput):
    """A manager takes for himself; a head names the owner."""

    owner = IdField(required=False)
    kind = serializers.ChoiceField(choices=CycleKind.choices, required=False, default=CycleKind.NEW)


class AdvanceInput(CycleInput):
    state = serializers.ChoiceField(choices=State.choices)


class RefuseInput(CycleInput):
    reason = serializers.ChoiceField(choices=RefusalReason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    recall_on = DayField(required=False, allow_null=True)


class ReserveInput(CycleInput):
    contact_on = DayField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class TransferInput(CycleInput):
    to = IdField()
    reason = serializers.ChoiceField(
        choices=[OwnershipReason.TRANSFER, OwnershipReason.ABSENCE, OwnershipReason.DISMISSAL, OwnershipReason.INTERN],
        required=False,
        default=OwnershipReason.TRANSFER,
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class PlanInput(CycleInput):
    amount = MoneyField()
    pay_on = DayField()


class TermsInput(CycleInput):
    amount = MoneyField()
    pay_on = DayField()
    person = IdField()
    on = DayField(required=False)


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


class QuestionnaireInput(StrictSerializer):
    read_only_keys = columns_of(Questionnaire) | {"percent", "questions"}

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=2000))
    version = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**31 - 1)


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

"""What the acts on a cycle take."""

from __future__ import annotations

from rest_framework import serializers

from common.api import DayField, IdField, MoneyField, StrictSerializer, columns_of
from funnels.choices import (
    CycleKind,
    OwnershipReason,
    RefusalReason,
    State,
)
from funnels.models import Questionnaire, SalesCycle

CYCLE_COLUMNS = columns_of(SalesCycle) | {"age", "owner_name", "client_name"}


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


class QuestionnaireInput(StrictSerializer):
    read_only_keys = columns_of(Questionnaire) | {"percent", "questions"}

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=2000))
    version = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**31 - 1)

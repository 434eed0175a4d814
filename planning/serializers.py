"""Plan and fact as the API tells them."""

from __future__ import annotations

from rest_framework import serializers

from common.api import DayField, IdField, StrictSerializer
from planning.choices import PeriodKind


class PlanFactQuery(StrictSerializer):
    department = IdField(required=False)
    user = IdField(required=False)
    period = serializers.ChoiceField(choices=PeriodKind.choices, required=False, default=PeriodKind.MONTH)
    day = DayField(required=False)


class FiguresSerializer(serializers.Serializer):
    """Roubles; `attainment` in per cent of the plan to date, null while nothing was due."""

    plan = serializers.DecimalField(max_digits=18, decimal_places=2)
    plan_to_date = serializers.DecimalField(max_digits=18, decimal_places=2)
    fact = serializers.DecimalField(max_digits=18, decimal_places=2)
    attainment = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    zone = serializers.CharField(allow_null=True)
    days_done = serializers.IntegerField()
    days_left = serializers.IntegerField()
    needed_per_day = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)


class PersonFiguresSerializer(FiguresSerializer):
    user = serializers.IntegerField()


class PlanFactSerializer(serializers.Serializer):
    department = serializers.IntegerField()
    user = serializers.IntegerField(allow_null=True)
    period = serializers.ChoiceField(choices=PeriodKind.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    as_of = serializers.DateField()
    figures = FiguresSerializer()
    people = PersonFiguresSerializer(many=True)

"""Composed answers: a card with its colour and age, the lights of departments."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clients.models import Client
from clients.serializers import ClientQuery, ClientSerializer, EmailSerializer, PersonSerializer, PhoneSerializer
from common.api import IdField, StrictSerializer
from funnels.choices import Colour
from funnels.serializers import age_of


class ColouredClientQuery(ClientQuery):
    colour = serializers.ChoiceField(choices=Colour.choices, required=False)


class ColouredClientSerializer(ClientSerializer):
    """The card and its open sale: `age` in counted days of ten. Needs `open_cycles` and `open_ownerships`."""

    colour = serializers.SerializerMethodField()
    age = serializers.SerializerMethodField()
    cycle = serializers.SerializerMethodField()
    next_step_at = serializers.SerializerMethodField()

    class Meta(ClientSerializer.Meta):
        fields = [*ClientSerializer.Meta.fields, "colour", "age", "cycle", "next_step_at"]

    def _cycle(self, client: Client) -> Any:
        found: list[Any] = client.open_cycles  # type: ignore[attr-defined]
        return found[0] if found else None

    def get_colour(self, client: Client) -> str:
        cycle = self._cycle(client)
        return str(cycle.colour) if cycle else str(Colour.NONE)

    def get_cycle(self, client: Client) -> int | None:
        cycle = self._cycle(client)
        return cycle.pk if cycle else None

    def get_next_step_at(self, client: Client) -> str | None:
        cycle = self._cycle(client)
        return cycle.next_step_at.isoformat() if cycle and cycle.next_step_at else None

    def get_age(self, client: Client) -> int | None:
        found: list[Any] = client.open_ownerships  # type: ignore[attr-defined]
        if not found:
            return None
        found[0].client = client
        return age_of(found[0])


class CardSerializer(ColouredClientSerializer):
    people = PersonSerializer(many=True)
    phones = serializers.SerializerMethodField()
    emails = EmailSerializer(many=True)

    class Meta(ColouredClientSerializer.Meta):
        fields = [*ColouredClientSerializer.Meta.fields, "people", "phones", "emails"]

    @extend_schema_field(PhoneSerializer(many=True))
    def get_phones(self, client: Client) -> Any:
        return PhoneSerializer([phone for phone in client.phones.all() if phone.is_live], many=True).data


class LightsQuery(StrictSerializer):
    department = IdField(required=False)


class CellSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)


class FunnelSerializer(serializers.Serializer):
    green = CellSerializer()
    yellow = CellSerializer()
    red = CellSerializer()
    count = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)


class PersonFunnelSerializer(FunnelSerializer):
    user = serializers.IntegerField()
    name = serializers.CharField()
    is_reserve = serializers.BooleanField()


class DepartmentFunnelSerializer(FunnelSerializer):
    """The department is the sum of its people, the head's reserve included."""

    department = serializers.IntegerField()
    name = serializers.CharField()
    people = PersonFunnelSerializer(many=True)


class LightsSerializer(serializers.Serializer):
    departments = DepartmentFunnelSerializer(many=True)

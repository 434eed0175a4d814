"""What the telephony API answers, written down for the schema and for the calls of a connection."""

from __future__ import annotations

from rest_framework import serializers

from telephony.choices import CallDirection, CallResult
from telephony.models import Call


class AcceptedSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["accepted", "duplicate"])
    event = serializers.UUIDField()


class ErrorBodySerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(allow_null=True)


class ErrorSerializer(serializers.Serializer):
    error = ErrorBodySerializer()


class CallSerializer(serializers.ModelSerializer):
    """A call as its PBX may read it: numbers and outcome, the client as an id only."""

    line = serializers.CharField(source="line_number")
    employee = serializers.IntegerField(source="user_id", allow_null=True)
    client = serializers.IntegerField(source="client_id", allow_null=True)
    direction = serializers.ChoiceField(choices=[*CallDirection.values, ""])
    result = serializers.ChoiceField(choices=[*CallResult.values, ""])
    state = serializers.SerializerMethodField()

    class Meta:
        model = Call
        fields = [
            "id",
            "call_id",
            "state",
            "direction",
            "client_number",
            "line",
            "extension",
            "employee",
            "client",
            "is_ambiguous",
            "started_at",
            "answered_at",
            "ended_at",
            "talk_seconds",
            "wait_seconds",
            "result",
            "is_synthetic",
            "rating",
        ]

    def get_state(self, call: Call) -> str:
        return {0: "unknown", 1: "ringing", 2: "answered"}.get(call.rank, "finished")


class CallPageSerializer(serializers.Serializer):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = CallSerializer(many=True)

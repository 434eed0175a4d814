import json

import pytest
from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view, authentication_classes, permission_classes

from common.errors import Conflict, GuardFailed, Invalid, Missing, NotAllowed, StaleVersion


class Wanted(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=8, decimal_places=2)


REFUSALS = {
    "invalid": Invalid({"amount": ["Too much.", "Too odd."]}),
    "guard": GuardFailed("Not yet", [Missing("dm", "Decision maker")]),
    "conflict": Conflict("Full: 90 of 90"),
    "stale": StaleVersion("Changed meanwhile"),
    "not_allowed": NotAllowed("Not yours"),
    "absent": Http404("No Client matches the given query: canary"),
}


@api_view(["GET", "POST"])
@authentication_classes([])
@permission_classes([])
def refuse(request, name):
    if name == "serializer":
        Wanted(data=request.data).is_valid(raise_exception=True)
    raise REFUSALS[name]


urlpatterns = [path("api/v1/refuse/<str:name>/", refuse)]


@pytest.fixture
def ask(client, settings):
    settings.ROOT_URLCONF = __name__

    def asking(name, **data):
        response = client.post(f"/api/v1/refuse/{name}/", json.dumps(data), content_type="application/json")
        assert response["Content-Type"] == "application/problem+json"
        body = response.json()
        assert body["status"] == response.status_code
        assert {"type", "title", "status", "detail", "errors"} <= set(body)
        return response.status_code, body

    return asking


@pytest.mark.parametrize(
    ("name", "status"),
    [("invalid", 400), ("guard", 409), ("conflict", 409), ("stale", 409), ("not_allowed", 403), ("absent", 404)],
)
def test_a_refusal_has_its_status(ask, name, status):
    assert ask(name)[0] == status


def test_fields_are_named(ask):
    assert ask("invalid")[1]["errors"] == [
        {"field": "amount", "text": "Too much."},
        {"field": "amount", "text": "Too odd."},
    ]
    status, body = ask("serializer", amount="x")
    assert (status, [error["field"] for error in body["errors"]]) == (400, ["amount"])


def test_a_guard_lists_what_is_missing(ask):
    assert ask("guard")[1]["missing"] == [{"code": "dm", "text": "Decision maker"}]


def test_an_absent_object_is_not_described(ask):
    assert "canary" not in str(ask("absent")[1])

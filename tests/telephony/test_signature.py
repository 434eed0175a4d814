"""Nothing is stored that the PBX did not sign, in time, with a living secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from common import clock
from telephony import services
from telephony.authentication import sign
from telephony.models import TelephonyConnection, WebhookEvent
from tests.telephony.conftest import EVENTS, finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def body_of(**more) -> bytes:
    return json.dumps(finished("c1", at=NOON, **more)).encode()


def test_the_vector_of_the_contract_is_signed_as_written():
    vector = "7dd3001a8cc0688fe5249d66615dfc59680f7a5ea3767d799d7962f775eb32df"
    assert sign("whsec_demo", 1795255530, b'{"event":"call.finished"}') == vector


def test_the_vector_of_the_contract_passes_the_door_and_then_lacks_its_call(pbx):
    TelephonyConnection.objects.filter(pk=pbx.connection.pk).update(secret="whsec_demo")
    headers = {
        "Authorization": f"Bearer {pbx.token}",
        "X-Telephony-Signature": "t=1795255530,v1=7dd3001a8cc0688fe5249d66615dfc59680f7a5ea3767d799d7962f775eb32df",
    }
    with time_machine.travel(datetime.fromtimestamp(1795255530, UTC), tick=False):
        response = pbx.post(b'{"event":"call.finished"}', headers)
    assert response.status_code == 400
    assert response.json()["error"]["field"] == "call_id"


def test_a_signed_event_is_accepted_and_only_stored(pbx):
    response = pbx.post(body_of())
    assert response.status_code == 200
    event = WebhookEvent.objects.get()
    assert response.json() == {"status": "accepted", "event": str(event.uuid)}
    assert event.state == "received"
    assert event.raw["client_number"] == "+79161234567"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sent: {},
        lambda sent: {"Authorization": sent["Authorization"]},
        lambda sent: {"X-Telephony-Signature": sent["X-Telephony-Signature"]},
        lambda sent: sent | {"Authorization": "Bearer nobody"},
        lambda sent: sent | {"Authorization": sent["Authorization"].replace("Bearer", "Token")},
        lambda sent: sent | {"Authorization": sent["Authorization"] + "x"},
        lambda sent: sent | {"X-Telephony-Signature": sent["X-Telephony-Signature"][:-1]},
        lambda sent: sent | {"X-Telephony-Signature": sent["X-Telephony-Signature"].replace("v1=", "v0=")},
        lambda sent: sent | {"X-Telephony-Signature": "t=soon,v1=" + "0" * 64},
        lambda sent: sent | {"X-Telephony-Signature": "t=²,v1=" + "0" * 64},
        lambda sent: sent | {"X-Telephony-Signature": "t=,v1="},
    ],
)
def test_a_delivery_that_is_not_signed_is_refused_and_leaves_nothing(pbx, spoil):
    body = body_of()
    response = pbx.post(body, spoil(pbx.headers(body)))
    assert response.status_code == 401
    assert set(response.json()["error"]) == {"code", "message", "field"}
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert not WebhookEvent.objects.exists()


def test_a_body_changed_by_one_byte_is_refused(pbx):
    body = body_of()
    changed = body.replace(b"120", b"121")
    assert changed != body
    assert len(changed) == len(body)
    assert pbx.post(changed, pbx.headers(body)).status_code == 401
    assert not WebhookEvent.objects.exists()


def test_another_connections_secret_or_token_signs_nothing(pbx, cast):
    other = services.create_connection(name="Вторая АТС", actor=cast.admin)
    body = body_of()
    assert pbx.post(body, pbx.headers(body, secret=other.secret)).status_code == 401
    foreign = pbx.headers(body) | {"Authorization": f"Bearer {other.token}"}
    assert pbx.post(body, foreign).status_code == 401
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(("shift", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_signature_lives_three_hundred_seconds_both_ways(pbx, shift, status):
    body = body_of()
    moment = int(NOON.timestamp()) + shift
    assert pbx.post(body, pbx.headers(body, moment=moment)).status_code == status
    assert WebhookEvent.objects.exists() is (status == 200)


def test_an_empty_secret_fails_closed(pbx):
    TelephonyConnection.objects.filter(pk=pbx.connection.pk).update(
        secret="", previous_secret="", previous_secret_until=clock.now() + timedelta(hours=1)
    )
    body = body_of()
    assert pbx.post(body, pbx.headers(body, secret="")).status_code == 401
    assert not WebhookEvent.objects.exists()


def test_old_and_new_secret_are_valid_during_the_change_and_then_the_old_is_refused(pbx, cast):
    former = pbx.secret
    fresh = services.rotate_secret(connection=pbx.connection, actor=cast.admin)
    first, second, third = body_of(), body_of(rating=None, seq=4), body_of(seq=5)
    assert pbx.post(first, pbx.headers(first, secret=former)).status_code == 200
    assert pbx.post(second, pbx.headers(second, secret=fresh)).status_code == 200
    with time_machine.travel(NOON + timedelta(hours=24), tick=False):
        assert pbx.post(third, pbx.headers(third, secret=former)).status_code == 401
        assert pbx.post(third, pbx.headers(third, secret=fresh)).status_code == 200
    assert WebhookEvent.objects.count() == 3


def test_a_token_in_the_address_is_refused_even_beside_a_right_one(pbx):
    body = body_of()
    for name in ("token", "access_token"):
        response = pbx.browser.post(
            f"{EVENTS}?{name}={pbx.token}", data=body, content_type="application/json", headers=pbx.headers(body)
        )
        assert response.status_code == 401
    alone = pbx.browser.get("/api/v1/telephony/contact", {"phone": "+79161234567", "token": pbx.token})
    assert alone.status_code == 401
    assert not WebhookEvent.objects.exists()


def test_a_disabled_connection_and_a_strange_address_are_forbidden(pbx, cast):
    TelephonyConnection.objects.filter(pk=pbx.connection.pk).update(ip_allowlist=["198.51.100.0/24"])
    assert pbx.post(body_of()).status_code == 403
    assert pbx.get("contact", phone="+79161234567").status_code == 403
    forged = pbx.headers(body_of()) | {"X-Forwarded-For": "198.51.100.7"}
    assert pbx.post(body_of(), forged).status_code == 403
    assert pbx.post(body_of(), REMOTE_ADDR="198.51.100.7").status_code == 200
    services.set_enabled(connection=pbx.connection, is_enabled=False, actor=cast.admin)
    assert pbx.post(body_of(seq=9), REMOTE_ADDR="198.51.100.7").status_code == 403
    assert WebhookEvent.objects.count() == 1


def test_behind_one_proxy_the_last_forwarded_address_is_the_peer(pbx, settings):
    settings.PROXY_COUNT = 1
    TelephonyConnection.objects.filter(pk=pbx.connection.pk).update(ip_allowlist=["198.51.100.7"])
    body = body_of()
    forged = pbx.headers(body) | {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}
    assert pbx.post(body, forged).status_code == 403
    real = pbx.headers(body) | {"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}
    assert pbx.post(body, real).status_code == 200


def test_a_persons_token_opens_no_telephony_and_a_telephony_token_is_nobody(pbx, cast):
    import hashlib

    from rest_framework.exceptions import AuthenticationFailed
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from accounts.authentication import TokenAuthentication
    from accounts.models import ApiToken

    ApiToken.objects.create(
        user=cast.director,
        name="робот",
        prefix="svt_x",
        digest=hashlib.sha256(b"svt_person").hexdigest(),
        scope="write",
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    person = {"Authorization": "Bearer svt_person"}
    contact = pbx.browser.get("/api/v1/telephony/contact", {"phone": "+79161234567"}, headers=person)
    assert contact.status_code == 401
    body = body_of()
    assert pbx.post(body, pbx.headers(body) | person).status_code == 401
    request = Request(APIRequestFactory().get("/api/v1/clients/", headers={"Authorization": f"Bearer {pbx.token}"}))
    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(request)


def test_a_signed_in_person_is_no_pbx(pbx, as_user, cast):
    browser = as_user(cast.director)
    assert browser.get("/api/v1/telephony/contact", {"phone": "+79161234567"}).status_code == 401
    assert browser.get("/api/v1/telephony/calls").status_code == 401

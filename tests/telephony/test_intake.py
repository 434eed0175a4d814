"""What comes in is stored once, bounded and as it was sent; a contradiction is refused and rung."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection as database
from django.db import connections
from django.test import Client as Browser
from kombu import pools

from journal.models import AuditEvent
from notifications import tasks as publisher
from notifications.models import Notice
from telephony import services
from telephony.constants import REQUESTS_PER_SECOND
from telephony.models import Call, WebhookEvent
from tests.telephony.conftest import finished, moscow

NOON = moscow("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.django_db
def test_a_repeated_delivery_answers_duplicate_with_the_same_event(pbx):
    body = json.dumps(finished("c1", at=NOON, event_id="e1")).encode()
    first, second = pbx.post(body).json(), pbx.post(body).json()
    assert first["status"] == "accepted"
    assert second == {"status": "duplicate", "event": first["event"]}
    assert WebhookEvent.objects.count() == 1
    pbx.process()
    assert pbx.post(body).json()["status"] == "duplicate"
    assert pbx.process() == 0
    assert Call.objects.count() == 1


@pytest.mark.django_db
def test_the_same_event_with_another_body_is_refused_signed_and_rung(pbx, cast):
    pbx.send(finished("c1", at=NOON, event_id="e1"))
    response = pbx.send(finished("c1", at=NOON, event_id="e1", talk=7200))
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "event_conflict"
    stored = WebhookEvent.objects.get()
    assert stored.raw["talk_seconds"] == 120
    assert AuditEvent.objects.filter(action="telephony.event_conflict", via="pbx").count() == 1
    assert Notice.objects.filter(recipient=cast.admin).count() == 1
    assert not Notice.objects.filter(recipient=cast.ivanova).exists()
    pbx.send(finished("c1", at=NOON, event_id="e1", talk=7200))
    assert Notice.objects.filter(recipient=cast.admin).count() == 1


@pytest.mark.django_db
def test_an_event_id_belongs_to_its_connection(pbx, cast):
    made = services.create_connection(name="Вторая", actor=cast.admin)
    other = type(pbx)(made.connection, made.token, made.secret)
    event = finished("c1", at=NOON, event_id="e1")
    assert pbx.send(event).json()["status"] == "accepted"
    assert other.send(event).json()["status"] == "accepted"
    pbx.process()
    assert Call.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_delivery_and_fifty_simultaneous_repeats_make_one_row_and_one_call(pbx):
    body = json.dumps(finished("c1", at=NOON, event_id="e1")).encode()
    headers = pbx.headers(body)
    assert pbx.post(body, headers).status_code == 200
    barrier = Barrier(50)

    def repeat(_number: int) -> int:
        try:
            barrier.wait(timeout=30)
            twin = type(pbx)(pbx.connection, pbx.token, pbx.secret, Browser())
            return twin.post(body, headers).status_code
        finally:
            database.close()

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(repeat, range(50)))
    assert statuses == [200] * 50
    assert WebhookEvent.objects.count() == 1
    pbx.process()
    assert Call.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_simultaneous_first_deliveries_are_one_accepted_and_the_rest_duplicates(pbx):
    body = json.dumps(finished("c1", at=NOON)).encode()
    headers = pbx.headers(body)
    barrier = Barrier(50)

    def deliver(_number: int) -> tuple[int, str]:
        try:
            barrier.wait(timeout=30)
            response = type(pbx)(pbx.connection, pbx.token, pbx.secret, Browser()).post(body, headers)
            return response.status_code, response.json()["status"]
        finally:
            database.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(deliver, range(50)))
    assert sorted(answers) == [(200, "accepted")] + [(200, "duplicate")] * 49
    assert WebhookEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_event_make_one_call(pbx):
    pbx.send(finished("c1", at=NOON, result="missed"))
    event_id = WebhookEvent.objects.get().pk
    barrier = Barrier(4)

    def work(_number: int) -> bool:
        try:
            barrier.wait(timeout=30)
            return services.process_event(event_id=event_id)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sorted(done) == [False, False, False, True]
    assert Call.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"\xff\xfe", None),
        (b"[]", None),
        (b'"text"', None),
        (b"{", None),
        (b"[" * 10_000, None),
        (b'{"event":' * 5_000, None),
        (b'{"event":"call.ringing","call_id":"c","call_id":"d"}', None),
        (b'{"event":"call.ringing","call_id":"c","seq":NaN}', None),
        (b'{"event":"call.ringing","call_id":"c","seq":-Infinity}', None),
        (b'{"event":"call.ringing","call_id":"c","seq":1e999}', None),
        (b'{"event":"call.ringing","call_id":"c\\u0000"}', None),
        (b'{"event":"call.ringing","call_id":"\\ud800"}', None),
        (b'{"event":"call.ringing","call_id":"c","extra":' + b'{"a":' * 20 + b"1" + b"}" * 21, None),
        (b'{"event":"call.ringing"}', "call_id"),
        (b'{"call_id":"c"}', "event"),
        (b'{"event":"call.lost","call_id":"c"}', "event"),
        (b'{"event":"call.ringing","call_id":""}', "call_id"),
        (b'{"event":"call.ringing","call_id":7}', "call_id"),
        (b'{"event":"call.ringing","call_id":"c","colour":"green"}', "colour"),
        (b'{"event":"call.ringing","call_id":"c","seq":true}', "seq"),
        (b'{"event":"call.ringing","call_id":"c","seq":-1}', "seq"),
        (b'{"event":"call.ringing","call_id":"c","direction":"up"}', "direction"),
        (b'{"event":"call.ringing","call_id":"c","occurred_at":"yesterday"}', "occurred_at"),
        (b'{"event":"call.ringing","call_id":"c","occurred_at":"0001-01-01T00:00:00+14:00"}', "occurred_at"),
        (b'{"event":"call.ringing","call_id":"c","client_number":"' + b"7" * 65 + b'"}', "client_number"),
        (b'{"event":"call.ringing","call_id":"c","extension":"123456789"}', "extension"),
        (b'{"event":"call.finished","call_id":"c"}', "result"),
        (b'{"event":"call.finished","call_id":"c","result":"answered"}', "talk_seconds"),
        (b'{"event":"call.finished","call_id":"c","result":"missed","talk_seconds":-5}', "talk_seconds"),
        (b'{"event":"call.rated","call_id":"c","rating":99}', "rating"),
    ],
)
def test_a_bad_body_is_a_schema_error_that_names_the_field_and_stores_nothing(pbx, body, field):
    response = pbx.post(body)
    assert response.status_code == 400, response.content
    error = response.json()["error"]
    assert error["field"] == field
    assert error["code"] == "schema"
    assert error["message"]
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_a_body_above_64_kib_is_too_large_and_one_of_exactly_64_is_read(pbx):
    frame = b'{"event":"call.ringing","call_id":"c","extra":{"x":"%s"}}'
    limit = 64 * 1024
    exact = frame % (b"y" * (limit - len(frame) + 2))
    assert len(exact) == limit
    assert pbx.post(exact).status_code == 200
    response = pbx.post(exact + b" ")
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"
    huge = b" " * (20 * 1024 * 1024)
    assert pbx.post(huge, {"Authorization": f"Bearer {pbx.token}"}).status_code == 413
    assert WebhookEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_flood_is_told_to_come_again_later(pbx):
    body = json.dumps(finished("c1", at=NOON)).encode()
    assert pbx.post(body).status_code == 200
    for second in range(int(time.monotonic()), int(time.monotonic()) + 60):
        cache.set(f"telephony:{pbx.connection.pk}:{second}", REQUESTS_PER_SECOND, timeout=60)
    response = pbx.post(body)
    assert response.status_code == 429
    assert response["Retry-After"] == "1"
    assert response.json()["error"]["code"] == "throttled"


@pytest.mark.django_db
def test_a_delivery_costs_few_queries_and_says_nothing_about_clients(pbx, django_assert_max_num_queries):
    body = json.dumps(finished("c1", at=NOON)).encode()
    with django_assert_max_num_queries(4):  # token, savepoint, insert, release
        response = pbx.post(body)
    assert set(response.json()) == {"status", "event"}


@pytest.mark.django_db
def test_only_post_is_taken_and_the_refusal_has_the_telephony_form(pbx):
    response = pbx.get("events")
    assert response.status_code in (401, 405)
    assert set(response.json()["error"]) == {"code", "message", "field"}


@pytest.mark.django_db
def test_secrets_inside_a_payload_are_not_kept(pbx):
    pbx.send(finished("c1", at=NOON, extra={"api_key": "k-123", "deep": [{"Token": "t-456"}]}))
    kept = json.dumps(WebhookEvent.objects.get().raw)
    assert "k-123" not in kept
    assert "t-456" not in kept


@pytest.mark.django_db
def test_an_event_nobody_took_is_found_by_the_sweeper_after_a_minute(pbx):
    pbx.send(finished("c1", at=NOON))
    event_id = WebhookEvent.objects.get().pk
    assert services.waiting_events() == []
    with time_machine.travel(moscow("2026-11-20 12:01:01"), tick=False):
        assert services.waiting_events() == [event_id]
        pbx.process()
        assert services.waiting_events() == []


@pytest.fixture
def dead_broker():
    """Nothing listens where the queue should be."""
    from config.celery import app

    before = app.conf.broker_write_url
    app.conf.broker_write_url = "redis://127.0.0.1:1/0"
    app.amqp._producer_pool = None
    yield
    app.conf.broker_write_url = before
    app.amqp._producer_pool = None


@pytest.mark.django_db(transaction=True)
def test_a_delivery_without_a_queue_is_stored_and_found_later(pbx, dead_broker):
    response = pbx.send(finished("c1", at=NOON))
    assert response.status_code == 200
    event = WebhookEvent.objects.get()
    with time_machine.travel(moscow("2026-11-20 12:02"), tick=False):
        assert services.waiting_events() == [event.pk]


@pytest.mark.django_db(transaction=True)
def test_an_accepted_delivery_stands_in_the_real_queue_and_a_duplicate_does_not(pbx):
    from config.celery import app

    # What the publisher still owes to the dead broker of another test must not leave its connection behind.
    deadline = time.monotonic() + 20
    while not publisher._messages.empty() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    pools.reset()
    app._pool = app.amqp._producer_pool = None
    with app.connection_for_read() as link:
        queue = link.SimpleQueue(app.conf.task_default_queue)
        queue.clear()
        body = json.dumps(finished("c1", at=NOON)).encode()
        assert pbx.post(body).json()["status"] == "accepted"
        assert pbx.post(body).json()["status"] == "duplicate"
        message = queue.get(block=True, timeout=20)
        message.ack()
        assert message.headers["task"] == "telephony.tasks.process_event"
        assert message.payload[0] == [WebhookEvent.objects.get().pk]
        with pytest.raises(queue.Empty):
            queue.get(block=True, timeout=0.5)
        queue.close()


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_sender_is_told_to_come_again_and_never_that_it_was_taken(pbx):
    body = json.dumps(finished("c1", at=NOON)).encode()
    headers = pbx.headers(body)

    def deliver() -> int:
        # A thread has a connection of its own; this one looks for the database where there is none.
        own = connections["default"]
        own.settings_dict = {**own.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
        browser = Browser(raise_request_exception=False)
        return type(pbx)(pbx.connection, pbx.token, pbx.secret, browser).post(body, headers).status_code

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(deliver).result(timeout=60) in (500, 503)
    assert not WebhookEvent.objects.exists()
    assert pbx.post(body, headers).status_code == 200

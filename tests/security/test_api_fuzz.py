"""Every operation of the API under requests made from its own schema and against it: no 5xx, no undocumented status.

A few seeded examples each by default; `FUZZ_EXAMPLES=200` makes the long campaign of random ones.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error

from accounts.services import create_token
from common import clock
from config.schema_drift import COMMITTED
from telephony.authentication import sign
from telephony.models import TelephonyConnection
from telephony.services.connections import digest_of

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SHORT = 2
SCHEMA = schemathesis.openapi.from_path(COMMITTED)
SCHEMA.app = get_wsgi_application()
OPERATIONS = {found.label: found for found in (result.ok() for result in SCHEMA.get_all_operations())}
PBX_TOKEN, PBX_SECRET = "svtel_fuzz", "whsec_fuzz"
# What any door may answer before an operation is reached, whatever its schema says.
GENERAL = {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_ACCEPTABLE}
NASTY = st.sampled_from(
    ["\x00", "'\"--", "%", "_%", "\\", "$$", "{{7*7}}", "\u202e", "😀" * 50, "я" * 10_000, "9" * 400, "NaN", "-1"]
)


class Seen(Counter[int]):
    """Statuses by number, over all operations of one run."""


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest):
    found = Seen()
    yield found
    if EXAMPLES:
        request.config.fuzz_report = [f"fuzz: {sum(found.values())} requests, {dict(sorted(found.items()))}"]


@pytest.fixture(autouse=True)
def _open_connection(world):
    """The application would give back the connection that holds the transaction of the test, the server would end it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # examples may be long in the making
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def ids(world) -> dict[str, list[int]]:
    """Ids that exist, by the first word of the address or the name of a key of a body."""
    mine, other = world.a1, world.b1
    people = [person.pk for person in world.people.values()]
    return {
        "clients": [mine.client.pk, other.client.pk, world.free["A"].pk],
        "cycles": [mine.cycle.pk, other.cycle.pk],
        "invoices": [mine.invoice.pk, other.invoice.pk],
        "rotation-orders": [mine.order.pk, other.order.pk],
        "tasks": [mine.task.pk],
        "imports": [run.pk for run in world.imports.values()],
        "calls": [mine.call.pk],
        "client": [mine.client.pk, world.free["A"].pk],
        "cycle": [mine.cycle.pk],
        "person": list(mine.client.people.values_list("pk", flat=True)),
        "department": [world.cast.sales.pk],
        "segment": [world.cast.medium.pk],
        "category": [world.cast.category.pk],
        "source": [world.cast.source.pk],
        "invoice": [mine.invoice.pk],
    } | dict.fromkeys(("user", "to", "owner", "assignee", "deputy", "recipient"), people)


@pytest.fixture
def keys(world, settings) -> dict[str, str]:
    """Bearer tokens of those who may write most, and of a PBX."""
    settings.API_REQUESTS_PER_MINUTE = 0
    cast = world.cast
    TelephonyConnection.objects.filter(pk=world.connection.pk).update(
        token_digest=digest_of(PBX_TOKEN), secret=PBX_SECRET
    )
    people = {"manager": cast.ivanova, "head": cast.volkov, "director": cast.director, "accountant": cast.accountant}
    made = {name: create_token(user=user, name=name, scope="write", actor=user)[1] for name, user in people.items()}
    return made | {"pbx": PBX_TOKEN}


def sprinkled(body: Any, ids: dict[str, list[int]], data: st.DataObject) -> Any:
    """The body with ids that exist and texts nobody expects, here and there."""
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    for name, value in body.items():
        if name in ids and data.draw(st.booleans()):
            changed[name] = data.draw(st.sampled_from(ids[name]))
        elif isinstance(value, str) and data.draw(st.integers(0, 5)) == 0:
            changed[name] = data.draw(NASTY)
    return changed


def call_event(data: st.DataObject) -> bytes:
    """A delivery of a PBX: mostly well formed, some of its values not."""
    moments = st.sampled_from([clock.now().isoformat(), "2026-11-20T08:00:00", "0001-01-01T00:00:00+14:00", "x"])
    text = st.one_of(NASTY, st.text(max_size=70), st.sampled_from(["+79035550011", "101", "anonymous", "+74951234567"]))
    values = {
        "event": st.sampled_from(["call.ringing", "call.answered", "call.finished", "recording.ready", "call.rated"]),
        "call_id": st.sampled_from(["c1", "a1-1", "я", ""]),
        "event_id": text,
        "seq": st.integers(-1, 2**32),
        "direction": st.sampled_from(["in", "out", "internal", "up"]),
        "client_number": text,
        "line_number": text,
        "extension": text,
        "employee": st.dictionaries(st.sampled_from(["extension", "login"]), text),
        "extra": st.recursive(
            st.none() | text, lambda inner: st.dictionaries(st.text(max_size=5), inner), max_leaves=9
        ),
        "occurred_at": moments,
        "started_at": moments,
        "answered_at": moments,
        "ended_at": moments,
        "talk_seconds": st.integers(-1, 90_000),
        "result": st.sampled_from(["answered", "missed", "failed", "busy", "?"]),
        "recording": st.dictionaries(st.just("state"), text),
        "url": text,
        "rating": st.integers(0, 6),
    }
    chosen = data.draw(st.sets(st.sampled_from(sorted(values)), max_size=8)) | {"event", "call_id"}
    return json.dumps({name: data.draw(values[name]) for name in sorted(chosen)}).encode("utf-8", "replace")


def ask(case: Case, ids: dict[str, list[int]], keys: dict[str, str], data: st.DataObject) -> Any:
    """Sends the case as somebody, to something that exists more often than not."""
    area = case.operation.path.removeprefix("/api/v1/telephony/").removeprefix("/api/v1/").split("/")[0]
    if "telephony" in case.operation.path:
        bearer = keys["pbx"]
    else:
        bearer = keys[data.draw(st.sampled_from([name for name in keys if name != "pbx"]))]
    headers = {"Authorization": f"Bearer {bearer}"}
    if case.path_parameters and area in ids and data.draw(st.integers(0, 4)):
        case.path_parameters["id"] = data.draw(st.sampled_from(ids[area]))
    for name in list(case.query or {}):
        if data.draw(st.integers(0, 3)) == 0:
            case.query[name] = data.draw(NASTY)
    if case.operation.path.endswith("/events"):
        body = call_event(data)
        moment = int(clock.now().timestamp())
        headers |= {"X-Telephony-Signature": f"t={moment},v1={sign(PBX_SECRET, moment, body)}"}
        return case.call(headers=headers, data=body)
    case.body = sprinkled(case.body, ids, data)
    return case.call(headers=headers)


def cases_of(operation: Any) -> st.SearchStrategy[Case]:
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_breaks_an_operation_or_is_answered_as_nobody_promised(label, world, ids, keys, seen):
    operation = OPERATIONS[label]
    documented = {int(status) for status in operation.responses.status_codes}
    phases = [Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate]

    @examples(
        max_examples=EXAMPLES or SHORT,
        phases=phases,
        database=None,
        derandomize=not EXAMPLES,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(operation), data=st.data())
    def fuzz(case: Case, data: st.DataObject) -> None:
        with transaction.atomic():
            response = ask(case, ids, keys, data)
            transaction.set_rollback(True)
        seen[response.status_code] += 1
        case.validate_response(response, checks=[not_a_server_error])
        assert response.status_code in documented | GENERAL, (response.status_code, response.content[:300])

    fuzz()

"""A PBX that signs what it sends, and the desk it calls."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from clients.models import Source
from common import clock
from telephony import services
from telephony.authentication import sign
from telephony.models import Line, TelephonyConnection, WebhookEvent

MSK = ZoneInfo("Europe/Moscow")
EVENTS = "/api/v1/telephony/events"
LINE = "+74951234567"
CALLER = "+79161234567"


def moscow(text: str) -> datetime:
    """«2026-11-20 10:15» in Moscow."""
    return datetime.fromisoformat(text).replace(tzinfo=MSK)


@dataclass
class Pbx:
    connection: TelephonyConnection
    token: str
    secret: str
    browser: Browser = field(default_factory=Browser)

    def headers(self, body: bytes, *, moment: int | None = None, secret: str | None = None) -> dict[str, str]:
        stamp = int(clock.now().timestamp()) if moment is None else moment
        signature = sign(self.secret if secret is None else secret, stamp, body)
        return {"Authorization": f"Bearer {self.token}", "X-Telephony-Signature": f"t={stamp},v1={signature}"}

    def post(self, body: bytes, headers: dict[str, str] | None = None, **extra):
        return self.browser.post(
            EVENTS,
            data=body,
            content_type="application/json",
            headers=self.headers(body) if headers is None else headers,
            **extra,
        )

    def send(self, event: dict):
        return self.post(json.dumps(event).encode())

    def get(self, path: str, **query):
        return self.browser.get(
            f"/api/v1/telephony/{path}", data=query, headers={"Authorization": f"Bearer {self.token}"}
        )

    def process(self) -> int:
        """What the worker does with everything that waits."""
        waiting = WebhookEvent.objects.filter(state="received").order_by("pk").values_list("pk", flat=True)
        return sum(services.process_event(event_id=pk) for pk in list(waiting))

    def deliver(self, *events: dict) -> None:
        for event in events:
            response = self.send(event)
            assert response.status_code == 200, response.content
        self.process()


def finished(
    call_id: str = "",
    *,
    at: datetime,
    result: str = "answered",
    direction: str = "in",
    number: str = CALLER,
    extension: str = "101",
    talk: int = 120,
    **more,
) -> dict:
    """A `call.finished` that ends at `at`."""
    event = {
        "event": "call.finished",
        "call_id": call_id or uuid.uuid4().hex,
        "seq": 3,
        "direction": direction,
        "client_number": number,
        "line_number": LINE,
        "extension": extension,
        "started_at": at.isoformat(),
        "ended_at": at.isoformat(),
        "result": result,
        "talk_seconds": talk if result == "answered" else 0,
    }
    if result == "answered":
        event["answered_at"] = at.isoformat()
    return event | more


@pytest.fixture
def pbx(cast) -> Pbx:
    made = services.create_connection(name="АТС", actor=cast.admin)
    source = Source.objects.create(name="Линия «Сайт»")
    Line.objects.create(
        connection=made.connection, number=LINE, department=cast.sales, source=source, default_extension="103"
    )
    return Pbx(made.connection, made.token, made.secret)

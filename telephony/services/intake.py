"""A delivery is stored raw before anything is done with it, once per event, whatever the sender repeats."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from common import clock
from common.errors import Conflict
from journal.services import record
from notifications.services import alert_operators
from telephony.models import TelephonyConnection, WebhookEvent
from telephony.readers import masked, read
from telephony.rules import event_key


@dataclass(frozen=True)
class Accepted:
    """`status` is "accepted" or "duplicate"; `pk` is for the queue, `event` for the sender."""

    status: str
    event: uuid.UUID
    pk: int


def accept_event(*, connection: TelephonyConnection, body: bytes) -> Accepted:
    """Stores one signed delivery. Raises Invalid (schema, by field) and Conflict (same event, another body).

    The same body again answers "duplicate" and writes nothing. Another body under a known event key is refused, signed
    in the audit and rung to the operators: nothing of it replaces what was stored.
    """
    payload = read(body)
    key = event_key(payload)
    digest = hashlib.sha256(body).hexdigest()
    try:
        with transaction.atomic():
            event = WebhookEvent.objects.create(
                uuid=uuid.uuid4(),
                connection=connection,
                event_key=key,
                call_id=payload["call_id"],
                body_sha256=digest,
                raw=masked(payload),
                received_at=clock.now(),
            )
    except IntegrityError:
        known = WebhookEvent.objects.filter(connection=connection, event_key=key).first()
        if known is None:
            raise
        if known.body_sha256 != digest:
            _alert(connection, known, digest, payload)
            raise Conflict(_("This event was already received with another body."), code="event_conflict") from None
        return Accepted("duplicate", known.uuid, known.pk)
    return Accepted("accepted", event.uuid, event.pk)


@transaction.atomic
def _alert(connection: TelephonyConnection, known: WebhookEvent, digest: str, payload: dict[str, Any]) -> None:
    record(
        action="telephony.event_conflict",
        obj=connection,
        after={"event": str(known.uuid), "stored": known.body_sha256, "received": digest, "kind": payload["event"]},
    )
    alert_operators(
        key=f"telephony-conflict:{known.pk}:{digest[:16]}",
        text=_("Telephony “%(name)s” sent event %(event)s again with another body. It was refused.")
        % {"name": connection.name, "event": known.uuid},
        url=settings_url(),
    )


def settings_url() -> str:
    """The address of the telephony settings; '' where the site has no pages."""
    try:
        return reverse("telephony_settings")
    except NoReverseMatch:
        return ""

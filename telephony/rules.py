"""What a stream of neutral events says about one call, in whatever order they came. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from telephony.constants import FINISHED, RANKS

_KEYED = ("event", "call_id", "leg_id", "seq", "occurred_at", "result", "recording_id")


@dataclass(frozen=True)
class CallFacts:
    """What is known of a call; None is «nobody has said». `client_number` may be '' — the number is hidden."""

    rank: int = 0
    direction: str | None = None
    client_number: str | None = None
    line_number: str | None = None
    extension: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: int | None = None
    wait_seconds: int | None = None
    result: str | None = None
    hangup_cause: str | None = None
    recording_state: str | None = None
    recording_id: str | None = None
    rating: int | None = None


_FIELDS = tuple(field.name for field in fields(CallFacts))


def event_key(payload: Mapping[str, Any]) -> str:
    """The name under which a delivery is known: the sender's own id, else a digest of what tells events apart."""
    own = payload.get("event_id")
    if own:
        return f"id:{own}"
    text = "|".join("" if payload.get(name) is None else str(payload[name]) for name in _KEYED)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def facts_of(payload: Mapping[str, Any]) -> CallFacts:
    """One event alone. Moments of the payload are aware datetimes already (readers.typed)."""
    name = payload["event"]
    moment = payload.get("occurred_at")
    values: dict[str, Any] = {field: payload[field] for field in _FIELDS if payload.get(field) is not None}
    values["rank"] = RANKS.get(name, 0)
    if values.get("extension") is None and (payload.get("employee") or {}).get("extension"):
        values["extension"] = payload["employee"]["extension"]
    if name == "call.ringing":
        values.setdefault("started_at", moment)
    elif name == "call.answered":
        values.setdefault("answered_at", moment)
    elif name == "call.finished":
        values.setdefault("ended_at", moment)
        if (payload.get("recording") or {}).get("state"):
            values["recording_state"] = payload["recording"]["state"]
    elif name == "recording.ready":
        values["recording_state"] = "pending"
    return CallFacts(**values)


def fold(payloads: Iterable[Mapping[str, Any]]) -> CallFacts:
    """All events of one call: what a higher rank says stands, a lower one only fills what is empty (4.2.1).

    The order of arrival does not matter: events are taken by rank, then by the sender's own order.
    """
    known: dict[str, Any] = {}
    for payload in sorted(payloads, key=_order):
        said = facts_of(payload)
        known.update(
            {name: getattr(said, name) for name in _FIELDS if getattr(said, name) is not None and name != "rank"}
        )
        known["rank"] = max(known.get("rank", 0), said.rank)
    return _completed(CallFacts(**known))


def _order(payload: Mapping[str, Any]) -> tuple[int, int, str, str]:
    moment = payload.get("occurred_at")
    rank = RANKS.get(payload["event"], 0)
    return (rank, payload.get("seq") or 0, moment.isoformat() if moment else "", event_key(payload))


def _completed(call: CallFacts) -> CallFacts:
    """Fills what follows from the rest: the talk of an answered call, the words of an outgoing one."""
    values = {name: getattr(call, name) for name in _FIELDS}
    if call.direction == "out" and call.result == "missed":
        values["result"] = "no_answer"  # an outgoing call is not missed by us
    if call.rank == FINISHED and call.result != "answered":
        values["talk_seconds"] = 0
    elif call.rank == FINISHED and call.talk_seconds is None and call.answered_at and call.ended_at:
        values["talk_seconds"] = max(0, int((call.ended_at - call.answered_at).total_seconds()))
    return CallFacts(**values)

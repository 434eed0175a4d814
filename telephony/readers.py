"""Strict reading of a delivery: bounded JSON, then the schema of 4.2.1. Nothing here touches the database."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from common.errors import Invalid
from telephony.choices import CallDirection, CallResult
from telephony.constants import EVENTS, JSON_DEPTH, LONGEST_TEXT, MASK, SECRET_KEYS

_DAY_SECONDS = 24 * 60 * 60
_LARGEST = 2**31 - 1


class _Refused(ValueError):
    """Said by the hooks of the JSON reader."""


def read(body: bytes) -> dict[str, Any]:
    """The payload of a raw body, as sent. Raises Invalid naming the field ('' for the body as a whole)."""
    try:
        payload = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise Invalid({"": _("The JSON is nested too deeply.")}, code="schema") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid({"": _("The body is not valid JSON: %(why)s") % {"why": _why(error)}}, code="schema") from None
    if not isinstance(payload, dict):
        raise Invalid({"": _("The body must be a JSON object.")}, code="schema")
    _bounded(payload, 1)
    for name, value in payload.items():
        if name not in _SCHEMA:
            raise _wrong(name, _("Unknown field."))
        if value is not None:
            _SCHEMA[name](name, value)
    _required(payload)
    return payload


def typed(payload: dict[str, Any], zone: str) -> dict[str, Any]:
    """The stored payload with its moments as aware datetimes; a naive one is in the connection's `zone`."""
    moments = {
        name: _moment(name, payload[name], zone)
        for name in ("occurred_at", "started_at", "answered_at", "ended_at")
        if payload.get(name) is not None
    }
    return {**payload, **moments}


def masked(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as it may be kept: values under names of secrets are stars."""
    return {name: MASK if name.lower() in SECRET_KEYS else _masked(value) for name, value in payload.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return masked(value)
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, _Refused) else type(error).__name__


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(_("the key “%(name)s” is there twice") % {"name": name[:40]})
        found[name] = value
    return found


def _no_constant(word: str) -> Any:
    raise _Refused(_("%(word)s is no number") % {"word": word})


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refused(_("a number is too large"))
    return value


def _bounded(value: Any, depth: int) -> None:
    if depth > JSON_DEPTH:
        raise Invalid({"": _("The JSON is nested too deeply.")}, code="schema")
    if isinstance(value, dict):
        for name, inner in value.items():
            _storable(name)
            _bounded(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _bounded(inner, depth + 1)
    elif isinstance(value, str):
        _storable(value)


def _storable(text: str) -> None:
    if "\x00" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        raise Invalid({"": _("The text holds characters that cannot be stored.")}, code="schema")


def _wrong(name: str, text: str) -> Invalid:
    return Invalid({name: text}, code="schema")


def _text(longest: int, *, least: int = 0) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, str):
            raise _wrong(name, _("Must be text."))
        if not least <= len(value) <= longest:
            raise _wrong(
                name, _("Must be %(least)s to %(longest)s characters long.") % {"least": least, "longest": longest}
            )

    return check


def _number(largest: int, *, least: int = 0) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= largest:
            raise _wrong(
                name, _("Must be a whole number from %(least)s to %(largest)s.") % {"least": least, "largest": largest}
            )

    return check


def _one_of(values: tuple[str, ...]) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, str) or value not in values:
            raise _wrong(name, _("Must be one of: %(values)s.") % {"values": ", ".join(values)})

    return check


def _object(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise _wrong(name, _("Must be an object."))


def _employee(name: str, value: Any) -> None:
    _object(name, value)
    if value.get("extension") is not None:
        _extension(f"{name}.extension", value["extension"])


def _recording(name: str, value: Any) -> None:
    _object(name, value)
    if value.get("state") is not None:
        _text(10)(f"{name}.state", value["state"])


def _moment_text(name: str, value: Any) -> None:
    _moment(name, value, "UTC")


def _moment(name: str, value: Any, zone: str) -> datetime:
    wrong = _("Must be a moment like 2026-11-20T10:15:30+03:00.")
    if not isinstance(value, str) or len(value) > 40:
        raise _wrong(name, wrong)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(name, wrong) from None
    if not 2000 <= moment.year <= 2100:
        raise _wrong(name, wrong)
    return moment


_extension = _text(8)
_SCHEMA: dict[str, Callable[[str, Any], None]] = {
    "event": _one_of(EVENTS),
    "event_id": _text(100, least=1),
    "call_id": _text(120, least=1),
    "leg_id": _text(120),
    "seq": _number(_LARGEST),
    "occurred_at": _moment_text,
    "direction": _one_of(tuple(CallDirection.values)),
    "client_number": _text(64),
    "line_number": _text(64),
    "extension": _extension,
    "employee": _employee,
    "transfer": lambda name, value: None,
    "extra": _object,
    "started_at": _moment_text,
    "answered_at": _moment_text,
    "ended_at": _moment_text,
    "talk_seconds": _number(_DAY_SECONDS),
    "wait_seconds": _number(_DAY_SECONDS),
    "result": _one_of(tuple(CallResult.values)),
    "hangup_cause": _text(40),
    "recording": _recording,
    "recording_id": _text(200),
    "url": _text(LONGEST_TEXT),
    "duration": _number(_DAY_SECONDS),
    "rating": _number(5, least=1),
}


def _required(payload: dict[str, Any]) -> None:
    for name in ("event", "call_id"):
        if payload.get(name) is None:
            raise _wrong(name, _("This field is required."))
    if payload["event"] != "call.finished":
        return
    if payload.get("result") is None:
        raise _wrong("result", _("This field is required."))
    has_span = payload.get("answered_at") is not None and payload.get("ended_at") is not None
    if payload["result"] == CallResult.ANSWERED and payload.get("talk_seconds") is None and not has_span:
        raise _wrong("talk_seconds", _("An answered call needs its talk seconds."))

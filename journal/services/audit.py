"""Acts sign here: one event per act, with its door, its person, its request or run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from common import clock
from journal.choices import Channel
from journal.models import AuditEvent

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Act:
    """Through which door, in whose name and in which request or run the current act happens."""

    via: str = Channel.SHELL
    actor_id: int | None = None
    actor_login: str = ""
    request_id: str = ""
    run_id: int | None = None


_NOBODY = Act()
# What is done through no door at all, at a command line: one request, the process.
_PROCESS = str(uuid.uuid4())
_current: ContextVar[Act] = ContextVar("current_act", default=_NOBODY)


def current_act() -> Act:
    return _current.get()


@contextmanager
def acting(
    *,
    via: str | None = None,
    actor: User | None = None,
    request_id: str | None = None,
    run_id: int | None = None,
) -> Iterator[Act]:
    """Sets the door and the actor of every audit event recorded inside; what is not given is inherited.

    The outermost door opens a request of its own: a run, a portion of an import, an event of the PBX.
    """
    act = _current.get()
    if via is not None and request_id is None and not act.request_id:
        request_id = new_request_id()
    if via is not None:
        act = replace(act, via=via)
    if actor is not None:
        act = replace(act, actor_id=actor.pk, actor_login=actor.login)
    if request_id is not None:
        act = replace(act, request_id=request_id)
    if run_id is not None:
        act = replace(act, run_id=run_id)
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


def name_actor(actor: User) -> None:
    """Names the person of the current act: a token says who it is only after the request's context is open."""
    _current.set(replace(_current.get(), actor_id=actor.pk, actor_login=actor.login))


def new_request_id() -> str:
    return str(uuid.uuid4())


def record(
    *,
    action: str,
    obj: Model | None = None,
    actor: User | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    object_type: str = "",
    object_id: int | None = None,
    object_name: str = "",
) -> AuditEvent:
    """Writes one audit event in the caller's transaction. `action` is `<object>.<verb>`, e.g. `client.edit`."""
    event = draft(
        action=action,
        obj=obj,
        actor=actor,
        before=before,
        after=after,
        object_type=object_type,
        object_id=object_id,
        object_name=object_name,
    )
    event.save(force_insert=True)
    return event


def draft(
    *,
    action: str,
    obj: Model | None = None,
    actor: User | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    object_type: str = "",
    object_id: int | None = None,
    object_name: str = "",
) -> AuditEvent:
    """An unsaved event, for bulk writers: `AuditEvent.objects.bulk_create`."""
    act = _current.get()
    return AuditEvent(
        at=clock.now(),
        actor_id=actor.pk if actor is not None else act.actor_id,
        actor_login=actor.login if actor is not None else act.actor_login,
        via=act.via,
        request_id=act.request_id or _PROCESS,
        run_id=act.run_id,
        action=action,
        object_type=object_type or (obj._meta.label_lower if obj is not None else ""),
        object_id=object_id if obj is None else obj.pk,
        object_name=(object_name or (str(obj) if obj is not None else ""))[:200],
        before=_plain(before),
        after=_plain(after),
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the keys whose values differ, old and new."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: _value(value) for key, value in (values or {}).items()}


def _value(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(item) for item in value]
    return value

"""Audit events in the words of the reader's language: act, object, fields and values. Nothing here decides who reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from common import clock, formats
from journal.choices import ACT_WORDS, CODES, FIELD_WORDS, OBJECT_WORDS, REFERENCES, VALUE_WORDS
from journal.models import AuditEvent

LONGEST_VALUE: Final = 200
_MONEY: Final = frozenset({"amount", "average_cheque"})
_CLIENTS: Final = "clients.Client"
# Without a name of their own: they are read as the client they belong to.
_OF_CLIENT: Final = frozenset({"funnels.rotationorder", "funnels.salescycle", "funnels.questionnaire"})
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}.*)?\Z")

Names = dict[tuple[str, int], str]


def in_words(
    events: Sequence[AuditEvent], *, viewer: Any, is_hidden: Callable[[AuditEvent], bool]
) -> list[dict[str, Any]]:
    """Rows for page and export: at, who, via, act, kind, name, changes [{key, old, new}]… in the order of `events`.

    What `is_hidden` keeps back has neither name nor changes. Ids are named by one query per kind of object; a client
    whom the viewer may not see stays a number.
    """
    shown = [event for event in events if not is_hidden(event)]
    clients = _clients(shown)
    names = _names(shown, viewer, clients)
    hidden = {event.pk for event in events} - {event.pk for event in shown}
    rows = []
    for event in events:
        name = event.object_name
        if event.object_type in _OF_CLIENT:
            name = names.get((_CLIENTS, clients.get(event.pk, 0)), "")
        rows.append(_row(event, name, names, is_hidden=event.pk in hidden))
    return rows


def _row(event: AuditEvent, name: str, names: Names, *, is_hidden: bool) -> dict[str, Any]:
    changes = []
    for key in [] if is_hidden else sorted({*event.before, *event.after}):
        old, new = (_text(event, key, side.get(key), names) for side in (event.before, event.after))
        if old or new:
            changes.append(
                {"key": str(FIELD_WORDS.get(key, key)), "old": old if key in event.before else "", "new": new}
            )
    return {
        "at": event.at,
        "who": event.actor_login,
        "via": event.get_via_display(),
        "act": str(ACT_WORDS.get(event.action, event.action)),
        "code": event.action,
        "kind": str(OBJECT_WORDS.get(event.object_type, event.object_type)),
        "type": event.object_type,
        "id": event.object_id,
        "name": "" if is_hidden else name,
        "request": event.request_id,
        "is_hidden": is_hidden,
        "changes": changes,
    }


def _text(event: AuditEvent, key: str, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_text(event, key, item, names) for item in value)[:LONGEST_VALUE]
    if isinstance(value, dict):
        parts = (f"{FIELD_WORDS.get(name, name)}: {_text(event, name, item, names)}" for name, item in value.items())
        return "; ".join(parts)[:LONGEST_VALUE]
    if key in REFERENCES and isinstance(value, int):
        return names.get((REFERENCES[key], value)) or _("No. %(n)d") % {"n": value}
    if isinstance(value, str):
        return _moment(value) or _code(event.object_type, key, value) or _money(key, value) or value[:LONGEST_VALUE]
    return str(value)


def _moment(value: str) -> str:
    if not _ISO.match(value):
        return ""
    try:
        if "T" in value:
            return f"{datetime.fromisoformat(value).astimezone(clock.zone()):%d.%m.%Y %H:%M}"
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    except ValueError:
        return ""


def _money(key: str, value: str) -> str:
    if key not in _MONEY:
        return ""
    try:
        return formats.money(Decimal(value))
    except InvalidOperation:
        return ""


def _code(object_type: str, key: str, value: str) -> str:
    for place in (object_type, *CODES.get(key, ())):
        word = _choices(place, key).get(value)
        if word is not None:
            return str(word)
    return str(VALUE_WORDS.get(value, "")) if key in _CODED else ""


_CODED: Final = frozenset({"action", "code", "decided_by", "effect", "reason"})


@cache
def _choices(place: str, key: str) -> dict[str, Any]:
    """Code → word of a model's field; `place` is app.Model, or app.Model.field when the field is called otherwise."""
    app, model, *named = place.split(".") if place.count(".") else ("", "")
    try:
        field = apps.get_model(app, model)._meta.get_field(named[0] if named else key)
    except (LookupError, FieldDoesNotExist):
        return {}
    return dict(getattr(field, "flatchoices", ()))


def _clients(events: Sequence[AuditEvent]) -> dict[int, int]:
    """Event → client of what it was done to: as the event says it, else by one query per kind of object."""
    found: dict[int, int] = {}
    asked: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for event in events:
        if event.object_type in _OF_CLIENT and event.object_id:
            said = event.after.get("client") or event.before.get("client")
            if isinstance(said, int):
                found[event.pk] = said
            else:
                asked[event.object_type][event.pk] = event.object_id
    for label, objects in sorted(asked.items()):
        model = apps.get_model(label)
        if any(field.attname == "client_id" for field in model._meta.concrete_fields):
            rows = model._default_manager.filter(pk__in=set(objects.values()))
            clients = dict(rows.values_list("pk", "client_id"))
            found |= {pk: clients[obj] for pk, obj in objects.items() if clients.get(obj)}
    return found


def _names(events: Sequence[AuditEvent], viewer: Any, clients: dict[int, int]) -> Names:
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    if clients:
        wanted[_CLIENTS].update(clients.values())
    for event in events:
        for label, pk in _references(event):
            wanted[label].add(pk)
    found: Names = {}
    for label, ids in sorted(wanted.items()):
        manager = apps.get_model(label)._default_manager
        # Colleagues and dictionaries are no secret; clients and their people are.
        rows = manager.visible_to(viewer) if label in _SCOPED else manager.all()  # type: ignore[attr-defined]
        for pk, row in rows.filter(pk__in=ids).in_bulk().items():
            found[label, pk] = str(getattr(row, "short_name", "") or row)
    return found


_SCOPED: Final = frozenset({_CLIENTS, "clients.ContactPerson"})


def _references(event: AuditEvent) -> Iterator[tuple[str, int]]:
    for side in (event.before, event.after):
        for key, value in side.items():
            if key in REFERENCES:
                for pk in value if isinstance(value, list) else [value]:
                    if isinstance(pk, int) and not isinstance(pk, bool):
                        yield REFERENCES[key], pk

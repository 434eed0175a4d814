"""From stored events to a call, its contact and its missed-call task; safe to run twice and in any order."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from clients.models import Client
from common import clock, phones
from common.errors import ActError
from funnels.choices import ContactKind, ContactResult
from funnels.services import ContactData, lock_client, log_contact
from journal.choices import Channel
from journal.services import acting, record
from notifications.services import alert_operators
from telephony.choices import CallDirection, CallResult, EventState
from telephony.constants import (
    ANSWERED,
    BATCH,
    FINISHED,
    FORGOTTEN_AT_ONCE,
    HIDDEN_NUMBERS,
    MAX_ATTEMPTS,
    RAW_KEPT,
    RINGING,
    RINGING_LIMIT,
    WAITING_AFTER,
)
from telephony.models import Call, TelephonyConnection, WebhookEvent
from telephony.readers import typed
from telephony.rules import CallFacts, fold
from telephony.selectors import is_internal, line_of, match_number, user_by_extension
from telephony.services.intake import settings_url
from telephony.services.missed import close_missed, note_missed
from telephony.services.unknown import create_caller, is_spam, lock_number

logger = logging.getLogger(__name__)

_PLAIN = (
    "rank",
    "direction",
    "client_number",
    "line_number",
    "extension",
    "started_at",
    "answered_at",
    "ended_at",
    "talk_seconds",
    "wait_seconds",
    "result",
    "hangup_cause",
    "recording_state",
    "recording_id",
    "rating",
)
# What is told of a call after its end.
_LATE = ("recording_state", "recording_id", "rating")


def process_event(*, event_id: int) -> bool:
    """Makes the call of one stored event. False when there was nothing to do (processed, failed for good, unknown).

    An unexpected error leaves the event waiting for the sweeper; after MAX_ATTEMPTS it is failed and the operators are
    told. The raw event is kept in both cases.
    """
    try:
        return _process(event_id)
    except Exception as error:  # whatever went wrong, the event must stay and be seen
        logger.exception("telephony event %s was not processed", event_id)
        _count_failure(event_id, error)
        return False


@transaction.atomic
def _process(event_id: int) -> bool:
    event = (
        WebhookEvent.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(pk=event_id, state=EventState.RECEIVED)
        .first()
    )
    if event is None:
        return False
    with acting(via=Channel.PBX):
        _update_call(event.connection, event.call_id)
    event.state, event.processed_at, event.error = EventState.PROCESSED, clock.now(), ""
    event.save(update_fields=["state", "processed_at", "error"])
    return True


@transaction.atomic
def _count_failure(event_id: int, error: Exception) -> None:
    event = (
        WebhookEvent.objects.select_for_update(of=("self",)).select_related("connection").filter(pk=event_id).first()
    )
    if event is None or event.state != EventState.RECEIVED:
        return
    event.attempts += 1
    event.error = f"{type(error).__name__}: {error}"[:500].replace("\x00", "")
    if event.attempts >= MAX_ATTEMPTS:
        event.state = EventState.FAILED
        alert_operators(
            key=f"telephony-failed:{event.pk}",
            text=_("An event of telephony “%(name)s” could not be processed: %(event)s.")
            % {"name": event.connection.name, "event": event.uuid},
            url=settings_url(),
        )
    event.save(update_fields=["attempts", "error", "state"])


def _update_call(connection: TelephonyConnection, call_id: str) -> None:
    """The call as all of its stored events tell it, and what follows from it."""
    now = clock.now()
    Call.objects.bulk_create(
        [Call(connection=connection, call_id=call_id, created_at=now, updated_at=now)], ignore_conflicts=True
    )
    call = _locked(connection, call_id)
    before = (call.rank, call.is_synthetic, call.user_id, call.client_id)
    raw = WebhookEvent.objects.filter(connection=connection, call_id=call_id).values_list("raw", flat=True)
    known = fold([typed(payload, connection.time_zone) for payload in raw])
    _write(call, known)
    _place(call)
    if call.direction in (CallDirection.IN, CallDirection.OUT) and call.e164:
        lock_number(call.e164)
        _find_client(call, now)
        if before != (call.rank, call.is_synthetic, call.user_id, call.client_id):
            _settle(call, now)
    call.updated_at = now
    call.save()


def _locked(connection: TelephonyConnection, call_id: str) -> Call:
    return (
        Call.objects.select_for_update(of=("self",))
        .select_related("user", "line__department", "line__source", "client", "person", "contact")
        .filter(connection=connection, call_id=call_id)
        .get()
    )


def _write(call: Call, known: CallFacts) -> None:
    if call.is_synthetic and known.rank < FINISHED:
        return  # closed by the sweeper; only a real end replaces that
    call.is_synthetic = False
    # The deliveries that told the rest may have been forgotten meanwhile: what is known stays known.
    is_late = known.rank < call.rank
    for name in _PLAIN:
        value = getattr(known, name)
        if value is None or (is_late and name not in _LATE and getattr(call, name) not in (None, "")):
            continue
        setattr(call, name, value)


def _place(call: Call) -> None:
    """Line, employee, department, the number as understood, and whether the call is one of the own house."""
    call.line = line_of(call.connection, call.line_number)
    if call.user is None or call.user.extension != call.extension:
        call.user = user_by_extension(call.extension)
    if call.client_number.strip().lower() in HIDDEN_NUMBERS:
        call.e164 = ""
    elif is_internal(call.client_number):
        call.direction, call.e164 = CallDirection.INTERNAL, ""
    else:
        call.e164 = phones.normalise(call.client_number).e164 or ""
    department = call.line.department if call.line else (call.user.department if call.user else None)
    call.department = department or call.department


def _find_client(call: Call, now: datetime) -> None:
    is_settled = call.contact_id is not None or call.missed_call_id is not None
    if call.client_id is None or (call.is_ambiguous and not is_settled):
        match = match_number(call.e164, employee=call.user)
        if match is None and call.direction == CallDirection.IN:
            _new_caller(call, now)
            match = match_number(call.e164)
        if match is not None:
            call.client, call.person, call.is_ambiguous = match.client, match.person, match.is_ambiguous
    if call.client_id is None:
        return
    # The client first, as in every act: tasks and contacts of the call come after it.
    call.client = lock_client(call.client_id)
    if not call.client.has_calls:
        Client.objects.filter(pk=call.client_id).update(has_calls=True)
    if call.department is None:
        call.department = call.client.department


def _new_caller(call: Call, now: datetime) -> None:
    """A client for an unknown number: the line says whose it is; without one, or for a suspect of spam, there is none."""
    if call.line is not None and not is_spam(call, now):
        create_caller(e164=call.e164, line=call.line)


def _settle(call: Call, now: datetime) -> None:
    """What a call leaves behind: the end of a callback task, one contact, or a missed call."""
    is_answered = call.result == CallResult.ANSWERED if call.rank >= FINISHED else call.rank == ANSWERED
    if is_answered:
        close_missed(call=call, now=now)
    if call.rank < FINISHED:
        return
    _log(call, now)
    is_known = call.client is not None or not is_spam(call, now)
    if call.direction == CallDirection.IN and not is_answered and call.missed_call_id is None and is_known:
        note_missed(call=call, now=now)


def _log(call: Call, now: datetime) -> None:
    """One contact per call, in the name of who spoke. A call he may not log stays a call, with the reason signed."""
    client, user = call.client, call.user
    if call.contact_id is not None or client is None or user is None or call.is_synthetic:
        return
    answered = call.result == CallResult.ANSWERED
    data = ContactData(
        kind=ContactKind.CALL,
        result=ContactResult.TALKED if answered else ContactResult.NO_ANSWER,
        person=call.person if call.person and call.person.is_active else None,
        direction=call.direction,
        talk_seconds=call.talk_seconds or 0,
        is_manual=False,
        key=f"call:{call.pk}",
    )
    # The clock of a PBX may run ahead; nothing happened later than we heard of it.
    at = min(call.answered_at or call.started_at or call.ended_at or now, now)
    try:
        with acting(via=Channel.PBX, actor=user), transaction.atomic():
            call.contact = log_contact(client=client, actor=user, data=data, at=at, is_proven=True)
    except ActError as refusal:
        record(action="call.not_logged", obj=call, actor=user, after={"client": client.pk, "why": refusal.code})


def waiting_events(*, limit: int = 500) -> list[int]:
    """Ids of events that nobody processed within a minute, oldest first: the sweeper puts them into the queue again."""
    before = clock.now() - WAITING_AFTER
    return list(WebhookEvent.objects.waiting(before).order_by("received_at").values_list("pk", flat=True)[:limit])


def sweep_calls(*, at: datetime | None = None) -> dict[str, int]:
    """Closes calls that have been ringing for more than four hours as failed (4.2.1). Safe to run twice."""
    now = at or clock.now()
    limit = now - RINGING_LIMIT
    rings = Call.objects.filter(rank=RINGING).filter(
        Q(started_at__lte=limit) | Q(started_at=None, created_at__lte=limit)
    )
    closed = 0
    for connection_id, call_id in list(rings.order_by("pk").values_list("connection_id", "call_id")[: BATCH * 10]):
        with transaction.atomic(), acting(via=Channel.PBX):
            closed += _close_ringing(connection_id, call_id, now)
    return {"closed": closed}


def forget_events(*, at: datetime | None = None) -> int:
    """Deletes deliveries as they were sent after 90 days (domain 4.2.1), at most 1,000 at a time; returns how many.

    What they said stays in the calls. A delivery that nobody has processed yet is kept.
    """
    limit = (at or clock.now()) - RAW_KEPT
    # By primary key, which grows with the time of arrival: the cost does not depend on how many are kept.
    oldest = WebhookEvent.objects.order_by("pk").values_list("pk", "received_at", "state")[:FORGOTTEN_AT_ONCE]
    old = [pk for pk, received_at, state in oldest if received_at < limit and state != EventState.RECEIVED]
    deleted, _rows = WebhookEvent.objects.filter(pk__in=old).delete()
    return deleted


def _close_ringing(connection_id: int, call_id: str, now: datetime) -> int:
    call = _locked(TelephonyConnection.objects.filter(pk=connection_id).get(), call_id)
    if call.rank != RINGING:
        return 0
    call.rank, call.result, call.is_synthetic = FINISHED, CallResult.FAILED, True
    call.ended_at, call.talk_seconds, call.updated_at = now, 0, now
    if call.direction == CallDirection.IN and call.e164:
        lock_number(call.e164)
        _settle(call, now)
    call.save()
    return 1

"""Seals of the audit log: whatever was committed is closed by a hash, and no writer ever waits for it.

The writers share no row and no lock. Identifiers are handed out before a commit, so a lower one may appear after a
higher one: the sealer closes only what can no longer get a neighbour inside.
"""

from __future__ import annotations

import logging
import time

from django.db import connection, transaction

from common import clock
from journal.constants import SEAL_EVENTS, SEAL_WAIT_SECONDS, SEALS_A_CALL
from journal.models import AuditEvent
from journal.selectors import SEAL_HASH, last_seal

logger = logging.getLogger(__name__)

_LOCK = 0x5EA1
_PAUSE_SECONDS = 0.05

# Whoever has been given an identifier and has not ended holds this lock from before the identifier until its end.
_WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'journal_auditevent'::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()"""
_INSERT = f"""
    INSERT INTO journal_auditseal (number, after_id, upto_id, events, prev_hash, sealed_at, hash)
    SELECT s.number, s.after_id, s.upto_id, count(e.id), s.prev_hash, s.sealed_at, {SEAL_HASH}
    FROM (SELECT %s::bigint AS number, %s::bigint AS after_id, %s::bigint AS upto_id, %s::text AS prev_hash,
                 %s::timestamptz AS sealed_at) s
    JOIN journal_auditevent e ON e.id > s.after_id AND e.id <= s.upto_id
    GROUP BY s.number, s.after_id, s.upto_id, s.prev_hash, s.sealed_at
    RETURNING number, upto_id, hash, events"""  # noqa: S608 - our own text, no value in it  # nosec B608


def seal_audit(*, wait: float = SEAL_WAIT_SECONDS) -> int:
    """Closes the settled events in seals of SEAL_EVENTS; returns how many events were closed.

    Waits at most `wait` seconds for writers in the middle of their transaction, 0 events when they take longer or
    another sealer is at work: the next ring makes it up. Safe to call twice.
    """
    settled = _settled_id(wait)
    if settled is None:
        return 0
    closed = 0
    for _turn in range(SEALS_A_CALL):
        events = _seal_one(settled)
        if not events:
            break
        closed += events
    return closed


def _settled_id(wait: float) -> int | None:
    """An identifier up to which nothing can appear any more; None when somebody is still writing below it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_auditevent_id_seq")
        newest: int = cursor.fetchone()[0]
        cursor.execute(_WRITERS)
        writers = {row[0] for row in cursor.fetchall()}
        until = time.monotonic() + wait
        while writers:
            if time.monotonic() >= until:
                return None
            time.sleep(_PAUSE_SECONDS)
            cursor.execute(_WRITERS)
            writers &= {row[0] for row in cursor.fetchall()}
    return newest


@transaction.atomic
def _seal_one(settled: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        last = last_seal()
        number, after, before = (last.number, last.upto_id, last.hash) if last else (0, 0, "")
        ids = AuditEvent.objects.filter(pk__gt=after, pk__lte=settled).order_by("pk").values_list("pk", flat=True)
        upto = max(ids[:SEAL_EVENTS], default=None)
        if upto is None:
            return 0
        cursor.execute(_INSERT, [number + 1, after, upto, before, clock.now()])
        made, last_id, value, events = cursor.fetchone()
    # Outside the database too: who rewrites log and seals together cannot rewrite this line.
    transaction.on_commit(lambda: logger.info("Audit seal %s up to event %s: %s", made, last_id, value))
    return int(events)

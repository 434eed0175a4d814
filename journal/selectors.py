"""What ran, what waits, what is alive, and whether the audit log is still as it was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Max, Q

from common import clock
from journal.choices import RunState
from journal.constants import BEAT_SECONDS, SET_ASIDE
from journal.models import AuditEvent, AuditSeal, Heartbeat, JobItem, JobRun

OPEN_STATES = (RunState.DUE, RunState.RUNNING)


@dataclass(frozen=True)
class Pulse:
    """`at` is None when there never was a sign of life."""

    name: str
    at: datetime | None
    is_alive: bool


def last_dates() -> dict[str, date]:
    """The newest business date of each job that has a run in any state."""
    return dict(JobRun.objects.values_list("job").annotate(newest=Max("business_date")).order_by())


def unfinished_runs() -> list[JobRun]:
    """Due and running, in the order in which they must be done."""
    return list(JobRun.objects.filter(state__in=OPEN_STATES).order_by("due_at", "pk"))


def is_first_in_line(run: JobRun) -> bool:
    """Whether nothing that had to be done before this run is unfinished: terms come before flags, flags before mail."""
    before = Q(due_at__lt=run.due_at) | Q(due_at=run.due_at, pk__lt=run.pk)
    return not JobRun.objects.filter(before, state__in=OPEN_STATES).exists()


def latest_runs() -> dict[str, JobRun]:
    """The newest run of each job."""
    return {run.job: run for run in JobRun.objects.order_by("job", "-business_date").distinct("job")}


def last_done_runs() -> dict[str, JobRun]:
    """The newest run of each job that ended well."""
    done = JobRun.objects.filter(state=RunState.DONE)
    return {run.job: run for run in done.order_by("job", "-business_date").distinct("job")}


def last_done(job: str) -> JobRun | None:
    return JobRun.objects.filter(job=job, state=RunState.DONE).order_by("-business_date").first()


def set_aside_in(run: JobRun) -> int:
    """How many objects could not be handled in this run."""
    return JobItem.objects.filter(run_id=run.pk, result=SET_ASIDE).count()


def pulse(name: str) -> Pulse:
    at = Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
    alive = at is not None and at > clock.now() - timedelta(seconds=BEAT_SECONDS)
    return Pulse(name, at, alive)


def last_exports(*, actor_id: int, since: datetime, most: int) -> list[datetime]:
    """When this person took tables out after `since`, newest first, at most `most` moments."""
    events = AuditEvent.objects.filter(actor_id=actor_id, at__gt=since, action__endswith=".export")
    return list(events.order_by("-at", "-pk").values_list("at", flat=True)[:most])


# Audit log

# The hash of one seal, computed by the database from every column of its events (alias e) in their order and from the
# columns of the seal itself (alias s). Changing this text breaks every seal ever made.
SEAL_HASH: Final = """
    encode(sha256(convert_to(concat_ws(E'\\n', s.prev_hash, s.number, s.after_id, s.upto_id,
        to_char(s.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        string_agg(jsonb_build_array(e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            e.actor_id, e.actor_login, e.via, e.request_id, e.action, e.object_type, e.object_id, e.object_name,
            e.before, e.after, e.run_id)::text, E'\\n' ORDER BY e.id)), 'UTF8')), 'hex')"""

_BROKEN: Final = f"""
    WITH kept AS (
        SELECT s.*, lag(s.number, 1, 0::bigint) OVER w AS number_before,
               lag(s.upto_id, 1, 0::bigint) OVER w AS upto_before, lag(s.hash, 1, '') OVER w AS hash_before
        FROM journal_auditseal s WHERE s.number BETWEEN %s AND %s WINDOW w AS (ORDER BY s.number)
    ), computed AS (
        SELECT s.number, count(e.id) AS events, {SEAL_HASH} AS hash
        FROM kept s LEFT JOIN journal_auditevent e ON e.id > s.after_id AND e.id <= s.upto_id
        GROUP BY s.number, s.prev_hash, s.after_id, s.upto_id, s.sealed_at
    )
    SELECT k.number FROM kept k JOIN computed c USING (number) WHERE k.number >= %s AND (
        k.number <> k.number_before + 1 OR k.after_id <> k.upto_before OR k.prev_hash <> k.hash_before
        OR k.events <> c.events OR k.hash <> c.hash)
    ORDER BY k.number"""  # noqa: S608 - our own text, no value in it  # nosec B608
_SEALS_A_LOOK: Final = 50


def broken_seals() -> list[int]:
    """Numbers of the seals that do not fit their events or the seal before them; empty for an untouched log.

    Reads the whole log, in pieces that stay far below the statement's time-out.
    """
    numbers = list(AuditSeal.objects.order_by("number").values_list("number", flat=True))
    broken: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(numbers), _SEALS_A_LOOK):
            piece = numbers[start : start + _SEALS_A_LOOK]
            # One seal more: the first of a piece must fit the last of the piece before.
            cursor.execute(_BROKEN, [numbers[max(start - 1, 0)], piece[-1], piece[0]])
            broken += [number for (number,) in cursor.fetchall()]
    return broken


def last_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-number").first()


def unsealed_events() -> int:
    """Events that wait for their seal."""
    seal = last_seal()
    return AuditEvent.objects.filter(pk__gt=seal.upto_id if seal else 0).count()

"""Is the process alive, is it ready, how does it do: for a watchman, without signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from desk.services import job_status
from funnels.models import RotationOrder, SalesCycle
from journal.selectors import unfinished_runs

REDIS_SECONDS: Final = 1.0

# A process never loses migrations that it has once found applied.
_is_migrated = False


@require_safe
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only for the database and migrations that were not applied; everything else is named, `degraded`, 200."""
    try:
        if _has_pending_migrations():
            return JsonResponse({"status": "unavailable", "problems": ["migrations"]}, status=503)
        problems = list(job_status(installed_at=_installed_at()).problems)
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "problems": ["database"]}, status=503)
    if not redis_answers():
        problems.insert(0, "redis")
    return JsonResponse({"status": "degraded" if problems else "ok", "problems": problems})


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; 404 without the token of the environment."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    token = settings.METRICS_TOKEN
    if not token or not constant_time_compare(given, token):
        raise Http404
    return HttpResponse(_exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _exposition() -> str:
    now, status = clock.now(), job_status(installed_at=_installed_at())
    waiting = unfinished_runs()
    ages: list[tuple[dict[str, str], int]] = [
        ({"job": name, "state": run.state}, _age(now, run.finished_at))
        for name, run in sorted(status.latest.items())
        if run.finished_at is not None
    ]
    pulses = [({"part": one.name}, _age(now, one.at)) for one in (status.worker, status.beat) if one.at is not None]
    alive = [({"part": one.name}, int(one.is_alive)) for one in (status.worker, status.beat)]
    connections, lock_waits, longest_wait = _sessions()
    messages = queue_length()
    plain: list[tuple[str, str, int | None]] = [
        ("jobs_overdue", "Runs more than an hour behind their time.", len(status.overdue)),
        ("jobs_failed", "Jobs whose newest run was given up.", len(status.failed)),
        ("jobs_set_aside", "Objects that the newest runs could not handle.", status.set_aside),
        ("queue_age_seconds", "How long the oldest due run has waited.", _oldest(now, [run.due_at for run in waiting])),
        ("queue_runs", "Runs that are due or at work.", len(waiting)),
        ("queue_messages", "Messages in the broker; absent while it does not answer.", messages),
        ("outbox_waiting", "Letters not sent yet.", status.outbox.waiting),
        ("outbox_failed", "Letters given up.", status.outbox.failed),
        ("outbox_age_seconds", "How long the oldest ready letter has waited.", _oldest(now, [status.outbox.oldest_at])),
        ("open_cycles", "Sales cycles in work.", SalesCycle.objects.open().count()),
        ("rotation_orders_open", "Rotation orders not executed yet.", RotationOrder.objects.open().count()),
        ("redis_up", "Whether the broker answers.", int(messages is not None)),
        ("database_connections", "Connections to this database.", connections),
        ("database_lock_waits", "Statements that wait for a lock.", lock_waits),
        ("database_lock_wait_seconds", "The longest of these waits.", longest_wait),
    ]
    families: list[tuple[str, str, list[tuple[dict[str, str], int]]]] = [
        ("job_age_seconds", "Seconds since the newest finished run of a job.", ages),
        ("heartbeat_age_seconds", "Seconds since the last sign of life of a part.", pulses),
        ("part_alive", "Whether the last sign of life is young.", alive),
    ]
    families += [(name, told, [(dict[str, str](), value)]) for name, told, value in plain if value is not None]
    lines = []
    for name, told, samples in families:
        lines += [f"# HELP svetofor_{name} {told}", f"# TYPE svetofor_{name} gauge"]
        for labels, value in samples:
            inner = ",".join(f'{key}="{text}"' for key, text in labels.items())
            lines.append(f"svetofor_{name}{{{inner}}} {value}" if inner else f"svetofor_{name} {value}")
    return "\n".join(lines) + "\n"


def _age(now: datetime, moment: datetime | None) -> int:
    return max(0, int((now - moment).total_seconds())) if moment else 0


def _oldest(now: datetime, moments: list[datetime | None] | list[datetime]) -> int:
    """Age of the oldest moment in seconds; 0 when nothing waits."""
    return max((_age(now, moment) for moment in moments if moment is not None), default=0)


def _sessions() -> tuple[int, int, int]:
    """Connections to this database, how many of them wait for a lock, and the longest wait in seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE wait_event_type = 'Lock'),
               coalesce(extract(epoch FROM max(clock_timestamp() - query_start) FILTER (WHERE wait_event_type = 'Lock')), 0)
               FROM pg_stat_activity WHERE datname = current_database()"""
        )
        connections, waits, longest = cursor.fetchone()
    return connections, waits, max(0, int(longest))


def queue_length() -> int | None:
    """Messages that wait in the broker; None when it does not answer within a second."""
    try:
        broker = _broker()
        try:
            return int(broker.llen("celery"))  # type: ignore[arg-type]
        finally:
            broker.close()
    except (redis.RedisError, OSError, ValueError):
        return None


def redis_answers() -> bool:
    """Whether the broker answers a ping within a second."""
    try:
        broker = _broker()
        try:
            return bool(broker.ping())
        finally:
            broker.close()
    except (redis.RedisError, OSError, ValueError):
        return False


def _broker() -> redis.Redis:
    url = str(settings.CELERY["broker_url"]).replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    return redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def _has_pending_migrations() -> bool:
    global _is_migrated  # noqa: PLW0603
    if not _is_migrated:
        executor = MigrationExecutor(connection)
        _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    elif not connection.is_usable():
        raise DatabaseError("no answer")
    return not _is_migrated


def _installed_at() -> datetime | None:
    return MigrationRecorder.Migration.objects.order_by("applied").values_list("applied", flat=True).first()

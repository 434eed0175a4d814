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
    now, status = clock.now(), job_status(installed_at=_installed_at())
    lines = [
        "# HELP svetofor_job_age_seconds Seconds since the newest finished run of a job.",
        "# TYPE svetofor_job_age_seconds gauge",
    ]
    for name, run in sorted(status.latest.items()):
        if run.finished_at is not None:
            age = max(0, int((now - run.finished_at).total_seconds()))
            lines.append(f'svetofor_job_age_seconds{{job="{name}",state="{run.state}"}} {age}')
    figures = {
        "svetofor_jobs_overdue": len(status.overdue),
        "svetofor_jobs_failed": len(status.failed),
        "svetofor_outbox_waiting": status.outbox.waiting,
        "svetofor_outbox_failed": status.outbox.failed,
        "svetofor_open_cycles": SalesCycle.objects.open().count(),
        "svetofor_rotation_orders_open": RotationOrder.objects.open().count(),
        "svetofor_worker_alive": int(status.worker.is_alive),
        "svetofor_beat_alive": int(status.beat.is_alive),
        "svetofor_redis_up": int(redis_answers()),
    }
    for name, value in figures.items():
        lines += [f"# TYPE {name} gauge", f"{name} {value}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def redis_answers() -> bool:
    """Whether the broker answers a ping within a second."""
    url = str(settings.CELERY["broker_url"]).replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    try:
        broker = redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
        try:
            return bool(broker.ping())
        finally:
            broker.close()
    except (redis.RedisError, OSError, ValueError):
        return False


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

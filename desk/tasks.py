"""The doors of the worker: each calls one service and passes on ids. What is due, rows decide."""

from __future__ import annotations

from celery import shared_task

from desk import services
from journal.services import beat, seal_audit
from notifications.tasks import deliver_outbox


@shared_task
def tick() -> int:
    return _enqueue(services.tick())


@shared_task
def sweep() -> int:
    return _enqueue(services.sweep())


@shared_task(name="desk.tasks.run_job")
def run_job(run_id: int) -> str:
    run = services.run_job(run_id=run_id)
    if run is None:  # thousands of doubled messages must cost no write each
        return "nothing to do"
    beat("worker")
    deliver_outbox.delay()
    _enqueue(services.sweep())
    return f"{run.job} {run.business_date} {run.state}"


@shared_task
def heartbeat() -> None:
    beat("beat")
    beat("worker")


@shared_task
def seal() -> int:
    return seal_audit()


def _enqueue(run_ids: list[int]) -> int:
    for run_id in run_ids:
        run_job.delay(run_id)
    return len(run_ids)

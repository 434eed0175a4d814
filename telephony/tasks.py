"""The doors of the worker. What is due, the rows decide; every task is safe to run twice."""

from __future__ import annotations

from celery import shared_task

from telephony import services


@shared_task(name="telephony.tasks.process_event")
def process_event(event_id: int) -> bool:
    return services.process_event(event_id=event_id)


@shared_task(name="telephony.tasks.sweep")
def sweep() -> dict[str, int]:
    """Every few minutes: events nobody took, calls that ring for ever, missed calls that wait too long, old events."""
    waiting = services.waiting_events()
    for event_id in waiting:
        process_event.delay(event_id)
    forgotten = services.forget_events()
    return {"waiting": len(waiting), "forgotten": forgotten, **services.sweep_calls(), **services.escalate_missed()}

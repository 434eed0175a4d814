"""Sends what waits, and wakes the workers without ever waiting for the broker."""

from __future__ import annotations

import logging
import queue
import threading
from functools import partial
from typing import Any, Final

from celery import Task, shared_task
from django.db import transaction

from journal.services import beat
from notifications import services

logger = logging.getLogger(__name__)

# Messages that wait for the broker. Full = the broker is away: dropped, a sweeper finds the rows.
_LONGEST_QUEUE: Final = 200
_messages: queue.Queue[tuple[Task, tuple[Any, ...]]] = queue.Queue(_LONGEST_QUEUE)
_starting = threading.Lock()
_publisher: threading.Thread | None = None


@shared_task
def deliver_outbox() -> dict[str, int]:
    counts = services.deliver()
    beat("worker")
    return counts


def wake(task: Task, *args: Any) -> None:
    """After the commit, tells a worker that a row waits for it. Ids only.

    A request never talks to the broker: a thread does, so that a hanging or absent Redis costs it nothing. A message
    that is lost is made up for by a sweeper, which reads the rows.
    """
    transaction.on_commit(partial(_hand_over, task, args), robust=True)


def wake_outbox() -> None:
    """After the commit, has the letters of the act sent without waiting for the next ring of the timer."""
    wake(deliver_outbox)


def _hand_over(task: Task, args: tuple[Any, ...]) -> None:
    try:
        _messages.put_nowait((task, args))
    except queue.Full:
        logger.warning("The broker does not take messages; %s is left to the sweeper.", task.name)
        return
    _start_publisher()


def _start_publisher() -> None:
    global _publisher  # noqa: PLW0603
    with _starting:
        # Not alive in a process that was forked after its start.
        if _publisher is None or not _publisher.is_alive():
            _publisher = threading.Thread(target=_publish, name="publisher", daemon=True)
            _publisher.start()


def _publish() -> None:
    while True:
        task, args = _messages.get()
        try:
            task.apply_async(args=args)
        except Exception as error:  # whatever the broker's client raises, the rows stay and the sweeper reads them
            logger.warning("The broker does not answer (%s); %s is left to the sweeper.", error, task.name)

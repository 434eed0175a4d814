"""What happens while people work: the jobs of a day, Redis that stands still, PostgreSQL that dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.db.models import Max, Min

from config import embedded
from config.celery import app
from faults import base
from faults.product import Product
from journal.choices import RunState
from journal.models import JobRun

JOBS, REDIS, POSTGRES = "jobs", "Redis stopped", "PostgreSQL killed"
# When each begins, as a part of the whole time.
BEGINS = {JOBS: 0.22, REDIS: 0.45, POSTGRES: 0.7}
HANG_SECONDS = 60.0
READY_SECONDS = 60.0


@dataclass
class Window:
    """One event: from `begun` to `ended`, when the server stood again or the jobs were over; else it `is_cut`."""

    name: str
    begun: float
    ended: float
    is_cut: bool = False


@dataclass(eq=False, repr=False)
class Trouble(threading.Thread):
    """Goes through the events of one run of `seconds`; what happened stands in `windows`."""

    product: Product
    started: float
    seconds: float
    say: Callable[[str], None]
    windows: list[Window] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(name="trouble", daemon=True)
        self.over = threading.Event()
        self.jobs = threading.Thread(target=self._jobs, name="jobs", daemon=True)

    def run(self) -> None:
        self._until(JOBS)
        self.jobs.start()
        self._until(REDIS)
        self._note(REDIS, self._hang)
        self._until(POSTGRES)
        self._note(POSTGRES, self._kill)

    def _until(self, name: str) -> None:
        self.over.wait(max(0.0, self.started + self.seconds * BEGINS[name] - time.time()))
        self.say(name)

    def _note(self, name: str, act: Callable[[], None]) -> None:
        begun = time.time()
        act()
        self.windows.append(Window(name, begun, time.time()))

    def _hang(self) -> None:
        pid = embedded.status()["redis"]
        if pid is None:
            raise RuntimeError("Redis does not run")
        os.kill(pid, signal.SIGSTOP)
        try:
            self.over.wait(min(HANG_SECONDS, self.seconds * 0.15))
        finally:
            os.kill(pid, signal.SIGCONT)

    def _kill(self) -> None:
        pid = embedded.status()["postgres"]
        if pid is None:
            raise RuntimeError("PostgreSQL does not run")
        os.kill(pid, signal.SIGKILL)
        end = time.time() + READY_SECONDS
        while time.time() < end:
            if embedded.status()["postgres"] not in (pid, None) and self.product.answers("/readyz", seconds=3):
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not come back")

    def _jobs(self) -> None:
        """Opens the runs of the next business day and lets the product's own worker do them."""
        begun, is_cut = time.time(), True
        day = base.asked(lambda: base.next_day(base.newest_day()))
        while not self.over.is_set():
            with suppress(Exception):  # Redis may hang: the product rings by itself too
                app.send_task("desk.tasks.sweep", expires=20, retry=False)
            with suppress(DatabaseError):
                is_cut = bool(base.asked(lambda: unfinished(day)))
            if not is_cut:
                break
            connection.close()
            self.over.wait(1)
        self.windows.append(Window(JOBS, begun, time.time(), is_cut))
        self.figures["jobs"] = base.asked(lambda: told(day))
        connection.close()


def unfinished(day: object) -> int:
    return JobRun.objects.filter(business_date=day, state__in=[RunState.DUE, RunState.RUNNING]).count()


def told(day: object) -> str:
    """How many runs of the day ended, in how long, how many objects they went through."""
    runs = JobRun.objects.filter(business_date=day)
    span = runs.aggregate(first=Min("created_at"), last=Max("finished_at"))
    rows = sum(run.items.count() for run in runs)
    ended = runs.filter(state=RunState.DONE).count()
    seconds = (span["last"] - span["first"]).total_seconds() if span["first"] and span["last"] else 0
    return f"{ended} of {runs.count()} runs done, {rows} objects, {seconds:.0f} s of work"

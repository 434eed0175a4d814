"""Drills: one fault at a time, its recovery measured."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from django.db import connection

from config.celery import app
from faults import base
from faults.base import own_session, wait_until
from faults.killer import Killer
from faults.load import Caller, Importer, Ledger, Pbx, Reader, Seller
from faults.mail import PostOffice
from faults.product import Product
from journal.models import JobRun

if TYPE_CHECKING:
    from faults.campaign import Result

MESSAGES = 8000


class Drills:
    """What a campaign does before its storm; each drill writes its bar into `result`."""

    product: Product
    office: PostOffice
    killer: Killer
    ledger: Ledger
    people: list[threading.Thread]
    result: Result
    say: Callable[[str], None]

    def drill_all(self, *, usual: bool, small_disk: bool) -> None:
        """`usual`: all that need no file system of their own."""
        self.office.calm()
        drills = [
            self._drill_hung,
            self._drill_postgres,
            self._drill_worker,
            self._drill_wiped,
            self._drill_messages,
        ]
        drills = [*(drills if usual else []), *([self._drill_disk] if small_disk else [])]
        for drill in drills:
            self.say(drill.__doc__ or "")
            drill()
        self.office.is_good = False

    def _drill_messages(self) -> None:
        """JO1, B14: eight thousand messages about one run."""
        day = base.newest_day()
        day = base.next_day(day)
        run = JobRun.objects.filter(business_date=day).order_by("due_at").first()
        connection.close()
        for _number in range(MESSAGES):
            app.send_task("desk.tasks.run_job", args=[run.pk])
        started = time.monotonic()
        is_drained = wait_until(lambda: self._queue_length() == 0 and not own_session(base.unfinished)["runs"], 90)
        seconds = time.monotonic() - started
        attempts = own_session(
            lambda: list(JobRun.objects.filter(business_date=day).values_list("attempts", flat=True))
        )
        passed = is_drained and seconds <= 60 and set(attempts) == {1}
        if not is_drained:
            self.killer.strike("redis wiped")  # what is left would only stand in the way of the storm
        self.result.bars["B14 8,000 messages of one run: one effect, drained ≤ 60 s"] = (
            f"{len(attempts)} runs of the day, attempts {set(attempts)}, {seconds:.1f} s", passed)  # fmt: skip

    def _drill_worker(self) -> None:
        """B15: a worker dies in the middle of a run; only the product's own doorbell rings."""
        (self.killer.folder / "job.claim.after_commit").touch()
        day = own_session(lambda: base.next_day(base.newest_day()))
        self._ring("desk.tasks.sweep")
        wait_until(lambda: bool(self.killer.fired()), 60)
        died = time.monotonic()
        resumed = wait_until(
            lambda: own_session(lambda: JobRun.objects.filter(business_date=day, attempts__gt=1).exists()), 180
        )
        seconds = time.monotonic() - died
        self.result.bars["B15 killed worker: run resumed ≤ 120 s"] = (f"{seconds:.0f} s", resumed and seconds <= 120)
        wait_until(lambda: not own_session(base.unfinished)["runs"], 120)

    def _drill_wiped(self) -> None:
        """B15: Redis forgets everything at the moment the runs of a day are due."""
        self.killer.strike("redis wiped")
        own_session(lambda: base.next_day(base.newest_day()))
        self.killer.strike("redis wiped")
        started = time.monotonic()
        done = wait_until(lambda: not own_session(base.unfinished)["runs"], 180)
        seconds = time.monotonic() - started
        self.result.bars["B15 Redis wiped: the day's ten runs done ≤ 120 s"] = (
            f"{seconds:.0f} s",
            done and seconds <= 120,
        )

    def _drill_hung(self) -> None:
        """JO5: Redis stands still for 60 s while everybody writes."""
        writers = [person for person in self.people if not isinstance(person, Reader)]
        hang = threading.Thread(target=self.killer._hang, args=(60,))
        hang.start()
        with self._at_work(writers, patience=30) as own:
            hang.join()
        waits = [seconds for _at, seconds in own.waits]
        p95, worst = quantiles(waits, n=20)[-1], max(waits)
        bad = {status: n for status, n in own.statuses.items() if not status.startswith(("2", "4"))}
        self.result.bars["JO5 Redis hangs 60 s: p95 < 2 s, nobody waits 10 s, no error"] = (
            f"{len(waits)} requests, p95 {p95 * 1000:.0f} ms, longest {worst * 1000:.0f} ms, errors {bad}",
            p95 < 2 and worst < 10 and not bad,
        )

    def _drill_postgres(self) -> None:
        """B15: the postmaster dies while everybody works."""
        with self._at_work(self.people, patience=30) as own:
            time.sleep(3)
            killed = time.time()
            self.killer.strike("postgres")
            wait_until(self._is_ready, 60, step=0.1)
            ready = time.time()
            time.sleep(35)
        late = [at for at, status in own.failed if at > ready + 30]
        soon = [at for at, status in own.failed if ready < at <= ready + 30]
        self.result.rows["PostgreSQL killed: ready again after"] = f"{ready - killed:.1f} s"
        self.result.rows["PostgreSQL killed: answers meanwhile"] = str(dict(own.statuses))
        self.result.rows["PostgreSQL killed: refused within 30 s after it was ready"] = str(len(soon))
        self.result.bars["B15 PostgreSQL killed: 0 errors from 30 s after it is ready"] = (f"{len(late)}", not late)

    def _drill_disk(self) -> None:
        """DL2: the disk is full for half a minute while everybody writes."""
        with self._at_work(self.people, patience=60) as own:
            time.sleep(3)
            ballast = self.product.state / "ballast"
            size = _fill(ballast, seconds=30)
            ballast.unlink()
            freed = time.time()
            ready = wait_until(self._is_ready, 60, step=0.1)
            self.result.rows["disk full: ready again after"] = f"{time.time() - freed:.1f} s"
            time.sleep(35)
        late = [at for at, status in own.failed if at > freed + 30]
        broken = own.statuses["500"]
        self.result.rows["disk full: answers"] = str(dict(own.statuses))
        self.result.bars["DL2 disk full for 30 s: no 500, works again within 30 s"] = (
            f"{size / 2**20:.0f} MB filled, {own.statuses['503']} refused with 503, {broken} with 500, {len(late)} late",
            ready and not late and not broken and own.statuses["503"] > 0,
        )

    @contextmanager
    def _at_work(self, people: Iterable[threading.Thread], *, patience: float) -> Iterator[Ledger]:
        """Copies of these people work meanwhile; what they wrote is yielded and, once they have gone home, kept.

        `patience`: seconds that each of them may take to finish what he has begun.
        """
        own, over = Ledger(), threading.Event()
        copies = [_copy(person, own, over) for person in people]
        for person in copies:
            person.start()
        try:
            yield own
        finally:
            over.set()
            for person in copies:
                person.join(patience)
            self.ledger.written += own.written

    def _is_ready(self) -> bool:
        return self.product.answers("/readyz", seconds=3)

    def _queue_length(self) -> int:
        try:
            with app.connection_for_read() as channel_owner:
                return int(channel_owner.default_channel.client.llen("celery"))
        except Exception:  # away for the moment
            return -1

    def _ring(self, task: str, *args: Any) -> None:
        with suppress(Exception):  # Redis may hang or be away: the doorbell of the product rings too
            app.send_task(task, args=args, expires=20, retry=False)


def _copy(person: Any, ledger: Ledger, over: threading.Event) -> Any:
    caller = Caller(person.caller.port, person.caller.token, ledger, person.caller.secret)
    if isinstance(person, Seller):
        return Seller(caller, person.own, f"{person.name}-drill-{id(ledger)}", over)
    if isinstance(person, Pbx):
        return Pbx(caller, f"drill-{id(ledger)}", person.line, person.extensions, over)
    if isinstance(person, Importer):
        return Importer(caller, f"drill-{id(ledger)}", over)
    return Reader(caller, over)


def _fill(ballast: Path, *, seconds: float) -> int:
    """Takes every free byte of the file system, again and again for so long; returns how many it took."""
    end, taken = time.monotonic() + seconds, 0
    with ballast.open("wb", buffering=0) as file:
        while time.monotonic() < end:
            for piece in (bytes(2**20), bytes(2**12), b"0"):
                with suppress(OSError):  # no space left
                    while written := file.write(piece):
                        taken += written
            time.sleep(0.05)
    return taken

"""One campaign from the first page to the last count: start, drills, storm, calm, verdict."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from django.db import DatabaseError, connection

from accounts.choices import TokenScope
from accounts.services import create_token
from config.celery import app
from config.management.commands.check_invariants import count_offences
from faults import base
from faults.base import asked
from faults.killer import Killer
from faults.load import Caller, Importer, Ledger, Pbx, Reader, Seller
from faults.mail import PostOffice
from faults.points import SEND_WINDOW
from faults.product import Product
from journal.models import JobRun
from notifications.models import OutboxMail
from telephony.services import create_connection

SETTLE_SECONDS = 420
MESSAGES = 8000


@dataclass
class Result:
    """`bars`: name → (figure, passed). `rows`: name → figure, for the report."""

    bars: dict[str, tuple[str, bool]] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(passed for _figure, passed in self.bars.values())


class Campaign:
    def __init__(
        self, product: Product, office: PostOffice, *, seed: int, kills: int, pause: float, say: Callable
    ) -> None:
        self.product, self.office, self.seed, self.say = product, office, seed, say
        self.ledger, self.over, self.result = Ledger(), threading.Event(), Result()
        folder = product.state / "faults"
        (folder / "fired").mkdir(parents=True, exist_ok=True)
        self.killer = Killer(product, folder, seed=seed, wanted=kills, pause=pause, rob=lambda: _own(base.rob_leases))
        self.people: list[threading.Thread] = []

    def run(self, *, drills: bool, longest: float) -> Result:
        started = time.monotonic()
        self._hire()
        self.days = threading.Thread(target=self._go_through_days, name="days", daemon=True)
        if drills:
            self._drills()
        for person in [*self.people, self.days]:
            person.start()
        self.say("storm")
        storm = time.monotonic()
        self.killer.start()
        while self.killer.is_alive() and time.monotonic() - storm < longest:
            self.killer.join(15)
            self.say(f"{self.killer.kills()} kills, {len(self.ledger.written)} writes, {dict(self.ledger.statuses)}")
        self.killer.over.set()
        self.killer.join(HANG_LIMIT)
        self._calm()
        self._judge()
        self.result.rows["duration, s"] = f"{time.monotonic() - started:.0f}"
        return self.result

    # --- people ---

    def _hire(self) -> None:
        Seller.dictionary = asked(base.dictionary)
        for number, person in enumerate(asked(base.sellers)):
            _token, value = create_token(user=person, name="faults", scope=TokenScope.WRITE, actor=person)
            caller = Caller(self.product.port, value, self.ledger)
            own = lambda who=person: _own(lambda: base.own_cycles(who))  # noqa: E731
            self.people.append(Seller(caller, own, f"{self.seed}-{number}", self.over))
        made = create_connection(name="Буря", actor=asked(base.administrator))
        pbx = Caller(self.product.port, made.token, self.ledger, made.secret)
        line = base.make_line(made.connection)
        self.people.append(Pbx(pbx, f"{self.seed}-pbx", line, base.extensions(), self.over))
        boss = asked(base.head)
        _token, value = create_token(user=boss, name="faults", scope=TokenScope.WRITE, actor=boss)
        self.people.append(Reader(Caller(self.product.port, value, self.ledger), self.over))
        self.people.append(Importer(Caller(self.product.port, value, self.ledger), f"{self.seed}-importer", self.over))
        connection.close()

    def _go_through_days(self) -> None:
        day = _own(base.newest_day)
        while not self.over.is_set():
            with suppress(DatabaseError):  # away for longer than anybody asks
                day = _own(lambda known=day: base.next_day(known))
            self._ring("desk.tasks.sweep")
            self.over.wait(1.5)

    def _ring(self, task: str, *args: Any) -> None:
        with suppress(Exception):  # Redis may hang or be away: the doorbell of the product rings too
            app.send_task(task, args=args, expires=20, retry=False)

    # --- drills: one fault at a time, its recovery measured ---

    def _drills(self) -> None:
        self.office.calm()
        for drill in (
            self._drill_hung,
            self._drill_postgres,
            self._drill_worker,
            self._drill_wiped,
            self._drill_messages,
        ):
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
        is_drained = _wait(lambda: self._queue_length() == 0 and not _own(base.unfinished)["runs"], 90)
        seconds = time.monotonic() - started
        attempts = _own(lambda: list(JobRun.objects.filter(business_date=day).values_list("attempts", flat=True)))
        passed = is_drained and seconds <= 60 and set(attempts) == {1}
        if not is_drained:
            self.killer.strike("redis wiped")  # what is left would only stand in the way of the storm
        self.result.bars["B14 8,000 messages of one run: one effect, drained ≤ 60 s"] = (
            f"{len(attempts)} runs of the day, attempts {set(attempts)}, {seconds:.1f} s", passed)  # fmt: skip

    def _drill_worker(self) -> None:
        """B15: a worker dies in the middle of a run; only the product's own doorbell rings."""
        (self.killer.folder / "job.claim.after_commit").touch()
        day = _own(lambda: base.next_day(base.newest_day()))
        self._ring("desk.tasks.sweep")
        _wait(lambda: bool(self.killer.fired()), 60)
        died = time.monotonic()
        resumed = _wait(lambda: _own(lambda: JobRun.objects.filter(business_date=day, attempts__gt=1).exists()), 180)
        seconds = time.monotonic() - died
        self.result.bars["B15 killed worker: run resumed ≤ 120 s"] = (f"{seconds:.0f} s", resumed and seconds <= 120)
        _wait(lambda: not _own(base.unfinished)["runs"], 120)

    def _drill_wiped(self) -> None:
        """B15: Redis forgets everything at the moment the runs of a day are due."""
        self.killer.strike("redis wiped")
        _own(lambda: base.next_day(base.newest_day()))
        self.killer.strike("redis wiped")
        started = time.monotonic()
        done = _wait(lambda: not _own(base.unfinished)["runs"], 180)
        seconds = time.monotonic() - started
        self.result.bars["B15 Redis wiped: the day's ten runs done ≤ 120 s"] = (
            f"{seconds:.0f} s",
            done and seconds <= 120,
        )

    def _drill_hung(self) -> None:
        """JO5: Redis stands still for 60 s while everybody writes."""
        own = Ledger()
        over = threading.Event()
        people = [_copy(person, own, over) for person in self.people if not isinstance(person, Reader)]
        hang = threading.Thread(target=self.killer._hang, args=(60,))
        hang.start()
        for person in people:
            person.start()
        hang.join()
        over.set()
        for person in people:
            person.join(30)
        waits = [seconds for _at, seconds in own.waits]
        p95, worst = quantiles(waits, n=20)[-1], max(waits)
        self.ledger.written += own.written
        bad = {status: n for status, n in own.statuses.items() if not status.startswith(("2", "4"))}
        self.result.bars["JO5 Redis hangs 60 s: p95 < 2 s, nobody waits 10 s, no error"] = (
            f"{len(waits)} requests, p95 {p95 * 1000:.0f} ms, longest {worst * 1000:.0f} ms, errors {bad}",
            p95 < 2 and worst < 10 and not bad,
        )

    def _drill_postgres(self) -> None:
        """B15: the postmaster dies while everybody works."""
        own, over = Ledger(), threading.Event()
        people = [_copy(person, own, over) for person in self.people]
        for person in people:
            person.start()
        time.sleep(3)
        killed = time.time()
        self.killer.strike("postgres")
        _wait(self._is_ready, 60, step=0.1)
        ready = time.time()
        time.sleep(35)
        over.set()
        for person in people:
            person.join(30)
        self.ledger.written += own.written
        late = [at for at, status in own.failed if at > ready + 30]
        soon = [at for at, status in own.failed if ready < at <= ready + 30]
        self.result.rows["PostgreSQL killed: ready again after"] = f"{ready - killed:.1f} s"
        self.result.rows["PostgreSQL killed: answers meanwhile"] = str(dict(own.statuses))
        self.result.rows["PostgreSQL killed: refused within 30 s after it was ready"] = str(len(soon))
        self.result.bars["B15 PostgreSQL killed: 0 errors from 30 s after it is ready"] = (f"{len(late)}", not late)

    def _is_ready(self) -> bool:
        return self.product.answers("/readyz", seconds=3)

    def _queue_length(self) -> int:
        try:
            with app.connection_for_read() as channel_owner:
                return int(channel_owner.default_channel.client.llen("celery"))
        except Exception:  # away for the moment
            return -1

    # --- the end ---

    def _calm(self) -> None:
        self.over.set()
        self.killer.disarm()
        self.office.calm()
        for pid in self.product.pids("redis"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.say("calm")
        for person in [*self.people, self.days]:
            person.join(150)
        started = time.monotonic()
        left: dict[str, int] = {}

        def is_over() -> bool:
            nonlocal left
            _own(base.hurry_letters)
            self._ring("desk.tasks.sweep")
            for task in ("notifications.tasks.deliver_outbox", "telephony.tasks.sweep", "clients.tasks.sweep_imports"):
                self._ring(task)
            left = _own(base.unfinished)
            return not any(left.values())

        done = _wait(is_over, SETTLE_SECONDS, step=3)
        self.result.bars["everything due is done in the end"] = (
            f"{left} after {time.monotonic() - started:.0f} s", done)  # fmt: skip

    def _judge(self) -> None:
        bars, kills = self.result.bars, self.killer.kills()
        offences = {name: n for name, n in asked(count_offences).items() if n}
        bars["invariants all 0"] = (json.dumps(offences, ensure_ascii=False) if offences else "0", not offences)
        lost = [
            (kind, found, why)
            for kind, found in self.ledger.written
            if (why := asked(lambda k=kind, f=found: base.missing(k, f)))
        ]
        self.result.details += [f"{kind} {found}: {why}" for kind, found, why in lost[:20]]
        bars["acknowledged writes lost or doubled"] = (f"{len(lost)} of {len(self.ledger.written)}", not lost)
        self._judge_letters()
        self.result.details += self.ledger.faults[:10]
        bars["answers 500"] = (str(self.ledger.statuses["500"]), not self.ledger.statuses["500"])
        bars["writes never answered"] = (str(self.ledger.unanswered), not self.ledger.unanswered)
        rows = self.result.rows
        rows["kills"] = str(kills)
        rows |= {f"· {name}": str(n) for name, n in sorted(self.killer.counts().items())}
        rows["answers of the web"] = str(dict(self.ledger.statuses))
        rows["answers replayed by their key"] = str(self.ledger.replayed)
        waits = [seconds for _at, seconds in self.ledger.waits]
        if len(waits) > 20:
            rows["waits: median, p95, longest, s"] = " / ".join(
                f"{value:.2f}" for value in (quantiles(waits, n=2)[0], quantiles(waits, n=20)[-1], max(waits)))  # fmt: skip
        rows |= {name: str(n) for name, n in asked(base.figures).items()}
        rows["moods of the mail server"] = str(dict(self.office.moods))

    def _judge_letters(self) -> None:
        sent = asked(lambda: list(OutboxMail.objects.filter(state="sent").values_list("message_id", flat=True)))
        known = set(asked(lambda: list(OutboxMail.objects.values_list("message_id", flat=True))))
        lost = [name for name in sent if not self.office.taken[name]]
        strange = [name for name in self.office.taken if name not in known]
        doubled = sum(n - 1 for n in self.office.taken.values())
        excused = sum(min(n, self.office.taken[name] - 1) for name, n in self.office.unanswered.items() if n)
        counts = self.killer.counts()
        window = sum(counts[f"point {point}"] for point in SEND_WINDOW)
        # Any death of a worker or of its database may have come between the server's yes and the mark.
        chance = sum(counts[act] for act in ("worker child", "worker", "database session", "postgres"))
        self.result.bars["letters lost"] = (f"{len(lost)} of {len(sent)} sent", not lost)
        self.result.bars["doubled letters ≤ kills in the send window, same Message-ID"] = (
            f"{doubled} doubled: {excused} whose yes never arrived, {doubled - excused} by kills; "
            f"{window} kills at points of the window and {chance} anywhere; {len(strange)} unknown ids",
            doubled - excused <= window + chance and not strange and len(known) == len(set(known)),
        )


HANG_LIMIT = 30


def _own(act: Callable[[], Any]) -> Any:
    """The act in this thread's own session, which is closed afterwards."""
    try:
        return asked(act)
    finally:
        connection.close()


def _copy(person: Any, ledger: Ledger, over: threading.Event) -> Any:
    caller = Caller(person.caller.port, person.caller.token, ledger, person.caller.secret)
    if isinstance(person, Seller):
        return Seller(caller, person.own, f"{person.name}-drill-{id(ledger)}", over)
    if isinstance(person, Pbx):
        return Pbx(caller, f"drill-{id(ledger)}", person.line, person.extensions, over)
    if isinstance(person, Importer):
        return Importer(caller, f"drill-{id(ledger)}", over)
    return Reader(caller, over)


def _wait(condition: Callable[[], bool], seconds: float, *, step: float = 0.5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True

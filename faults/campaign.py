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

from django.db import DatabaseError, connection

from accounts.choices import TokenScope
from accounts.services import create_token
from config.management.commands.check_invariants import count_offences
from faults import base
from faults.base import asked, own_session, wait_until
from faults.drills import Drills
from faults.killer import Killer
from faults.load import Caller, Importer, Ledger, Pbx, Reader, Seller
from faults.mail import PostOffice
from faults.points import SEND_WINDOW
from faults.product import Product
from notifications.models import OutboxMail
from telephony.services import create_connection

SETTLE_SECONDS = 420


@dataclass
class Result:
    """`bars`: name → (figure, passed). `rows`: name → figure, for the report."""

    bars: dict[str, tuple[str, bool]] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(passed for _figure, passed in self.bars.values())


class Campaign(Drills):
    def __init__(
        self, product: Product, office: PostOffice, *, seed: int, kills: int, pause: float, say: Callable
    ) -> None:
        self.product, self.office, self.seed, self.say = product, office, seed, say
        self.ledger, self.over, self.result = Ledger(), threading.Event(), Result()
        folder = product.state / "faults"
        (folder / "fired").mkdir(parents=True, exist_ok=True)
        self.killer = Killer(
            product, folder, seed=seed, wanted=kills, pause=pause, rob=lambda: own_session(base.rob_leases)
        )
        self.people: list[threading.Thread] = []

    def run(self, *, drills: bool, longest: float, small_disk: bool = False) -> Result:
        started = time.monotonic()
        self._hire()
        self.days = threading.Thread(target=self._go_through_days, name="days", daemon=True)
        self.drill_all(usual=drills, small_disk=small_disk)
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
            own = lambda who=person: own_session(lambda: base.own_cycles(who))  # noqa: E731
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
        day = own_session(base.newest_day)
        while not self.over.is_set():
            with suppress(DatabaseError):  # away for longer than anybody asks
                day = own_session(lambda known=day: base.next_day(known))
            self._ring("desk.tasks.sweep")
            self.over.wait(1.5)

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
            own_session(base.hurry_letters)
            self._ring("desk.tasks.sweep")
            for task in ("notifications.tasks.deliver_outbox", "telephony.tasks.sweep", "clients.tasks.sweep_imports"):
                self._ring(task)
            left = own_session(base.unfinished)
            return not any(left.values())

        done = wait_until(is_over, SETTLE_SECONDS, step=3)
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

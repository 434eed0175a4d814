"""One run as Markdown: every promise beside its figure, then every act. Knows files and numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.measuring import percentile
from load import mix

SPAN = 5.0  # seconds of one look at how fast it is again
CLOSE = 1.25  # times the calm p95 is as fast as before


class Event(Protocol):
    """What happened: jobs or a fault; it `is_cut` when the run was over first."""

    name: str
    begun: float
    ended: float
    is_cut: bool


@dataclass(frozen=True)
class Request:
    """`at` in seconds since the epoch; `status` 0 when nobody answered; `told`: Retry-After came with it."""

    at: float
    name: str
    seconds: float
    status: int
    told: bool
    fault: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Run:
    """`since` and `until`: when everybody was there. `clear`: a fault's name → seconds after it that are still its own."""

    users: int
    since: float
    until: float
    requests: list[Request]
    jobs: list[Event]
    faults: list[Event]
    clear: dict[str, float]
    memory: tuple[float, float]  # MB at minute 2 (or a fifth of the time) and at the end
    connections: int
    lock: float
    queue: tuple[float, float]  # seconds before the first fault, and from then on
    notes: dict[str, str] = field(default_factory=dict)

    def in_fault(self, request: Request) -> bool:
        return any(
            request.at <= fault.ended + self.clear[fault.name] and request.at + request.seconds >= fault.begun
            for fault in self.faults
        )

    def in_jobs(self, request: Request) -> bool:
        return any(request.at <= jobs.ended and request.at + request.seconds >= jobs.begun for jobs in self.jobs)

    def has_moved(self, request: Request) -> bool:
        """A client whom the jobs gave to somebody else answers 404 to the one before, as it must."""
        begun = min((jobs.begun for jobs in self.jobs), default=float("inf"))
        return request.status == 404 and request.name in ("detail", "note", mix.NOTE_FORM) and request.at >= begun

    def is_error(self, request: Request) -> bool:
        return not request.is_good and request.status != 409 and not self.has_moved(request)


def read(path: Path) -> list[Request]:
    """What the people have written down, in order of time; a line cut at the end is left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 6:
            at, name, seconds, status, told, fault = parts
            found.append(Request(float(at), name, float(seconds), int(status), told == "1", fault))
    return sorted(found, key=lambda request: request.at)


def back_after(run: Run, fault: Event, calm: float) -> float | None:
    """Seconds from the fault's end to the first span without an error that is as fast as before; None: not in this run."""
    limit = max(mix.MIX["list"].p95 / 1000, calm * CLOSE)
    at = fault.ended
    while at + SPAN <= run.until:
        span = [request for request in run.requests if at <= request.at < at + SPAN]
        if span and not any(map(run.is_error, span)) and p(span, 95) <= limit:
            return at - fault.ended
        at += 1
    return None


def p(requests: Iterable[Request], part: int) -> float:
    seconds = [request.seconds for request in requests]
    return percentile(seconds, part) if seconds else 0.0


def promises(run: Run) -> list[tuple[str, str, str, bool | None]]:
    """(what, promised, figure, kept); None where a run of this size proves nothing."""
    steady = [request for request in run.requests if run.since <= request.at <= run.until]
    outside = [request for request in steady if not run.in_fault(request)]
    errors = [request for request in run.requests if run.is_error(request)]
    strange = [request for request in errors if run.in_fault(request) and not (request.status == 503 and request.told)]
    loose = [request for request in errors if not run.in_fault(request)]
    rate = len(steady) / max(1.0, run.until - run.since)
    rows: list[tuple[str, str, str, bool | None]] = [
        ("errors outside fault windows", "0", str(len(loose)), not loose),
        ("errors inside that are not 503 with Retry-After", "0", str(len(strange)), not strange),
        (
            "requests a second", f"≥ {mix.LEAST_PER_SECOND:g}", f"{rate:.1f}",
            rate >= mix.LEAST_PER_SECOND if run.users >= 200 else None,
        ),
    ]  # fmt: skip
    for name, act in mix.MIX.items():
        mine = [request for request in outside if request.name == name]
        found = p(mine, 95) * 1000
        rows.append((f"p95 of {name}, ms", f"≤ {act.p95}", f"{found:.0f}", found <= act.p95 if mine else None))
    worst = max((p([r for r in outside if r.name == name], 99) * 1000, name) for name in mix.MIX)
    rows.append(("highest p99, ms", f"≤ {mix.P99}", f"{worst[0]:.0f} ({worst[1]})", worst[0] <= mix.P99))
    first, last = run.memory
    growth = last / first - 1 if first else 0.0
    rows += [
        (
            "memory of the web processes, growth", f"≤ {mix.MOST_GROWTH:.0%}",
            f"{growth:+.0%} ({first:.0f} → {last:.0f} MB)", growth <= mix.MOST_GROWTH,
        ),
        ("PostgreSQL sessions, most", f"≤ {mix.MOST_CONNECTIONS}", str(run.connections),
         run.connections <= mix.MOST_CONNECTIONS),
        ("longest wait for a lock, s", f"≤ {mix.LONGEST_LOCK:g}", f"{run.lock:.1f}", run.lock <= mix.LONGEST_LOCK),
        ("oldest event in the queue, s", f"≤ {mix.LONGEST_QUEUE:g}",
         f"{run.queue[0]:.1f} (from the first fault on {run.queue[1]:.1f})", run.queue[0] <= mix.LONGEST_QUEUE),
    ]  # fmt: skip
    calm = p([request for request in outside if not run.in_jobs(request)], 95)
    for jobs in run.jobs:
        seconds, slower = jobs.ended - jobs.begun, p([r for r in outside if run.in_jobs(r)], 95) / calm if calm else 0.0
        rows += [
            ("jobs of a day, s", f"≤ {mix.JOB_SECONDS:g}", f"{seconds:.0f}{', not over' if jobs.is_cut else ''}",
             seconds <= mix.JOB_SECONDS and not jobs.is_cut),
            ("p95 of everything while they run", f"≤ {mix.JOB_SLOWER:g} × calm", f"{slower:.1f}",
             slower <= mix.JOB_SLOWER),
        ]  # fmt: skip
    rows += [_recovery(run, fault, calm, [request.at for request in errors]) for fault in run.faults]
    return rows


def _recovery(run: Run, fault: Event, calm: float, errors: list[float]) -> tuple[str, str, str, bool | None]:
    found = back_after(run, fault, calm)
    next_one = min((other.begun for other in run.faults if other.begun > fault.ended), default=float("inf"))
    late = [at - fault.ended for at in errors if fault.ended < at < next_one]
    figure = "not in this run" if found is None else f"{found:.0f}"
    told = f"last error {max(late):.1f} after" if late else "no error after"
    is_too_short = min(next_one, run.until) - fault.ended < mix.BACK_SECONDS + SPAN
    kept = found <= mix.BACK_SECONDS if found is not None else (None if is_too_short else False)
    return (
        f"{fault.name}: as before after, s", f"≤ {mix.BACK_SECONDS:g}",
        f"{figure} (lasted {fault.ended - fault.begun:.1f}, {told})", kept,
    )  # fmt: skip


def written(run: Run) -> str:
    lines = ["| promised | | found | |", "|---|---|---|---|"]
    words = {True: "met", False: "**missed**", None: "—"}
    lines += [f"| {what} | {most} | {found} | {words[kept]} |" for what, most, found, kept in promises(run)]
    lines += ["", "Milliseconds outside fault windows, everybody present; errors of the whole run.", ""]
    lines += [
        "| act | requests | p50 | p95 | p99 | p95 in windows | errors outside | inside | of them 503 + Retry-After |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for name in [*mix.MIX, mix.NOTE_FORM]:
        mine = [request for request in run.requests if request.name == name]
        calm = [r for r in mine if run.since <= r.at <= run.until and not run.in_fault(r)]
        inside = [request for request in mine if run.in_fault(request)]
        bad = [request for request in mine if run.is_error(request)]
        hidden = [request for request in bad if run.in_fault(request)]
        polite = sum(request.status == 503 and request.told for request in hidden)
        times = " | ".join(f"{p(calm, part) * 1000:.0f}" for part in (50, 95, 99))
        lines.append(
            f"| {name} | {len(mine)} | {times} | {p(inside, 95) * 1000:.0f} "
            f"| {len(bad) - len(hidden)} | {len(hidden)} | {polite} |"
        )
    statuses = Counter(str(request.status or request.fault) for request in run.requests)
    notes = {
        **run.notes,
        "answers": ", ".join(f"{status}: {n}" for status, n in statuses.most_common()),
        "clients who had moved to somebody else (404)": str(sum(map(run.has_moved, run.requests))),
    }
    lines += ["", *(f"- {name}: {told}" for name, told in notes.items())]
    return "\n".join(lines) + "\n"

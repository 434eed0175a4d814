"""The seeded hand that kills, stops, wipes and robs; every act stands in `Killer.done` with its time."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis

from faults.points import WEB_POINTS, WORKER_POINTS
from faults.product import Product

# Act and weight. What takes everything down with it comes rarely: a storm in which nothing works proves nothing.
ACTS: dict[str, float] = {
    "point of the worker": 9,
    "point of the web": 7,
    "web worker": 4,
    "worker child": 4,
    "database session": 3,
    "lease robbed": 2,
    "redis wiped": 1.5,
    "beat": 1.2,
    "redis": 1,
    "redis hangs": 0.6,
    "postgres": 0.6,
    "worker": 0.6,
    "web": 0.4,
}
KILLS = ("web worker", "worker child", "database session", "beat", "redis", "postgres", "worker", "web")
HANG_SECONDS = 6


class Killer(threading.Thread):
    """Kills until `wanted` processes have died. `rob` gives a run's lease away as if its holder had been away too long."""

    def __init__(
        self, product: Product, folder: Path, *, seed: int, wanted: int, pause: float, rob: Callable[[], None]
    ):
        super().__init__(name="killer", daemon=True)
        self.product, self.folder, self.wanted, self.pause, self.rob = product, folder, wanted, pause, rob
        self.rng = random.Random(seed)
        self.done: list[tuple[float, str]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set() and self.kills() < self.wanted:
            act = self.rng.choices(list(ACTS), weights=list(ACTS.values()))[0]
            self.strike(act)
            self.over.wait(self.rng.uniform(0.4, 1.6) * self.pause)
        self.disarm()

    def strike(self, act: str) -> bool:
        """Does the act; False when there was nobody to do it to."""
        if act.startswith("point of"):
            point = self.rng.choice(WORKER_POINTS if act.endswith("worker") else WEB_POINTS)
            (self.folder / point).touch()
            return True  # it counts when somebody has died of it
        if act == "lease robbed":
            self.rob()
            is_done = True
        elif act == "redis wiped":
            is_done = self._wipe()
        elif act == "redis hangs":
            is_done = self._hang(HANG_SECONDS)
        else:
            is_done = self._kill(act)
        if is_done:
            self.done.append((time.time(), act))
        return is_done

    def kills(self) -> int:
        return sum(act in KILLS for _at, act in self.done) + len(self.fired())

    def fired(self) -> list[str]:
        """Points at which a process has killed itself, in order."""
        return [path.name.split("-", 2)[2] for path in sorted((self.folder / "fired").iterdir())]

    def counts(self) -> Counter[str]:
        found = Counter(act for _at, act in self.done)
        found.update(f"point {point}" for point in self.fired())
        return found

    def disarm(self) -> None:
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink(missing_ok=True)

    def _kill(self, act: str) -> bool:
        role = {"web worker": "web_worker", "worker child": "worker_child", "database session": "backend"}.get(act, act)
        living = sorted(self.product.pids(role))
        if not living:
            return False
        # A session is ended as the server itself does it; killing one with -9 restarts all of PostgreSQL.
        number = signal.SIGTERM if role == "backend" else signal.SIGKILL
        with suppress(ProcessLookupError):
            os.kill(self.rng.choice(living), number)
        return True

    def _wipe(self) -> bool:
        path = next(self.product.state.glob("run/redis.sock"), None) or _socket_of(self.product.state)
        client = redis.Redis(unix_socket_path=str(path), socket_timeout=2)
        try:
            client.flushall()
        except redis.RedisError:
            return False
        finally:
            client.close()
        return True

    def _hang(self, seconds: float) -> bool:
        living = self.product.pids("redis")
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return bool(living)


def _socket_of(state: Path) -> Path:
    import json

    return Path(json.loads((state / "embedded.json").read_text())["run"], "redis.sock")

"""Looks at memory, database sessions, locks and the telephone queue twice a second, from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from bench.databases import connect
from faults.product import Product

EVERY = 0.5
LOOK = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
       (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0) FROM pg_locks WHERE NOT granted),
       (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)
          FROM telephony_webhookevent WHERE state = 'received')
"""


@dataclass
class Look:
    """`memory`: bytes of all web processes. `lock` and `queue`: seconds the longest one waits. None: the database was away."""

    at: float
    memory: int
    connections: int | None = None
    lock: float | None = None
    queue: float | None = None


@dataclass(eq=False, repr=False)
class Watch(threading.Thread):
    """`looks` grows until `over` is set."""

    product: Product
    database: str
    looks: list[Look] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(name="watch", daemon=True)
        self.over = threading.Event()

    def run(self) -> None:
        connection = None
        while not self.over.wait(EVERY):
            look = Look(time.time(), sum(map(resident, self.web())))
            try:
                connection = connection or connect(self.database)
                with connection.cursor() as cursor:
                    cursor.execute(LOOK)
                    row = cursor.fetchone()
                look.connections, look.lock, look.queue = int(row[0]), float(row[1]), float(row[2])
            except psycopg2.Error:
                connection = None  # away for the moment: the next look asks again
            self.looks.append(look)
        if connection is not None:
            connection.close()

    def web(self) -> list[int]:
        """The process ids of the web server and its workers."""
        return [*self.product.pids("web"), *self.product.pids("web_worker")]

    def memory_at(self, moment: float) -> int:
        """Bytes at the look nearest to the moment at which the web server stood."""
        return min((look for look in self.looks if look.memory), key=lambda look: abs(look.at - moment)).memory

    def most(self, value: Callable[[Look], float | None], *, since: float = 0.0, before: float = float("inf")) -> float:
        looks = (look for look in self.looks if since <= look.at < before)
        return max((found for look in looks if (found := value(look)) is not None), default=0)


def resident(pid: int) -> int:
    """Bytes of memory that the process holds itself; pages it shares with its parent are divided between both."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0

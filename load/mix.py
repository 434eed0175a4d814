"""What people do, how long they think, and what they may expect. Shared by the people and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Act:
    """`share` in percent of all acts; `p95` in milliseconds is the most that is promised."""

    share: int
    p95: int


MIX: Final[dict[str, Act]] = {
    "list": Act(30, 500),
    "detail": Act(25, 300),
    "search": Act(20, 500),
    "dashboard": Act(10, 700),
    "note": Act(10, 300),
    "webhook": Act(5, 150),
}
# The form a person opens before he writes a note; without a share of its own.
NOTE_FORM: Final = "note form"
THINK_SECONDS: Final = (2.0, 8.0)
P99: Final = 1200  # milliseconds, of every act
LEAST_PER_SECOND: Final = 40.0  # requests, of two hundred people
MOST_CONNECTIONS: Final = 30
LONGEST_LOCK: Final = 5.0  # seconds
LONGEST_QUEUE: Final = 30.0  # seconds an event waits for the worker
MOST_GROWTH: Final = 0.10  # of the web processes' memory
BACK_SECONDS: Final = 30.0  # after a fault
JOB_SECONDS: Final = 60.0
JOB_SLOWER: Final = 2.0  # times the usual p95 while jobs run
PATIENCE_SECONDS: Final = 15.0  # of one person for one answer

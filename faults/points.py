"""Named points at which a process of the product kills itself with SIGKILL.

The product knows nothing of it: points are told by the statements that pass through Django's cursor and by the steps of
smtplib. Two ways to pull the trigger: `FAULT=point:n` (the n-th time in this process), or a file FAULT_DIR/<point> that
the campaign lays while everything runs (the first process to pass takes it).
"""

from __future__ import annotations

import os
import re
import signal
import smtplib
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

# A statement, and the name of what its transaction is about.
MARKS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("job.claim", re.compile(r'^UPDATE "journal_jobrun" SET .*"attempts" = \(')),
    ("job.batch", re.compile(r'^INSERT INTO "journal_jobitem"')),
    ("job.done", re.compile(r'^UPDATE "journal_jobrun" SET .*"counts" = ')),
    ("mail.claim", re.compile(r'^UPDATE "notifications_outboxmail" SET "state" = .*"attempts" = ')),
    ("mail.mark", re.compile(r'^UPDATE "notifications_outboxmail" SET .*"sent_at" = ')),
    ("import.claim", re.compile(r'^UPDATE "clients_importrun" SET "state" = .*"lease_until" = ')),
    ("import.rows", re.compile(r'^INSERT INTO "clients_importrow"')),
    ("web.contact", re.compile(r'^INSERT INTO "funnels_contact"')),
    ("web.client", re.compile(r'^INSERT INTO "clients_client" ')),
    ("web.take", re.compile(r'^INSERT INTO "funnels_salescycle"')),
    ("web.event", re.compile(r'^INSERT INTO "telephony_webhookevent"')),
    ("call.write", re.compile(r'^INSERT INTO "telephony_call"')),
)
STEPS: Final = ("before", "written", "before_commit", "after_commit")
# What the campaign draws from: where a death hurts most.
WORKER_POINTS: Final = (
    "job.claim.after_commit", "job.batch.written", "job.batch.before_commit", "job.batch.after_commit",
    "job.done.before", "mail.claim.after_commit", "mail.before_connect", "mail.after_data", "mail.mark.before",
    "import.claim.written", "import.rows.before", "import.rows.written", "import.rows.before_commit",
    "import.rows.after_commit", "call.write.before_commit", "call.write.after_commit",
)  # fmt: skip
WEB_POINTS: Final = tuple(
    f"web.{what}.{step}"
    for what in ("contact", "client", "take", "event")
    for step in ("before_commit", "after_commit")
)
# Deaths here may send a letter twice: the server has it and the mark is not there yet.
SEND_WINDOW: Final = ("mail.after_data", "mail.mark.before")

_seen: Counter[str] = Counter()


def reach(point: str) -> None:
    """The process is at the point: die if it is wanted."""
    wanted, _, number = os.environ.get("FAULT", "").rpartition(":")
    if wanted == point:
        _seen[point] += 1
        if _seen[point] == int(number):
            _die()
    folder = os.environ.get("FAULT_DIR")
    if not folder:
        return
    trigger = Path(folder, point)
    if trigger.exists():
        try:
            trigger.rename(Path(folder, "fired", f"{time.time():.3f}-{os.getpid()}-{point}"))
        except FileNotFoundError:
            return  # another process took it
        _die()


def arm() -> None:
    """Watches this process and those it forks."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    _wrap(CursorWrapper, "_execute", _watched_statement)
    _wrap(CursorWrapper, "_executemany", _watched_statement)
    _wrap(BaseDatabaseWrapper, "_commit", _watched_commit)
    _wrap(BaseDatabaseWrapper, "_rollback", _watched_rollback)
    _wrap(smtplib.SMTP, "connect", _watched_connect)
    _wrap(smtplib.SMTP, "data", _watched_data)


def _wrap(owner: type, name: str, watched: Any) -> None:
    original = getattr(owner, name)

    def around(self: Any, *args: Any, **values: Any) -> Any:
        return watched(original, self, *args, **values)

    setattr(owner, name, around)


def _watched_statement(original: Any, self: Any, sql: Any, *args: Any, **values: Any) -> Any:
    text = sql if isinstance(sql, str) else ""
    marks = [name for name, pattern in MARKS if pattern.match(text)] if text[:6] in ("UPDATE", "INSERT") else []
    for mark in marks:
        reach(f"{mark}.before")
    done = original(self, sql, *args, **values)
    for mark in marks:
        reach(f"{mark}.written")
        if self.db.in_atomic_block:
            _marks(self.db).add(mark)
        else:
            reach(f"{mark}.after_commit")
    return done


def _watched_commit(original: Any, self: Any) -> Any:
    marks = sorted(_marks(self))
    for mark in marks:
        reach(f"{mark}.before_commit")
    done = original(self)
    _marks(self).clear()
    for mark in marks:
        reach(f"{mark}.after_commit")
    return done


def _watched_rollback(original: Any, self: Any) -> Any:
    _marks(self).clear()
    return original(self)


def _watched_connect(original: Any, self: Any, *args: Any, **values: Any) -> Any:
    reach("mail.before_connect")
    return original(self, *args, **values)


def _watched_data(original: Any, self: Any, *args: Any, **values: Any) -> Any:
    answer = original(self, *args, **values)
    reach("mail.after_data")
    return answer


def _marks(connection: Any) -> set[str]:
    if not hasattr(connection, "fault_marks"):
        connection.fault_marks = set()
    return connection.fault_marks


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(5)  # the signal is on its way

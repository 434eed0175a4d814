"""Which business dates of a daily job are due, and whom a failed attempt is laid to. Pure (domain 1.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from journal.constants import CATCH_UP_DAYS, CatchUp, DailyJob


def due_dates(
    job: DailyJob,
    *,
    local_now: datetime,
    last: date | None,
    is_working: Callable[[date], bool],
) -> list[date]:
    """The dates that need a run now, oldest first.

    `local_now` is the wall time in the organisation's zone, `last` the newest date that has a run (None = never).
    A job that never ran begins with the present day. A date is due once its wall time has come; at the autumn fold the
    first of the two equal wall times counts, and the unique run refuses the second.
    """
    today = local_now.date()
    newest = today if local_now.time() >= job.at else today - timedelta(days=1)
    if last is not None and last >= newest:
        return []
    if job.catch_up is CatchUp.EVERY_MISSED_DAY:
        first = newest if last is None else max(last + timedelta(days=1), newest - timedelta(days=CATCH_UP_DAYS))
        # Before its time on the first day of all there is nothing to make up.
        if last is None and newest < today:
            return []
        days = [first + timedelta(days=offset) for offset in range((newest - first).days + 1)]
    else:
        days = [today] if newest == today else []
    return [day for day in days if not job.working_days_only or is_working(day)]


class Trials:
    """What an attempt is doing, written before it does it, and how often each object has failed by itself.

    `kept` goes to the database as it is: `doing` = {what, ids, alone, server}, `failed` = {what: {id: times}}, `aside` =
    {what: [id]}. An object under `failed` is suspected, with 0 too: it is done alone. `server` tells one life of the
    database from the next: who died together with it was not killed by a row.
    """

    def __init__(self, kept: dict[str, Any] | None) -> None:
        self.kept: dict[str, Any] = {"doing": {}, "failed": {}, "aside": {}, **(kept or {})}

    def copy(self) -> Trials:
        return Trials(deepcopy(self.kept))

    def begin(self, what: str, ids: Iterable[int], server: str) -> None:
        """A batch of objects none of which is suspected."""
        self.kept["doing"] = {"what": what, "ids": list(ids), "alone": False, "server": server}

    def begin_alone(self, what: str, one: int, server: str) -> None:
        """Counts at once: a killed process counts nothing any more."""
        self._of("failed", what)[str(one)] = self.failures(what, one) + 1
        self.kept["doing"] = {"what": what, "ids": [one], "alone": True, "server": server}

    def done(self) -> None:
        """What was begun is committed."""
        doing, self.kept["doing"] = self.kept["doing"], {}
        for one in doing["ids"]:
            self._of("failed", doing["what"]).pop(str(one), None)

    def withdraw(self) -> None:
        """What was begun came to nothing through no fault of its objects."""
        doing, self.kept["doing"] = self.kept["doing"], {}
        if doing.get("alone"):
            self._of("failed", doing["what"])[str(doing["ids"][0])] -= 1

    def failed(self) -> None:
        """What was begun has failed: the objects of a batch are suspected, an object by itself is counted already."""
        doing, self.kept["doing"] = self.kept["doing"], {}
        for one in doing.get("ids", ()):
            self._of("failed", doing["what"]).setdefault(str(one), 0)

    def find_dead(self, server: str) -> None:
        """What the attempt before left begun: its process is gone."""
        if self.kept["doing"].get("server") == server:
            self.failed()
        else:
            self.withdraw()

    def is_begun(self) -> bool:
        return bool(self.kept["doing"])

    def is_suspected(self, what: str, one: int) -> bool:
        return str(one) in self._of("failed", what)

    def failures(self, what: str, one: int) -> int:
        return self._of("failed", what).get(str(one), 0)

    def set_aside(self, what: str, one: int) -> None:
        self._of("failed", what).pop(str(one), None)
        self.kept["aside"].setdefault(what, []).append(one)

    def is_aside(self, what: str, one: int) -> bool:
        return one in self.kept["aside"].get(what, ())

    def number_aside(self) -> int:
        return sum(len(ids) for ids in self.kept["aside"].values())

    def _of(self, part: str, what: str) -> dict[str, int]:
        return self.kept[part].setdefault(what, {})

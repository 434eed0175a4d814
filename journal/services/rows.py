"""Many objects in one run: batch by batch, and one by one when a batch has failed (a poisoned row, reliability JO6).

Before a batch its ids are written into the run, in a transaction of their own, so that they outlive the process. When the
batch raises, or its worker died in it, each of its objects is done alone; one that has failed ROW_ATTEMPTS times by itself
is set aside, everybody else is finished, and the next run tries it again.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import Error, transaction

from common import clock
from common.outages import MOST_ATTEMPTS, is_outage, is_undone
from journal.constants import MOST_SET_ASIDE, ROW_ATTEMPTS, SET_ASIDE
from journal.models import JobItem, JobRun
from journal.rules import Trials
from journal.services.runs import LeaseLost, extend_lease, life_of_server

logger = logging.getLogger(__name__)

Act = Callable[[Sequence[int]], Mapping[str, int]]

KILLED: Final = "the process that worked on it was killed"


class TooManySetAside(Exception):
    """Not a poisoned row but a fault of the program: a person must look."""


def do_rows(run: JobRun | None, *, what: str, ids: Iterable[int], act: Act, size: int) -> Counter[str]:
    """Calls `act` with at most `size` ids in one transaction fenced by the run's lease, until all are done.

    `act` writes to the database only and returns its counts, which are summed. `what` names the objects, and the step
    where a job looks at the same ones twice: `funnels.ownership#age7`. Without a run (a call by hand) everything raises.
    Raises LeaseLost, TooManySetAside, and what is no fault of a row: outages, the time limit of the task.
    """
    counts: Counter[str] = Counter()
    ids = list(ids)
    if run is None:
        for batch in _cut(ids, size):
            with transaction.atomic():
                counts.update(act(batch))
        return counts
    if not ids:
        return counts
    rows = _RowsOfRun(run, what, act)
    for batch in _cut([one for one in ids if not rows.trials.is_aside(what, one)], size):
        counts.update(rows.do(batch))
    return counts


def reason_of(error: BaseException) -> str:
    """What and where, never the text: a database quotes the values it refuses, and those are persons."""
    words = [type(error).__name__]
    if isinstance(error, Error):
        diagnosis = getattr(error.__cause__, "diag", None)
        words += [str(name) for name in (getattr(diagnosis, "constraint_name", None),) if name]
    ours = [
        frame
        for frame in extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(settings.BASE_DIR) and "site-packages" not in frame.filename
    ]
    if ours:
        words.append(f"{Path(ours[-1].filename).relative_to(settings.BASE_DIR)}:{ours[-1].lineno}")
    return " ".join(words)[:200]


def is_nobodys_fault(error: BaseException) -> bool:
    """Would it have happened to any row?"""
    return is_outage(error) or isinstance(error, LeaseLost)


class Rows(ABC):
    """How objects are done together, and alone after a failure, whoever keeps the trials."""

    def __init__(self, what: str, trials: Trials) -> None:
        self.what, self.trials = what, trials
        self.server = life_of_server()

    @abstractmethod
    def hold(self, kept: dict[str, Any]) -> None:
        """Commits the trials at once. Raises LeaseLost."""

    @abstractmethod
    def work(self, ids: list[int], kept: dict[str, Any]) -> Mapping[str, int]:
        """Does the objects and writes the trials in one transaction: the mark goes if and only if the work stays."""

    @abstractmethod
    def set_aside(self, one: int, reason: str, kept: dict[str, Any]) -> None:
        """Writes down in one transaction that this object could not be done."""

    def keep(self, trials: Trials) -> None:
        """These stand in the database now."""
        self.trials = trials

    def do(self, batch: Sequence[int]) -> Counter[str]:
        """In its order, with one mark before a part; those who are suspected stand alone."""
        counts: Counter[str] = Counter()
        for part in self._parts(batch):
            counts.update(self._together(part) if len(part) > 1 else self._alone(part[0]))
        return counts

    def _parts(self, batch: Sequence[int]) -> list[list[int]]:
        parts: list[list[int]] = []
        is_open = False
        for one in batch:
            is_suspected = self.trials.is_suspected(self.what, one)
            if is_open and not is_suspected:
                parts[-1].append(one)
            else:
                parts.append([one])
            is_open = not is_suspected
        return parts

    def _together(self, ids: list[int]) -> Counter[str]:
        self.trials.begin(self.what, ids, self.server)
        try:
            return self._try(ids)
        except Exception as error:
            self._pass_on(error)
            logger.warning("A batch of %d %s failed and is done one by one: %s", len(ids), self.what, reason_of(error))
        counts: Counter[str] = Counter()
        for one in ids:
            counts.update(self._alone(one))
        return counts

    def _alone(self, one: int) -> Counter[str]:
        reason = KILLED
        while self.trials.failures(self.what, one) < ROW_ATTEMPTS:
            self.trials.begin_alone(self.what, one, self.server)
            try:
                return self._try([one])
            except Exception as error:
                self._pass_on(error)
                reason = reason_of(error)
        after = self.trials.copy()
        after.set_aside(self.what, one)
        self.set_aside(one, reason, after.kept)
        self.keep(after)
        logger.error("%s %d is set aside: %s", self.what, one, reason)
        return Counter()

    def _try(self, ids: list[int]) -> Counter[str]:
        self.hold(self.trials.kept)
        after = self.trials.copy()
        after.done()
        counts = Counter(self.work(ids, after.kept))
        self.keep(after)
        return counts

    def _pass_on(self, error: Exception) -> None:
        """Raises what is no fault of the objects; else the attempt is written down as failed."""
        if isinstance(error, SoftTimeLimitExceeded):
            raise error  # the mark stays: an object that takes for ever is found like one that kills
        if is_nobodys_fault(error):
            self.trials.withdraw()
            raise error
        self.trials.failed()


class _RowsOfRun(Rows):
    def __init__(self, run: JobRun, what: str, act: Act) -> None:
        super().__init__(what, Trials(run.trials))
        self.run, self.act = run, act
        self.keep(self.trials)

    def keep(self, trials: Trials) -> None:
        super().keep(trials)
        self.run.trials = trials.kept  # the end of an attempt is written with them

    def hold(self, kept: dict[str, Any]) -> None:
        extend_lease(self.run, trials=kept)

    def work(self, ids: list[int], kept: dict[str, Any]) -> Mapping[str, int]:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    extend_lease(self.run, trials=kept)
                    return self.act(ids)
            except Exception as error:
                if attempt == MOST_ATTEMPTS or not is_undone(error):
                    raise
        raise AssertionError("unreachable")

    def set_aside(self, one: int, reason: str, kept: dict[str, Any]) -> None:
        if self.trials.number_aside() >= MOST_SET_ASIDE:
            raise TooManySetAside(f"{self.what}: {reason}")
        with transaction.atomic():
            # The attempts it took were its own, not the run's.
            extend_lease(self.run, trials=kept, attempts=1)
            JobItem.objects.create(
                run_id=self.run.pk,
                object_type=self.what,
                object_id=one,
                result=SET_ASIDE,
                error=reason,
                at=clock.now(),
            )
        self.run.attempts = 1


def _cut(ids: Sequence[int], size: int) -> Iterable[list[int]]:
    return (list(ids[start : start + size]) for start in range(0, len(ids), size))

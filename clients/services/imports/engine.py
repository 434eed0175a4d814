"""Reading a received file into the base, batch by batch. A batch is one transaction: rows, clients, audit, counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import default_storage
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from clients.choices import FileProblem, ImportState, RowCode, RowState
from clients.constants import IMPORT_BATCH_ROWS
from clients.models import ImportRow, ImportRun
from clients.readers import ParsedRow, ReadError, Table, open_table, parse_row
from clients.services.imports.known import Known, Ref, in_base, match
from clients.services.imports.receiving import sha256_of
from clients.services.imports.writing import write_clients
from common import clock
from journal.choices import Channel
from journal.constants import MAX_ATTEMPTS
from journal.rules import Trials
from journal.services import LeaseLost, Rows, acting, record

_LEASE: Final = timedelta(seconds=60)  # a killed worker's import is free again after this and the next sweep
# Imports of the organisation take turns, batch by batch: the later one sees what the earlier one has written.
_IMPORT_LOCK: Final = 0x1A_0077
_ATTEMPTS: Final = 3
_KEPT_AFTER_CHECK: Final = timedelta(hours=24)
COUNTS: Final = ("rows", "created", "duplicates", "errors", "warnings")
_COUNT_OF: Final = {RowState.CREATED: "created", RowState.DUPLICATE: "duplicates", RowState.ERROR: "errors"}


class _LostLease(LeaseLost):
    """Another worker took the run over; it goes on from the row where this one stopped."""


def waiting_imports() -> list[int]:
    """Runs nobody works on: never started, or their worker is gone."""
    stale = Q(lease_until__isnull=True) | Q(lease_until__lt=clock.now())
    runs = ImportRun.objects.filter(stale, state__in=[ImportState.RECEIVED, ImportState.RUNNING])
    return list(runs.order_by("pk").values_list("pk", flat=True)[:50])


def forget_checked_files() -> int:
    """Deletes copies of files that were checked a day ago and never imported; returns how many."""
    stale = ImportRun.objects.filter(state=ImportState.DONE, finished_at__lt=clock.now() - _KEPT_AFTER_CHECK)
    names = list(stale.exclude(file="").values_list("pk", "file")[:50])
    for pk, name in names:
        # Whoever starts the import at this moment has taken the name away from the row.
        if ImportRun.objects.filter(pk=pk, file=name).update(file=""):
            _forget_file(name)
    return len(names)


def run_import(*, run_id: int, dry_run: bool | None = None, seconds: float | None = None) -> ImportRun:
    """Reads a received file to its end, or for about `seconds`; safe to repeat, to kill and to start twice.

    A finished run is returned as it is, a run in another worker's hands too. `dry_run` overrides what was chosen at
    the upload, as long as nothing was read. Counts: rows, created, duplicates, errors, warnings (rows imported with a
    warning, plus one for a column «Цвет»). A file that cannot be read ends `refused` with the reason in `error`.
    """
    lease = _claim(run_id, dry_run)
    run = ImportRun.objects.select_related("department", "started_by").get(pk=run_id)
    if lease is None:
        return run
    reading = _Reading(run, lease)
    with acting(via=Channel.IMPORT, actor=run.started_by):
        try:
            reading.begin()
            reading.go_on(_open(run), None if seconds is None else time.monotonic() + seconds)
        except ReadError as problem:
            _refuse(run, problem.code)
        except _LostLease:
            run.refresh_from_db()
        except (OperationalError, InterfaceError):
            with suppress(OperationalError, InterfaceError, _LostLease):  # it is still away: told by its next life
                reading.give_back()
            raise
    return run


def _claim(run_id: int, dry_run: bool | None) -> datetime | None:
    now = clock.now()
    free = ImportRun.objects.filter(pk=run_id).filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    if dry_run is not None:
        free.filter(state=ImportState.RECEIVED).update(is_dry=dry_run)
    claimed = free.filter(state__in=[ImportState.RECEIVED, ImportState.RUNNING]).update(
        state=ImportState.RUNNING, lease_until=now + _LEASE
    )
    return now + _LEASE if claimed else None


def _open(run: ImportRun) -> Table:
    name = run.file.name or ""
    if not name or not default_storage.exists(name):
        raise ReadError("lost")
    path = Path(default_storage.path(name))
    if sha256_of(path) != run.sha256:
        raise ReadError("changed")
    return open_table(path)


def _refuse(run: ImportRun, code: str) -> None:
    with transaction.atomic():
        run.state = ImportState.REFUSED
        run.error = FileProblem(code)
        run.lease_until = None
        run.finished_at = clock.now()
        name, run.file = run.file.name, ""
        run.save()
        record(action="import.refuse", obj=run, actor=run.started_by, after={"problem": code})
    _forget_file(name)


def _forget_file(name: str | None) -> None:
    """The copy holds personal data and has served; what it said is in the base and in the rows of the run."""
    if name:
        default_storage.delete(name)


class _Reading(Rows):
    """One worker's reading: batch by batch, row by row where a batch has failed or killed its process."""

    def __init__(self, run: ImportRun, lease: datetime) -> None:
        super().__init__("row", Trials(run.trials))
        self.run, self.lease = run, lease
        self.seen = Known()
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0) | run.counts
        self.cells: dict[int, list[str]] = {}

    def begin(self) -> None:
        """Counts the attempts that have written nothing; one too many is the file's end (ReadError `stuck`)."""
        kept = self.trials.kept
        if kept.get("server") != self.server:
            kept.update(attempts=0, server=self.server)
        if self.trials.is_begun():
            self.trials.find_dead(self.server)
        if kept["attempts"] >= MAX_ATTEMPTS:
            raise ReadError("stuck")
        kept["attempts"] += 1
        self.hold(kept)

    def give_back(self) -> None:
        """The attempt came to nothing through no fault of the file."""
        self.trials.withdraw()
        self.trials.kept["attempts"] -= self.trials.kept["attempts"] > 0
        self.hold(self.trials.kept)

    def go_on(self, table: Table, until: float | None) -> None:
        self.table = table
        self._measure()
        done = {
            row_no: (state, client_id)
            for row_no, state, client_id in ImportRow.objects.filter(run=self.run).values_list(
                "row_no", "state", "client_id"
            )
        }
        for batch in _batches(self.table):
            self._keep()
            self.cells = dict(batch)
            fresh = []
            for row_no in self.cells:
                if row_no not in done:
                    fresh.append(row_no)
                elif done[row_no][0] == RowState.CREATED:
                    self.seen.add(self._parsed(row_no), Ref(done[row_no][1]))
            if fresh:
                self.do(fresh)
                if until is not None and time.monotonic() > until:
                    self._save(lease_until=None)
                    return
        self._finish()

    def _measure(self) -> None:
        """Counts the rows before anything is written, so that a file beyond the limits leaves nothing behind."""
        if "total" in self.counts:
            return
        total = 0
        for _row in self.table.rows():
            total += 1
            self._keep()
        self.counts["total"] = total
        file_codes = [str(RowCode.WARNING_COLOUR)] if self.table.header.has_colour else []
        self.counts["warnings"] += len(file_codes)
        header = self.table.header
        self.run.mapping = {
            "columns": {meaning: list(places) for meaning, places in header.columns.items()},
            "kept": [title for _place, title in header.extra],
            "encoding": self.table.encoding,
            "separator": self.table.separator,
            "codes": file_codes,
        }
        self._save(lease_until=self.lease)

    def _keep(self) -> None:
        """Holds the run while rows are only read: half of the lease must always be left."""
        now = clock.now()
        if self.lease - now > _LEASE / 2:
            return
        held = ImportRun.objects.filter(pk=self.run.pk, lease_until=self.lease, state=ImportState.RUNNING)
        if not held.update(lease_until=now + _LEASE):
            raise _LostLease
        self.lease = self.run.lease_until = now + _LEASE

    def hold(self, kept: dict[str, Any]) -> None:
        held = ImportRun.objects.filter(pk=self.run.pk, lease_until=self.lease, state=ImportState.RUNNING)
        if not held.update(trials=kept):
            raise _LostLease

    def work(self, ids: list[int], kept: dict[str, Any]) -> dict[str, int]:
        rows = [self._parsed(row_no) for row_no in ids]
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._write_once(rows, kept)
                break
            except (IntegrityError, OperationalError):
                # A form was faster with the same phone or ИНН: read the base again, the row is a duplicate now.
                if attempt == _ATTEMPTS:
                    raise
        return {}

    def set_aside(self, one: int, reason: str, kept: dict[str, Any]) -> None:
        """The row ends here; a person reads which one it was and may bring it in another file."""
        self._write_once([ParsedRow(row_no=one, error=RowCode.ERROR_BROKEN)], kept)

    def _parsed(self, row_no: int) -> ParsedRow:
        return parse_row(row_no, self.cells[row_no], self.table.header)

    def _write_once(self, rows: list[ParsedRow], kept: dict[str, Any]) -> None:
        kept["attempts"] = 0
        counts = dict(self.counts)
        pending = Known()
        lease = clock.now() + _LEASE
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IMPORT_LOCK])
            base = in_base(rows)
            verdicts: list[tuple[ParsedRow, str, tuple[str, ...], Ref]] = []
            accepted: list[tuple[ParsedRow, Ref]] = []
            for row in rows:
                state, code, ref = _judge(row, (self.seen, pending, base))
                if state == RowState.CREATED:
                    pending.add(row, ref)
                    accepted.append((row, ref))
                verdicts.append((row, state, (code,) if code else row.codes, ref))
                counts["rows"] += 1
                counts[_COUNT_OF[RowState(state)]] += 1
                counts["warnings"] += state == RowState.CREATED and _is_warned(row)
            if not self.run.is_dry:
                write_clients(self.run, accepted)
            ImportRow.objects.bulk_create(
                [
                    ImportRow(
                        run=self.run,
                        row_no=row.row_no,
                        state=state,
                        name=row.name,
                        codes=list(codes),
                        client_id=ref.pk,
                    )
                    for row, state, codes, ref in verdicts
                ]
            )
            held = ImportRun.objects.filter(pk=self.run.pk, lease_until=self.lease, state=ImportState.RUNNING)
            if not held.update(lease_until=lease, counts=counts, trials=kept):
                raise _LostLease
        self.lease, self.counts, self.run.counts = lease, counts, counts
        self.seen.update(pending)

    def _save(self, *, lease_until: datetime | None) -> None:
        held = ImportRun.objects.filter(pk=self.run.pk, lease_until=self.lease, state=ImportState.RUNNING)
        if not held.update(lease_until=lease_until, counts=self.counts, mapping=self.run.mapping):
            raise _LostLease
        self.run.counts, self.run.lease_until = self.counts, lease_until

    def _finish(self) -> None:
        name = None if self.run.is_dry else self.run.file.name
        changes: dict[str, Any] = {"state": ImportState.DONE, "finished_at": clock.now(), "lease_until": None}
        if name:
            changes["file"] = ""
        with transaction.atomic():
            held = ImportRun.objects.filter(pk=self.run.pk, lease_until=self.lease, state=ImportState.RUNNING)
            if not held.update(counts=self.counts, trials={}, **changes):
                raise _LostLease
            after = {key: self.counts[key] for key in COUNTS}
            after |= {"is_dry": self.run.is_dry, "codes": self.run.mapping.get("codes", [])}
            record(action="import.finish", obj=self.run, actor=self.run.started_by, after=after)
        for field, value in changes.items():
            setattr(self.run, field, value)
        _forget_file(name)


def _judge(row: ParsedRow, places: tuple[Known, ...]) -> tuple[str, str, Ref]:
    if row.error:
        return RowState.ERROR, row.error, Ref()
    found = match(row, places)
    if found is None:
        return RowState.CREATED, "", Ref()
    code, ref = found
    return RowState.DUPLICATE, code, ref


def _is_warned(row: ParsedRow) -> bool:
    return any(code.startswith("warning_") for code in row.codes)


def _batches(table: Table) -> Iterator[list[tuple[int, list[str]]]]:
    rows = table.rows()
    while batch := list(islice(rows, IMPORT_BATCH_ROWS)):
        yield batch

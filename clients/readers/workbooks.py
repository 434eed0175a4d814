"""Workbooks are parsed in a process of their own, with little memory and time; only text comes back."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from clients.choices import FileProblem
from clients.constants import (
    IMPORT_COLUMNS,
    IMPORT_READER_MEMORY,
    IMPORT_READER_OUTPUT,
    IMPORT_READER_PATIENCE,
    IMPORT_READER_SECONDS,
    IMPORT_ROWS,
    IMPORT_SHEET_CELLS,
    IMPORT_UNPACKED_BYTES,
    IMPORT_UNPACKED_RATIO,
    IMPORT_ZIP_ENTRIES,
)
from clients.readers.errors import ReadError
from common.workbooks import REFUSED, Limits

logger = logging.getLogger(__name__)

LIMITS: Final = Limits(
    rows=IMPORT_ROWS,
    columns=IMPORT_COLUMNS,
    cells=IMPORT_SHEET_CELLS,
    entries=IMPORT_ZIP_ENTRIES,
    unpacked=IMPORT_UNPACKED_BYTES,
    ratio=IMPORT_UNPACKED_RATIO,
    memory=IMPORT_READER_MEMORY,
    seconds=IMPORT_READER_SECONDS,
    output=IMPORT_READER_OUTPUT,
)


@dataclass(frozen=True)
class Sheet:
    """The first sheet of a book, as the reader wrote it into a nameless file; may be walked again and again."""

    lines: IO[str]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        self.lines.seek(0)
        for line in self.lines:
            number, cells = json.loads(line)
            yield number, cells


def open_sheet(path: Path, limits: Limits | None = None) -> Sheet:
    """The rows of the first sheet as `(row number, cells)`. ReadError for bombs and damaged or protected books.

    A reader that dies, or needs more than it is given, has met a bomb.
    """
    lines = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - it lives as long as the sheet
    # The reader gets no secrets with its environment.
    command = [sys.executable, "-m", "common.workbooks", str(path), (limits or LIMITS).as_text()]
    try:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=subprocess.PIPE,
            timeout=IMPORT_READER_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        lines.close()
        raise ReadError("bomb") from None
    if done.returncode == 0:
        return Sheet(lines)
    lines.close()
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode == REFUSED and said in FileProblem.values:
        raise ReadError(said)
    logger.warning("The reader of workbooks ended with %s: %s", done.returncode, said[-500:])
    raise ReadError("bomb")

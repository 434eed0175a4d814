"""The process that reads one workbook and forbids itself more than the limits allow."""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from common.workbooks.limits import Limits, WorkbookError
from common.workbooks.rows import rows_of

REFUSED: Final = 3  # exit status of a reader that found a reason, written to its stderr


def _confine(limits: Limits) -> None:
    """No way back for this process: memory, processor time, written bytes and core files are bounded from here on."""
    wanted = (
        ("RLIMIT_AS", limits.memory),
        ("RLIMIT_CPU", limits.seconds),
        ("RLIMIT_FSIZE", limits.output),
        ("RLIMIT_CORE", 0),
    )
    for name, value in wanted:
        # Not every system knows every limit; those it knows hold.
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def main(arguments: list[str]) -> int:
    """Writes the rows of a book as lines of JSON, `[number, [cells]]`, and the reason of a refusal to stderr."""
    path, limits = Path(arguments[0]), Limits(**json.loads(arguments[1]))
    _confine(limits)
    try:
        for number, cells in rows_of(path, limits):
            sys.stdout.write(json.dumps([number, cells], ensure_ascii=False) + "\n")
        sys.stdout.flush()
    except WorkbookError as problem:
        code = problem.code
    except (MemoryError, OSError):
        code = "bomb"
    else:
        return 0
    sys.stderr.write(code)
    return REFUSED

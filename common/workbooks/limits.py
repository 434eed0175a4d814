"""What a workbook may be at most, and the refusal of one that is more."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


class WorkbookError(ValueError):
    """The whole book is refused. `code`: bomb, broken, password, too_large, too_many_rows, too_many_columns."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What a book may be at most. Sizes in bytes, `cells` is the filled area, `seconds` are those of the processor."""

    rows: int
    columns: int
    cells: int
    entries: int
    unpacked: int
    ratio: int
    memory: int
    seconds: int
    output: int

    def as_text(self) -> str:
        return json.dumps(asdict(self))

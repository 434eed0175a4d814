"""The shared texts of a workbook: one long text may be named by every cell of a sheet."""

from __future__ import annotations

import zipfile

from common.workbooks.archive import Parts, local
from common.workbooks.limits import Limits, WorkbookError


def check_text(archive: zipfile.ZipFile, sheet: str, strings: str, cells: int, limits: Limits) -> None:
    """One long text may be named by every cell of a sheet: all of it together must fit into the output."""
    lengths = _Lengths()
    Parts(archive, strings).feed(lengths.start, lengths.end, lengths.text)
    if cells * max(lengths.found, default=0) <= limits.output:
        return
    named = _Named(lengths.found, limits)
    Parts(archive, sheet).feed(named.start, named.end, named.text)


class _Lengths:
    """How long each shared text is."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self._length = 0
        self._is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if tag == "si":
            self._length = 0
        self._is_text = tag == "t"

    def text(self, data: str) -> None:
        if self._is_text:
            self._length += len(data)

    def end(self, name: str) -> None:
        self._is_text = False
        if local(name) == "si":
            self.found.append(self._length)


class _Named:
    """Adds up the shared texts that the cells of a sheet name."""

    def __init__(self, lengths: list[int], limits: Limits) -> None:
        self.lengths, self.left = lengths, limits.output
        self._is_shared = False
        self._number: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if tag == "c":
            self._is_shared = attributes.get("t") == "s"
        elif tag == "v" and self._is_shared:
            self._number = []

    def text(self, data: str) -> None:
        if self._number is not None and len(self._number) < 9:
            self._number.append(data)

    def end(self, name: str) -> None:
        if self._number is None or local(name) != "v":
            return
        digits = "".join(self._number).strip()
        self._number = None
        if digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits) < len(self.lengths):
            self.left -= self.lengths[int(digits)]
        if self.left < 0:
            raise WorkbookError("bomb")

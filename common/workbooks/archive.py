"""The archive a workbook is: unpacked once to be counted, read part by part as strict XML."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from common.workbooks.limits import Limits, WorkbookError

_CHUNK: Final = 1 << 16
# Below this a high ratio harms nobody: styles and empty sheets compress a hundredfold.
_RATIO_FREE_BYTES: Final = 1 << 20
BAD_ZIP: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
_DEEPEST: Final = 64  # elements inside each other; a sheet needs six


def guard(path: Path, limits: Limits) -> None:
    """Unpacks everything once, counting: declared sizes may lie."""
    packed = path.stat().st_size
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > limits.entries:
                raise WorkbookError("bomb")
            if sum(entry.file_size for entry in entries) > limits.unpacked:
                raise WorkbookError("bomb")
            if any(entry.flag_bits & 1 for entry in entries):
                raise WorkbookError("password")
            for entry in entries:
                size = 0
                with archive.open(entry) as stream:
                    while chunk := stream.read(_CHUNK):
                        size += len(chunk)
                        total += len(chunk)
                        _check(size, entry.compress_size, limits)
                        _check(total, packed, limits)
    except BAD_ZIP as problem:
        raise WorkbookError("broken") from problem


def _check(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.unpacked:
        raise WorkbookError("bomb")
    if unpacked > _RATIO_FREE_BYTES and unpacked > limits.ratio * max(packed, 1):
        raise WorkbookError("bomb")


class Parts:
    """A strict little reader of XML: no entities, no document type, attributes and one handler each."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name

    def feed(self, start: Any, end: Any = None, text: Any = None) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        depth = 0

        def opened(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
                raise WorkbookError("broken")
            start(name, attributes)

        def closed(name: str) -> None:
            nonlocal depth
            depth -= 1
            if end is not None:
                end(name)

        parser.StartElementHandler = opened
        parser.EndElementHandler = closed
        if text is not None:
            parser.CharacterDataHandler = text
        is_inside = False
        with self.archive.open(self.name) as stream:
            while chunk := stream.read(_CHUNK):
                # The parser would keep a tag whole, however many attributes it has.
                if is_inside and b">" not in chunk:
                    raise WorkbookError("broken")
                is_inside = chunk.rfind(b"<") > chunk.rfind(b">")
                parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _refuse_doctype(*_arguments: object) -> None:
    raise WorkbookError("broken")


def local(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition(" ")[2]

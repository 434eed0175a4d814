"""Workbooks that would fill memory or time: refused within a second of the processor and 50 MB, in a process apart."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings
from django.core.files.base import ContentFile

from clients.choices import ImportState
from clients.models import Client, ImportRun
from clients.readers import ReadError, workbooks
from clients.readers.workbooks import LIMITS, open_sheet
from clients.services import receive_import, run_import

MB = 1024 * 1024
SPACE = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"
# The same call as the product makes, with a look at what it cost.
MEASURED = """
import json, sys, time
from common import workbooks
def peak():
    lines = open("/proc/self/status").read().split("VmHWM:")[1]
    return int(lines.split()[0]) / 1024
before, started = peak(), time.process_time()
status = workbooks.main(sys.argv[1:])
sys.stderr.write(json.dumps([status, time.process_time() - started, peak() - before]))
"""


def book(rows: list[list[object]]) -> dict[str, bytes]:
    """The parts of an ordinary workbook."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_sheet(xml: bytes, **parts: bytes) -> bytes:
    return packed(book([["Компания"]]) | {"xl/worksheets/sheet1.xml": xml} | parts)


def noise(size: int) -> bytes:
    """Bytes that do not shrink, so that no ratio gives a bomb away."""
    return b"".join(zlib.crc32(number.to_bytes(4, "little")).to_bytes(4, "little") for number in range(size // 4))


def lying() -> bytes:
    """An entry of 30 MB that says it has a thousand bytes."""
    content = bytearray(with_sheet(b"0" * (30 * MB)))
    while (place := content.find((30 * MB).to_bytes(4, "little"))) >= 0:
        content[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def overlapping() -> bytes:
    """A hundred names of the central directory that all point to one packed megabyte."""
    content = packed({"a": noise(MB // 4) + b"0" * (20 * MB)})
    start = content.rfind(b"PK\x01\x02")
    end = content.rfind(b"PK\x05\x06")
    entry = content[start:end]
    tail = bytearray(content[end:])
    tail[8:12] = (100).to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * 100).to_bytes(4, "little")
    return content[:start] + entry * 100 + bytes(tail)


def echoing() -> bytes:
    """One text of 300 KB, named by a thousand cells of a thousand rows."""
    parts = book([["Компания"]])
    text = b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>%s</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(1, 2001))
    parts |= {
        "xl/sharedStrings.xml": text % (noise(200 * 1024).hex().encode()),
        "xl/worksheets/sheet1.xml": SPACE + cells + END,
    }
    return packed(parts)


def rows_of(count: int) -> bytes:
    return b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(1, count + 1))


def entity(declared: bytes) -> bytes:
    return (
        b"<!DOCTYPE x [" + declared + b"]>" + SPACE + b'<row r="1"><c t="inlineStr"><is><t>&a;</t></is></c></row>' + END
    )


LAUGHS = b'<!ENTITY b "ha"><!ENTITY a "' + b"&b;" * 1000 + b'">'
BOMBS = {
    "one entry of 110 MB in 110 KB": (lambda: with_sheet(b"0" * (110 * MB)), "bomb"),
    "one entry of 20 MB in 20 KB": (lambda: with_sheet(b"0" * (20 * MB)), "bomb"),
    "many entries, each below the limit": (lambda: packed({str(n): b"0" * (3 * MB) for n in range(40)}), "bomb"),
    "a thousand entries": (lambda: packed({f"{n}.xml": b"x" for n in range(1000)}), "bomb"),
    "a size that lies": (lying, None),
    "entries over one another": (overlapping, None),
    "a zip within a zip": (lambda: packed({"xl/a.zip": packed({"a": b"0" * (90 * MB)})}), "broken"),
    "a cell at the end of the grid": (
        lambda: with_sheet(SPACE + b'<row r="1"><c r="XFD1048576"/></row>' + END),
        "too_many_columns",
    ),
    "two cells a million rows apart": (
        lambda: with_sheet(SPACE + b'<row><c r="A1"><v>1</v></c></row><row><c r="K1048576"><v>1</v></c></row>' + END),
        "too_large",
    ),
    "60,000 rows": (lambda: with_sheet(SPACE + rows_of(60_000) + END), "too_many_rows"),
    "an entity of the file system": (lambda: with_sheet(entity(b'<!ENTITY a SYSTEM "file:///etc/passwd">')), "broken"),
    "a billion laughs": (lambda: with_sheet(entity(LAUGHS)), "broken"),
    "entities in the list of sheets": (
        lambda: packed(book([["Компания"]]) | {"xl/workbook.xml": entity(LAUGHS)}),
        "broken",
    ),
    "elements without an end": (lambda: with_sheet(SPACE + b"<a>" * 300_000), "broken"),
    "a tag of a million attributes": (
        lambda: with_sheet(SPACE + b"<row " + b" ".join(b"a%d=''" % n for n in range(200_000)) + b"/>" + END),
        "broken",
    ),
    "one long text in every cell": (echoing, "bomb"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_within_a_second_and_50_mb(tmp_path, kind):
    made, code = BOMBS[kind]
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(made())
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), LIMITS.as_text()],
        cwd=settings.BASE_DIR,
        capture_output=True,
        timeout=60,
        check=False,
    )
    said, _mark, figures = done.stderr.decode().rpartition("[")
    status, seconds, megabytes = json.loads(f"[{figures}")
    assert (status, said in {code} if code else said in {"bomb", "broken"}) == (3, True), (status, said)
    assert done.stdout == b""
    assert seconds <= 1
    assert megabytes <= 50


def test_an_ordinary_book_of_many_equal_texts_is_no_bomb(tmp_path):
    path = tmp_path / "base.xlsx"
    path.write_bytes(
        packed(book([["Компания", "Примечание"], *([f"ООО «{n}»", "одно и то же " * 300] for n in range(500))]))
    )
    assert sum(1 for _row in open_sheet(path).rows()) == 501


def test_a_worker_only_ever_sees_a_bomb_as_a_refused_file(cast):
    content = echoing()
    run = receive_import(file=ContentFile(content, name="base.xlsx"), actor=cast.volkov)
    done = run_import(run_id=run.pk)
    assert (done.state, done.error) == (ImportState.REFUSED, "bomb")
    assert not Client.objects.exists() and ImportRun.objects.count() == 1


def test_the_reader_is_confined_before_it_opens_the_file(tmp_path):
    limits = "import json, resource as r, sys; from common import workbooks; workbooks.main(sys.argv[1:]); "
    limits += "print([r.getrlimit(n) for n in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE)])"
    command = [sys.executable, "-c", limits, str(tmp_path / "absent.xlsx"), LIMITS.as_text()]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, timeout=60, check=False)
    wanted = (LIMITS.memory, LIMITS.seconds, LIMITS.output, 0)
    assert done.stdout.decode().strip() == str([(value, value) for value in wanted])


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("IMPORT_READER_PATIENCE", 0.01),
        ("LIMITS", replace(LIMITS, memory=16 * MB)),
        ("LIMITS", replace(LIMITS, output=100 * 1024)),
    ],
)
def test_a_reader_that_needs_more_than_it_is_given_dies_alone(tmp_path, monkeypatch, limit, value):
    """Patience, memory, output: whichever ends first, the worker only hears of a bomb."""
    path = tmp_path / "base.xlsx"
    lines = (b"".join(b"<c><v>%d</v></c>" % (n * 7919**3 % 10**9) for n in range(r, r + 50)) for r in range(2000))
    path.write_bytes(with_sheet(SPACE + b"".join(b"<row>%s</row>" % line for line in lines) + END))
    if limit == "IMPORT_READER_PATIENCE":
        assert sum(1 for _row in open_sheet(path).rows()) == 2000
    monkeypatch.setattr(workbooks, limit, value)
    with pytest.raises(ReadError) as refusal:
        open_sheet(path)
    assert refusal.value.code == "bomb"


def test_the_reader_knows_no_secret_of_the_application(tmp_path, monkeypatch):
    spy = tmp_path / "spy.py"
    spy.write_text("#!/bin/sh\nenv >&2\nexit 9\n")
    spy.chmod(0o700)
    monkeypatch.setenv("SECRET_KEY", "s" * 50)
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setattr(workbooks.sys, "executable", str(spy))
    heard: list[str] = []
    monkeypatch.setattr(workbooks.logger, "warning", lambda text, *values: heard.append(text % values))
    path = Path(tmp_path / "base.xlsx")
    path.write_bytes(b"PK")
    with pytest.raises(ReadError):
        open_sheet(path)
    assert "PYTHONUTF8=1" in heard[0]
    assert "secret" not in heard[0] and "sss" not in heard[0]

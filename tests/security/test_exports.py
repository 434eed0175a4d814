"""What leaves as a table runs nowhere, says what stood on the screen, and comes back as it went."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from clients.models import Client
from clients.services import receive_import, run_import
from common.books import write_book
from common.text import formula_guard, formula_unguard
from tests.factories.work import take

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = [
    "=cmd|' /C calc'!A0", "+1+1", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1",
    'a;=1', 'a,"=1', "'=1", "=HYPERLINK(\"http://x\")", "+7 916 123-45-67", "{=1}", "%0a=1",
]  # fmt: skip


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}


def exported(rows: list[list[object]]) -> bytes:
    book, _count = write_book(["Компания", "Примечание"], rows)
    with book:
        return book.read()


def test_no_text_becomes_a_formula_a_link_or_a_number():
    read = parts(exported([[text, text] for text in FORMULAS]))
    sheet = read["xl/worksheets/sheet1.xml"]
    assert "<f>" not in sheet and "<hyperlink" not in sheet
    cells = re.findall(r'<c r="\w+" s="(\d+)" t="(\w+)"', sheet)
    assert {kind for _style, kind in cells} <= {"s", "inlineStr"} and len(cells) >= 2 * len(FORMULAS)
    assert 'quotePrefix="1"' in read["xl/styles.xml"]


@pytest.mark.django_db
def test_an_exported_table_is_imported_as_the_same_names(cast):
    # A number of its own keeps names apart that are sorted alike.
    names = [f"{text} № {number}" for number, text in enumerate(FORMULAS) if text == text.strip()]
    run = receive_import(file=ContentFile(exported([[name, ""] for name in names]), name="a.xlsx"), actor=cast.volkov)
    done = run_import(run_id=run.pk)
    assert done.counts["created"] == len(names), done.error
    assert set(Client.objects.values_list("name", flat=True)) == {" ".join(name.split()) for name in names}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_guarded_cell_of_csv_starts_no_formula_and_comes_back(text):
    guarded = formula_guard(text)
    assert not re.match(r"[=+\-@\t\r\n＝＋－＠]", guarded)
    assert formula_unguard(guarded) == text


def test_telephones_and_numbers_stay_as_they_are_where_the_column_says_so():
    for text in ("+79161234567", "-5", "-5.25", "0"):
        assert formula_guard(text, is_typed=True) == text
    assert formula_guard("-5") == "'-5"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/clients/export/", "/documents/export/?tab=offers"])
def test_every_page_that_gives_a_table_writes_text_as_text(cast, as_user, path):
    from deals.services import send_offer
    from tests.factories.work import call

    cycle = take(cast, cast.ivanova, name="=1+1")
    call(cycle)
    send_offer(cycle=cycle, actor=cast.ivanova, amount=Decimal(1000), sent_on=cycle.opened_on, note="@SUM(A1)")
    response = as_user(cast.director).get(path)
    read = parts(b"".join(response.streaming_content))
    assert "<f>" not in read["xl/worksheets/sheet1.xml"]
    assert ">=1+1<" in "".join(read.values())


def test_there_is_one_writer_of_workbooks_and_every_csv_is_guarded():
    rooms = ["accounts", "clients", "funnels", "deals", "planning", "telephony", "notifications", "desk", "journal"]
    files = [path for room in [*rooms, "common"] for path in (ROOT / room).rglob("*.py")]
    importing = {str(path.relative_to(ROOT)) for path in files if re.search(r"import xlsxwriter", path.read_text())}
    writers = [path for path in files if re.search(r"csv\.(writer|DictWriter)|text/csv", path.read_text())]
    assert importing == {"common/books.py"}
    assert all("formula_guard(" in path.read_text() for path in writers)

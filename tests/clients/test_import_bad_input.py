"""Files that are no tables, lie about their size or hide what they are: a sentence, nothing written, never a crash."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from threading import Barrier, Thread

import pytest
import xlsxwriter
from django.core.files.base import ContentFile, File
from django.core.management import CommandError, call_command
from django.db import connection

from clients.choices import ImportState, Section
from clients.constants import IMPORT_FILE_BYTES
from clients.models import Client, ImportRow, ImportRun, Phone
from clients.services import confirm_import, create_client, forget_checked_files, receive_import, run_import
from common.errors import Conflict, Invalid, NotAllowed
from journal.models import AuditEvent

HEAD = "Компания;ИНН;Мобильный телефон;Рабочий телефон;Рабочий email"


def bring(cast, content: bytes | str, name="a.csv", *, dry=False, actor=None) -> ImportRun:
    content = content.encode() if isinstance(content, str) else content
    run = receive_import(file=ContentFile(content, name=name), actor=actor or cast.volkov, is_dry=dry)
    return run_import(run_id=run.pk)


def workbook(rows) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    return buffer.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sheet_with(xml: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook([["Компания"]]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = xml
    return zipped(parts)


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "binary"),
        (b"%PDF-1.7 ...", "binary"),
        (bytes(range(256)) * 20, "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_the_door(cast, content, code):
    with pytest.raises(Invalid) as refusal:
        receive_import(file=ContentFile(content, name="a.csv"), actor=cast.volkov)
    assert (refusal.value.code, list(refusal.value.fields)) == (code, ["file"])
    assert not ImportRun.objects.exists()


def test_a_file_beyond_25_mb_is_refused_before_it_is_read(cast, tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(IMPORT_FILE_BYTES + 1)
    with path.open("rb") as file, pytest.raises(Invalid) as refusal:
        receive_import(file=File(file, name="big.csv"), actor=cast.volkov)
    assert refusal.value.code == "too_large"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(CommandError) as refusal:
        call_command("import_clients", str(path), "--owner", "volkov")
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("привет\nмир\n", "no_header"),
        ("Город;Должность\nОмск;директор\n", "no_name_column"),
        ("Компания;ИНН\nА;1\n".encode("koi8-r"), "no_header"),
        ("Компания;ИНН\nА;1\n".encode() + b"\xff\x98", "encoding"),
        ("Компания;" + ";".join(f"к{n}" for n in range(5000)) + "\nА\n", "too_many_columns"),
        (b"PK\x03\x04 not a zip at all", "broken"),
        (zipped({"hello.txt": b"hello"}), "broken"),
        (zipped({f"{n}.xml": b"x" for n in range(1000)}), "bomb"),
        (zipped({"xl/worksheets/sheet1.xml": b"\x00" * (120 * 1024 * 1024)}), "bomb"),
        (zipped({"xl/worksheets/sheet1.xml": b"\x00" * (20 * 1024 * 1024)}), "bomb"),
        (sheet_with(b"<worksheet><sheetData>"), "broken"),
        (sheet_with(b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + _SHEET + b"<sheetData/></worksheet>"), "broken"),
        (
            sheet_with(_SHEET + b'<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'),
            "too_many_columns",
        ),
        (
            sheet_with(
                _SHEET + b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
                b'<row r="1048576"><c r="K1048576"><v>1</v></c></row></sheetData></worksheet>'
            ),
            "too_large",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_leaves_nothing(cast, content, code):
    run = bring(cast, content)
    assert (run.state, run.error) == (ImportState.REFUSED, code)
    assert not Client.objects.exists()
    assert not ImportRow.objects.exists()
    assert AuditEvent.objects.filter(action="import.refuse").count() == 1
    assert not run.file


def test_an_entry_that_lies_about_its_size_is_measured_while_unpacking(cast):
    bomb = bytearray(zipped({"xl/workbook.xml": b"\x00" * (30 * 1024 * 1024)}))
    real = (30 * 1024 * 1024).to_bytes(4, "little")
    lie = (1000).to_bytes(4, "little")
    while (place := bomb.find(real)) >= 0:
        bomb[place : place + 4] = lie
    run = bring(cast, bytes(bomb), "a.xlsx")
    assert run.state == ImportState.REFUSED
    assert run.error in ("bomb", "broken")


def test_more_than_fifty_thousand_rows_write_nothing(cast):
    run = bring(cast, "Компания\n" + "".join(f"К{n}\n" for n in range(50_001)))
    assert (run.state, run.error) == (ImportState.REFUSED, "too_many_rows")
    assert not Client.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_every_usual_encoding_and_separator_is_recognised(cast, encoding, separator):
    text = f'Название{separator}КОМПАНИЯ {separator}Телефон\r\nх{separator}"Заря; ""Север""\nфилиал"{separator}89161234567\r\n'
    run = bring(cast, text.encode(encoding))
    assert run.counts["created"] == 1, (run.error, run.mapping)
    client = Client.objects.get()
    assert client.name == 'Заря; "Север" филиал'
    assert Phone.objects.get().e164 == "+79161234567"


def test_titles_in_any_case_order_and_number_are_recognised(cast):
    run = bring(
        cast,
        "мобильный ТЕЛЕФОН;  Компания контакта ;Рабочий телефон;Бюджет ;Рабочий телефон;Факс;Цвет;Рабочий e-mail\n"
        "+79161234567;Альфа;8 495 123-45-67;1000;8-800-555-35-35;8 495 000;GREEN;A@b.ru, c@d.ru\n",
    )
    assert run.counts == {"rows": 1, "created": 1, "duplicates": 0, "errors": 0, "warnings": 1, "total": 1}
    assert run.mapping["codes"] == ["warning_colour"]
    client = Client.objects.get()
    assert sorted(client.phones.values_list("e164", flat=True)) == ["+74951234567", "+78005553535", "+79161234567"]
    assert sorted(client.emails.values_list("address", flat=True)) == ["a@b.ru", "c@d.ru"]
    assert (client.imported_budget, client.imported_extra) == ("1000", {"Факс": "8 495 000"})


def test_bad_rows_are_named_by_number_and_good_ones_come_in(cast):
    long, wide = "я" * 10_000, "x" * 40_000
    text = f"{HEAD}\nА;;;;\n;;;;\n{long};;;;\nБ\x00;;;;\n{wide};;;;\n—;123;+79161234567;;\nВ;;;;;лишнее\nГ\n"
    run = bring(cast, text)
    states = {row.row_no: (row.state, row.codes) for row in ImportRow.objects.all()}
    assert states == {
        2: ("created", []),
        4: ("error", ["error_long"]),
        5: ("error", ["error_text"]),
        6: ("error", ["error_cell"]),
        7: ("error", ["error_name"]),
        8: ("created", ["warning_extra_cells"]),
        9: ("created", []),
    }
    assert (run.counts["rows"], run.counts["errors"], run.counts["warnings"]) == (7, 4, 1)


def test_text_of_formulas_and_html_comes_in_as_text_and_guards_come_off(cast):
    bring(cast, "Компания;Примечание\n\"=cmd|' /C calc'!A0\";<script>alert(1)</script>\n'+Плюс;a\n-5;b\n")
    assert set(Client.objects.values_list("name", flat=True)) == {"=cmd|' /C calc'!A0", "+Плюс", "-5"}
    assert Client.objects.get(name__startswith="=cmd").note == "<script>alert(1)</script>"


def test_an_unclosed_quote_is_an_error_of_its_row(cast):
    body = "".join(f"К{n};;;;\n" for n in range(9_000))
    run = bring(cast, f'{HEAD}\nА;;;;\n"Б;;;;\n{body}')
    assert (run.counts["rows"], run.counts["created"], run.counts["errors"]) == (2, 1, 1)
    assert ImportRow.objects.get(row_no=3).codes == ["error_cell"]


def test_duplicates_are_found_by_inn_then_phone_then_email_then_name(cast):
    create_client(data={"name": "ООО «Заря»", "inn": "7707083893"}, actor=cast.belov)
    create_client(data={"name": "Север", "phone": "+79161234567", "email": "a@b.ru"}, actor=cast.belov)
    run = bring(
        cast,
        f'{HEAD}\nДругое имя;7707083893;;;\nИмя;;8 916 123 45 67;;\nИмя 2;;;;A@B.RU\nАО "ЗАРЯ";;;;\n'
        "Заря;500100732259;;;\nНовый;;;89031234567;\nНовый тоже;;+7 903 123-45-67;;\nНовый;;;;\n",
    )
    codes = {row.row_no: row.codes for row in ImportRow.objects.all()}
    assert codes == {
        2: ["duplicate_inn"],
        3: ["duplicate_phone"],
        4: ["duplicate_email"],
        5: ["duplicate_name"],
        6: [],
        7: [],
        8: ["duplicate_phone"],
        9: ["duplicate_name"],
    }
    assert (run.counts["created"], run.counts["duplicates"]) == (2, 6)


def test_namesakes_with_different_inn_are_two_companies(cast):
    run = bring(cast, f"{HEAD}\nЗаря;7707083893;;;\nЗаря;500100732259;;;\n")
    assert run.counts["created"] == 2


def test_a_workbook_keeps_numbers_dates_and_uncomputed_formulas_as_text(cast):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, ["Компания", "ИНН", "Телефон", "Бюджет", "Дата"])
        sheet.write_row(3, 1, ["Альфа", 7707083893, 79161234567, 12.5])
        sheet.write_datetime(3, 5, dt.datetime(2026, 3, 1), book.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.write_formula(4, 1, "=1+1", None, "")
    run = bring(cast, buffer.getvalue(), "b.xlsx")
    assert run.counts["created"] == 2, run.error
    client = Client.objects.get(name="Альфа")
    assert (client.inn, client.imported_budget, client.imported_extra) == ("7707083893", "12.5", {"Дата": "01.03.2026"})
    assert client.phones.get().e164 == "+79161234567"
    assert Client.objects.filter(name="=1+1").exists()
    assert list(ImportRow.objects.values_list("row_no", flat=True)) == [4, 5]


def test_won_deals_become_customers_and_nobody_owns_them(cast):
    bring(
        cast, "Компания;Этап сделки;Ответственный;Владелец\nА;УСПЕШНО  реализовано;Иванова;ivanova\nБ;Договор;Петров;\n"
    )
    first, second = Client.objects.order_by("name")
    assert (first.section, first.owner, first.imported_responsible) == (Section.CUSTOMERS, None, "Иванова")
    assert (second.section, second.owner, second.imported_stage) == (Section.CALL_BASE, None, "Договор")
    assert first.imported_extra == {"Владелец": "ivanova"}


def test_a_check_is_imported_once_by_the_same_person_from_the_same_bytes(cast):
    run = bring(cast, f"{HEAD}\nА;;;;\n", dry=True)
    assert not Client.objects.exists()
    with pytest.raises(NotAllowed):
        confirm_import(run=run, actor=cast.director)
    real = confirm_import(run=run, actor=cast.volkov)
    with pytest.raises(Conflict):
        confirm_import(run=run, actor=cast.volkov)
    assert run_import(run_id=real.pk).counts["created"] == 1


def test_the_copy_of_a_checked_file_is_deleted_after_a_day(cast):
    run = bring(cast, f"{HEAD}\nА;;;;\n", dry=True)
    path = Path(run.file.path)
    assert forget_checked_files() == 0
    assert path.exists()
    ImportRun.objects.update(finished_at=run.finished_at - dt.timedelta(hours=25))
    assert forget_checked_files() == 1
    assert not path.exists()
    with pytest.raises(Conflict):
        confirm_import(run=run, actor=cast.volkov)


def test_a_stored_file_that_was_swapped_is_not_imported(cast):
    run = receive_import(file=ContentFile(f"{HEAD}\nА;;;;\n".encode(), name="a.csv"), actor=cast.volkov)
    with Path(run.file.path).open("ab") as file:
        file.write("Б;;;;\n".encode())
    done = run_import(run_id=run.pk)
    assert (done.state, done.error) == (ImportState.REFUSED, "changed")
    assert not Client.objects.exists()


def test_the_file_is_stored_under_a_name_of_our_own(cast):
    run = receive_import(
        file=ContentFile(f"{HEAD}\nА;;;;\n".encode(), name="../../etc/пасс\u202eword\r\n.csv"), actor=cast.volkov
    )
    assert run.file.name.startswith("imports/")
    assert "etc" not in run.file.name
    assert "\n" not in run.file_name and "/" not in run.file_name


def test_who_does_not_sell_imports_nothing(cast):
    for person in (cast.accountant, cast.quality, cast.admin):
        with pytest.raises(NotAllowed):
            receive_import(file=ContentFile(b"x", name="a.csv"), actor=person)
    with pytest.raises(Invalid):
        receive_import(file=ContentFile(b"x", name="a.csv"), actor=cast.director)


def test_the_command_says_what_is_wrong(cast, tmp_path):
    for arguments, code in (
        ([str(tmp_path / "none.csv"), "--owner", "volkov"], 1),
        ([str(tmp_path), "--owner", "volkov"], 1),
        ([str(tmp_path / "none.csv"), "--owner", "nobody"], 1),
    ):
        with pytest.raises(CommandError) as refusal:
            call_command("import_clients", *arguments)
        assert refusal.value.returncode == code
    path = tmp_path / "bad.csv"
    path.write_text("привет\n")
    with pytest.raises(CommandError) as refusal:
        call_command("import_clients", str(path), "--owner", "volkov")
    assert refusal.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_rows_at_once_write_each_client_once(cast):
    # No phone and no INN: nothing but the lock of the import keeps the names apart.
    body = "".join(f"Компания {n};;;;\n" for n in range(1200))
    runs = [
        receive_import(file=ContentFile(f"{HEAD}\n{body}".encode(), name="a.csv"), actor=cast.volkov),
        receive_import(file=ContentFile(f"{HEAD}\n{body}\n".encode(), name="b.csv"), actor=cast.boss),
    ]
    runs += [runs[0]]
    start = Barrier(len(runs))
    problems = []

    def work(run) -> None:
        try:
            start.wait()
            run_import(run_id=run.pk)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Client.objects.count() == 1200
    first, second = ImportRun.objects.order_by("pk")
    assert first.counts["created"] + second.counts["created"] == 1200
    assert first.counts["duplicates"] + second.counts["duplicates"] == 1200


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_faster_than_the_import_makes_the_row_a_duplicate(cast):
    run = receive_import(
        file=ContentFile(f"{HEAD}\nИз файла;;89161234567;;\n".encode(), name="a.csv"), actor=cast.volkov
    )
    from clients.services.imports import engine

    looked = engine.in_base
    raced = []

    def slow(rows):
        known = looked(rows)
        if not raced:
            raced.append(1)
            thread = Thread(target=lambda: (_create(cast), connection.close()))
            thread.start()
            thread.join()
        return known

    engine.in_base = slow
    try:
        done = run_import(run_id=run.pk)
    finally:
        engine.in_base = looked
    assert (done.counts["created"], done.counts["duplicates"]) == (0, 1)
    assert Client.objects.get().name == "Из формы"


def _create(cast) -> None:
    create_client(data={"name": "Из формы", "phone": "+79161234567"}, actor=cast.ivanova)

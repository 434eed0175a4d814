"""Targets from a table: read as people write them, told by row and column, written all or not at all."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from common.books import write_book
from journal.models import AuditEvent
from planning.models import MonthTarget, YearPlan
from planning.readers import template_head
from tests.factories.work import on
from tests.planning.test_year_pages import approved, rub
from tests.planning.test_year_plans import months_of

JANUARY, NOVEMBER = date(2026, 1, 12), date(2026, 11, 10)
URL = "/plan/year/import/?year=2026"
MONTHS = "Январь;Февраль;Март;Апрель;Май;Июнь;Июль;Август;Сентябрь;Октябрь;Ноябрь;Декабрь"

pytestmark = pytest.mark.django_db


def send(browser, body, into="drafts", reason="план на год", name="план.csv"):
    file = SimpleUploadedFile(name, body if isinstance(body, bytes) else body.encode())
    answer = browser.post(URL, {"file": file, "into": into, "reason": reason})
    return answer, unescape(answer.content.decode())


def write(browser, page):
    return browser.post(URL, {"checked": re.search(r'name="checked" value="([^"]+)"', page)[1]})


def test_the_filled_template_becomes_drafts_to_the_kopeck_only_after_the_check(as_user, cast):
    with on(JANUARY):
        browser = as_user(cast.director)
        empty = browser.get("/plan/year/import/template/")
        rows = CalamineWorkbook.from_filelike(BytesIO(b"".join(empty.streaming_content))).get_sheet_by_index(0)
        lines = rows.to_python()
        assert lines[0] == template_head() and [cast.sales.name, cast.ivanova.full_name] in [one[:2] for one in lines]
        amounts = [Decimal("1000000.01") + month for month in range(12)]
        filled = [[cast.sales.name, "", *amounts, sum(amounts)], [cast.other.name, "belov", *[None] * 12, Decimal(247)]]
        book, _count = write_book(template_head(), filled)
        answer, page = send(browser, book.read(), name="план.xlsx")
        assert answer.status_code == 200 and 'id="checked"' in page and rub("12 000 066,12 ₽") in page
        assert not YearPlan.objects.exists(), "a check writes nothing"
        assert write(browser, page).status_code == 303
    plan = YearPlan.objects.get(user=None)
    assert (plan.status, plan.reason) == ("draft", "план на год")
    assert months_of(plan) == dict(zip(range(1, 13), amounts, strict=True))
    assert months_of(YearPlan.objects.get(user=cast.belov))[1] == 15, "247 roubles over 247 working days"
    events = AuditEvent.objects.filter(action__in=["plan.draft", "target.import"])
    assert events.count() == 3 and set(events.values_list("via", flat=True)) == {"import"}


def test_the_company_and_segments_are_read_as_drafts_and_never_as_months(as_user, cast):
    body = (
        "Отдел;Менеджер;Сегмент;Год\n"
        f"Компания;;;1000\n;;{cast.small.name};300\n{cast.sales.name};;{cast.large.name};500\n;belov;{cast.small.name};70\n"
    )
    with on(JANUARY):
        browser = as_user(cast.director)
        refused, page = send(browser, body, into="targets")
        assert refused.status_code == 422 and page.count("следуют из их года") == 3 + 1
        answer, page = send(browser, body)
        assert answer.status_code == 200 and f"{cast.sales.name} · {cast.large.name}" in page
        assert write(browser, page).status_code == 303
        for wrong, told in (
            (f"Отдел;Сегмент;Год\n{cast.sales.name};Неведомый;1\n", "Такого сегмента нет"),
            ("Отдел;Менеджер;Год\nКомпания;belov;1\n", "У компании нет своего менеджера"),
            ("Отдел;Год\nКомпания;1\nкомпания;2\n", "уже стоит в строке 2"),
        ):
            answer, page = send(browser, wrong)
            assert answer.status_code == 422 and told in page, wrong
        answer, page = send(as_user(cast.volkov), "Отдел;Год\nКомпания;1\n")
        assert answer.status_code == 422 and "Среди ваших отделов такого нет" in page
        answer, page = send(as_user(cast.volkov), f"Сегмент;Год\n{cast.medium.name};40\n")
        assert answer.status_code == 200 and f"{cast.sales.name} · {cast.medium.name}" in page
    drafts = {(one.department, one.user, one.segment): one.amount for one in YearPlan.objects.filter(status="draft")}
    assert drafts == {
        (None, None, None): 1000,
        (None, None, cast.small): 300,
        (cast.sales, None, cast.large): 500,
        (cast.other, cast.belov, cast.small): 70,
    }
    assert not MonthTarget.objects.exists()


def test_targets_of_months_are_set_where_the_month_is_not_over(as_user, cast):
    table = f"Сотрудник;{MONTHS}\nМария Иванова;" + ";".join(["100 000,50"] * 12) + "\n"
    with on(NOVEMBER):
        browser = as_user(cast.volkov)
        _answer, page = send(browser, table.encode("cp1251"), into="targets", reason="решение отдела")
        assert not MonthTarget.objects.exists()
        assert write(browser, page).status_code == 303
        assert write(browser, page).status_code == 303, "a second press changes nothing"
    found = MonthTarget.objects.order_by("month").values_list("month", "amount", "user", "reason", "version")
    assert list(found) == [
        (date(2026, month, 1), Decimal("100000.50"), cast.ivanova.pk, "решение отдела", 1) for month in (11, 12)
    ]


def test_months_over_keep_the_approved_plan_in_an_imported_draft(as_user, cast):
    with on(JANUARY):
        before = months_of(approved(cast))
    with on(NOVEMBER):
        browser = as_user(cast.director)
        _answer, page = send(browser, f"Отдел;{MONTHS}\n{cast.sales.name};" + ";".join(["5"] * 12))
        write(browser, page)
        draft = YearPlan.objects.get(status="draft")
    assert months_of(draft) == {**before, 11: 5, 12: 5} and (draft.leads, draft.version) == (7143, 2)


def test_every_fault_is_told_by_its_row_and_column_and_nothing_is_written(as_user, cast):
    twelve = ";".join(["1"] * 12)
    table = "\n".join(
        [
            "Планы на год",
            f"Отдел;Менеджер;{MONTHS};Год",
            f";ivanova;{twelve};12",
            f";Иванова Мария;{twelve};",
            f";Петров Пётр;{twelve};",
            f";petrov;{twelve.replace('1', 'много', 1)};",
            f";kuznetsova;{twelve};13",
            f";smirnova;{twelve[:-1]};",
            f"Нет такого;;{twelve};",
            ";belov;;;;;;;;;;;;;12",
            f";;{twelve};",
            ";orlov;-5;1;1;1;1;1;1;1;1;1;1;1;",
        ]
    )
    with on(JANUARY):
        answer, page = send(as_user(cast.volkov), table)
    assert answer.status_code == 422 and 'id="checked"' not in page and "Ничего не записано" in page
    told = re.findall(r'data-label="Строка">(\d+|—)</td><td data-label="Столбец">([^<]*)</td>', page)
    assert told == [
        ("4", "—"),
        ("5", "Менеджер"),
        ("6", "Январь"),
        ("7", "Год"),
        ("8", "Декабрь"),
        ("9", "Отдел"),
        ("10", "Менеджер"),
        ("11", "—"),
        ("12", "Январь"),
    ]
    assert not YearPlan.objects.exists() and not MonthTarget.objects.exists()
    assert not AuditEvent.objects.filter(via="import").exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "id_file_error"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "id_file_error"),
        (b"PK\x03\x04" + bytes(500), "id_file_error"),
        (b"x;" * 700_000, "id_file_error"),
        ("Имя;Телефон\nИванова;1", "строка заголовков"),
        ("Менеджер;Январь;Март\nivanova;1;2", "Февраль"),
        ("Город;Год\nМосква;2", "«Менеджер»"),
        (f"Менеджер;{MONTHS}\n", "ни одной строки"),
        ("Менеджер;Год\n" + "ivanova;1\n" * 600, "500"),
    ],
)
def test_what_is_no_table_of_targets_is_refused_in_words(as_user, cast, body, words):
    with on(JANUARY):
        answer, page = send(as_user(cast.volkov), body)
    assert answer.status_code == 422 and words in page, page[-3000:]
    assert not YearPlan.objects.exists()


def test_a_check_is_written_by_its_person_only_and_not_for_others(as_user, cast):
    with on(JANUARY):
        _answer, page = send(as_user(cast.director), f"Отдел;Год\n{cast.sales.name};1000000")
        refused = write(as_user(cast.volkov), page)
        assert refused.status_code == 422 and not YearPlan.objects.exists()
        forged = as_user(cast.volkov).post(URL, {"checked": "eyJ5ZWFyIjoyMDI2fQ:1:x"})
        assert forged.status_code == 422
        for stranger in (cast.ivanova, cast.accountant, cast.admin):
            assert as_user(stranger).get(URL).status_code == write(as_user(stranger), page).status_code == 404
    with on(date(2026, 1, 13)):
        assert write(as_user(cast.director), page).status_code == 422, "a day later"
    assert not YearPlan.objects.exists()

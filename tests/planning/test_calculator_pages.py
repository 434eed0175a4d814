"""The plan calculator in the browser's terms: numbers of the address, defaults and their source, wrong and extreme input."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO
from urllib.parse import urlencode

import pytest
import python_calamine as calamine

from accounts.models import User
from funnels.models import Contact, SalesCycle
from planning.views.calculators import read_number
from tests.factories.money import open_cycle
from tests.factories.work import on

TODAY = date(2026, 11, 20)
HTMX = {"HTTP_HX_REQUEST": "true"}
NBSP = "\u00a0"
RATES = {
    "invoice_to_payment": "70 %",
    "offer_to_invoice": "60",
    "productive_to_offer": "80 %",
    "held_to_productive": "60 %",
    "appointed_to_held": "83 %",
    "call_to_appointed": "20 %",
}
EXAMPLE = {
    "target": "3 000 000 ₽",
    "average_cheque": "60 000",
    "month": "2026-02",
    "working_days": "",
    "managers": "2",
    **RATES,
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 8):
        yield


def ask(client, path, numbers, **headers):
    return client.get(f"{path}?{urlencode(numbers)}", **headers)


def plain(response):
    return unescape(response.content.decode()).replace(NBSP, " ")


def rows_of(response):
    """The first sheet of a workbook in an answer."""
    book = calamine.CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def test_the_worked_example_of_the_method_through_the_page(as_user, cast):
    page = plain(ask(as_user(cast.volkov), "/calculators/plan/", EXAMPLE))
    for digits in ("50", "72", "120", "150", "250", "302", "1 510"):
        assert f"<b>{digits}</b>" in page, digits
    for digits in ("1,32", "1,89", "3,16", "3,95", "6,58", "7,95", "39,74", "755", "157 894,74 ₽", "78 947,37 ₽"):
        assert digits in page, digits
    assert "нужно 5,5 хантера вместо 2" in page
    assert "250 / 45,6 = 5,48" in page
    assert "36,5 %" in page
    assert "/calculators/staffing/?" in page and "1,09 млн ₽" in page
    assert "производственный календарь: 19 рабочих дней" in page


@pytest.mark.parametrize(
    ("text", "number"),
    [("1 234,56", "1234.56"), ("0.5", "0.5"), ("−3", "-3"), ("12\u00a0000", "12000"), ("1e9", None), ("", None)],
)
def test_numbers_are_read_as_russians_write_them(text, number):
    found = read_number(text)
    assert (None if found is None else str(found)) == number


def test_a_page_without_numbers_starts_from_data_and_says_where_each_came_from(as_user, cast):
    page = plain(as_user(cast.volkov).get("/calculators/plan/"))
    assert "норма метода" in page and "действующие хантеры отдела" in page
    assert "плана ещё нет: факт прошлого месяца" in page
    assert 'name="managers" value="3"' in page
    assert "Для цели 0 делать нечего" in page


def test_the_answer_alone_comes_back_while_a_person_types(as_user, cast, django_assert_max_num_queries):
    client = as_user(cast.volkov)
    with django_assert_max_num_queries(6):
        fragment = plain(ask(client, "/calculators/plan/", EXAMPLE, **HTMX))
    assert "5,48" in fragment and "<html" not in fragment and 'name="target"' not in fragment
    assert 'id="id_target_problem" aria-live="polite" hx-swap-oob="true" data-problem-of="id_target"' in fragment


WRONG = [
    ("target", "", "Заполните."),
    ("target", "много", "Нужна сумма"),
    ("target", "-5", "Сумма не может быть отрицательной."),
    ("target", "10000000000000", "Не больше 999 999 999 999,99."),
    ("average_cheque", "0", "Нужно больше 0."),
    ("managers", "1,5", "Нужно целое число."),
    ("managers", "-1", "Не меньше 0."),
    ("working_days", "400", "Слишком большое число."),
    ("held_to_productive", "101 %", "Не больше 100 %."),
    ("held_to_productive", "половина", "Нужно число."),
    ("month", "2026-13", "Такого месяца в нашем календаре нет."),
]


def beside(text, field):
    """What the answer says under one field."""
    place = text.index(f'id="id_{field}_problem"')
    return text[place : place + 600]


def test_a_wrong_number_is_told_beside_its_field(as_user, cast):
    client = as_user(cast.volkov)
    for field, typed, sentence in WRONG:
        answer = ask(client, "/calculators/plan/", EXAMPLE | {field: typed}, **HTMX)
        assert answer.status_code == 422 and sentence in beside(plain(answer), field), (field, typed)
    page = ask(client, "/calculators/plan/", EXAMPLE | {"target": "много"})
    assert page.status_code == 422 and "Нужна сумма" in beside(plain(page), "target")
    assert 'aria-invalid="true"' in plain(page)


EXTREME = [
    ({"invoice_to_payment": "0 %"}, "При конверсии 0 % не хватит никакого числа действий."),
    ({"working_days": "0"}, "В месяце нет рабочих дней"),
    ({"managers": "0"}, "нужно 5,5 хантера вместо 0"),
    ({"target": "999 999 999 999,99", "average_cheque": "0,01"}, "План не обеспечен временем"),
    ({"target": "0"}, "Для цели 0 делать нечего"),
    ({"managers": "6"}, "План обеспечен временем"),
]


def test_extreme_numbers_are_explained_in_words(as_user, cast):
    client = as_user(cast.volkov)
    for changes, sentence in EXTREME:
        answer = ask(client, "/calculators/plan/", EXAMPLE | changes, **HTMX)
        text = plain(answer)
        assert answer.status_code == 200 and sentence in text, changes
        assert "∞" not in text and "NaN" not in text and "None" not in text


def test_whose_department_is_counted(as_user, cast):
    assert as_user(cast.boss).get("/calculators/plan/", {"department": cast.sales.pk}).status_code == 404
    assert as_user(cast.director).get("/calculators/plan/", {"department": cast.other.pk}).status_code == 200
    assert as_user(cast.director).get("/calculators/plan/", {"department": "x"}).status_code == 404
    assert as_user(cast.director).get("/calculators/plan/", {"segment": "99999"}).status_code == 404
    assert as_user(cast.ivanova).get("/calculators/plan/").status_code == 404
    assert as_user(cast.volkov).get("/calculators/")["Location"] == "/calculators/plan/"


def test_the_workbook_holds_the_chain_and_what_it_was_counted_from(as_user, cast):
    client = as_user(cast.volkov)
    rows = rows_of(ask(client, "/calculators/plan/xlsx/", EXAMPLE))
    assert ["Проведённые встречи", 60, 250, 125, 6.58, 7] in rows
    assert any(row[:2] == ["Средний чек", "60 000"] for row in rows)
    assert ask(client, "/calculators/plan/xlsx/", EXAMPLE | {"target": "x"}).status_code == 404


def test_plan_fact_leads_heads_to_the_calculators_and_nobody_else(as_user, cast):
    link = f"/calculators/plan/?department={cast.sales.pk}&month=2026-11"
    assert link in plain(as_user(cast.volkov).get("/plan/"))
    page = plain(as_user(cast.ivanova).get("/plan/"))
    assert "/calculators/" not in page


def meetings(cast, user, number, productive):
    """Held meetings of one person this month, the first of them productive."""
    cycle = open_cycle(cast, user)
    Contact.objects.bulk_create(
        Contact(
            client=cycle.client,
            cycle=cycle,
            user=user,
            kind="meeting",
            result="talked",
            at=f"2026-11-{day + 1:02}T09:00Z",
            day=date(2026, 11, day + 1),
            recorded_at="2026-11-19T09:00Z",
            is_held_meeting=True,
            is_productive_meeting=day < productive,
        )
        for day in range(number)
    )


def test_own_statistics_replace_the_norm_when_there_is_enough_of_them(as_user, cast):
    meetings(cast, cast.petrov, 9, 9)
    page = as_user(cast.volkov).get("/calculators/plan/")
    assert 'name="held_to_productive" value="60 %"' in plain(page)
    meetings(cast, cast.ivanova, 10, 7)
    page = plain(as_user(cast.volkov).get("/calculators/plan/"))
    # Nine of another's are too few to count, and the tenth of hers is the first that does.
    assert 'name="held_to_productive" value="70 %"' in page
    assert "факт за 90 дней: менеджеров 1, случаев 10" in page
    won = {"closed_on": date(2026, 11, 10), "closed_at": "2026-11-10T09:00Z", "outcome": "won", "colour": "none"}
    SalesCycle.objects.update(owner=None, paid_amount=300_000, **won)
    assert 'name="average_cheque" value="80 000"' in plain(as_user(cast.volkov).get("/calculators/plan/"))
    for _ in range(8):
        cycle = open_cycle(cast, cast.ivanova)
        SalesCycle.objects.filter(pk=cycle.pk).update(owner=None, paid_amount=50_000, **won)
    page = plain(as_user(cast.volkov).get("/calculators/plan/"))
    assert 'name="average_cheque" value="100 000"' in page and "факт: выигранных сделок за 90 дней — 10" in page


def test_an_english_reader_is_given_numbers_that_are_read_back(as_user, cast):
    User.objects.filter(pk=cast.volkov.pk).update(language="en")
    cast.medium.average_cheque = Decimal("1234567.5")
    cast.medium.save()
    client = as_user(cast.volkov)
    for path in ("/calculators/plan/", "/calculators/funnel/", "/calculators/forecast/"):
        page = client.get(path, {"segment": cast.medium.pk})
        text = plain(page)
        assert page.status_code == 200 and 'aria-invalid="true"' not in text, path
        shown = text[text.index("<main") : text.index("</main>")]
        names = (cast.sales.name, "Малый", "Средний", "Крупный", *(one.full_name for one in cast.everybody))
        for name in names:
            shown = shown.replace(name, "")
        assert not re.search("[а-яё]", shown, re.IGNORECASE), (path, re.findall("[а-яё ]{3,}", shown))
    assert 'value="1 234 567.5"' in plain(client.get("/calculators/plan/", {"segment": cast.medium.pk}))

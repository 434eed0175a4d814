"""Sufficiency of the funnel through the page: the method's examples, the live defaults, segments apart, people apart."""

from datetime import date
from decimal import Decimal

import pytest

from planning.services import set_month_target
from tests.factories.money import open_cycle
from tests.factories.work import on
from tests.planning.test_calculator_pages import HTMX, TODAY, ask, beside, plain, rows_of

PATH = "/calculators/funnel/"
BASE = {
    "average_cheque": "80 000",
    "days": "30",
    "p_green": "70 %",
    "p_yellow": "60 %",
    "p_red": "50 %",
    "t_green": "10",
    "t_yellow": "10",
    "t_red": "10",
}
FIRST = BASE | {"plan": "1 200 000", "paid": "0", "green": "12", "yellow": "20", "red": "40"}
SECOND = BASE | {"plan": "1 600 000", "paid": "160 000", "green": "6", "yellow": "14", "red": "54"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 8):
        yield


def cells(text, lamp):
    """The row of one colour as texts."""
    row = text[text.index("<tbody>") :]
    row = next(part for part in row.split("<tr") if f"lamp lamp-{lamp}" in part)
    return [
        part.split("</td>")[0].replace("</a>", "").replace("</b>", "").split(">")[-1] for part in row.split("<td")[1:]
    ]


def test_the_first_example_of_the_method_is_enough(as_user, cast):
    text = plain(ask(as_user(cast.volkov), PATH, FIRST))
    assert "Воронки достаточно" in text and "1,500" in text
    assert cells(text, "green")[:4] == ["8", "12", "1,500", "0"]
    assert cells(text, "yellow")[:4] == ["12", "20", "1,667", "0"]
    assert cells(text, "red")[:4] == ["24", "40", "1,667", "0"]
    for digits in ("16,67 %", "27,78 %", "55,56 %", "25,20", "1,680", "10,08", "5,66"):
        assert digits in text, digits
    assert "Соотношение цветов соблюдено." in text and "Двигать ничего не нужно." in text


def test_the_second_example_says_whom_to_move(as_user, cast):
    text = plain(ask(as_user(cast.volkov), PATH, SECOND))
    assert "Воронки не хватает" in text and "0,667" in text
    assert "Красных с избытком: 14 красных в жёлтый, 7 жёлтых в зелёный." in text
    assert cells(text, "green") == ["9", "6", "0,667", "3", "8,11 %", "16,67 %", "+7", "16,67 %"]
    assert cells(text, "yellow") == ["15", "14", "0,933", "1", "18,92 %", "27,78 %", "+7", "27,78 %"]
    assert cells(text, "red")[:4] == ["29", "54", "1,862", "0"]
    assert "18" in text and "1,190" in text
    assert "В сумме клиентов хватает, но они стоят не в тех цветах." in text


def test_the_answer_alone_is_cheap_and_wrong_numbers_stand_beside_their_fields(
    as_user, cast, django_assert_max_num_queries
):
    client = as_user(cast.volkov)
    asked = SECOND | {"segment": cast.medium.pk}
    with django_assert_max_num_queries(6):
        fragment = plain(ask(client, PATH, asked, **HTMX))
    assert "0,667" in fragment and "<html" not in fragment
    for field, typed, sentence in [
        ("p_green", "0", "Нужно больше 0."),
        ("p_red", "101", "Не больше 100 %."),
        ("t_red", "11", "Слишком большое число."),
        ("average_cheque", "0", "Нужно больше 0."),
        ("green", "2,5", "Нужно целое число."),
        ("days", "0", "Нужно больше 0."),
        ("plan", "", "Заполните."),
    ]:
        answer = ask(client, PATH, asked | {field: typed}, **HTMX)
        assert answer.status_code == 422 and sentence in beside(plain(answer), field), (field, typed)


def test_extreme_funnels_are_explained(as_user, cast):
    client = as_user(cast.volkov)

    def fragment(client, numbers):
        answer = ask(client, PATH, numbers | {"segment": cast.medium.pk}, **HTMX)
        assert answer.status_code == 200
        return plain(answer)

    assert "сделки не нужны" in fragment(client, FIRST | {"plan": "0"})
    empty = fragment(client, FIRST | {"green": "0", "yellow": "0", "red": "0"})
    assert "0,000" in empty and "взять ещё 44 клиентов" in empty
    few = fragment(client, FIRST | {"green": "1", "yellow": "1", "red": "5"})
    assert "Клиентов меньше 18" in few
    huge = fragment(client, FIRST | {"plan": "999 999 999 999,99", "p_red": "0,01 %"})
    assert "Воронки не хватает" in huge and "∞" not in huge
    still = fragment(client, FIRST | {"t_green": "0", "t_yellow": "0", "t_red": "0"})
    assert "Длина цикла неизвестна." in still


def fill(cast, owner, segment, green, yellow, red):
    for colour, number in (("green", green), ("yellow", yellow), ("red", red)):
        for _ in range(number):
            open_cycle(cast, owner, colour, segment=segment)


def plan_for(cast, user, amount):
    set_month_target(
        department=cast.sales, user=user, month=date(2026, 11, 1), amount=Decimal(amount), actor=cast.director
    )


def test_live_numbers_fill_the_form_and_the_worst_stand_first(as_user, cast):
    fill(cast, cast.ivanova, cast.medium, 3, 4, 5)
    fill(cast, cast.petrov, cast.medium, 1, 1, 5)
    fill(cast, cast.petrov, cast.small, 1, 0, 0)
    plan_for(cast, cast.ivanova, "300000")
    plan_for(cast, cast.petrov, "900000")
    assert f'name="segment" value="{cast.small.pk}"' in plain(as_user(cast.volkov).get(PATH))
    text = plain(as_user(cast.volkov).get(PATH, {"segment": cast.medium.pk}))
    assert 'name="green" value="4"' in text and 'name="red" value="10"' in text
    assert "доля сегмента в плане месяца" in text and "в работе сейчас" in text
    people = text[text.index("По менеджерам") :]
    assert people.index("Петров") < people.index("Иванова")
    link = f"/clients/?section=any&colour=red&segment={cast.medium.pk}&department={cast.sales.pk}"
    assert link in text
    # A number somebody typed is no list's: only what is in work leads to its clients.
    typed = plain(ask(as_user(cast.volkov), PATH, {"segment": cast.medium.pk, "red": "9"})).split("По сегментам")[0]
    assert f'class="figure" href="{link}"' in text and f'class="figure" href="{link}"' not in typed
    own = plain(as_user(cast.volkov).get(PATH, {"user": cast.ivanova.pk}))
    assert 'name="green" value="3"' in own and 'name="plan" value="300 000"' in own and "план месяца" in own
    book = rows_of(as_user(cast.volkov).get(f"{PATH}xlsx/", {"segment": cast.medium.pk}))
    (row,) = (line for line in book if line[1] == cast.petrov.full_name)
    assert row[0] == "Средний" and row[2] == 787500.0 and row[4::2][:2] == [1, 1]
    listed = plain(as_user(cast.volkov).get("/clients/", {"section": "any", "colour": "red", "owner": cast.petrov.pk}))
    assert listed.count("data-row") == 5


def test_the_whole_is_as_good_as_its_worst_segment(as_user, cast):
    fill(cast, cast.ivanova, cast.small, 5, 5, 12)
    fill(cast, cast.petrov, cast.large, 1, 1, 2)
    plan_for(cast, cast.ivanova, "400000")
    plan_for(cast, cast.petrov, "300000")
    text = plain(as_user(cast.volkov).get(PATH))
    by_segments = text[text.index("По сегментам") : text.index("По менеджерам")]
    # 4 deals of 80 000 against 1, 1, 2: two green are required, and the whole is what the large ones are.
    assert by_segments.index("Крупный") < by_segments.index("Малый")
    assert "K всех сегментов вместе 0,333, по худшему из них — «Крупный»." in by_segments
    assert "не хватает" in by_segments and f'name="segment" value="{cast.large.pk}"' in text
    alone = as_user(cast.volkov).get(PATH, {"plan": "700 000"}, **HTMX)
    assert alone.context["segment"] == cast.large and plain(alone).split("<section")[1] in plain(
        as_user(cast.volkov).get(PATH, {"plan": "700 000"})
    )
    small = BASE | {"plan": "2 000 000", "paid": "0", "average_cheque": "40 000", "segment": cast.small.pk}
    small |= {"p_red": "45", "p_yellow": "65", "p_green": "75", "t_green": "5", "t_yellow": "5", "t_red": "4"}
    judged = plain(ask(as_user(cast.volkov), PATH, small | {"green": "11", "yellow": "19", "red": "33"}, **HTMX))
    assert "0,917" in judged and "на грани" in judged and "0,495" in judged
    assert [cells(judged, one)[0] for one in ("green", "yellow", "red")] == ["12", "18", "31"]
    large = BASE | {"plan": "4 500 000", "paid": "0", "average_cheque": "450 000", "segment": cast.large.pk}
    large |= {"p_red": "40", "p_yellow": "55", "p_green": "65", "green": "5", "yellow": "9", "red": "26"}
    judged = plain(ask(as_user(cast.volkov), PATH, large, **HTMX))
    assert "0,833" in judged and "на грани" in judged
    assert cells(judged, "green")[6] == "+2" and cells(judged, "yellow")[6] == "+3"


def test_the_page_costs_the_same_for_two_people_and_for_six(as_user, cast, django_assert_max_num_queries):
    client = as_user(cast.volkov)
    client.get(PATH)
    for people in ((cast.ivanova, cast.petrov), (cast.kuznetsova, cast.smirnova, cast.orlov, cast.volkov)):
        for owner in people:
            fill(cast, owner, cast.medium, 1, 0, 1)
        with django_assert_max_num_queries(24):
            client.get(PATH)


def test_a_stranger_is_not_found(as_user, cast):
    assert as_user(cast.volkov).get(PATH, {"user": cast.belov.pk}).status_code == 404
    assert as_user(cast.volkov).get(PATH, {"user": "x"}).status_code == 404
    assert as_user(cast.petrov).get(PATH).status_code == 404

"""The forecast page: the method's example to the kopeck, what-if, whose statistics count, clients put into the plan."""

from datetime import date
from decimal import Decimal

import pytest

from clients.models import Client
from funnels.models import SalesCycle
from planning.services import set_month_target
from tests.factories.cast import make_user
from tests.factories.clients import ClientFactory
from tests.factories.money import open_cycle, paid
from tests.factories.work import on
from tests.planning.test_calculator_pages import HTMX, ask, beside, plain, rows_of

PATH = "/calculators/forecast/"
FIRST_OF_DECEMBER = date(2026, 12, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def december():
    with on(FIRST_OF_DECEMBER, 8):
        yield


def funnel(cast, owner, green, yellow, red, cheque):
    """Many open cycles at once, each to bring `cheque`."""
    colours = ["green"] * green + ["yellow"] * yellow + ["red"] * red
    clients = Client.objects.bulk_create(
        ClientFactory.build(
            department=owner.department,
            segment=cast.medium,
            category=cast.category,
            source=cast.source,
            section="in_work",
            owner=owner,
            state="c1",
        )
        for _ in colours
    )
    SalesCycle.objects.bulk_create(
        SalesCycle(
            client=client,
            segment=cast.medium,
            owner=owner,
            opened_on=date(2026, 11, 20),
            opened_at="2026-11-20T09:00Z",
            state="c1",
            state_since=date(2026, 11, 20),
            colour=colour,
            expected_amount=Decimal(cheque),
        )
        for client, colour in zip(clients, colours, strict=True)
    )


@pytest.fixture
def example(cast):
    """Example 1 of 3.1.1: mean conversions 49, 58, 68 %, three funnels, nobody else in the department."""
    segment = cast.medium
    segment.p_red, segment.p_yellow, segment.p_green = Decimal(49), Decimal(58), Decimal(68)
    segment.save()
    for other in (cast.smirnova, cast.orlov):
        other.is_active = False
        other.save(update_fields=["is_active"])
    funnel(cast, cast.ivanova, 12, 20, 38, 85_000)
    funnel(cast, cast.petrov, 9, 15, 30, 78_000)
    funnel(cast, cast.kuznetsova, 6, 14, 36, 92_000)
    return cast


def test_the_worked_example_of_the_method_to_the_kopeck(as_user, example):
    text = plain(ask(as_user(example.volkov), PATH, {"target": "6 000 000"}))
    for digits in (
        "1 988 296,88 ₽",
        "1 391 027,04 ₽",
        "1 523 411,07 ₽",
        "4 902 734,99 ₽",
        "2 433 291,07 ₽",
        "1 702 348,23 ₽",
        "1 864 360,70 ₽",
        "6 000 000 ₽",
        "1 097 265,01 ₽",
        "81,71 %",
        "8,160 + 7,888 + 7,344",
        "23,392",
        "17,834",
        "16,559",
        "57,784",
        "19,33 %",
    ):
        assert digits in text, digits
    assert "ниже 20 %" in text and "настройка сегмента: ни у кого нет 10 случаев" in text
    assert "отстаёт" in text and "31 календарный день" in text
    book = as_user(example.volkov).get(f"{PATH}xlsx/", {"target": "6 000 000"})
    (row,) = (line for line in rows_of(book) if line[0] == example.ivanova.full_name)
    assert row[1:4] == [12, 20, 38] and row[6:8] == [1988296.88, 2433291.07]
    link = f"/clients/?section=any&colour=yellow&owner={example.petrov.pk}"
    assert link in text


def test_what_if_moves_are_counted_and_nothing_is_written(as_user, example, django_assert_max_num_queries):
    client = as_user(example.volkov)
    asked = {"target": "6 000 000", f"yellow_{example.ivanova.pk}": "5"}
    with django_assert_max_num_queries(20):
        text = plain(ask(client, PATH, asked, **HTMX))
    # Five of 85 000 ₽ go from 39.44 to 68 %: 5 · 85 000 · 0.2856.
    assert "на 121 380 ₽ больше" in text and "2 109 676,88 ₽" in text and "<html" not in text
    assert SalesCycle.objects.filter(owner=example.ivanova, colour="yellow").count() == 20
    for typed, sentence in (("21", "Столько нет."), ("1,5", "Нужно целое число."), ("-1", "Не меньше 0.")):
        name = f"yellow_{example.ivanova.pk}"
        answer = ask(client, PATH, asked | {name: typed}, **HTMX)
        assert answer.status_code == 422 and sentence in beside(plain(answer), name), typed


def test_an_empty_department_and_a_month_ahead_are_explained(as_user, cast):
    client = as_user(cast.boss)
    text = plain(client.get(PATH))
    assert "Цели нет" in text and "В план этого месяца никто не поставлен" in text
    assert "январь 2027" in plain(client.get(PATH, {"month": "2027-01"}))
    assert client.get(PATH, {"month": "вчера"}).status_code == 200
    wrong = ask(client, PATH, {"target": "-1"})
    assert wrong.status_code == 422 and "Сумма не может быть отрицательной." in beside(plain(wrong), "target")
    huge = plain(ask(client, PATH, {"target": "999 999 999 999,99"}))
    assert "999 999 999 999,99 ₽" in huge and "∞" not in huge


def test_clients_put_into_the_plan_are_listed_and_those_left_alone_stand_out(as_user, cast):
    open_cycle(
        cast,
        cast.ivanova,
        expected_amount=Decimal(70_000),
        planned_pay_on=date(2026, 12, 10),
        planned_at="2026-12-01T05:00Z",
    )
    open_cycle(
        cast,
        cast.belov,
        expected_amount=Decimal(90_000),
        planned_pay_on=date(2026, 12, 10),
        planned_at="2026-12-01T05:00Z",
    )
    text = plain(as_user(cast.volkov).get(PATH))
    assert "70 000 ₽" in text and "10 декабря" in text and "90 000 ₽" not in text
    assert "<b>шаг не назначен</b>" in text


def test_payments_and_approved_plans_stand_beside_the_forecast(as_user, cast):
    paid(cast, cast.ivanova, "50000.00", date(2026, 12, 1))
    set_month_target(
        department=cast.sales, user=cast.ivanova, month=FIRST_OF_DECEMBER, amount=Decimal(400_000), actor=cast.director
    )
    with on(date(2026, 12, 2), 8):
        text = plain(as_user(cast.volkov).get(PATH))
    assert "50 000 ₽" in text and "утверждён 400 000 ₽" in text
    assert 'name="target" value="400 000"' in text and "план: декабрь 2026" in text


def test_the_page_costs_the_same_for_two_people_and_for_six(as_user, cast, django_assert_max_num_queries):
    client = as_user(cast.volkov)
    client.get(PATH)
    for people in (
        (cast.ivanova, cast.petrov),
        (cast.kuznetsova, cast.smirnova, cast.orlov, make_user("x", "hunter", cast.sales)),
    ):
        for owner in people:
            funnel(cast, owner, 1, 1, 1, 1000)
        with django_assert_max_num_queries(24):
            client.get(PATH)


def test_whose_forecast_it_is(as_user, cast):
    assert as_user(cast.boss).get(PATH, {"department": cast.sales.pk}).status_code == 404
    assert as_user(cast.petrov).get(PATH).status_code == 404
    assert as_user(cast.director).get(PATH, {"department": cast.other.pk}).status_code == 200

"""/plan/: whose figures, which period, which numbers, at what cost."""

from datetime import date
from decimal import Decimal

import pytest

from deals.models import PaymentCredit
from planning.models import MonthTarget
from planning.services import (
    PlanData,
    PlanScope,
    draft_year_plan,
    freeze_forecasts,
    set_month_target,
    write_plan_fact,
)
from tests.budget import MOST_QUERIES, cost_of
from tests.factories.cast import make_user
from tests.factories.money import open_cycle, paid
from tests.factories.work import on
from tests.planning.test_year_plans import RATES, SEASON

TODAY = date(2026, 11, 20)
NOVEMBER = date(2026, 11, 1)
HTMX = {"HTTP_HX_REQUEST": "true"}
NBSP = "\u00a0"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday():
    with on(TODAY, 8):
        yield


def target(cast, amount, user=None, actor=None, department=None, **fields):
    return set_month_target(
        department=department or cast.sales,
        user=user,
        month=NOVEMBER,
        amount=Decimal(amount),
        actor=actor or cast.director,
        **fields,
    )


def rub(text):
    return text.replace(" ", NBSP)


def test_the_head_reads_the_department_to_the_kopeck(as_user, cast):
    target(cast, "9744214.37", cast.ivanova)
    paid(cast, cast.ivanova, "5813650.00", date(2026, 11, 10))
    page = as_user(cast.volkov).get("/plan/").content.decode()
    for text in ("5 813 650 ₽", "6 333 739,36 ₽", "9 744 214,37 ₽", "561 509,20 ₽", "487 210,72 ₽", "91,8 %"):
        assert rub(text) in page, text
    for text in ("1 948 842,88 ₽", "2 436 053,60 ₽", "2 923 264,29 ₽"):
        assert rub(text) in page, text
    behind = f"/documents/?tab=payments&amp;user={cast.ivanova.pk}&amp;from=2026-11-01&amp;to=2026-11-19"
    assert behind in page
    followed = as_user(cast.volkov).get(behind.replace("&amp;", "&")).content.decode()
    assert rub("5 813 650 ₽") in followed
    assert "<svg" in page and "style=" not in page


@pytest.mark.parametrize("period", ["year", "half", "quarter", "month", "week", "triad", "day"])
def test_every_period_opens_as_a_page_and_as_a_fragment(as_user, cast, period):
    target(cast, "100000", cast.ivanova)
    freeze_forecasts(day=TODAY)
    browser = as_user(cast.volkov)
    for day in ("", "&day=2026-01-01", "&day=2026-05-09", "&day=2027-02-21", "&day=0001-01-01", "&day=9999-12-31"):
        page = browser.get(f"/plan/?period={period}{day}")
        assert page.status_code == 200 and b"<html" in page.content, day
    fragment = browser.get(f"/plan/?period={period}", **HTMX)
    assert fragment.status_code == 200 and b"<html" not in fragment.content


def test_whose_figures_a_person_may_open(as_user, cast):
    own = [cast.ivanova, cast.orlov, cast.smirnova]
    for person in own:
        page = as_user(person).get("/plan/")
        assert page.status_code == 200
        assert cast.petrov.full_name not in page.content.decode()
        assert as_user(person).get(f"/plan/?user={person.pk}").status_code == 200
        assert as_user(person).get(f"/plan/?user={cast.petrov.pk}").status_code == 404
        assert as_user(person).get(f"/plan/?department={cast.other.pk}").status_code == 404
    head = as_user(cast.volkov)
    assert head.get(f"/plan/?user={cast.petrov.pk}").status_code == 200
    assert head.get(f"/plan/?department={cast.sales.pk}").status_code == 200
    assert head.get(f"/plan/?department={cast.other.pk}").status_code == 404
    assert head.get(f"/plan/?user={cast.belov.pk}").status_code == 404
    director = as_user(cast.director)
    for query in (f"user={cast.belov.pk}", f"department={cast.other.pk}", f"department={cast.sales.pk}", ""):
        assert director.get(f"/plan/?{query}").status_code == 200, query
    assert director.get(f"/plan/?user={cast.belov.pk}&department={cast.sales.pk}").status_code == 404
    assert director.get("/plan/?user=abc").status_code == 404
    for person in (cast.quality, cast.accountant, cast.admin):
        assert as_user(person).get("/plan/").status_code == 404
        assert as_user(person).get("/plan/target/").status_code == 404


def test_a_manager_reads_his_own_numbers_only(as_user, cast):
    target(cast, "1000000", cast.ivanova)
    target(cast, "3333333.33", cast.petrov)
    page = as_user(cast.ivanova).get("/plan/").content.decode()
    assert rub("1 000 000 ₽") in page
    assert rub("3 333 333,33 ₽") not in page and rub("4 333 333,33 ₽") not in page
    assert "/plan/target/" not in page


def test_a_target_is_approved_and_changed_with_a_reason(as_user, cast):
    url = f"/plan/target/?department={cast.sales.pk}&user={cast.ivanova.pk}&day=2026-11-01"
    browser = as_user(cast.volkov)
    assert browser.get(url).status_code == browser.get(url, **HTMX).status_code == 200
    assert browser.post(url, {"amount": "1 000 000,50", "version": 0}).status_code == 303
    assert MonthTarget.objects.get().amount == Decimal("1000000.50")
    assert rub("1 000 000,50") in browser.get(url).content.decode()
    unreasoned = browser.post(url, {"amount": "2000000", "version": 1}, **HTMX)
    assert unreasoned.status_code == 422 and b'id="id_reason_error"' in unreasoned.content
    assert browser.post(url, {"amount": "2000000", "version": 0, "reason": "рост"}).status_code == 409
    assert browser.post(url, {"amount": "-1", "version": 1, "reason": "рост"}).status_code == 422
    done = browser.post(url, {"amount": "2000000", "version": 1, "reason": "рост"}, **HTMX)
    assert done.headers["HX-Redirect"].startswith("/plan/")
    assert list(MonthTarget.objects.order_by("version").values_list("version", "is_current")) == [(1, False), (2, True)]


def test_a_target_is_nobody_elses_business(as_user, cast):
    url = f"/plan/target/?department={cast.sales.pk}&user={cast.ivanova.pk}&day=2026-11-01"
    for person in (cast.ivanova, cast.petrov, cast.boss, cast.accountant, cast.quality, cast.admin):
        assert as_user(person).get(url).status_code == 404, person
        assert as_user(person).post(url, {"amount": "1", "version": 0}).status_code == 404, person
    assert not MonthTarget.objects.exists()
    assert as_user(cast.director).post(url, {"amount": "1", "version": 0}).status_code == 303


def test_the_last_calculation_is_told(as_user, cast):
    browser = as_user(cast.volkov)
    before = browser.get("/plan/").content.decode()
    write_plan_fact(day=date(2026, 11, 19))
    assert browser.get("/plan/").content.decode() != before


@pytest.mark.parametrize("period", ["month", "year", "week", "day"])
def test_the_page_costs_the_same_for_three_people_and_for_thirty(as_user, cast, period, django_assert_max_num_queries):
    def grow(number):
        for at in range(number):
            user = make_user(f"seller{MonthTarget.objects.count()}", "hunter", cast.sales)
            target(cast, "1000000", user)
            for day in (3, 10, 18):
                cycle = open_cycle(cast, user, ("red", "yellow", "green")[at % 3], expected_amount=Decimal("5000"))
                paid(cast, user, "1000.10", date(2026, 11, day), cycle)

    browser = as_user(cast.volkov)
    url = f"/plan/?period={period}"
    grow(3)
    browser.get(url)
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        browser.get(url)
    grow(30)
    assert PaymentCredit.objects.count() == 99
    with django_assert_max_num_queries(MOST_QUERIES) as lots:
        page = browser.get(url).content.decode()
    assert page.count("Seller") >= 33
    assert len(lots) == len(few), (len(few), len(lots))


def test_no_page_of_plans_asks_more_for_six_people_than_for_two(as_user, cast):
    def fill(people):
        for user in people:
            target(cast, "1000000", user)
            paid(cast, user, "1000.10", date(2026, 10, 12))
            for colour in ("red", "yellow", "green"):
                open_cycle(cast, user, colour, expected_amount=Decimal("5000"))
        for day in (date(2026, 10, 1), NOVEMBER):
            freeze_forecasts(day=day)

    def costs():
        return {path: cost_of(browser, path) for path in paths}

    year = draft_year_plan(
        scope=PlanScope(2026, cast.sales),
        data=PlanData(Decimal(1_000_000), SEASON, 7143, Decimal(80_000), RATES),
        actor=cast.director,
    )
    paths = (
        f"/plan/?user={cast.ivanova.pk}",
        "/plan/?day=2026-10-05",
        "/plan/verification/",
        "/plan/verification/clients/?period=month",
        "/plan/year/?year=2026",
        f"/plan/year/{year.pk}/",
        "/calculators/plan/",
        "/calculators/forecast/",
        "/calculators/funnel/",
    )
    browser = as_user(cast.director)
    fill([cast.ivanova, cast.petrov])
    browser.get("/plan/")
    few = costs()
    assert max(few.values()) <= MOST_QUERIES, few
    fill([make_user(f"more{number}", "hunter", cast.sales) for number in range(4)])
    assert costs() == few


def test_the_page_speaks_english_to_those_who_chose_it(as_user, cast):
    target(cast, "1000000", cast.ivanova)
    cast.volkov.language = "en"
    cast.volkov.save()
    page = as_user(cast.volkov).get("/plan/").content.decode()
    assert "Payments as a running total" in page and "Оплаты нарастающим" not in page
    documents = as_user(cast.volkov).get("/documents/").content.decode()
    assert "Offers, invoices, contracts and payments" in documents

"""Numbers of /plan/ open the lists they were made of, and the lists add up; heat, corrections, export, verification."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from funnels.models import Movement, Ownership
from journal.models import AuditEvent
from planning.models import ForecastSnapshot
from planning.services import correct_past, freeze_forecasts, write_plan_fact
from tests.factories.money import open_cycle, paid
from tests.factories.work import answer, call, on, take
from tests.planning.test_views import NBSP, rub, target

TODAY = date(2026, 11, 23)  # a Monday: the money of the weekend has no working day of its own yet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with on(TODAY, 8):
        yield


def roubles(text):
    return Decimal(text.replace(NBSP, "").replace("₽", "").replace(",", ".").replace("−", "-"))


def links(page, begins):
    """(address, text) of every link that begins so."""
    found = re.findall(rf'<a[^>]*href="({re.escape(begins)}[^"]*)"([^>]*)>(.*?)</a>', page, re.DOTALL)
    return [(unescape(url), unescape(rest), re.sub(r"<[^>]+>", "", text)) for url, rest, text in found]


def listed(browser, url):
    """Number of rows and sum that the list of payments tells."""
    page = unescape(browser.get(url).content.decode())
    told = re.search(r"В списке ([\d\xa0]+), всего ([−\d\xa0,]+)\xa0₽", page)
    if told is None:
        assert "<tbody>" not in page, url
        return 0, Decimal(0)
    return int(told[1].replace(NBSP, "")), roubles(told[2])


def some_money(cast):
    target(cast, "1000000", cast.ivanova)
    target(cast, "500000.50", cast.petrov)
    paid(cast, cast.ivanova, "100000.10", date(2026, 11, 2))
    paid(cast, cast.ivanova, "-20000", date(2026, 11, 9))
    paid(cast, cast.ivanova, "7000.07", date(2026, 11, 8))  # a Sunday
    paid(cast, cast.ivanova, "3000", date(2026, 11, 21))  # a Saturday whose Monday is today
    paid(cast, cast.petrov, "50000", date(2026, 11, 17))
    paid(cast, cast.belov, "999999", date(2026, 11, 17))
    paid(cast, cast.ivanova, "5555", TODAY)


@pytest.mark.parametrize("period", ["month", "year"])
def test_every_number_of_money_opens_a_list_that_adds_up_to_it(as_user, cast, period):
    some_money(cast)
    browser = as_user(cast.volkov)
    page = browser.get(f"/plan/?period={period}").content.decode()
    walked, sums, cells = 0, {}, Decimal(0)
    for url, rest, text in links(page, "/documents/?tab=payments"):
        if url not in sums:
            sums[url] = listed(browser, url)[1]
        titled = re.search(r'title="([−\d\xa0,]+)\xa0₽', rest)
        if titled:  # a cell of the heat table: its per cent stands for money
            cells += sums[url]
        shown = titled[1] if titled else re.search(r"[−\d\xa0,]+(?=\xa0₽)", text)
        if shown is None:
            continue  # a per cent of the head: its roubles stand beside it
        assert roubles(shown if isinstance(shown, str) else shown[0]) == sums[url], (url, text)
        walked += 1
    assert walked >= (10 if period == "month" else 6)
    assert cells == Decimal("140000.17"), "the cells of the heat table are all the money of the period to yesterday"
    assert rub("140 000,17 ₽") in page


def test_a_cell_of_the_heat_table_is_the_attainment_of_that_day(as_user, cast):
    some_money(cast)
    page = as_user(cast.volkov).get("/plan/").content.decode()
    # 1 000 000 over 20 working days: 50 000 a day; 100 000.10 on the 2nd, −20 000 + 7 000.07 of Sunday on the 9th.
    table = page[page.index('<table class="table heat">') :]
    assert re.search(r'heat-4"><a[^>]*from=2026-11-01&amp;to=2026-11-02"[^>]*>200</a>', table)
    assert re.search(r'<td><a[^>]*from=2026-11-07&amp;to=2026-11-09"[^>]*>−26</a>', table)
    assert f"user={cast.belov.pk}" not in page and "999" + NBSP not in page


def test_counts_open_their_lists_and_other_people_do_not_see_them(as_user, cast):
    with on(date(2026, 11, 18)):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        answer(cycle)
        call(cycle, kind="meeting", has_interest=True)
        own = open_cycle(cast, cast.petrov)
        ownership = Ownership.objects.get(cycle=cycle, ended_at=None)
        Movement.objects.create(
            cycle=own,
            ownership=ownership,
            user=cast.petrov,
            kind="upgrade",
            from_colour="red",
            to_colour="yellow",
            on=date(2026, 11, 18),
            at="2026-11-18T09:00Z",
        )
    browser = as_user(cast.volkov)
    page = browser.get("/plan/").content.decode()
    found = links(page, "/plan/acts/")
    assert {"calls", "meetings", "upgrades"} <= {re.search(r"what=(\w+)", url)[1] for url, _rest, _text in found}
    for url, _rest, text in found:
        told = browser.get(url).content.decode()
        assert f"В списке: {text}" in told, url
        assert told.count("<tr><td data-label=") == int(text), url
    assert cycle.client.name in browser.get(found[0][0]).content.decode()
    url = f"/plan/acts/?what=calls&user={cast.ivanova.pk}&from=2026-11-01&to=2026-11-30"
    assert as_user(cast.ivanova).get(url).status_code == 200
    for stranger in (cast.petrov, cast.boss, cast.accountant, cast.quality):
        assert as_user(stranger).get(url).status_code == 404
    for wrong in ("what=money", "what=calls&from=abc", "what=calls&to=9999-99-99"):
        assert as_user(cast.volkov).get(f"/plan/acts/?{wrong}").status_code == 404


def test_a_past_that_was_corrected_is_marked_with_the_day(as_user, cast):
    some_money(cast)
    for at in (18, 23):
        with on(date(2026, 11, at), 1):
            write_plan_fact(day=date(2026, 11, at - 1))
    browser = as_user(cast.volkov)
    assert "исправлено" not in browser.get("/plan/").content.decode()
    paid(cast, cast.ivanova, "4000", date(2026, 11, 17))
    with on(date(2026, 11, 24), 12):
        correct_past(day=date(2026, 11, 17), departments=[cast.sales.pk], users=[cast.ivanova.pk])
    page = browser.get("/plan/").content.decode()
    rows = page.split("<tr>")
    marked = [row for row in rows if "исправлено 24.11" in row]
    assert any(cast.ivanova.full_name in row for row in marked), "the month of the person"
    assert not any(cast.petrov.full_name in row for row in marked)
    assert any(">17.11<" in row for row in marked) and not any(">16.11<" in row for row in marked)
    assert re.search(r'to=2026-11-17"[^>]*>8\*</a>', page) and "* исправлено позже" in page
    assert "исправлено" not in browser.get("/plan/?day=2026-10-05").content.decode()


def test_the_workbook_holds_every_scope_in_seven_periods_as_numbers_and_dates(as_user, cast):
    some_money(cast)
    answer_ = as_user(cast.volkov).get("/plan/export/")
    rows = (
        CalamineWorkbook.from_filelike(BytesIO(b"".join(answer_.streaming_content))).get_sheet_by_index(0).to_python()
    )
    head, body = rows[0], rows[1:]
    fact, start, plan = head.index("Факт, ₽"), head.index("С"), head.index("План, ₽")
    assert [row[0] for row in body[:7]] == [cast.sales.name] * 7
    month = next(row for row in body if row[0] == cast.sales.name and row[1] == "Месяц")
    assert (month[fact], month[plan], month[start]) == (140000.17, 1500000.5, date(2026, 11, 1))
    people = [row for row in body[7:] if row[1] == "Месяц"]
    assert round(sum(row[fact] for row in people), 2) == 140000.17 and len(body) == 7 * (1 + len(people))
    assert AuditEvent.objects.filter(action="plan.export").get().actor_login == "volkov"
    assert as_user(cast.ivanova).get("/plan/export/").status_code == 404
    cast.sales.managers_may_export = True
    cast.sales.save()
    own = as_user(cast.ivanova).get("/plan/export/")
    names = CalamineWorkbook.from_filelike(BytesIO(b"".join(own.streaming_content))).get_sheet_by_index(0).to_python()
    assert {row[0] for row in names[1:]} == {cast.ivanova.full_name}


def test_frozen_forecasts_are_verified_with_the_clients_behind_the_shares(as_user, cast):
    hit, missed = open_cycle(cast, cast.ivanova), open_cycle(cast, cast.ivanova)
    open_cycle(cast, cast.petrov)
    with on(date(2026, 11, 20), 1):
        freeze_forecasts(day=date(2026, 11, 20))
    paid(cast, cast.ivanova, "1000", date(2026, 11, 20), hit)
    paid(cast, cast.ivanova, "2000", date(2026, 11, 20))
    assert ForecastSnapshot.objects.filter(period="day").exists()
    browser = as_user(cast.volkov)
    page = unescape(browser.get("/plan/verification/").content.decode())
    assert page.count('<tr><th scope="row">') == 7
    assert f"33,3{NBSP}%" in page and "1 из 3" in page and f"50,0{NBSP}%" in page and "1 из 2" in page
    wanted = {"forecast": 3, "hit": 1, "missed": 2, "paid": 2, "unforecast": 1}
    for only, number in wanted.items():
        told = browser.get(f"/plan/verification/clients/?period=day&only={only}").content.decode()
        assert told.count('<tr><th scope="row">') == number, only
    told = browser.get("/plan/verification/clients/?period=day&only=missed").content.decode()
    assert missed.client.name in told and hit.client.name not in told
    own = as_user(cast.petrov).get("/plan/verification/clients/?period=day").content.decode()
    assert own.count('<tr><th scope="row">') == 1 and hit.client.name not in own
    assert as_user(cast.petrov).get(f"/plan/verification/?user={cast.ivanova.pk}").status_code == 404


def test_the_worked_verification_is_read_to_the_digit(as_user, cast):
    million = Decimal(1_000_000)
    pairs = {cast.ivanova: ("2", "1.9"), cast.petrov: ("1.4", "1.54"), cast.kuznetsova: ("1.2", "0.78")}
    for user, (forecast, fact) in pairs.items():
        paid(cast, user, Decimal(fact) * million, date(2026, 10, 15))
        ForecastSnapshot.objects.create(
            department=cast.sales,
            user=user,
            period="month",
            starts_on=date(2026, 10, 1),
            ends_on=date(2026, 10, 31),
            amount=Decimal(forecast) * million,
            frozen_at="2026-10-01T00:30Z",
        )
    browser = as_user(cast.volkov)

    def month_of(url):
        page = unescape(browser.get(url).content.decode())
        return next(row for row in page.split("<tr>") if "Месяц<small>" in row)

    whole = month_of("/plan/verification/")
    assert all(text in whole for text in (rub("84,36 %"), rub("+9,00 %"), rub("4 600 000 ₽"), rub("4 220 000 ₽")))
    assert "sign-yellow" in whole and "систематическ" not in whole
    seen = {user: month_of(f"/plan/verification/?user={user.pk}") for user in pairs}
    assert rub("95,00 %") in seen[cast.ivanova] and rub("90,91 %") in seen[cast.petrov]
    worst = seen[cast.kuznetsova]
    assert rub("65,00 %") in worst and rub("+53,85 %") in worst and "систематическое завышение" in worst


def test_four_control_weeks_done_are_the_month_done(as_user, cast):
    with on(date(2026, 11, 2), 8):
        target(cast, "9744214.37", cast.ivanova)
    weeks = {6: "1948842.88", 13: "2436053.60", 20: "2436053.60"}
    for day, plan in weeks.items():
        paid(cast, cast.ivanova, plan, date(2026, 11, day))
    with on(date(2026, 12, 1), 8):
        browser = as_user(cast.volkov)
        short = browser.get("/plan/?day=2026-11-10").content.decode()
        paid(cast, cast.ivanova, "2923264.29", date(2026, 11, 30))
        done = browser.get("/plan/?day=2026-11-10").content.decode()
    assert "недель: 3 из 4" in short and "недель: 4 из 4" in done
    month = next(tab for tab in done.split("<a ") if ">Месяц " in tab)
    assert rub("100,0 %") in month and rub("100,0 %") not in next(tab for tab in short.split("<a ") if ">Месяц " in tab)

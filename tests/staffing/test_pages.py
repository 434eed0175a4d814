"""/calculators/staffing/ and /staffing/vacancies/: worked digits, wrong and extreme numbers, whose pages, what they cost."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from importlib import import_module
from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from accounts.models import User
from journal.models import AuditEvent
from planning.services import set_month_target
from staffing.models import Vacancy
from staffing.services import draft_vacancy, write_staff_rows
from tests.budget import MOST_QUERIES
from tests.factories import ClientFactory, make_user
from tests.factories.money import open_cycle
from tests.factories.work import on

TODAY = date(2026, 4, 15)  # April 2026 has 22 working days
HTMX = {"HTTP_HX_REQUEST": "true"}
PAGE = "/calculators/staffing/"
LIST = "/staffing/vacancies/"
# Section 3.2, examples 1 to 3.
FIRST = {"plan": "6 000 000", "average_cheque": "80 000", "managers": "6", "attrition": "25 %", "horizon": "6"}
SECOND = {
    **{"plan": "9 000 000", "average_cheque": "80 000", "managers": "5", "month_2": "1", "month_1": "1"},
    **{"attrition": "30 %", "horizon": "4"},
}
THIRD = {"role": "farmer", "large": "40", "medium": "160", "small": "500", "managers": "6"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning():
    with on(TODAY, 8):
        yield


def plain(response) -> str:
    return response.content.decode().replace("\u00a0", " ")


def asked(browser, numbers, status=200, **headers):
    response = browser.get(PAGE, numbers, **headers)
    assert response.status_code == status, numbers
    return plain(response)


def test_six_million_need_five_and_six_are_enough(cast, as_user):
    page = asked(as_user(cast.volkov), FIRST)
    shown = ["75", "357,14", "214,29", "зелёных 35,71, жёлтых 59,52, красных 119,05", "3,061", "2,381"]
    shown += ["5 714 мин / 2 024 мин", "2,823", "21 429 мин / 4 858 мин", "4,411", "3 214 мин / 972 мин", "3,309"]
    shown += ["1,360", "136,0 %", "5,250", "нанимать никого не нужно", "Людей хватает"]
    for text in shown:
        assert text in page, text
    assert "Создать вакансию" not in page


def test_nine_million_lack_people_in_meetings_and_one_is_searched_for_now(cast, as_user):
    page = asked(as_user(cast.volkov), SECOND)
    shown = ["535,71", "321,43", "4,592", "32 143 мин / 4 858 мин", "6,617", "5,750", "0,869", "86,9 %"]
    shown += [
        "Узкое место — «Встречи»",
        "6,300",
        "0,317",
        "начните искать 1 человека сейчас",
        "май 2026",
        "Людей впритык",
    ]
    for text in shown:
        assert text in page, text
    assert "Создать вакансию" in page


def test_six_farmers_of_seven_hundred_customers_are_short_of_the_telephone(cast, as_user):
    page = asked(as_user(cast.volkov), THIRD)
    shown = ["14 700 мин / 2 429 мин", "6,052", "9 450 мин / 2 915 мин", "3,242", "7 000 мин / 2 024 мин", "3,458"]
    for text in [*shown, "0,991", "99,1 %", "Узкое место — «Телемаркетинг»"]:
        assert text in page, text


def test_a_page_without_numbers_is_filled_from_the_department_and_says_where_from(cast, as_user):
    User.objects.filter(pk=cast.petrov.pk).update(part_time_percent=50)
    User.objects.filter(pk=cast.kuznetsova.pk).update(employed_on=date(2026, 3, 10))
    set_month_target(
        department=cast.sales, user=None, month=date(2026, 4, 1), amount=Decimal(6_000_000), actor=cast.director
    )
    open_cycle(cast, cast.ivanova, "green", cast.medium, expected_amount=Decimal(5000))
    browser = as_user(cast.volkov)
    response = browser.get(PAGE)
    form = response.context["form"]
    assert form[f"plan_{cast.medium.pk}"].value().replace("\u00a0", " ") == "6 000 000"
    assert form[f"plan_{cast.small.pk}"].value() == "0"
    assert (form["managers"].value(), form["month_2"].value(), form["working_days"].value()) == ("2,5", "1", "22")
    page = plain(response)
    for text in ("норма метода", "настройка сегмента", "производственный календарь, апрель", cast.petrov.full_name):
        assert text in page, text
    one = asked(browser, {"segment": cast.medium.pk})
    assert "6 000 000" in one and "4,411" in one
    ClientFactory(department=cast.sales, section="customers", size="large", segment=cast.medium)
    assert browser.get(PAGE, {"role": "farmer"}).context["form"]["large"].value() == "1"


def test_a_fragment_is_the_answer_alone_and_reads_nothing_for_defaults(cast, as_user):
    browser = as_user(cast.volkov)
    full = browser.get(PAGE, SECOND)
    values = full.context["form"].values()
    with CaptureQueriesContext(connection) as queries:
        told = asked(browser, values, **HTMX)
    assert "<html" not in told and "6,617" in told and 'hx-swap-oob="true"' in told
    assert not [one for one in queries if "funnels_" in one["sql"] or "clients_client" in one["sql"]]
    assert plain(browser.get(PAGE, values)).count("6,617") == plain(full).count("6,617")


WRONG = [
    ({"plan": "много"}, "plan", "1 234 567,89"),
    ({"plan": "10000000000000"}, "plan", "999"),
    ({"average_cheque": "0"}, "average_cheque", "больше 0"),
    ({"p_red": "0"}, "p_red", "больше 0"),
    ({"p_green": "101 %"}, "p_green", "100 %"),
    ({"t_red": "11"}, "t_red", "Слишком большое"),
    ({"managers": "-1"}, "managers", "меньше 0"),
    ({"managers": "1e9"}, "managers", "число"),
    ({"managers": "1001"}, "managers", "Слишком большое"),
    ({"working_days": "1,5"}, "working_days", "целое"),
    ({"absence": "120"}, "absence", "100 %"),
    ({"horizon": "13"}, "horizon", "Слишком большое"),
    ({"search": ""}, "search", "Заполните"),
    ({"meetings_minutes": "-5"}, "meetings_minutes", "меньше 0"),
    ({"v1_plan": "-10"}, "v1_plan", "меньше 0"),
    ({"v2_red": "300"}, "v2_red", "100 %"),
    ({"v3_people": "-50"}, "v3_people", "Слишком большое"),
]


def test_a_wrong_number_is_told_beside_its_field(cast, as_user):
    browser = as_user(cast.volkov)
    for change, field, sentence in WRONG:
        response = browser.get(PAGE, SECOND | change, **HTMX)
        assert response.status_code == 422, change
        assert set(response.context["form"].errors) == {field}, change
        beside = plain(response).split(f'id="id_{field}_problem"')[1].split("</div>")[0]
        assert sentence in beside, (change, beside)
    assert browser.get(PAGE, SECOND | WRONG[0][0]).status_code == 422
    assert browser.post(f"{PAGE}?{urlencode(SECOND | WRONG[0][0])}").status_code == 422
    assert not Vacancy.objects.exists()


EXTREME = [
    ({"plan": "0"}, "Плана нет, поэтому никто не нужен"),
    ({"plan": "999999999999"}, "Людей не хватает"),
    ({"working_days": "0"}, "Посчитать нельзя"),
    ({"absence": "100 %"}, "Посчитать нельзя"),
    ({"t_red": "0", "t_yellow": "0", "t_green": "0"}, "6,617"),
    ({"managers": "0", "month_1": "0", "month_2": "0"}, "Людей не хватает"),
    ({"horizon": "0"}, "ещё не работает"),
    ({"search": "12"}, "ещё не работает"),
    ({"meetings_acts": "0", "documents_acts": "0", "telemarketing_acts": "0"}, "Узкое место — «Рабочий список»"),
    ({"p_red": "0,01 %"}, "Людей не хватает"),
]


def test_extreme_numbers_are_explained_in_words(cast, as_user):
    browser = as_user(cast.volkov)
    for change, sentence in EXTREME:
        told = asked(browser, SECOND | change, **HTMX)
        assert sentence in told, change
        assert not {"inf", "nan", "∞"} & set(told.lower().split()), change


def test_an_empty_department_says_that_there_is_no_plan(cast, as_user):
    User.objects.filter(department=cast.other, role="hunter").update(is_active=False)
    page = asked(as_user(cast.boss), {})
    assert "Плана нет, поэтому никто не нужен" in page and "никто не работает" in page
    assert "Клиентов нет, поэтому никто не нужен" in asked(as_user(cast.boss), {"role": "farmer"})


def test_variants_stand_beside_the_base_with_their_differences(cast, as_user):
    changes = {"v1_name": "Рост", "v1_plan": "110 %", "v2_people": "2", "v2_days": "21", "v3_red": "150 %"}
    page = asked(as_user(cast.volkov), SECOND | changes)
    for text in ("Рост", "7,279", "+0,662", "Вариант 2", "6,932", "7,750", "Вариант 3", "4,411", "−2,206", "±0"):
        assert text in page, text


def test_farmers_are_compared_by_their_customers(cast, as_user):
    browser = as_user(cast.volkov)
    page = asked(browser, THIRD | {"v1_plan": "150 %", "v2_people": "-1,5"}, **HTMX)
    # 60, 240 and 750 customers: 1 470 contacts × 15 minutes / 2 428,8
    for text in ("9,079", "+3,026", "+3", "4,500", "0,744"):
        assert text in page, text
    assert browser.get(PAGE, THIRD | {"v1_people": "-7"}, **HTMX).status_code == 422


def test_incoming_lines_are_answered_by_erlang(cast, as_user):
    numbers = THIRD | {"calls": "100", "talk": "180", "agents": "5"}
    page = asked(as_user(cast.volkov), numbers)
    # a = 5 erlangs: 8 people answer 88,0 % within 20 seconds; with 5 the queue only grows
    for text in (">8<", "88,0 %", "5,00", "очередь только растёт"):
        assert text in page, text
    assert "Людей на линиях" in asked(as_user(cast.volkov), THIRD)
    assert as_user(cast.volkov).get(PAGE, numbers | {"talk": "99999999"}).status_code == 422


def test_the_button_drafts_one_vacancy_of_these_very_numbers(cast, as_user):
    browser = as_user(cast.volkov)
    url = f"{PAGE}?{urlencode(SECOND)}"
    for _each in range(2):
        assert browser.post(url).headers["Location"] == LIST
    vacancy = Vacancy.objects.get()
    assert (vacancy.headcount, vacancy.role, vacancy.created_by) == (1, "hunter", cast.volkov)
    assert (vacancy.reason["k"], vacancy.reason["bottleneck"]) == ("0.869", "meetings")
    assert AuditEvent.objects.filter(action="vacancy.draft", actor_id=cast.volkov.pk).count() == 1
    assert "Создать вакансию" not in asked(browser, SECOND)
    assert browser.post(f"{PAGE}?{urlencode(FIRST | {'role': 'farmer', 'large': '0'})}").status_code == 409
    assert Vacancy.objects.count() == 1


def test_heads_see_their_own_department_and_others_no_page(cast, as_user):
    for person in (cast.ivanova, cast.orlov, cast.accountant, cast.quality, cast.admin):
        browser = as_user(person)
        for url in (PAGE, LIST, f"{LIST}1/"):
            assert browser.get(url).status_code == 404, (person, url)
        assert browser.post(f"{PAGE}?{urlencode(SECOND)}").status_code == 404
    assert as_user(cast.boss).get(PAGE, {"department": cast.sales.pk}).status_code == 404
    assert as_user(cast.volkov).get(PAGE, {"role": "head"}).status_code == 404
    director = as_user(cast.director)
    assert director.get(PAGE, {"department": cast.sales.pk}).status_code == 200
    assert director.post(f"{PAGE}?{urlencode(SECOND | {'department': cast.other.pk})}").status_code == 303
    assert Vacancy.objects.get().department == cast.other
    row = Vacancy.objects.get()
    head = as_user(cast.volkov)
    assert cast.other.name not in plain(head.get(LIST))
    for url in (f"{LIST}{row.pk}/", f"{LIST}{row.pk}/open/", f"{LIST}{row.pk}/close/"):
        assert head.post(url, {"headcount": "5", "version": "1"}).status_code == 404
    row.refresh_from_db()
    assert (row.status, row.version) == ("draft", 1)


def draft(cast, department=None, role="hunter"):
    reason = {"k": "0.869", "fte_required": "6.617", "fte_available": "5.750", "bottleneck": "meetings", "gap": None}
    return draft_vacancy(
        department=department or cast.sales,
        role=role,
        headcount=2,
        wanted_on=date(2026, 5, 1),
        reason=reason,
        actor=cast.director,
    )


def test_a_vacancy_is_changed_opened_and_closed_on_its_pages(cast, as_user):
    row = draft(cast)
    browser = as_user(cast.volkov)
    page = plain(browser.get(LIST))
    for text in ("Черновик", "6,617", "5,750", "Встречи", "май 2026"):
        assert text.lower() in page.lower(), text
    url = f"{LIST}{row.pk}/"
    assert "<html" in plain(browser.get(url)) and "<html" not in plain(browser.get(url, **HTMX))
    sent = {"headcount": "3", "wanted_on": "2026-06-01", "text": "Ищем <b>хантера</b>", "version": "1"}
    assert browser.post(url, sent | {"headcount": "0"}).status_code == 422
    assert browser.post(url, sent | {"wanted_on": "2026-06-02"}).status_code == 422
    assert browser.post(url, sent).status_code == 303
    assert browser.post(url, sent | {"headcount": "4"}).status_code == 409
    row.refresh_from_db()
    assert (row.headcount, row.text, row.wanted_on) == (3, "Ищем <b>хантера</b>", date(2026, 6, 1))
    assert browser.post(f"{url}open/").status_code == browser.post(f"{url}close/").status_code == 303
    assert browser.post(f"{url}open/").status_code == 409
    assert "Никого не ищем" in plain(browser.get(LIST))
    closed = plain(browser.get(LIST, {"state": "closed"}))
    assert "Закрыта" in closed and "Открыть вакансию" not in closed
    shown = plain(browser.get(url))
    assert "&lt;b&gt;" in shown and "Сохранить" not in shown


def test_small_customers_and_those_without_a_label_have_a_list_that_adds_up(cast, as_user):
    for size in ("small", "", "not_ours", "large"):
        ClientFactory(department=cast.sales, section="customers", owner=cast.smirnova, state="c5", size=size)
    ClientFactory(department=cast.other, section="customers", owner=cast.belov, state="c5", size="small")
    for reader in (cast.volkov, cast.director):
        browser = as_user(reader)
        page = browser.get(PAGE, {"role": "farmer", "department": cast.sales.pk})
        (url,) = set(re.findall(r'href="(/calculators/staffing/customers/[^"]*)"', page.content.decode()))
        listed = browser.get(unescape(url))
        assert len(listed.context["rows"]) == 3 and "3 в списке" in plain(listed)
        assert 'name="small" value="3"' in page.content.decode()
    assert "без метки" in plain(listed)
    assert as_user(cast.ivanova).get("/calculators/staffing/customers/").status_code == 404
    assert as_user(cast.director).get("/calculators/staffing/customers/?size=huge").status_code == 404


def test_vacancies_are_filtered_paged_and_exported_as_they_are_filtered(cast, as_user, monkeypatch):
    monkeypatch.setattr(import_module("staffing.views.vacancies"), "PAGE_SIZE", 2)
    draft(cast)
    for number in range(3):
        Vacancy.objects.create(
            department=cast.sales, role="farmer", status="closed", headcount=number + 1, reason={"k": "0.5"},
            wanted_on=date(2026, 6, 1), created_at=f"2026-03-0{number + 1}T21:30Z", closed_at="2026-04-01T09:00Z",
        )  # fmt: skip
    Vacancy.objects.create(
        department=cast.other, role="hunter", headcount=9, wanted_on=date(2026, 6, 1), created_at="2026-03-01T09:00Z"
    )
    director = as_user(cast.director)
    assert len(director.get(LIST).context["rows"]) == 2
    assert len(director.get(LIST, {"department": cast.sales.pk}).context["rows"]) == 1
    nobody = director.get(LIST, {"role": "farmer"})
    assert nobody.context["rows"] == [] and "Сбросить" in plain(nobody)
    first = director.get(LIST, {"state": "closed", "role": "farmer"})
    second = director.get(first.context["next_url"])
    people = [row["people"] for row in (*first.context["rows"], *second.context["rows"])]
    assert people == ["3", "2", "1"] and "3 в списке" in plain(second) and second.context["previous_url"]
    sent = director.get(first.context["export_url"])
    rows = CalamineWorkbook.from_filelike(BytesIO(b"".join(sent.streaming_content))).get_sheet_by_index(0).to_python()
    # 21:30 of Greenwich is the next day here.
    assert [(row[2], row[5], row[10]) for row in rows[1:]] == [(n, 0.5, date(2026, 3, n + 1)) for n in (1, 2, 3)]
    told = AuditEvent.objects.get(action="vacancy.export")
    assert told.actor_login == "director" and told.after["count"] == 3 and told.after["role"] == "farmer"
    own = as_user(cast.volkov).get(f"{LIST}export/")
    rows = CalamineWorkbook.from_filelike(BytesIO(b"".join(own.streaming_content))).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[1:]] == [cast.sales.name]
    assert as_user(cast.ivanova).get(f"{LIST}export/").status_code == 404
    assert as_user(cast.volkov).get(LIST, {"department": cast.other.pk}).status_code == 404


def test_pages_ask_as_much_for_two_people_as_for_twelve(cast, as_user):
    draft(cast)
    write_staff_rows(day=TODAY)
    browser = as_user(cast.director)

    def statements():
        found = []
        for url in (PAGE, f"{PAGE}?role=farmer", LIST):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(url).status_code == 200
            found.append(len(queries))
        return found

    statements()
    few = statements()
    for number in range(10):
        user = make_user(f"more{number}", "hunter", cast.sales)
        open_cycle(cast, user, "green", expected_amount=Decimal(5))
        ClientFactory(department=cast.sales, section="customers", size="large", segment=cast.medium)
    for role in ("hunter", "farmer"):
        draft(cast, cast.other, role)
    assert statements() == few
    assert max(few) <= MOST_QUERIES

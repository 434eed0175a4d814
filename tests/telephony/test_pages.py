"""/calls/ shows each person what he may hear of; telephony's settings are the administrator's."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from funnels.models import Task
from funnels.services import complete_task
from journal.models import AuditEvent
from telephony.models import Call, Line, MissedCall, TelephonyConnection
from tests.factories import PhoneFactory
from tests.factories.work import take
from tests.telephony.conftest import CALLER, Pbx, finished, moscow

pytestmark = pytest.mark.django_db

NOON = moscow("2026-11-20 12:00")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def owned(cast, owner, number: str = CALLER, **fields):
    cycle = take(cast, owner, **fields)
    PhoneFactory(client=cycle.client, raw=number)
    return cycle.client


def page(browser, **query) -> str:
    response = browser.get("/calls/", query)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


def test_a_manager_sees_his_own_calls_and_not_those_of_others(pbx, cast, as_user):
    owned(cast, cast.ivanova, name="ООО «Ромашка»")
    owned(cast, cast.petrov, "+79250000002", name="ООО «Лютик»")
    pbx.deliver(finished(at=NOON), finished(at=NOON, number="+79250000002", extension="102"))
    shown = page(as_user(cast.ivanova))
    assert "ООО «Ромашка»" in shown
    assert "ООО «Лютик»" not in shown
    assert "+7 925 000-00-02" not in shown
    for person in (cast.volkov, cast.director, cast.quality):
        assert "ООО «Лютик»" in page(as_user(person))
    elsewhere = page(as_user(cast.boss))
    assert "Ромашка" not in elsewhere
    assert "+7 916" not in elsewhere


@pytest.mark.parametrize("login", ["accountant", "admin"])
def test_calls_do_not_exist_for_those_who_may_not_hear_them(cast, as_user, login):
    assert as_user(getattr(cast, login)).get("/calls/").status_code == 404


def test_a_stranger_is_sent_to_sign_in(client, cast):
    assert client.get("/calls/").status_code == 302
    assert client.get("/settings/telephony/").status_code == 302


def test_the_name_of_another_departments_client_is_not_shown_to_the_head_of_the_line(pbx, cast, as_user):
    client = owned(cast, cast.belov, department=cast.other, name="ООО «Тайна»")
    pbx.deliver(finished(at=NOON))
    assert Call.objects.visible_to(cast.volkov).filter(client=client).exists()
    shown = page(as_user(cast.volkov))
    assert "ООО «Тайна»" not in shown
    assert f"/clients/{client.pk}/" not in shown


def test_the_missed_tab_shows_counter_due_time_and_the_state_of_the_task(pbx, cast, as_user):
    client = owned(cast, cast.ivanova)
    for minutes in (0, 5):
        pbx.deliver(finished(at=NOON + timedelta(minutes=minutes), result="missed"))
    browser = as_user(cast.ivanova)
    shown = page(browser, tab="missed")
    row = re.search(r'<tr id="missed-\d+".*?</tr>', shown, re.DOTALL).group(0)
    assert f'href="/clients/{client.pk}/"' in row
    assert ">2<" in row
    assert "12:15" in row
    assert "ждёт" in row
    assert "Мария Иванова" in row
    with time_machine.travel(NOON + timedelta(minutes=16), tick=False):
        assert "просрочено" in page(browser, tab="missed")
        complete_task(task=Task.objects.get(kind="callback"), actor=cast.ivanova)
        assert "закрыта вручную" in page(browser, tab="missed")


def test_a_call_back_is_shown_as_done_with_the_share_in_time(pbx, cast, as_user):
    owned(cast, cast.ivanova)
    pbx.deliver(finished(at=NOON, result="missed"))
    later = NOON + timedelta(minutes=7)
    with time_machine.travel(later, tick=False):
        pbx.deliver(finished(at=later, direction="out"))
        shown = page(as_user(cast.ivanova), tab="missed")
    assert "перезвонили" in shown
    assert "100 <small>%" in shown
    assert MissedCall.objects.get().closed_at == later


def test_filters_narrow_the_list_and_nonsense_is_ignored(pbx, cast, as_user):
    owned(cast, cast.ivanova, name="ООО «Ромашка»")
    owned(cast, cast.petrov, "+79250000002", name="ООО «Лютик»")
    pbx.deliver(
        finished(at=NOON, direction="out"),
        finished(at=NOON, number="+79250000002", extension="102", result="missed"),
    )
    browser = as_user(cast.volkov)
    assert "Лютик" not in page(browser, direction="out")
    assert "Ромашка" not in page(browser, result="missed")
    assert "Лютик" not in page(browser, employee=cast.ivanova.pk)
    assert "Лютик" not in page(browser, number="8 (916) 123-45-67")
    assert "Ромашка" not in page(browser, number="50000002")
    assert "Ромашка" not in page(browser, day="2026-11-19")
    assert "Ромашка" in page(browser, day="2026-11-20")
    nothing = page(browser, number="нет такого")
    assert 'class="empty"' in nothing
    assert "Ромашка" not in nothing
    odd = {"direction": "up", "employee": "-1", "day": "0001-01-01", "cursor": "????", "number": "'\"%_\\", "tab": "x"}
    assert browser.get("/calls/", odd).status_code == 200
    assert browser.get("/calls/", {"employee": cast.belov.pk}).status_code == 200
    assert browser.get("/calls/", {"number": "\x00"}).status_code == 200


def test_an_empty_list_says_what_will_come(cast, as_user):
    browser = as_user(cast.ivanova)
    assert "Звонков пока нет" in page(browser)
    assert "Пропущенных звонков нет" in page(browser, tab="missed")


def test_the_list_is_paged_and_a_fragment_is_only_the_list(pbx, cast, as_user):
    owned(cast, cast.ivanova)
    for number in range(60):
        Call.objects.create(
            connection=pbx.connection,
            call_id=f"c{number}",
            rank=3,
            direction="in",
            result="answered",
            e164=CALLER,
            user=cast.ivanova,
            department=cast.sales,
            created_at=NOON,
            updated_at=NOON,
        )
    browser = as_user(cast.ivanova)
    shown = page(browser)
    assert shown.count("<tr id=") == 50
    following = re.search(r'href="(/calls/\?cursor=[^"]+)" rel="next"', shown).group(1).replace("&amp;", "&")
    assert browser.get(following).content.decode().count("<tr id=") == 10
    fragment = browser.get("/calls/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert fragment.count("<tr id=") == 50


@pytest.mark.parametrize("tab", ["", "missed"])
def test_the_page_costs_the_same_with_three_rows_and_with_three_hundred(pbx, cast, as_user, tab):
    browser = as_user(cast.volkov)

    def fill(first: int, count: int) -> None:
        for number in range(first, first + count):
            client = owned(
                cast, (cast.ivanova, cast.petrov, cast.kuznetsova, cast.volkov)[number % 4], f"+7985{number:07d}"
            )
            pbx.send(finished(f"c{number}", at=NOON, number=f"+7985{number:07d}", result="missed"))
            assert client.pk

    def cost() -> int:
        browser.get("/calls/", {"tab": tab})
        with CaptureQueriesContext(database) as queries:
            browser.get("/calls/", {"tab": tab})
        return len(queries)

    fill(0, 3)
    pbx.process()
    few = cost()
    fill(3, 45)
    pbx.process()
    rows, known = Call.objects.count(), Call.objects.first().client
    Call.objects.bulk_create(
        [
            Call(
                connection=pbx.connection,
                call_id=f"more{number}",
                rank=3,
                direction="in",
                result="missed",
                e164=CALLER,
                user=cast.ivanova,
                client=known,
                department=cast.sales,
                created_at=NOON,
                updated_at=NOON,
            )
            for number in range(300 - rows)
        ]
    )
    assert cost() == few
    assert few <= 14


def test_the_administrator_makes_a_connection_whose_token_and_secret_are_shown_once_and_work(cast, as_user):
    browser = as_user(cast.admin)
    assert "Подключений пока нет" in browser.get("/settings/telephony/").content.decode()
    response = browser.post(
        "/settings/telephony/connections/new/",
        {"name": "Наша АТС", "time_zone": "Europe/Moscow", "ip_allowlist": "127.0.0.0/8\n198.51.100.7"},
    )
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    shown = response.content.decode()
    token = re.search(r'id="new-token">([^<]+)<', shown).group(1)
    secret = re.search(r'id="new-secret">([^<]+)<', shown).group(1)
    connection = TelephonyConnection.objects.get()
    assert connection.ip_allowlist == ["127.0.0.0/8", "198.51.100.7/32"]
    assert token not in json.dumps([connection.token_digest, connection.token_prefix])
    later = browser.get("/settings/telephony/").content.decode()
    assert token not in later
    assert secret not in later
    pbx = Pbx(connection, token, secret)
    assert pbx.send(finished("c1", at=NOON)).status_code == 200
    audit = json.dumps(list(AuditEvent.objects.values("before", "after", "object_name")))
    assert token not in audit
    assert secret not in audit


def test_a_new_secret_and_the_switch_work_from_the_page(pbx, cast, as_user):
    browser = as_user(cast.admin)
    shown = browser.post(f"/settings/telephony/connections/{pbx.connection.pk}/secret/").content.decode()
    fresh = re.search(r'id="new-secret">([^<]+)<', shown).group(1)
    assert fresh != pbx.secret
    body = json.dumps(finished("c1", at=NOON)).encode()
    assert pbx.post(body, pbx.headers(body, secret=fresh)).status_code == 200
    browser.post(f"/settings/telephony/connections/{pbx.connection.pk}/enabled/", {"is_enabled": "0"})
    assert pbx.post(body, pbx.headers(body, secret=fresh)).status_code == 403
    browser.post(f"/settings/telephony/connections/{pbx.connection.pk}/enabled/", {"is_enabled": "1"})
    assert pbx.post(body, pbx.headers(body, secret=fresh)).json()["status"] == "duplicate"
    assert AuditEvent.objects.filter(action="telephony.rotate_secret", actor_login="admin").count() == 1


def test_lines_are_added_and_changed_and_wrong_ones_are_told(pbx, cast, as_user):
    browser = as_user(cast.admin)
    url = f"/settings/telephony/connections/{pbx.connection.pk}/lines/new/"
    good = {"number": "8 495 000-00-01", "department": cast.other.pk, "default_extension": "201", "group": ""}
    assert browser.get(url).status_code == 200
    assert browser.post(url, good).status_code == 303
    line = Line.objects.get(number="+74950000001")
    assert (line.department, line.default_extension, line.group) == (cast.other, "201", "group:sales")
    for change in ({}, {"number": "12"}, {"number": "+74950000002", "default_extension": "999"}, {"department": 0}):
        response = browser.post(url, good | change)
        assert response.status_code == 422
        assert "aria-invalid" in response.content.decode()
    assert Line.objects.count() == 2
    edit = f"/settings/telephony/lines/{line.pk}/"
    assert "201" in browser.get(edit).content.decode()
    assert browser.post(edit, good | {"default_extension": "", "source": cast.source.pk}).status_code == 303
    line.refresh_from_db()
    assert (line.default_extension, line.source) == ("", cast.source)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "time_zone": "Europe/Moscow"},
        {"name": "x" * 81, "time_zone": "Europe/Moscow"},
        {"name": "АТС", "time_zone": "Mars/Base"},
        {"name": "АТС", "time_zone": "../../etc/passwd"},
        {"name": "АТС", "time_zone": "Europe/Moscow", "ip_allowlist": "everybody"},
    ],
)
def test_a_wrong_connection_is_told_and_not_made(cast, as_user, data):
    response = as_user(cast.admin).post("/settings/telephony/connections/new/", data)
    assert response.status_code == 422
    assert "aria-invalid" in response.content.decode()
    assert not TelephonyConnection.objects.exists()


@pytest.mark.parametrize("login", ["ivanova", "volkov", "director", "quality", "accountant"])
def test_telephony_settings_do_not_exist_for_others(pbx, cast, as_user, login):
    browser = as_user(getattr(cast, login))
    line = Line.objects.get()
    assert browser.get("/settings/telephony/").status_code == 404
    assert browser.get(f"/settings/telephony/lines/{line.pk}/").status_code == 404
    for path in (
        "connections/new/",
        f"connections/{pbx.connection.pk}/secret/",
        f"connections/{pbx.connection.pk}/enabled/",
    ):
        assert browser.post(f"/settings/telephony/{path}", {"name": "x"}).status_code == 404
    assert TelephonyConnection.objects.get().secret == pbx.secret

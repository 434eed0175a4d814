"""Who asks too often is told when to come again; the others notice nothing."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser

from accounts.services import create_token
from common import clock
from common.limits import MINUTE, MinuteCounter, requests_of_minute
from journal.models import AuditEvent
from journal.services import record

V1 = "/api/v1/"


@pytest.fixture
def few(settings, monkeypatch):
    """Five a minute, ten for a token, one search; the minute does not end meanwhile."""
    settings.API_REQUESTS_PER_MINUTE = 5
    monkeypatch.setattr("common.limits.time.monotonic", lambda: 1_000.0)


def test_a_person_beyond_his_requests_gets_problem_details_and_others_go_on(cast, as_user, few):
    browser = as_user(cast.ivanova)
    assert [browser.get(f"{V1}users/me/").status_code for _ in range(6)] == [200] * 5 + [429]
    response = browser.get(f"{V1}users/me/")
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) == MINUTE - 1000 % MINUTE
    problem = json.loads(response.content)
    assert problem["type"] == "urn:svetofor:problem:throttled"
    assert problem["detail"] == "Слишком много запросов: следующий будет принят через 20 секунд."
    other = Browser()
    other.force_login(cast.petrov, backend="accounts.backends.EmployeeBackend")
    assert other.get(f"{V1}users/me/").status_code == 200
    assert browser.get("/day/").status_code == 200


def test_a_token_has_twice_as_many_of_its_own_and_a_search_a_fifth(cast, as_user, few):
    _token, value = create_token(user=cast.ivanova, name="робот", scope="read", actor=cast.ivanova)
    program = Browser(headers={"Authorization": f"Bearer {value}"})
    answers = [program.get(f"{V1}users/me/").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    person = as_user(cast.ivanova)
    assert person.get(f"{V1}clients/?search=ооо").status_code == 200
    assert person.get(f"{V1}clients/?search=ооо").status_code == 429
    assert person.get(f"{V1}clients/").status_code == 200


def test_a_write_that_was_refused_for_being_one_too_many_writes_nothing(cast, as_user, few):
    browser = as_user(cast.ivanova)
    for _ in range(5):
        browser.get(f"{V1}users/me/")
    before = AuditEvent.objects.count()
    body = json.dumps({"language": "en"})
    assert browser.patch(f"{V1}users/me/", body, content_type="application/json").status_code == 429
    cast.ivanova.refresh_from_db()
    assert (cast.ivanova.language, AuditEvent.objects.count()) == ("ru", before)


def test_the_limit_may_be_switched_off(cast, as_user, settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    browser = as_user(cast.ivanova)
    assert {browser.get(f"{V1}users/me/?nonsense=1").status_code for _ in range(3)} <= {200, 400}
    assert requests_of_minute._counts == {}


def test_the_counter_starts_anew_with_the_minute_and_stays_small(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("common.limits.time.monotonic", lambda: now[0])
    monkeypatch.setattr("common.limits._MOST_KEYS", 50)
    counter = MinuteCounter()
    assert [counter.take("a", 2) for _ in range(3)] == [True, True, False]
    now[0] = 60.0
    assert counter.take("a", 2)
    for key in range(1_000):
        counter.take(key, 1)
    assert len(counter._counts) <= 51


def test_counting_a_request_costs_a_small_part_of_a_millisecond():
    counter = MinuteCounter()
    started = time.process_time()
    for number in range(20_000):
        counter.take(("user", number % 200), 300)
    assert (time.process_time() - started) / 20_000 < 0.0001


@pytest.fixture
def taken_out(cast):
    """Ten exports of the head within forty minutes, on a Friday."""
    start = clock.now()
    for number in range(10):
        with time_machine.travel(start + timedelta(minutes=4 * number), tick=False):
            record(action="clients.export", actor=cast.volkov, object_type="clients.client", after={"count": 1})
    return start


@pytest.mark.parametrize("path", ["/documents/export/", "/lights/export/", "/clients/export/"])
def test_the_eleventh_export_of_an_hour_is_refused_in_every_process(cast, as_user, taken_out, path):
    with time_machine.travel(taken_out + timedelta(minutes=40), tick=False):
        before = AuditEvent.objects.count()
        response = as_user(cast.volkov).get(path)
        assert response.status_code == 429
        assert response["Retry-After"] == str(20 * 60)
        assert "20 минут" in response.content.decode()
        assert AuditEvent.objects.filter(action__endswith=".export").count() == 10 <= before
    with time_machine.travel(taken_out + timedelta(minutes=60), tick=False):
        assert as_user(cast.volkov).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/rotation/history/export/", "/audit/?csv=1"])
def test_every_way_to_take_a_table_out_is_counted(cast, as_user, taken_out, path):
    with time_machine.travel(taken_out + timedelta(minutes=40), tick=False):
        assert as_user(cast.volkov).get(path).status_code == 429


def test_exports_of_one_person_are_not_those_of_another_and_pages_cost_no_query_more(
    cast, as_user, taken_out, django_assert_num_queries
):
    with time_machine.travel(taken_out + timedelta(minutes=40), tick=False):
        assert as_user(cast.director).get("/documents/export/").status_code == 200
        browser = as_user(cast.volkov)
        browser.get("/account/")
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/documents/").status_code == 200
        assert not [query for query in queries if ".export" in query["sql"]]

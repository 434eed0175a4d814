"""The shell: where every role starts, what its navigation offers, one query for all counters."""

from __future__ import annotations

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from desk.selectors.shell import shell_counts
from tests.factories.work import call, on, take

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("ivanova", "/day/"),
        ("smirnova", "/day/"),
        ("orlov", "/day/"),
        ("volkov", "/lights/"),
        ("director", "/lights/"),
        ("accountant", "/documents/"),
        ("quality", "/calls/"),
        ("admin", "/settings/"),
    ],
)
def test_everybody_starts_on_the_page_of_his_role(cast, as_user, who, address):
    response = as_user(getattr(cast, who)).get("/")
    assert (response.status_code, response.headers["Location"]) == (302, address)


def test_a_stranger_is_asked_to_sign_in(client, db):
    assert client.get("/day/").headers["Location"].startswith("/login/")


def test_the_counters_tell_the_queue_and_the_list(cast, django_assert_num_queries):
    with on(TODAY):
        for _each in range(2):
            call(take(cast, cast.ivanova))
        take(cast, cast.petrov)
        with django_assert_num_queries(1):
            mine = shell_counts(cast.ivanova)
        heads = shell_counts(cast.volkov)
    assert (mine.queue, mine.clients) == (2, 2)
    assert heads.clients == 3
    assert shell_counts(cast.boss).clients == 0


def test_the_navigation_marks_the_present_page_and_hides_what_the_role_has_not(cast, as_user):
    html = as_user(cast.ivanova).get("/clients/").content.decode()
    assert 'href="/clients/" title="Клиенты" aria-current="page"' in html
    assert 'href="/staff/"' not in html
    assert 'data-go="D"' in html


def test_the_administrator_has_no_clients_in_his_navigation(cast, as_user):
    html = as_user(cast.admin).get("/clients/").content.decode()
    assert 'href="/clients/" title' not in html


def test_a_fragment_asks_no_counters(cast, as_user, django_assert_max_num_queries):
    browser = as_user(cast.ivanova)
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as asked:
        browser.get("/search/?q=ромашка", headers={"HX-Request": "true"})
    assert not any("funnels_rotationorder" in query["sql"] for query in asked.captured_queries)

"""The shell: where every role starts, what its navigation offers, one query for all counters."""

from __future__ import annotations

from datetime import date

import pytest
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.utils import translation

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


def test_what_is_drawn_once_is_drawn_anew_for_another_language_and_other_keys():
    page = engines["django"].from_string('{% once key %}{% translate "Clients" %} {{ key }}{% endonce %} {{ name }}')
    with translation.override("ru"):
        assert page.render({"key": "a", "name": "1"}) == "Клиенты a 1"
        assert page.render({"key": "a", "name": "2"}) == "Клиенты a 2"
        assert page.render({"key": "b", "name": "2"}) == "Клиенты b 2"
    with translation.override("en"):
        assert page.render({"key": "a", "name": "2"}) == "Clients a 2"


def test_the_shell_of_one_person_is_not_shown_to_the_next(cast, as_user):
    """Menus and keys are remembered by role and page, so that people of several roles ask in turn, twice over."""
    for _turn in range(2):
        seller = as_user(cast.ivanova).get("/account/").content.decode()
        head = as_user(cast.volkov).get("/account/").content.decode()
        admin = as_user(cast.admin).get("/account/").content.decode()
        assert 'href="/staff/"' not in seller
        assert 'href="/day/"' in seller
        assert 'href="/lights/"' in head
        assert 'href="/day/"' not in head
        assert 'href="/clients/new/"' in head
        assert 'href="/clients/new/"' not in admin
        assert 'href="/clients/"' not in admin
        assert cast.ivanova.short_name in seller
        assert cast.ivanova.short_name not in head
        assert cast.volkov.short_name not in admin

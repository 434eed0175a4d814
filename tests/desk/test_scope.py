"""What the pages of the desk tell to whom: no name of a stranger's client, on any of them, for any role."""

from __future__ import annotations

from datetime import date

import pytest

from tests.desk.test_lights import open_cycles
from tests.factories.work import on

TODAY = date(2026, 11, 20)
PAGES = (
    "/day/",
    "/day/contacts/",
    "/lights/",
    "/clients/",
    "/clients/?section=any&sort=age",
    "/funnel/",
    "/funnel/?by=colour",
    "/funnel/column/?by=colour&column=red",
    "/search/",
    "/search/?q=чужой",
)


@pytest.mark.parametrize("who", ["ivanova", "orlov", "smirnova", "volkov", "accountant", "quality", "admin"])
def test_no_page_names_a_client_of_another_department(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    with on(TODAY):
        for cycle in open_cycles(cast, cast.belov, green=2, red=2, department=cast.other, started=date(2026, 11, 9)):
            cycle.client.name = f"ООО «Чужой {cycle.pk}»"
            cycle.client.save()
        for address in PAGES:
            response = browser.get(address)
            assert response.status_code in (200, 404), address
            assert "Чужой" not in response.content.decode(), address


@pytest.mark.parametrize("who", ["ivanova", "orlov", "smirnova"])
def test_no_page_names_a_client_of_a_colleague(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    with on(TODAY):
        for cycle in open_cycles(cast, cast.petrov, green=2, red=2, started=date(2026, 11, 9)):
            cycle.client.name = f"ООО «Чужой {cycle.pk}»"
            cycle.client.save()
        for address in PAGES:
            assert "Чужой" not in browser.get(address).content.decode(), address


def test_every_page_asks_a_stranger_to_sign_in(cast, client):
    for address in PAGES:
        assert client.get(address).headers["Location"].startswith("/login/"), address


def test_a_page_that_is_not_there_says_so_in_words(cast, as_user):
    response = as_user(cast.ivanova).get("/no-such-page/")
    assert response.status_code == 404
    assert b"<h1" in response.content

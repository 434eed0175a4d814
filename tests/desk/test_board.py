"""The board: columns by state and by colour with exact counts, following cards, scope."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence
from clients.models import Client
from common import clock
from desk.constants import BOARD_CARDS
from desk.selectors.board import Wanted, columns_of
from funnels.models import SalesCycle
from tests.desk.test_lights import open_cycles
from tests.factories.work import on

TODAY = date(2026, 11, 20)


def test_columns_count_and_add_up_by_state_and_by_colour(cast):
    with on(TODAY):
        open_cycles(cast, cast.ivanova, green=2, yellow=3, red=4, amount="10.50")
        open_cycles(cast, cast.petrov, green=1)
        by_state = {one.name: (one.count, str(one.amount)) for one in columns_of(cast.ivanova, Wanted(), "state")}
        by_colour = {one.name: (one.count, one.split) for one in columns_of(cast.ivanova, Wanted(), "colour")}
    assert by_state == {"new": (0, "0"), "c1": (4, "42.00"), "c2": (3, "31.50"), "c3": (0, "0"), "deal": (2, "21.00")}
    assert by_colour == {"green": (2, {"deal": 2}), "yellow": (3, {"c2": 3}), "red": (4, {"c1": 4})}


def names_in(cards):
    return [unescape(re.search(r'<p class="name"><a[^>]*>([^<]*)', card)[1]) for card in cards]


def test_a_column_shows_twenty_cards_and_hands_out_the_rest_once(cast, as_user):
    browser = as_user(cast.ivanova)
    with on(TODAY):
        cycles = open_cycles(cast, cast.ivanova, red=45)
        page = browser.get("/funnel/")
        column = next(one for one in page.context["columns"] if one["count"] == "45")
        seen, address = names_in(column["cards"]), column["more_url"]
        assert len(seen) == BOARD_CARDS
        while address:
            part = browser.get(address, headers={"HX-Request": "true"})
            assert b"<html" not in part.content
            seen += names_in(part.context["column"]["cards"])
            address = part.context["more_url"]
    assert len(seen) == 45
    assert set(seen) == {cycle.client.name for cycle in cycles}


def test_without_a_fragment_request_the_rest_of_a_column_is_a_page(cast, as_user):
    with on(TODAY):
        open_cycles(cast, cast.ivanova, red=21)
        browser = as_user(cast.ivanova)
        address = next(one["more_url"] for one in browser.get("/funnel/").context["columns"] if one["more_url"])
        assert b"<html" in browser.get(address).content


def test_a_head_looks_at_one_manager_and_at_no_stranger(cast, as_user):
    browser = as_user(cast.volkov)
    with on(TODAY):
        mine = open_cycles(cast, cast.ivanova, red=1)[0].client.name
        other = open_cycles(cast, cast.petrov, red=1)[0].client.name
        foreign = open_cycles(cast, cast.belov, red=1, department=cast.other)[0].client.name
        whole = browser.get("/funnel/").content.decode()
        one = browser.get(f"/funnel/?manager={cast.ivanova.pk}").content.decode()
    assert mine in whole and other in whole and foreign not in whole
    assert mine in one and other not in one
    assert browser.get(f"/funnel/?manager={cast.belov.pk}").status_code == 404
    assert browser.get(f"/funnel/?department={cast.other.pk}").status_code == 404
    assert as_user(cast.ivanova).get(f"/funnel/?manager={cast.petrov.pk}").status_code == 404


@pytest.mark.parametrize("who", ["ivanova", "petrov", "belov", "volkov", "director", "quality", "accountant", "admin"])
def test_open_sales_asked_by_their_owner_are_those_of_the_visible_clients(cast, who):
    with on(TODAY):
        mine = open_cycles(cast, cast.ivanova, green=1, red=2)
        open_cycles(cast, cast.petrov, yellow=1)
        open_cycles(cast, cast.belov, red=1, department=cast.other)
        Client.objects.filter(pk=mine[0].client_id).update(has_calls=True, has_documents=True)
        Client.objects.filter(pk=mine[1].client_id).update(is_live=False)
        Absence.objects.create(
            user=cast.petrov, deputy=cast.ivanova, starts_on=TODAY, kind="vacation", created_at=clock.now()
        )
        person = getattr(cast, who)
        asked = set(SalesCycle.objects.open_to(person))
        assert asked == set(SalesCycle.objects.open().visible_to(person))
        assert mine[1] not in asked


def test_an_unknown_column_is_not_found(cast, as_user):
    assert as_user(cast.ivanova).get("/funnel/column/?by=state&column=refusal").status_code == 404


@pytest.mark.parametrize("by", ["state", "colour"])
def test_the_queries_do_not_grow_with_the_cards(cast, as_user, by):
    browser = as_user(cast.volkov)
    with on(TODAY):
        open_cycles(cast, cast.ivanova, green=1, yellow=1, red=1)
        browser.get(f"/funnel/?by={by}")
        with CaptureQueriesContext(connection) as few:
            browser.get(f"/funnel/?by={by}")
        open_cycles(cast, cast.ivanova, green=99, yellow=99, red=99)
        with CaptureQueriesContext(connection) as many:
            browser.get(f"/funnel/?by={by}")
    assert len(few) == len(many) <= 25

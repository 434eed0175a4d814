"""Text made to cost time or to be taken for something else: refused or read in a moment, and never an error."""

from __future__ import annotations

import time

import pytest

from clients.models import Client
from clients.readers.headers import read_header
from clients.readers.rows import parse_row
from clients.selectors import search
from common.paging import keyset_page
from common.phones import normalise
from common.requisites import check_inn, check_ogrn
from common.text import TextError, clean_text, formula_guard, formula_unguard, sort_key
from tests.factories.work import make_client

LONG = 50_000
SLOW = ["a" * LONG + "!", "+7" + "(" * LONG, " " * LONG + "x", "'" * LONG + "=", ";" * LONG, "доб" * LONG, "8" * LONG]
HUGE = [10**20, -1, 2**63, 2**64]


def refused_or(call, text):
    try:
        return call(text)
    except TextError:
        return None


READERS = {
    "phone": normalise,
    "inn": check_inn,
    "ogrn": check_ogrn,
    "text": lambda text: refused_or(lambda one: clean_text(one, 200), text),
    "sorting": sort_key,
    "guard": formula_guard,
    "unguard": formula_unguard,
    "row of a table": lambda text: parse_row(2, [text[:32_000], text[:32_000], text[:32_000]], HEADER),
    "header": lambda text: read_header([text[:1_000]] * 20),
}
HEADER = read_header(["Компания", "Мобильный телефон", "Рабочий email"])


@pytest.mark.parametrize("reader", READERS)
def test_fifty_kilobytes_of_nonsense_cost_less_than_fifty_milliseconds(reader):
    for text in SLOW:
        best = 1.0
        for _attempt in range(3):
            started = time.process_time()
            READERS[reader](text)
            best = min(best, time.process_time() - started)
        assert best < 0.05, text[:10]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["%%%%", "____", "\\\\\\\\", " ".join(["слово"] * 200), " ".join("абвгде" * 30)])
def test_a_search_of_wildcards_or_of_two_hundred_words_finds_nothing_in_three_queries(
    cast, django_assert_max_num_queries, text
):
    make_client(cast)
    with django_assert_max_num_queries(3):
        assert search(cast.ivanova, text) == []


@pytest.mark.django_db
@pytest.mark.parametrize("number", HUGE)
def test_a_number_no_column_can_hold_is_a_page_that_is_not_there(cast, as_user, number):
    browser = as_user(cast.director)
    assert browser.get(f"/clients/{number}/").status_code == 404
    assert browser.get(f"/api/v1/clients/{number}/").status_code == 404
    for query in (f"page={number}", f"page_size={number}", f"limit={number}", f"offset={number}", f"cursor={number}"):
        assert browser.get(f"/clients/?{query}").status_code == 200
        assert browser.get(f"/api/v1/clients/?{query}").status_code in (200, 400)
    for path in ("/plan/?scope=u", "/lights/?department=", "/documents/?owner=", "/calls/?user=", "/tasks/?user="):
        assert browser.get(f"{path}{number}").status_code in (200, 404)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "plain", ["[0,1,100000000000000000000]", "[0,1e999,1]", "[0,NaN,1]", "[2,1,1]", "[[[[", "[0,null,null]"]
)
def test_a_cursor_of_somebody_elses_making_is_the_first_page(cast, plain):
    from base64 import urlsafe_b64encode

    first = make_client(cast)
    page = keyset_page(Client.objects.all(), field="pk", cursor=urlsafe_b64encode(plain.encode()).decode().rstrip("="))
    assert page.rows == [first]

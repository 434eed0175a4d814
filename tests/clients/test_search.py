"""One box, any spelling, never beyond the scope."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext

from clients.choices import Section
from clients.filters import ClientFilter
from clients.models import Client, Email
from clients.selectors import duplicate_hints, hidden_hint, search
from clients.services import add_phone
from tests.factories.clients import ClientFactory, PhoneFactory


@pytest.fixture
def zarya(cast) -> Client:
    client = ClientFactory(
        department=cast.sales,
        owner=cast.ivanova,
        section=Section.IN_WORK,
        name="ООО «Заря 100%_\\»",
        inn="7707083893",
    )
    add_phone(client=client, raw="+7 916 123-45-67", actor=cast.ivanova)
    Email.objects.create(client=client, address="info@zarya-sever.ru")
    return client


@pytest.mark.parametrize(
    "text",
    [
        "заря",
        "ЗАРЯ",
        "аря 1",
        "100%",
        "%_\\",
        "+79161234567",
        "8 (916) 123-45-67",
        "8-916-123-45-67 доб. 12",
        "9161234567",
        "916 123 45 67",
        "7 916 1234567",
        "4567",
        "45-67",
        "123-45-67",
        "7707083893",
        " 7707083893 ",
        "info@zarya",
        "INFO@ZARYA-SEVER.RU",
        "@zarya",
    ],
)
def test_every_spelling_finds_the_client(cast, zarya, text):
    ClientFactory(department=cast.sales, owner=cast.ivanova, section=Section.IN_WORK, name="Посторонний")
    assert search(cast.ivanova, text) == [zarya]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "з",
        "567",
        "4568",
        "1234",
        "%%",
        "__",
        "а_я",
        "а%я",
        "7707083894",
        "x@zarya",
        "a\x00b",
        "\ud800\ud800",
        "я" * 10_000,
        "'\"--",
        "$$;",
    ],
)
def test_what_is_not_there_is_not_found_and_nothing_breaks(cast, zarya, text):
    assert search(cast.ivanova, text) == []


def test_search_sees_the_scope_and_nothing_else(cast, zarya):
    for text in ("заря", "+79161234567", "4567", "7707083893", "info@zarya"):
        assert search(cast.volkov, text) == [zarya]
        assert search(cast.director, text) == [zarya]
        for person in (cast.petrov, cast.belov, cast.boss, cast.accountant, cast.quality, cast.admin):
            assert search(person, text) == []


def test_search_costs_at_most_three_queries_for_three_rows_and_for_three_hundred(cast):
    counted = []
    for rows in (3, 300):
        for client in ClientFactory.create_batch(rows, department=cast.sales):
            PhoneFactory(client=client)
        found = []
        for text in ("ромашка", "0000", "+79160000001", "a@b", "7707083893"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                search(cast.volkov, text)
            found.append(len(queries))
        counted.append(found)
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 3


@pytest.mark.parametrize("beginning", [3, 60])
def test_names_that_begin_with_the_word_come_first_and_all_by_name(cast, beginning):
    """A short walk by name meets enough of sixty; of three the index of fragments finds the others."""
    for number in range(beginning):
        ClientFactory(department=cast.sales, name=f"ООО «Берёза {number:02}»", sort_key=f"береза {number:02}")
    for number in range(30):
        ClientFactory(
            department=cast.sales, name=f"АО «Белая берёза {number:02}»", sort_key=f"белая береза {number:02}"
        )
        # Its place by name is among them, but the word is not in its name.
        ClientFactory(department=cast.sales, name=f"Лес {number:02}", sort_key=f"береза {number:02} и лес")
    found = [client.name for client in search(cast.volkov, "берёза")]
    begins = [f"ООО «Берёза {number:02}»" for number in range(min(beginning, 20))]
    assert found == begins + [f"АО «Белая берёза {number:02}»" for number in range(20 - len(begins))]


def test_a_hidden_client_is_hinted_only_for_a_whole_number_or_inn(cast, zarya):
    for text in ("4567", "заря", "info@zarya-sever.ru", "770708389", "", "x\x00"):
        assert hidden_hint(cast.petrov, text) == []
    for text in ("8 916 123 45 67", "7707083893"):
        (ours,) = hidden_hint(cast.petrov, text)
        assert (ours.name, ours.owner, ours.client_id) == (zarya.name, "Иванова Мария", None)
        (foreign,) = hidden_hint(cast.belov, text)
        assert (foreign.name, foreign.owner, foreign.section) == ("", "", "")
        assert foreign.text == gettext("Already in the base, ask your head.")
        assert hidden_hint(cast.ivanova, text) == []
        assert hidden_hint(cast.admin, text) == []


def test_hints_are_at_most_twenty(cast):
    ClientFactory.create_batch(30, department=cast.sales, name="Одинаковые", sort_key="одинаковые")
    assert len(duplicate_hints(user=cast.ivanova, name="ООО «Одинаковые»")) == 20
    ClientFactory.create_batch(30, department=cast.other, name="Чужие", sort_key="чужие")
    assert len(duplicate_hints(user=cast.ivanova, name="Чужие")) == 1


class Asked:
    def __init__(self, user) -> None:
        self.user = user


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ({"section": "in_work"}, True),
        ({"section": "customers"}, False),
        ({"section": "nonsense"}, True),
        ({"size": "medium"}, True),
        ({"size": "'\"--"}, True),
        ({"owner": "none"}, False),
        ({"owner": "999999999999999999999"}, True),
        ({"owner": "x"}, True),
        ({"category": "\x00"}, True),
        ({"has_phone": "yes"}, True),
        ({"has_phone": "no"}, False),
        ({"has_phone": "maybe"}, True),
        ({"search": "заря"}, True),
        ({"search": "4567"}, True),
        ({"search": "нет такого"}, False),
        ({"search": "я" * 10_000}, True),
        ({"imported_stage": "Договор"}, False),
        ({"imported_responsible": "иванова"}, False),
        ({"unknown__lookup": "1", "ordering": "owner__password"}, True),
    ],
)
def test_filters_of_the_list_narrow_the_scope_and_ignore_nonsense(cast, zarya, query, finds):
    request = Asked(cast.volkov)
    found = ClientFilter(query, queryset=Client.objects.visible_to(cast.volkov), request=request)
    assert list(found.qs) == ([zarya] if finds else [])
    assert set(found.active) <= set(query)


def test_a_head_cannot_filter_by_an_owner_of_another_department(cast, zarya):
    found = ClientFilter(
        {"owner": str(cast.belov.pk)}, queryset=Client.objects.visible_to(cast.volkov), request=Asked(cast.volkov)
    )
    assert list(found.qs) == [zarya]
    assert "owner" not in found.active
    assert "owner" not in ClientFilter({}, queryset=Client.objects.none(), request=Asked(cast.ivanova)).filters

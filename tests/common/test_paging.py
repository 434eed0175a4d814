"""Pages by keyset on real PostgreSQL: every row once, in order, whatever the cursor says."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import F, Value
from django.db.models.functions import NullIf

from common.paging import CappedCount, count_up_to, keyset_page

pytestmark = pytest.mark.django_db

NAMES = ["б", "а", "в", "а2", "г", "д", "е"]


@pytest.fixture
def groups() -> list[str]:
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=name) for name in NAMES)
    return sorted(NAMES)


def walk(queryset, **options) -> list[list]:
    """All pages forwards, checking that the way back shows the same pages."""
    pages, cursor = [], ""
    while True:
        page = keyset_page(queryset, cursor=cursor, **options)
        pages.append(page)
        assert len(pages) < 50
        if not page.has_next:
            break
        cursor = page.next_cursor
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        back = keyset_page(queryset, cursor=back.previous_cursor, **options)
        assert back.rows == earlier.rows
    assert not back.has_previous
    return [page.rows for page in pages]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("is_descending", [False, True])
def test_every_row_is_shown_once_in_order(groups: list[str], size: int, is_descending: bool) -> None:
    pages = walk(Group.objects.all(), field="name", size=size, is_descending=is_descending)
    shown = [group.name for page in pages for group in page]
    assert shown == (groups[::-1] if is_descending else groups)
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("is_descending", [False, True])
def test_equal_and_missing_values_are_told_apart_by_the_key(groups: list[str], is_descending: bool) -> None:
    queryset = Group.objects.annotate(same=NullIf(F("name"), Value("в")), one=Value(1))
    for field in ("same", "one"):
        pages = walk(queryset, field=field, size=2, is_descending=is_descending)
        shown = [group.pk for page in pages for group in page]
        assert sorted(shown) == sorted(Group.objects.values_list("pk", flat=True))
        assert len(shown) == len(set(shown))
        expected = queryset.order_by(*([f"-{field}", "-pk"] if is_descending else [field, "pk"]))
        assert shown == [group.pk for group in expected]


def test_dates_with_gaps_are_walked(cast) -> None:
    people = get_user_model().objects.order_by("pk")
    start = datetime(2026, 11, 9, 12, 0, 0, 123456, tzinfo=UTC)
    for at, person in enumerate(people):
        seen = None if at % 3 == 0 else start + timedelta(minutes=at // 2)
        people.model.objects.filter(pk=person.pk).update(last_login=seen)
    for is_descending in (False, True):
        pages = walk(people.model.objects.all(), field="last_login", size=2, is_descending=is_descending)
        assert sum(map(len, pages)) == people.count()


def test_a_row_added_before_the_cursor_neither_repeats_nor_hides_rows(groups: list[str]) -> None:
    first = keyset_page(Group.objects.all(), field="name", size=3)
    Group.objects.create(name="0")
    second = keyset_page(Group.objects.all(), field="name", cursor=first.next_cursor, size=3)
    assert [group.name for group in second.rows] == groups[3:6]


def forged(*document) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "%%%",
        "A" * 100_000,
        base64.urlsafe_b64encode(b"[" * 4000).decode(),
        forged(),
        forged(0, "a"),
        forged(2, "a", 1),
        forged([], {}, []),
        forged(0, {"a": 1}, 1),
        forged(0, "a\x00b", 1),
        forged(0, "\ud800", 1),
        forged(0, "a", "nan"),
        forged(0, "a", 10**30),
        forged(0, "a", 1.5),
        forged(0, "a", None),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_broken_cursor_gives_the_first_page(groups: list[str], cursor: str) -> None:
    page = keyset_page(Group.objects.all(), field="name", cursor=cursor, size=3)
    assert [group.name for group in page.rows] == groups[:3]
    assert not page.has_previous and page.has_next


@pytest.mark.parametrize("value", ["2026-11-09", "2026-11-09T10:00:00", "9999-99-99", "infinity", "", 5, True])
def test_a_cursor_of_another_column_gives_the_first_page(cast, value: object) -> None:
    people = get_user_model().objects.all()
    page = keyset_page(people, field="last_login", cursor=forged(0, value, 1), size=2)
    assert len(page.rows) == 2 and not page.has_previous


def test_a_cursor_beyond_the_last_row_gives_the_first_page(groups: list[str]) -> None:
    page = keyset_page(Group.objects.all(), field="name", cursor=forged(0, "яяя", 1), size=3)
    assert [group.name for group in page.rows] == groups[:3]


def test_an_empty_list_has_one_empty_page() -> None:
    page = keyset_page(Group.objects.none(), field="name", cursor=forged(1, "a", 1))
    assert (page.rows, page.has_next, page.has_previous) == ([], False, False)


def test_a_page_costs_one_query(groups: list[str], django_assert_num_queries) -> None:
    cursor = keyset_page(Group.objects.all(), field="name", size=3).next_cursor
    with django_assert_num_queries(1):
        keyset_page(Group.objects.all(), field="name", cursor=cursor, size=3)


def test_counting_stops_at_the_limit(groups: list[str]) -> None:
    assert count_up_to(Group.objects.order_by("name"), 3) == CappedCount(3, True)
    assert count_up_to(Group.objects.all(), len(NAMES)) == CappedCount(len(NAMES), False)

"""A query compiled once answers for everybody with his own values, and for nobody with another's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, User
from common import clock
from common.prepared import Prepared
from tests.factories.work import on

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 10)


def people(shape, *, user, department):
    role, _rest = shape
    return User.objects.filter(department_id=department, role=role).exclude(pk=user).order_by("pk").values_list("login")


def test_every_asker_gets_the_rows_of_his_own_values(cast):
    ask = Prepared(people)
    built = []
    counted = Prepared(lambda shape, **values: built.append(shape) or people(shape, **values))
    for asked in (ask, counted):
        assert asked(("hunter", 1), user=cast.ivanova.pk, department=cast.sales.pk) == [("petrov",), ("kuznetsova",)]
        assert asked(("hunter", 1), user=cast.petrov.pk, department=cast.sales.pk) == [("ivanova",), ("kuznetsova",)]
        assert asked(("hunter", 1), user=cast.petrov.pk, department=cast.other.pk) == [("belov",)]
        assert asked(("head", 1), user=cast.petrov.pk, department=cast.other.pk) == [("boss",)]
    assert built == [("hunter", 1), ("head", 1)]


def test_objects_come_with_what_is_selected_along_and_with_annotations(cast):
    ask = Prepared(
        lambda shape, *, department: (
            User.objects.filter(department=department)
            .select_related("department", "second_factor")
            .annotate(twice=F("pk") * 2)
            .order_by("pk")
        )
    )
    ask.models("x", department=cast.other.pk)
    with CaptureQueriesContext(connection) as found:
        people = ask.models("x", department=cast.sales.pk)
        assert {one.department.name for one in people} == {cast.sales.name}
        assert all(not hasattr(one, "second_factor") and one.twice == 2 * one.pk for one in people)
    assert len(found) == 1
    assert people == list(User.objects.filter(department=cast.sales).order_by("pk"))
    people[0].last_name = "Смирнова"
    people[0].save()
    people[0].refresh_from_db()
    assert people[0].last_name == "Смирнова"


def test_words_are_values_unless_they_are_changed_on_the_way(cast):
    ask = Prepared(lambda shape, *, name: User.objects.filter(login__gt=name, login__lt="p").values_list("login"))
    for name in ("a", "k", "zz"):
        assert set(ask("x", name=name)) == set(User.objects.filter(login__gt=name, login__lt="p").values_list("login"))
    with pytest.raises(ValueError, match="never change again"):
        Prepared(lambda shape, *, name: User.objects.filter(login__contains=name))("x", name="iva")


def test_one_statement_answers_for_any_number_of_ids(cast):
    built = []

    def some(shape, *, ids, department):
        built.append(shape)
        return User.objects.filter(pk__in=ids, department=department).order_by("pk").values_list("pk")

    ask, both = Prepared(some), [cast.ivanova.pk, cast.petrov.pk]
    for ids, found in (
        (both, both),
        ([cast.petrov.pk], [cast.petrov.pk]),
        ([], []),
        ([*both, cast.belov.pk, *range(10**6, 10**6 + 200)], both),
    ):
        assert [pk for (pk,) in ask("x", ids=ids, department=cast.sales.pk)] == found
    assert built == ["x"]
    with pytest.raises(ValueError, match="invalid literal"):
        ask("x", ids=["1) OR (true"], department=cast.sales.pk)


def test_days_and_moments_are_values_and_one_statement_answers(cast):
    User.objects.update(last_login=datetime(2026, 3, 1, tzinfo=UTC))
    ask = Prepared(
        lambda shape, *, day, until: User.objects.filter(employed_on__lte=day, last_login__lt=until).values_list("pk")
    )
    ask("x", day=DAY, until=datetime(2030, 1, 1, tzinfo=UTC))
    with CaptureQueriesContext(connection) as found:
        everybody = ask("x", day=DAY, until=datetime(2030, 1, 1, tzinfo=UTC))
    assert len(found) == 1 and len(everybody) == User.objects.count()
    assert ask("x", day=date(2020, 1, 1), until=datetime(2030, 1, 1, tzinfo=UTC)) == []
    assert ask("x", day=DAY, until=datetime(2000, 1, 1, tzinfo=UTC)) == []


def test_today_inside_a_scope_is_the_day_of_the_question(cast):
    Absence.objects.create(user=cast.ivanova, deputy=cast.petrov, starts_on=DAY, ends_on=DAY, created_at=clock.now())
    ask = Prepared(
        lambda shape, *, user: Absence.objects.covering(clock.today()).filter(user_id=user).values_list("pk")
    )
    for day, rows in ((DAY, 1), (DAY + timedelta(days=1), 0), (DAY, 1)):
        with on(day):
            assert len(ask("x", user=cast.ivanova.pk)) == rows


@pytest.mark.parametrize(
    "build",
    [
        lambda shape, *, user: User.objects.filter(pk=user, last_login__lt=clock.now()).values_list("pk"),
        lambda shape, *, user: User.objects.filter(pk=user + 1).values_list("pk"),
    ],
    ids=["a moment of its own", "a value reckoned with"],
)
def test_what_would_be_baked_in_is_refused(cast, build):
    with pytest.raises(ValueError, match="never change again"):
        Prepared(build)("x", user=cast.ivanova.pk)


def test_a_query_that_can_find_nothing_asks_nothing(cast, django_assert_num_queries):
    ask = Prepared(lambda shape, *, user: User.objects.none().values_list("pk"))
    with django_assert_num_queries(0):
        assert ask("x", user=cast.ivanova.pk) == []

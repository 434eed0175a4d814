"""A scope narrowed to sections shows exactly what the whole scope shows of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clients.choices import Section
from clients.models import Client
from common import clock
from common.paging import counts_up_to
from tests.factories.clients import ClientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(cast):
    """One client of every section in both departments; a recall that is due and one that is not."""
    made = []
    for department, owner in ((cast.sales, cast.ivanova), (cast.other, cast.belov)):
        for section in Section.values:
            is_owned = section in (Section.IN_WORK, Section.CUSTOMERS)
            made.append(ClientFactory(department=department, section=section, owner=owner if is_owned else None))
        due = ClientFactory(department=department, section=Section.SOFT_REFUSAL)
        Client.objects.filter(pk=due.pk).update(recall_on=clock.today() - timedelta(days=1))
    return made


@pytest.mark.parametrize("who", ["ivanova", "petrov", "belov", "volkov", "director", "quality", "accountant", "admin"])
def test_sections_narrow_the_scope_and_nothing_else(cast, base, who):
    person = getattr(cast, who)
    whole = Client.objects.visible_to(person)
    for sections in ([one] for one in Section.values):
        assert set(Client.objects.visible_to(person, sections=sections)) == set(whole.filter(section__in=sections))
    owned = [Section.IN_WORK, Section.CUSTOMERS]
    assert set(Client.objects.visible_to(person, sections=owned)) == set(whole.filter(section__in=owned))


def test_counts_come_in_one_query_and_stop_at_the_limit(cast, base, django_assert_num_queries):
    scope = Client.objects.visible_to(cast.director)
    with django_assert_num_queries(1):
        found = counts_up_to({"all": scope, "none": scope.none(), "work": scope.filter(section=Section.IN_WORK)}, 3)
    assert (found["all"].value, found["all"].is_capped) == (3, True)
    assert (found["none"].value, found["none"].is_capped) == (0, False)
    assert (found["work"].value, found["work"].is_capped) == (2, False)

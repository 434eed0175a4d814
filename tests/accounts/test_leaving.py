"""A person with clients leaves: the page says how many, and distributes the list in the same act (section 2.5)."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import User
from funnels.models import Ownership, SalesCycle
from funnels.services import take_into_work
from tests.factories import ClientFactory, PersonFactory, PhoneFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(cast):
    with time_machine.travel(datetime(2026, 6, 1, 7, tzinfo=UTC), tick=False):
        for _ in range(3):
            client = ClientFactory(
                department=cast.sales, segment=cast.medium, category=cast.category, source=cast.source
            )
            PersonFactory(client=client)
            PhoneFactory(client=client)
            take_into_work(client=client, owner=cast.ivanova, actor=cast.ivanova)
        yield cast.ivanova


def test_the_page_says_how_many_clients_and_distributes_them(cast, owned, as_user):
    http = as_user(cast.volkov)
    url = f"/staff/{owned.pk}/deactivate/"
    refused = http.post(url)
    assert refused.status_code == 409
    assert "3" in refused.context["refusal"]
    assert User.objects.get(pk=owned.pk).is_active
    assert http.post(url, {"distribute": "1"}).status_code == 303
    assert not User.objects.get(pk=owned.pk).is_active
    assert SalesCycle.objects.filter(owner=owned).count() == 0
    assert not Ownership.objects.filter(user=owned, ended_at__isnull=True).exists()
    assert SalesCycle.objects.filter(owner__isnull=False, owner__is_active=True).count() == 3


def test_a_seller_with_clients_does_not_change_department(cast, owned, as_user):
    http = as_user(cast.admin)
    form = {
        "last_name": owned.last_name,
        "first_name": owned.first_name,
        "worklist_cap": 90,
        "department": cast.other.pk,
        "version": 1,
    }
    assert http.post(f"/staff/{owned.pk}/", form).status_code == 409
    assert http.post(f"/staff/{owned.pk}/role/", {"role": "accountant"}).status_code == 409
    owned.refresh_from_db()
    assert (owned.department, owned.role) == (cast.sales, "hunter")

"""`visible_to` itself, where no page can tell: the session of a dismissed person is closed before any scope is asked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps

from clients.models import Client
from deals.models import PaymentCredit
from funnels.services import ban_retake
from tests.access.world import World
from tests.factories.money import paid
from tests.factories.work import make_client, on

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


def scoped() -> dict[str, object]:
    """Every manager that tells what a person may see, by the name of its model."""
    models = {model._meta.label: model._default_manager for model in apps.get_models()}
    return {name: manager for name, manager in models.items() if hasattr(manager, "visible_to")}


def test_a_dismissed_person_sees_no_row_of_any_model_whatever_he_was(world: World):
    managers = scoped()
    filled = {name for name, manager in managers.items() if manager.visible_to(world.cast.director).exists()}
    assert {"clients.Client", "funnels.SalesCycle", "deals.Invoice", "telephony.Call", "accounts.User"} <= filled
    for role, person in world.people.items():
        was = person.is_active
        person.is_active = False
        seen = {name for name, manager in managers.items() if manager.visible_to(person).exists()}
        person.is_active = was
        assert not seen, f"{role}: {sorted(seen)}"


def test_who_lost_a_client_is_not_offered_it_from_the_base_until_the_ban_is_over(world: World):
    cast = world.cast
    with on(DAY):
        client = make_client(cast)
        ban_retake(client_id=client.pk, user_id=cast.ivanova.pk, day=DAY)
        found = Client.objects.filter(pk=client.pk)
        assert not found.visible_to(cast.ivanova).exists()
        assert found.visible_to(cast.petrov).exists()
    with on(date(2027, 5, 19)):  # day 180 is still banned
        assert not found.visible_to(cast.ivanova).exists()
    with on(date(2027, 5, 20)):
        assert found.visible_to(cast.ivanova).exists()


def test_a_head_counts_the_money_of_his_department_and_a_manager_his_own(world: World):
    cast = world.cast
    PaymentCredit.objects.all().delete()
    for person, amount in ((cast.ivanova, "100"), (cast.petrov, "20"), (cast.belov, "3")):
        paid(cast, person, amount, DAY)

    def counted(person):
        return sum(PaymentCredit.objects.visible_to(person).values_list("amount", flat=True))

    assert counted(cast.volkov) == Decimal(120)
    assert counted(cast.boss) == Decimal(3)
    assert counted(cast.ivanova) == Decimal(100)
    assert counted(cast.director) == counted(cast.accountant) == Decimal(123)

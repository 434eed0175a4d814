"""The demo is not decoration: its history must stand up to the rules and to the invariants."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from clients.models import Client
from common import clock
from config.management.commands.check_invariants import count_offences
from funnels.models import Contact, RotationOrder, SalesCycle
from funnels.services import verdict_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def played(django_db_setup, django_db_blocker):
    """The demo, written once; what a test does to it is rolled back."""
    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
            call_command("seed_demo", clients=90, managers=7, seed=7, days=60, stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def demo(played, db):
    return played


def test_the_demo_obeys_the_rules_and_every_invariant(demo):
    assert "clients=90" in demo
    assert Client.objects.count() == 90
    assert {name: number for name, number in count_offences().items() if number} == {}
    today = clock.today()
    for cycle in SalesCycle.objects.open().select_related("client"):
        verdict = verdict_of(cycle, today)
        assert (cycle.colour, cycle.colour_rule) == (str(verdict.colour), verdict.rule)


def test_the_demo_has_every_colour_and_the_named_logins(demo):
    assert set(SalesCycle.objects.open().values_list("colour", flat=True)) == {"red", "yellow", "green"}
    assert Contact.objects.filter(is_productive_call=True).exists()
    logins = {
        "director",
        "head",
        "ivanova",
        "petrov",
        "kuznetsova",
        "smirnova",
        "orlov",
        "accountant",
        "quality",
        "admin",
    }
    assert logins <= set(User.objects.values_list("login", flat=True))
    assert RotationOrder.objects.open().exists(), "the morning has a rotation to execute"


def test_the_demo_is_never_invented_over_real_data(demo):
    with pytest.raises(CommandError):
        call_command("seed_demo")


def test_a_broken_house_is_reported(demo, capsys):
    cycle = SalesCycle.objects.open().first()
    SalesCycle.objects.filter(pk=cycle.pk).update(paid_amount=1)
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert count_offences()["the paid sum of a cycle is the sum of its payments"] == 1

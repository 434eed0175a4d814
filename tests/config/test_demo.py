"""The demo is not decoration: its history must stand up to the rules and to the invariants."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from accounts.models import Department, User
from clients.models import Client
from common import clock, formats
from common.workdays import PeriodKind
from config.demo.forecasts import lines_on, lives_of
from config.management.commands.check_invariants import count_offences
from funnels.models import Contact, RotationOrder, SalesCycle
from funnels.services import verdict_of
from planning.models import ForecastSnapshot
from planning.selectors.forecast import forecast_inputs
from planning.selectors.parts import parts_of

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


def test_the_past_forecasts_of_the_demo_are_those_of_its_own_funnels(demo):
    tomorrow = clock.today() + timedelta(days=1)
    for department in Department.objects.all():
        read_back = lines_on(lives_of(department), tomorrow)
        assert sorted(read_back) == sorted(forecast_inputs(department_id=department.pk, day=clock.today()).lines)
    assert {"day", "triad", "week", "month"} <= set(ForecastSnapshot.objects.values_list("period", flat=True))


def test_the_years_of_the_demo_are_made_of_their_parts(demo):
    today = clock.today()
    for department in (None, *Department.objects.all()):
        for kind in PeriodKind:
            found = parts_of(department=department, user=None, kind=kind, day=today, today=today)
            assert found.own == found.whole.plan == found.segments_plan, (department, kind)
            assert department is not None or found.departments_plan == found.own


def test_the_demo_shows_verified_forecasts_with_the_clients_and_amounts_behind_them(demo, client):
    client.force_login(User.objects.get(login="director"))
    sales = Department.objects.order_by("pk").first()
    rows = client.get(f"/plan/verification/?department={sales.pk}").context["rows"]
    known = [row for row in rows if row["is_known"] and row["has_clients"]]
    assert len(known) >= 3 and sum(int(row["hit_of"].split()[-1]) for row in known) > 0
    walked = 0
    for row in known:
        for person in client.get(row["forecast_url"]).context["rows"]:
            if person["rest_url"]:
                page = client.get(person["rest_url"]).context
                assert page["total"] == person["rest"]
                assert formats.money(sum(roubles(one["expected"]) for one in page["rows"])) == page["total"]
                walked += bool(page["rows"])
    assert walked >= 3


def roubles(text):
    return Decimal(text.replace("\u00a0", "").replace("₽", "").replace(",", "."))


def test_the_demo_is_never_invented_over_real_data(demo):
    with pytest.raises(CommandError):
        call_command("seed_demo")


def test_a_broken_house_is_reported(demo, capsys):
    cycle = SalesCycle.objects.open().first()
    SalesCycle.objects.filter(pk=cycle.pk).update(paid_amount=1)
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert count_offences()["the paid sum of a cycle is the sum of its payments"] == 1

"""What the pages of the desk tell to whom: no name of a stranger's client, on any of them, for any role."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Absence
from clients.models import Client, RetakeBan
from common import clock
from tests.desk.test_lights import open_cycles
from tests.factories.work import make_client, on, take

TODAY = date(2026, 11, 20)
PAGES = (
    "/day/",
    "/day/contacts/",
    "/lights/",
    "/clients/",
    "/clients/?section=any&sort=age",
    "/funnel/",
    "/funnel/?by=colour",
    "/funnel/column/?by=colour&column=red",
    "/search/",
    "/search/?q=чужой",
)


@pytest.mark.parametrize("who", ["ivanova", "orlov", "smirnova", "volkov", "accountant", "quality", "admin"])
def test_no_page_names_a_client_of_another_department(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    with on(TODAY):
        for cycle in open_cycles(cast, cast.belov, green=2, red=2, department=cast.other, started=date(2026, 11, 9)):
            cycle.client.name = f"ООО «Чужой {cycle.pk}»"
            cycle.client.save()
        for address in PAGES:
            response = browser.get(address)
            assert response.status_code in (200, 404), address
            assert "Чужой" not in response.content.decode(), address


@pytest.mark.parametrize("who", ["ivanova", "orlov", "smirnova"])
def test_no_page_names_a_client_of_a_colleague(cast, as_user, who):
    browser = as_user(getattr(cast, who))
    with on(TODAY):
        for cycle in open_cycles(cast, cast.petrov, green=2, red=2, started=date(2026, 11, 9)):
            cycle.client.name = f"ООО «Чужой {cycle.pk}»"
            cycle.client.save()
        for address in PAGES:
            assert "Чужой" not in browser.get(address).content.decode(), address


def test_every_page_asks_a_stranger_to_sign_in(cast, client):
    for address in PAGES:
        assert client.get(address).headers["Location"].startswith("/login/"), address


def test_a_page_that_is_not_there_says_so_in_words(cast, as_user):
    response = as_user(cast.ivanova).get("/no-such-page/")
    assert response.status_code == 404
    assert b"<h1" in response.content


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "sees"),
    [
        (date(2026, 11, 1), None, True),
        (date(2026, 11, 20), date(2026, 11, 20), True),
        (date(2026, 11, 1), date(2026, 11, 19), False),
        (date(2026, 11, 21), None, False),
    ],
)
def test_a_deputy_sees_the_clients_of_the_absent_on_the_days_of_the_absence_alone(cast, starts_on, ends_on, sees):
    with on(TODAY):
        owned = take(cast, cast.petrov).client
        Absence.objects.create(
            user=cast.petrov, starts_on=starts_on, ends_on=ends_on, deputy=cast.ivanova, created_at=clock.now()
        )
        for scope in (Client.objects.visible_to(cast.ivanova), Client.objects.visible_to(cast.ivanova, ["in_work"])):
            assert scope.filter(pk=owned.pk).exists() is sees
        assert not Client.objects.visible_to(cast.smirnova).filter(pk=owned.pk).exists()


@pytest.mark.parametrize(("until_on", "sees"), [(date(2026, 11, 20), False), (date(2026, 11, 19), True)])
def test_who_lost_a_client_sees_it_in_the_base_again_after_the_last_day_of_the_ban(cast, until_on, sees):
    with on(TODAY):
        free = make_client(cast)
        RetakeBan.objects.create(client=free, user=cast.ivanova, until_on=until_on)
        for scope in (Client.objects.visible_to(cast.ivanova), Client.objects.visible_to(cast.ivanova, ["call_base"])):
            assert scope.filter(pk=free.pk).exists() is sees
        assert Client.objects.visible_to(cast.petrov).filter(pk=free.pk).exists()


@pytest.mark.parametrize(
    ("section", "recall_on", "sees"),
    [
        ("call_base", None, True),
        ("soft_refusal", TODAY, True),
        ("soft_refusal", date(2026, 11, 21), False),
        ("strategic", TODAY, True),
        ("strategic", date(2026, 11, 21), False),
        ("hard_refusal", None, False),
    ],
)
def test_a_manager_sees_the_same_of_a_section_whether_he_asks_for_it_or_for_everything(cast, section, recall_on, sees):
    with on(TODAY):
        free = make_client(cast, section=section, recall_on=recall_on)
        for sections in ((), (section,), (section, "in_work"), ("call_base", section)):
            assert Client.objects.visible_to(cast.ivanova, sections).filter(pk=free.pk).exists() is sees, sections
        assert not Client.objects.visible_to(cast.ivanova, ("customers",)).filter(pk=free.pk).exists()

"""After a rotation the client is gone for its old owner: only the hint of the search and his own list of contacts stay."""

from __future__ import annotations

import pytest

from clients.models import Client
from funnels.models import RotationOrder
from funnels.services import change_owner
from tests.access.world import PHONES, TODAY, canary, seen_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lost(world) -> Client:
    """a1's client has gone to a2."""
    cycle = world.a1.cycle
    change_owner(cycle=cycle, to=world.a2.user, reason="rotation", at=world.a1.order.created_at, day=TODAY)
    return Client.objects.get(pk=world.a1.client.pk)


def test_card_fragment_files_forms_and_acts_do_not_exist_for_the_old_owner(world, lost):
    old, new = world.browser("owner"), world.browser("colleague")
    card = f"/clients/{lost.pk}/"
    for url in (
        card,
        f"{card}edit/",
        f"{card}people/",
        f"{card}contact/",
        f"{card}questionnaire/",
        f"{card}offers/new/",
    ):
        assert old.get(url).status_code == 404, url
        assert old.get(url, headers=HTMX).status_code == 404, url
        assert new.get(url).status_code == 200, url
    assert old.get(f"/documents/contracts/{world.a1.contract.pk}/file/").status_code == 404
    assert old.get(f"/api/v1/clients/{lost.pk}/").status_code == 404
    for url in (f"{card}edit/", f"{card}size/", f"{card}contact/", f"{card}refuse/", f"{card}people/new/"):
        assert old.post(url, {"name": "Украдено", "size": "small"}).status_code == 404, url
    fresh = Client.objects.get(pk=lost.pk)
    assert (fresh.name, fresh.size, fresh.version) == (lost.name, lost.size, lost.version)


def test_no_list_export_or_search_by_name_shows_it(world, lost):
    old, cast = world.browser("owner"), world.cast
    cast.sales.managers_may_export = True
    cast.sales.save(update_fields=["managers_may_export"])
    for url in (
        "/clients/?section=any",
        "/clients/export/?section=any",
        "/funnel/",
        "/day/",
        "/documents/?tab=offers",
        "/documents/export/?tab=offers",
        "/search/?q=CANARY-a1",
        "/api/v1/clients/",
        "/api/v1/cycles/",
        "/api/v1/contacts/",
    ):
        response = old.get(url)
        assert response.status_code == 200, url
        left = {name for name in seen_in(response) if name.startswith("a1-")}
        assert not left - {"a1-order", "a1-notice"}, (url, left)


def test_the_search_by_the_whole_number_gives_name_section_and_owner_and_no_link(world, lost):
    page = world.browser("owner").get("/search/", {"q": PHONES["a1"]}, headers=HTMX).content.decode()
    for words in (lost.name, "В работе", world.a2.user.last_name):
        assert words in page, words
    assert f"/clients/{lost.pk}/" not in page
    assert canary("a1", "person") not in page
    assert canary("a1", "note") not in page


def test_the_other_department_is_only_told_that_the_number_is_in_the_base(world, lost):
    page = world.browser("stranger").get("/search/", {"q": PHONES["a1"]}, headers=HTMX).content.decode()
    assert "обратитесь к руководителю" in page
    for words in (lost.name, world.a2.user.last_name, world.a1.user.last_name, f"/clients/{lost.pk}/"):
        assert words not in page, words


def test_his_own_contacts_stay_as_date_kind_name_and_credit_without_the_words_said(world, lost):
    page = world.browser("owner").get("/day/contacts/")
    text = page.content.decode()
    assert seen_in(page) >= {"a1-client"}
    assert not seen_in(page) & {"a1-contact", "a1-person", "a1-phone", "a1-email", "a1-note"}
    assert f"/clients/{lost.pk}/" not in text
    listed = world.browser("owner").get("/api/v1/contacts/?mine=true")
    assert listed.status_code == 200
    assert "a1-contact" not in seen_in(listed)


def test_a_deputy_sees_and_works_the_list_of_the_absent_and_loses_it_with_the_absence(world):
    from accounts.models import Absence
    from common import clock

    absence = Absence.objects.create(
        user=world.a1.user, kind="sick", starts_on=TODAY, ends_on=TODAY, deputy=world.a2.user, created_at=clock.now()
    )
    deputy, card = world.browser("colleague"), f"/clients/{world.a1.client.pk}/"
    assert deputy.get(card).status_code == 200
    assert deputy.get(f"{card}contact/").status_code == 200
    absence.delete()
    assert deputy.get(card).status_code == 404


def test_the_orders_of_a_neighbour_do_not_name_his_clients(world):
    assert RotationOrder.objects.count() == 3
    assert "a1-order" not in seen_in(world.browser("colleague").get("/rotation/"))
    assert "a1-order" not in seen_in(world.browser("stranger").get("/rotation/"))

"""Scenarios 4 to 14 through the doors people use: the bell, the card, the queue, the work list."""

from datetime import date

import pytest

from clients.choices import Section
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.services import execute_rotations, expire_terms, flag_stagnant, recheck_colours, warn_ages
from tests.factories.work import call, invoice, make_client, on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cycle(cast):
    with on(MONDAY):
        return take(cast, cast.ivanova, name="ООО «Вектор-Снаб»")


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def test_the_bell_of_the_owner_rings_at_seven_and_both_bells_at_ten(cast, as_user, cycle):
    """Scenario 4."""
    with on(date(2026, 11, 16), 0, 20):
        warn_ages(day=date(2026, 11, 16))
    with on(date(2026, 11, 16), 9):
        assert page(as_user(cast.ivanova), "/notices/").count("ООО «Вектор-Снаб»") == 2  # colour and state
        assert "ООО «Вектор-Снаб»" not in page(as_user(cast.volkov), "/notices/")
    with on(date(2026, 11, 19), 0, 20):
        warn_ages(day=date(2026, 11, 19))
    with on(date(2026, 11, 19), 9):
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.volkov), "/notices/")
        assert "ООО «Вектор-Снаб»" not in page(as_user(cast.volkov), "/rotation/")


def test_before_execution_the_old_owner_opens_the_card_and_after_it_he_gets_404(cast, as_user, cycle):
    """Scenario 5."""
    url = f"/clients/{cycle.client_id}/"
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 0):
        assert as_user(cast.ivanova).get(url).status_code == 200
        suggested = RotationOrder.objects.get().suggested
        assert as_user(suggested).get(url).status_code == 404
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        assert as_user(cast.ivanova).get(url).status_code == 404
        assert as_user(cast.ivanova).get(f"{url}contact/").status_code == 404
        assert as_user(suggested).get(url).status_code == 200
        assert "ООО «Вектор-Снаб»" in page(as_user(suggested), "/notices/")


def test_an_invoice_that_expires_and_comes_back_resets_no_clock(cast, as_user, cycle):
    """Scenario 7, seen from the queue: the eleventh day of the first movement counts."""
    with on(date(2026, 11, 10)):
        call(cycle)
        invoice(cycle, due=date(2026, 11, 14))
    with on(date(2026, 11, 15), 0, 10):
        recheck_colours(day=date(2026, 11, 15))
    with on(date(2026, 11, 17)):
        invoice(SalesCycle.objects.get(pk=cycle.pk), due=date(2026, 11, 30), number=2)
    assert SalesCycle.objects.get(pk=cycle.pk).colour == "green"
    assert Ownership.objects.get(cycle=cycle).clock_started_on == date(2026, 11, 10)
    day = date(2026, 11, 21)
    with on(day, 0, 20):
        flag_stagnant(day=day)
    with on(day, 12):
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.volkov), "/rotation/")


def test_a_movement_of_the_eleventh_day_leaves_the_client_in_the_queue(cast, as_user, cycle):
    """Scenario 9."""
    with on(MONDAY):
        call(cycle)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 8, 30):
        invoice(SalesCycle.objects.get(pk=cycle.pk), due=date(2026, 12, 1))
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.volkov), "/rotation/")
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
    assert SalesCycle.objects.get(pk=cycle.pk).owner != cast.ivanova


def test_the_new_year_rotation_stands_in_the_queue_from_the_eighteenth_of_january(cast, as_user):
    """Scenario 10."""
    with on(date(2026, 12, 29)):
        take(cast, cast.ivanova, name="ООО «Ёлка»")
    for day, is_there in ((date(2027, 1, 17), False), (date(2027, 1, 18), True)):
        with on(day, 0, 20):
            flag_stagnant(day=day)
        with on(day, 8):
            assert ("ООО «Ёлка»" in page(as_user(cast.volkov), "/rotation/")) is is_there


def test_when_nobody_is_eligible_the_queue_names_the_reserve_and_the_bells_ring(cast, as_user, cycle):
    """Scenario 12."""
    for user in (cast.petrov, cast.kuznetsova, cast.orlov):
        user.is_active = False
        user.save()
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
        assert as_user(cast.volkov).get(f"/clients/{cycle.client_id}/").status_code == 200
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.director), "/notices/")
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.volkov), "/tasks/")


def test_the_ninety_first_client_is_refused_with_409(cast, as_user):
    """Scenario 13."""
    with on(MONDAY):
        for _ in range(90):
            take(cast, cast.ivanova)
        client = make_client(cast)
        answer = as_user(cast.ivanova).post(f"/clients/{client.pk}/take/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    client.refresh_from_db()
    assert client.section == Section.CALL_BASE


def test_after_the_deal_term_the_owner_has_lost_the_card_and_the_head_keeps_it(cast, as_user, cycle):
    """Scenario 14."""
    day = date(2026, 12, 10)
    with on(day, 0, 15):
        expire_terms(day=day)
    with on(day, 10):
        url = f"/clients/{cycle.client_id}/"
        assert as_user(cast.ivanova).get(url).status_code == 404
        assert as_user(cast.petrov).get(url).status_code == 404  # the recall is not due yet
        assert as_user(cast.volkov).get(url).status_code == 200
        assert "ООО «Вектор-Снаб»" in page(as_user(cast.ivanova), "/notices/")

"""Many workers and two heads at once, on real PostgreSQL with real threads (domain 2.5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from accounts.services import deactivate_employee
from common.errors import ActError, StaleVersion
from funnels.models import Ownership, RotationOrder, SalesCycle, Violation
from funnels.services import ContactData, change_recipient, execute_rotations, flag_stagnant, log_contact
from journal.models import AuditEvent
from tests.factories.work import dm_of, on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    def run(act):
        try:
            return act()
        except ActError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def queue(cast):
    """Twenty clients of Иванова on their eleventh day, not yet flagged."""
    with on(MONDAY):
        return [take(cast, cast.ivanova) for _ in range(20)]


def test_six_workers_flagging_and_executing_one_queue_double_nothing_and_miss_nothing(cast, queue):
    with on(FRIDAY, 0, 20):
        together(*[lambda: flag_stagnant(day=FRIDAY)] * 6)
    assert RotationOrder.objects.count() == Violation.objects.filter(kind="10_days").count() == 20
    assert set(SalesCycle.objects.values_list("stagnation_count", flat=True)) == {1}
    with on(FRIDAY, 9, 20):
        counts = together(*[lambda: execute_rotations(day=FRIDAY)] * 6)
    assert sum(each["executed"] for each in counts) == 20
    assert set(RotationOrder.objects.values_list("status", flat=True)) == {"executed"}
    assert AuditEvent.objects.filter(action="rotation.execute").count() == 20
    assert Ownership.objects.count() == 40
    assert Ownership.objects.open().count() == 20
    assert not Ownership.objects.open().filter(user=cast.ivanova).exists()
    received = [
        RotationOrder.objects.filter(recipient=who).count() for who in (cast.petrov, cast.kuznetsova, cast.orlov)
    ]
    assert sum(received) == 20
    assert max(received) <= 10


def test_of_two_heads_with_one_order_one_wins_and_the_other_is_told(cast, queue):
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    order = RotationOrder.objects.order_by("pk").first()
    choices = [(cast.volkov, cast.petrov), (cast.director, cast.kuznetsova)]
    with on(FRIDAY, 9, 0):
        results = together(
            *[
                lambda actor=actor, to=to: change_recipient(order=order, to=to, actor=actor, version=order.version)
                for actor, to in choices
            ]
        )
    told = [item for item in results if isinstance(item, StaleVersion)]
    won = [item for item in results if isinstance(item, RotationOrder)]
    assert (len(told), len(won)) == (1, 1)
    order.refresh_from_db()
    assert (order.suggested, order.chosen_by) == (won[0].suggested, won[0].chosen_by)
    assert AuditEvent.objects.filter(action="rotation.recipient").count() == 1


def test_contacts_logged_while_the_queue_is_executed_block_nobody_for_ever(cast, queue):
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 20):
        acts = [lambda: execute_rotations(day=FRIDAY)] * 2
        for cycle in queue[:4]:
            data = ContactData(kind="call", result="no_answer", person=dm_of(cycle.client), key=f"k{cycle.pk}")
            acts.append(lambda cycle=cycle, data=data: log_contact(client=cycle.client, actor=cast.volkov, data=data))
        together(*acts)
    assert RotationOrder.objects.filter(status="executed").count() == 20


def test_a_person_is_switched_off_while_the_queue_is_executed_and_no_client_is_left_behind(cast, queue):
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 20):
        results = together(
            lambda: execute_rotations(day=FRIDAY),
            lambda: deactivate_employee(user=cast.petrov, actor=cast.admin, distribute=True),
        )
        if isinstance(results[1], ActError):
            assert results[1].code == "queue_busy"
            deactivate_employee(user=cast.petrov, actor=cast.admin, distribute=True)
    assert results[0]["executed"] == 20
    assert not SalesCycle.objects.open().filter(owner=cast.petrov).exists()
    assert SalesCycle.objects.open().count() == Ownership.objects.open().count() == 20

"""A leaver's or long absent person's list, by the rule and in one act (R-S1-0, domain 2.5)."""

from datetime import date

import pytest

from accounts.models import Absence, User
from accounts.services import deactivate_employee
from clients.choices import Section
from clients.models import Client, RetakeBan
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.models import Ownership, RotationOrder, SalesCycle, Task, Violation
from funnels.services import count_clients, distribute_list, flag_stagnant, set_next_step
from journal.models import AuditEvent
from tests.factories.work import make_client, on, take

DAY = date(2026, 11, 9)

pytestmark = pytest.mark.django_db


def owners():
    return set(SalesCycle.objects.open().values_list("owner__login", flat=True))


def test_a_dismissal_gives_the_whole_list_away_without_the_daily_ten(cast):
    with on(DAY):
        cycles = [take(cast, cast.ivanova) for _ in range(35)]
        set_next_step(cycle=cycles[0], at=clock.now(), text="Позвонить", actor=cast.ivanova)
        counts = distribute_list(user=cast.ivanova, actor=cast.volkov, reason="dismissal")
        assert counts == {"handed_over": 35, "reserve": 0}
        assert distribute_list(user=cast.ivanova, actor=cast.volkov, reason="dismissal")["handed_over"] == 0
    assert owners() == {"petrov", "kuznetsova", "orlov"}
    assert SalesCycle.objects.open().filter(owner=cast.petrov).count() > 10
    assert set(Ownership.objects.open().values_list("reason", flat=True)) == {"dismissal"}
    assert not Violation.objects.exists()
    assert not RetakeBan.objects.exists()
    assert not RotationOrder.objects.exists()
    assert not Task.objects.open().filter(assignee=cast.ivanova).exists()
    assert AuditEvent.objects.filter(action="list.distribute").count() == 2


def test_what_nobody_can_take_becomes_the_reserve_of_the_head(cast):
    with on(DAY):
        cycles = [take(cast, cast.ivanova) for _ in range(2)]
        User.objects.filter(pk__in=[cast.petrov.pk, cast.kuznetsova.pk]).update(is_active=False)
        SalesCycle.objects.filter(pk=cycles[0].pk).update(colour="yellow", best_rank=2)
        counts = distribute_list(user=cast.ivanova, actor=cast.director, reason="dismissal")
    assert counts == {"handed_over": 1, "reserve": 1}
    assert SalesCycle.objects.get(pk=cycles[0].pk).owner == cast.volkov
    assert SalesCycle.objects.get(pk=cycles[1].pk).owner == cast.orlov


def test_customers_of_a_leaving_farmer_go_to_another_farmer_or_the_head(cast):
    client = make_client(cast)
    client.section, client.owner, client.state = Section.CUSTOMERS, cast.smirnova, "customer"
    client.save()
    with on(DAY):
        Ownership.objects.create(
            client=client,
            user=cast.smirnova,
            reason="handover",
            started_on=DAY,
            started_at=clock.now(),
            clock_started_on=DAY,
            state_started_on=DAY,
        )
    with on(DAY, 11):
        counts = distribute_list(user=cast.smirnova, actor=cast.volkov, reason="dismissal")
    client.refresh_from_db()
    assert (counts["reserve"], client.owner, client.section) == (1, cast.volkov, Section.CUSTOMERS)
    assert Ownership.objects.open().get(client=client).user == cast.volkov


def test_a_queued_rotation_of_the_list_is_executed_as_what_it_is(cast):
    friday = date(2026, 11, 20)
    with on(DAY):
        cycle = take(cast, cast.ivanova)
    with on(friday, 0, 20):
        flag_stagnant(day=friday)
    with on(friday, 8):
        distribute_list(user=cast.ivanova, actor=cast.volkov, reason="dismissal")
    order = RotationOrder.objects.get()
    cycle.refresh_from_db()
    assert (order.status, order.recipient) == ("executed", cycle.owner)
    assert Ownership.objects.open().get(cycle=cycle).reason == "rotation"
    assert Violation.objects.filter(kind="10_days", withdrawn_at__isnull=True).count() == 1


def test_only_an_absence_longer_than_28_days_distributes_a_list(cast):
    with on(DAY):
        take(cast, cast.ivanova)
        absence = Absence.objects.create(
            user=cast.ivanova, starts_on=DAY, ends_on=date(2026, 12, 6), deputy=cast.petrov, created_at=clock.now()
        )
        with pytest.raises(Conflict):
            distribute_list(user=cast.ivanova, actor=cast.volkov, reason="absence")
        absence.ends_on = date(2026, 12, 7)
        absence.save()
        assert distribute_list(user=cast.ivanova, actor=cast.volkov, reason="absence")["handed_over"] == 1
        for stranger in (cast.petrov, cast.boss, cast.ivanova):
            with pytest.raises(NotAllowed):
                distribute_list(user=cast.ivanova, actor=stranger, reason="absence")
        with pytest.raises(Invalid):
            distribute_list(user=cast.ivanova, actor=cast.volkov, reason="boredom")


def test_nobody_is_switched_off_with_clients_unless_they_are_distributed_in_the_same_act(cast):
    with on(DAY):
        for _ in range(3):
            take(cast, cast.ivanova)
        with pytest.raises(Conflict) as refused:
            deactivate_employee(user=cast.ivanova, actor=cast.admin)
        assert "3" in refused.value.text
        assert User.objects.get(pk=cast.ivanova.pk).is_active
        deactivate_employee(user=cast.ivanova, actor=cast.admin, distribute=True)
    assert not User.objects.get(pk=cast.ivanova.pk).is_active
    assert count_clients(cast.ivanova) == 0
    assert Client.objects.filter(section=Section.IN_WORK).count() == 3


def test_the_head_distributes_the_list_of_a_long_absent_person_from_the_rotation_page(cast, as_user):
    url = f"/rotation/distribute/{cast.ivanova.pk}/"
    with on(DAY):
        cycle = take(cast, cast.ivanova)
        client = as_user(cast.volkov)
        assert url not in client.get("/rotation/").content.decode()
        assert client.post(url, {"reason": "absence"}).status_code == 409
        Absence.objects.create(
            user=cast.ivanova, starts_on=DAY, ends_on=None, deputy=cast.petrov, created_at=clock.now()
        )
        assert url in client.get("/rotation/").content.decode()
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 200
        assert as_user(cast.boss).post(url, {"reason": "absence"}).status_code == 404
        assert as_user(cast.petrov).post(url, {"reason": "absence"}).status_code == 403
        assert as_user(cast.volkov).post(url, {"reason": "boredom"}).status_code == 422
        assert as_user(cast.volkov).post(url, {"reason": "absence"}).status_code == 303
        assert url not in as_user(cast.volkov).get("/rotation/").content.decode()
    cycle.refresh_from_db()
    assert cycle.owner not in (cast.ivanova, None)

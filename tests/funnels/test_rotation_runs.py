"""The night as a job: leases, items, lost workers, eleven days in a row (domain 1.6, 2.4)."""

from datetime import date, timedelta

import pytest

from accounts.models import Absence
from common import clock
from funnels.models import Ownership, RotationOrder, SalesCycle, Task, Violation
from funnels.selectors import recipients_of
from funnels.services import (
    audit_worklists,
    execute_rotations,
    expire_terms,
    flag_stagnant,
    set_next_step,
    warn_ages,
)
from journal.models import AuditEvent, JobItem, JobRun
from journal.services import LeaseLost, claim_run, finish_run, open_run
from notifications.models import Notice
from tests.factories.work import on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def lease_of(job, day):
    run = open_run(job, day) or JobRun.objects.get(job=job, business_date=day)
    return claim_run(run.pk)


def test_a_worker_that_lost_its_lease_moves_nobody_and_the_next_one_finishes(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 9, 20):
        lease = lease_of("rotation", FRIDAY)
    with on(FRIDAY, 9, 50):
        again = lease_of("rotation", FRIDAY)  # the first worker is silent: its lease has run out
        with pytest.raises(LeaseLost):
            execute_rotations(day=FRIDAY, run=lease.run)
        assert SalesCycle.objects.get(pk=cycle.pk).owner == cast.ivanova
        assert execute_rotations(day=FRIDAY, run=again.run)["executed"] == 1
        assert execute_rotations(day=FRIDAY, run=again.run)["executed"] == 0
        finish_run(again)
    order = RotationOrder.objects.get()
    item = JobItem.objects.get(object_type="funnels.rotationorder")
    assert (item.object_id, item.result) == (order.pk, "chosen")


def test_every_night_service_leaves_an_item_per_object_and_may_run_twice_in_one_run(cast):
    with on(date(2026, 10, 9)):
        take(cast, cast.kuznetsova)  # its term of 30 days has run out
    with on(MONDAY):
        take(cast, cast.ivanova)
    with on(FRIDAY, 0, 15):
        for job, service in [
            ("terms", expire_terms),
            ("lights", flag_stagnant),
            ("ages", warn_ages),
            ("audit", audit_worklists),
        ]:
            lease = lease_of(job, FRIDAY)
            for _twice in range(2):
                service(day=FRIDAY, run=lease.run)
    kinds = sorted(JobItem.objects.values_list("object_type", "result"))
    assert kinds == [
        ("accounts.user", "0.00"),
        ("funnels.ownership", "flagged"),
        ("funnels.salescycle", "term"),
        ("funnels.violation", "state"),
    ]
    assert Notice.objects.filter(key__startswith="audit:").count() == 1


def test_eleven_days_in_a_row_end_with_one_new_owner_whatever_runs_twice(cast):
    """Scenarios 4 and 5 as the clock really goes."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        set_next_step(cycle=cycle, at=clock.now(), text="Позвонить", actor=cast.ivanova)
    owners = []
    for day in (MONDAY + timedelta(days=n) for n in range(13)):
        for hour, minute, services in (
            (0, 20, (expire_terms, warn_ages, flag_stagnant)),
            (9, 20, (execute_rotations,)),
        ):
            with on(day, hour, minute):
                for service in services * 2:
                    service(day=day)
        owners.append(SalesCycle.objects.get(pk=cycle.pk).owner)
    assert owners[:11] == [cast.ivanova] * 11
    assert owners[11] == owners[12] != cast.ivanova
    assert RotationOrder.objects.count() == Violation.objects.filter(kind="10_days").count() == 1
    assert Ownership.objects.filter(cycle=cycle).count() == 2
    assert (
        Task.objects.open().filter(cycle=cycle, assignee=owners[11]).count() == 2
    )  # the moved step, the first contact
    keys = [key.split(":")[0] for key in Notice.objects.filter(recipient=cast.ivanova).values_list("key", flat=True)]
    assert sorted(keys) == ["age10", "age11", "age7", "rotated-from", "state10", "state7"]


def test_the_recipients_of_a_row_are_counted_after_the_rows_before_it(cast):
    for user in (cast.kuznetsova, cast.orlov, cast.smirnova):
        user.is_active = False
        user.save()
    with on(MONDAY):
        for _ in range(3):
            take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    with on(FRIDAY, 8):
        seen = [
            recipients_of(order, FRIDAY).eligible[0].worklist for order in RotationOrder.objects.order_by("client_id")
        ]
    assert seen == [0, 1, 2]


def test_a_recipient_who_fell_ill_in_the_morning_is_replaced_by_the_rule(cast):
    with on(MONDAY):
        take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    order = RotationOrder.objects.get()
    promised = order.suggested
    with on(FRIDAY, 9, 0):
        Absence.objects.create(
            user=promised,
            starts_on=FRIDAY,
            ends_on=FRIDAY,
            deputy=next(who for who in (cast.petrov, cast.kuznetsova) if who != promised),
            created_at=clock.now(),
        )
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
    order.refresh_from_db()
    assert order.recipient not in (promised, cast.ivanova)
    assert {"user": promised.pk, "name": promised.short_name, "code": "absent"} in order.excluded
    assert AuditEvent.objects.filter(action="rotation.execute").count() == 1


def test_whoever_moved_to_another_department_receives_nothing(cast):
    with on(MONDAY):
        take(cast, cast.ivanova)
    with on(FRIDAY, 0, 20):
        flag_stagnant(day=FRIDAY)
    order = RotationOrder.objects.get()
    promised = order.suggested
    promised.department = cast.other
    promised.save()
    with on(FRIDAY, 9, 20):
        execute_rotations(day=FRIDAY)
    order.refresh_from_db()
    assert order.recipient != promised
    assert order.recipient.department == cast.sales

"""Queue, recipients, execution at 09:20 (domain 2.5; scenarios 5, 8, 9, 11, 12)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Absence
from clients.models import Client, RetakeBan, SegmentServer
from common import clock
from common.errors import Conflict, NotAllowed, StaleVersion
from funnels.models import ColourNorm, Fact, Ownership, RotationOrder, SalesCycle, Task, Violation
from funnels.selectors import recipients_of
from funnels.services import (
    change_recipient,
    execute_rotations,
    flag_stagnant,
    record_fact,
    refuse,
    set_money,
)
from journal.models import AuditEvent
from notifications.models import Notice
from tests.factories import make_user
from tests.factories.work import answer, call, invoice, make_template, on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def night(day):
    with on(day, 0, 20):
        return flag_stagnant(day=day)


def morning(day, hour=9, minute=20):
    with on(day, hour, minute):
        return execute_rotations(day=day)


def fresh(cycle):
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


def absent(cast, who, since=FRIDAY, until=FRIDAY, deputy=None):
    return Absence.objects.create(
        user=who, starts_on=since, ends_on=until, deputy=deputy or cast.petrov, created_at=clock.now()
    )


def only(cast, *people):
    """Everybody else of the department is gone."""
    for user in (cast.ivanova, cast.petrov, cast.kuznetsova, cast.smirnova, cast.orlov):
        if user not in people:
            user.is_active = False
            user.save()


def colour(cycle, name, rank):
    """A colour as the rules would have stored it, without its facts."""
    SalesCycle.objects.filter(pk=cycle.pk).update(colour=name, best_rank=rank)


def test_the_order_is_executed_at_twenty_past_nine_and_the_tasks_move(cast):
    """Scenario 5."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
    night(FRIDAY)
    assert morning(FRIDAY, 9, 19) == {"executed": 0, "reserve": 0, "waiting": 0, "cancelled": 0}
    assert fresh(cycle).owner == cast.ivanova
    assert morning(FRIDAY)["executed"] == 1
    for again in range(2):
        assert morning(FRIDAY, 9, 21 + again)["executed"] == 0
    cycle, order = fresh(cycle), RotationOrder.objects.get()
    assert cycle.owner == order.recipient == order.suggested
    assert cycle.owner != cast.ivanova
    assert cycle.client.owner == cycle.owner
    ownership = Ownership.objects.open().get(cycle=cycle)
    assert (ownership.reason, ownership.clock_started_on, ownership.best_rank) == ("rotation", FRIDAY, 1)
    assert Ownership.objects.filter(cycle=cycle).count() == 2
    assert not Task.objects.open().filter(assignee=cast.ivanova).exists()
    first = Task.objects.get(kind="first_contact")
    assert (first.assignee, clock.day_of(first.due_at)) == (cycle.owner, date(2026, 11, 23))
    assert RetakeBan.objects.get(client=cycle.client, user=cast.ivanova).until_on == FRIDAY + timedelta(days=180)
    assert Notice.objects.filter(recipient=cycle.owner, key__startswith="rotated-to:").count() == 1
    assert Notice.objects.filter(recipient=cast.ivanova, key__startswith="rotated-from:").count() == 1
    assert AuditEvent.objects.filter(action="rotation.execute").count() == 1
    assert not Client.objects.visible_to(cast.ivanova).filter(pk=cycle.client_id).exists()


def test_the_second_stagnation_rotates_again_to_somebody_new(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY)
    morning(FRIDAY)
    second = fresh(cycle).owner
    day = date(2026, 12, 1)
    assert night(day)["flagged"] == 1
    morning(day)
    assert fresh(cycle).owner not in (cast.ivanova, second)
    assert RotationOrder.objects.filter(status="executed").count() == 2


def test_full_payment_dated_day_ten_cancels_the_order_and_credits_the_old_owner(cast):
    """Scenario 8."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        invoice(fresh(cycle), due=date(2026, 11, 30))
    night(date(2026, 11, 20))
    order = RotationOrder.objects.get()
    with on(FRIDAY, 8):
        record_fact(
            cycle=fresh(cycle),
            kind="payment",
            on=date(2026, 11, 19),
            amount=Decimal("100000"),
            evidence_type="payment",
            evidence_id=1,
            actor=cast.accountant,
            is_evidence_dated=True,
        )
        set_money(
            cycle=fresh(cycle),
            actor=cast.accountant,
            invoiced=Decimal("100000"),
            contract=Decimal(0),
            paid=Decimal("100000"),
            has_open_invoice=False,
            on=date(2026, 11, 19),
            fact=Fact.objects.get(kind="payment"),
            settled_invoice_ids=[1],
        )
    order.refresh_from_db()
    assert (order.status, fresh(cycle).outcome) == ("cancelled", "won")
    assert Violation.objects.get(kind="10_days").withdrawn_at is not None
    assert sum(morning(FRIDAY).values()) == 0
    assert fresh(cycle).client.owner == cast.ivanova


def test_a_movement_of_day_eleven_does_not_cancel_the_order(cast):
    """Scenario 9."""
    make_template(2)
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        answer(fresh(cycle), 2)
    night(FRIDAY)
    with on(FRIDAY, 8, 30):
        call(
            fresh(cycle),
            has_interest=True,
            progress_kind="repeat_meeting",
            progress_due_on=date(2026, 12, 10),
        )
    assert fresh(cycle).colour == "yellow"
    assert RotationOrder.objects.get().status == "queued"
    assert morning(FRIDAY)["executed"] == 1
    assert fresh(cycle).owner != cast.ivanova
    assert fresh(cycle).owner != cast.orlov  # a yellow client reaches no intern, though it was queued red


def test_a_refusal_before_execution_cancels_the_order_and_the_violation_stays(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY)
    with on(FRIDAY, 9, 10):
        refuse(cycle=fresh(cycle), actor=cast.ivanova, reason="no_money")
    assert sum(morning(FRIDAY).values()) == 0
    assert RotationOrder.objects.get().status == "cancelled"
    assert Violation.objects.get(kind="10_days").withdrawn_at is None


def test_the_only_eligible_gets_the_yellow_client_and_four_reasons_are_kept(cast):
    """Scenario 11: previous owner, absent, 90 of 90, intern."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
        colour(cycle, "yellow", 2)
        full = make_user("sidorov", "hunter", cast.sales)
        for _ in range(90):
            take(cast, full)
        for _ in range(70):
            take(cast, cast.kuznetsova)
    Ownership.objects.exclude(cycle=cycle).update(flag_on=date(2027, 1, 1), state_flag_on=date(2027, 1, 1))
    with on(FRIDAY, 0, 10):
        absent(cast, cast.petrov, deputy=cast.kuznetsova)
    night(FRIDAY)
    order = RotationOrder.objects.get()
    assert order.suggested == cast.kuznetsova
    reasons = {row["user"]: row["code"] for row in order.excluded}
    assert reasons == {
        cast.ivanova.pk: "previous_owner",
        cast.petrov.pk: "absent",
        full.pk: "worklist_full",
        cast.orlov.pk: "red_only",
        cast.smirnova.pk: "other_role",
    }
    assert {row["name"] for row in order.excluded} >= {"Мария Иванова", "Алексей Петров"}
    morning(FRIDAY)
    assert fresh(cycle).owner == cast.kuznetsova


def test_nobody_eligible_makes_the_head_the_owner_and_the_department_total_stays(cast):
    """Scenario 12."""
    only(cast, cast.ivanova)
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    SalesCycle.objects.filter(pk=cycle.pk).update(expected_amount=Decimal("150000"))
    night(FRIDAY)
    order = RotationOrder.objects.get()
    assert (order.is_reserve, order.suggested) == (True, cast.volkov)
    totals = SalesCycle.objects.coloured().count()
    assert morning(FRIDAY)["reserve"] == 1
    cycle = fresh(cycle)
    assert (cycle.owner, cycle.colour, SalesCycle.objects.coloured().count()) == (cast.volkov, "red", totals)
    assert Ownership.objects.open().get(cycle=cycle).reason == "reserve"
    for who in (cast.volkov, cast.director):
        assert Notice.objects.filter(recipient=who, key__startswith="no-staff:").count() == 1
    task = Task.objects.get(kind="assign")
    assert (task.assignee, clock.day_of(task.due_at)) == (cast.volkov, date(2026, 11, 23))


def test_absence_on_one_of_the_next_two_working_days_excludes(cast):
    only(cast, cast.ivanova, cast.petrov, cast.kuznetsova)
    with on(MONDAY):
        take(cast, cast.ivanova)
        absent(cast, cast.petrov, date(2026, 11, 24), date(2026, 11, 24), deputy=cast.kuznetsova)
        absent(cast, cast.kuznetsova, date(2026, 11, 25), date(2026, 11, 30))
    night(FRIDAY)
    order = RotationOrder.objects.get()
    assert order.suggested == cast.kuznetsova
    assert {"user": cast.petrov.pk, "name": "Алексей Петров", "code": "absent"} in order.excluded


def test_an_absence_on_the_weekend_only_excludes_nobody(cast):
    only(cast, cast.ivanova, cast.petrov)
    with on(MONDAY):
        take(cast, cast.ivanova)
        absent(cast, cast.petrov, date(2026, 11, 21), date(2026, 11, 22), deputy=cast.kuznetsova)
    night(FRIDAY)
    assert RotationOrder.objects.get().suggested == cast.petrov


def test_the_largest_written_deficit_decides_and_an_old_norm_says_nothing(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    for who, required, day in ((cast.petrov, 3, FRIDAY), (cast.kuznetsova, 9, FRIDAY - timedelta(days=8))):
        ColourNorm.objects.create(user=who, segment=cast.medium, colour="red", required=required, day=day)
    night(FRIDAY)
    order = RotationOrder.objects.get(cycle=cycle)
    assert order.suggested == cast.petrov
    assert (order.choice["decided_by"], order.choice["winner_figure"], order.choice["rival_figure"]) == (
        "deficit",
        "3",
        "0",
    )


def test_a_person_of_another_segment_is_excluded(cast):
    only(cast, cast.ivanova, cast.petrov, cast.kuznetsova)
    SegmentServer.objects.create(user=cast.petrov, segment=cast.small)
    with on(MONDAY):
        take(cast, cast.ivanova)
    night(FRIDAY)
    order = RotationOrder.objects.get()
    assert order.suggested == cast.kuznetsova
    assert {row["code"] for row in order.excluded if row["user"] == cast.petrov.pk} == {"other_segment"}


def test_ten_a_day_are_received_and_the_eleventh_waits_for_the_next_working_day(cast):
    only(cast, cast.ivanova, cast.petrov)
    with on(MONDAY):
        for _ in range(12):
            take(cast, cast.ivanova)
    night(FRIDAY)
    assert RotationOrder.objects.filter(status="queued", suggested=cast.petrov).count() == 10
    waiting = RotationOrder.objects.filter(status="waiting_quota")
    assert [order.execute_on for order in waiting] == [date(2026, 11, 23)] * 2
    assert morning(FRIDAY)["executed"] == 10
    assert sum(morning(FRIDAY, 12).values()) == 0
    assert morning(date(2026, 11, 23))["executed"] == 2


def test_the_deputy_of_an_absent_owner_is_offered_first(cast):
    with on(MONDAY):
        take(cast, cast.ivanova)
        absent(cast, cast.ivanova, FRIDAY, FRIDAY, deputy=cast.kuznetsova)
    ColourNorm.objects.create(user=cast.petrov, segment=cast.medium, colour="red", required=9, day=FRIDAY)
    night(FRIDAY)
    order = RotationOrder.objects.get()
    assert (order.suggested, order.choice["decided_by"]) == (cast.kuznetsova, "deputy")


def test_the_head_changes_the_recipient_among_the_eligible_until_twenty_past_nine(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY)
    order = RotationOrder.objects.get()
    other = cast.kuznetsova if order.suggested != cast.kuznetsova else cast.petrov
    with on(FRIDAY, 9, 0):
        found = recipients_of(order, FRIDAY)
        assert {row.user for row in found.eligible} == {cast.petrov, cast.kuznetsova, cast.orlov}
        assert {row.user for row in found.excluded} == {cast.ivanova, cast.smirnova}
        with pytest.raises(Conflict) as refused:
            change_recipient(order=order, to=cast.ivanova, actor=cast.volkov, version=order.version)
        assert refused.value.code == "not_eligible"
        for stranger in (cast.petrov, cast.boss, cast.accountant):
            with pytest.raises(NotAllowed):
                change_recipient(order=order, to=other, actor=stranger, version=order.version)
        with pytest.raises(Conflict):
            change_recipient(order=order, to=cast.belov, actor=cast.volkov, version=order.version)
        changed = change_recipient(order=order, to=other, actor=cast.volkov, version=order.version)
        assert (changed.suggested, changed.chosen_by) == (other, cast.volkov)
        with pytest.raises(StaleVersion):
            change_recipient(order=order, to=cast.orlov, actor=cast.director, version=order.version)
    with on(FRIDAY, 9, 20), pytest.raises(Conflict) as late:
        change_recipient(order=changed, to=cast.orlov, actor=cast.volkov, version=changed.version)
    assert late.value.code == "too_late"
    morning(FRIDAY)
    assert fresh(cycle).owner == other


def test_the_choice_of_the_head_survives_the_night_and_falls_when_no_longer_eligible(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY)
    order = RotationOrder.objects.get()
    with on(FRIDAY, 8):
        change_recipient(order=order, to=cast.orlov, actor=cast.volkov, version=order.version)
        flag_stagnant(day=FRIDAY)
        order.refresh_from_db()
        assert (order.suggested, order.chosen_by) == (cast.orlov, cast.volkov)
        absent(cast, cast.orlov, deputy=cast.petrov)
    morning(FRIDAY)
    order.refresh_from_db()
    assert order.recipient not in (cast.orlov, cast.ivanova)
    assert (order.outcome_code, order.choice["replaced"]["code"]) == ("replaced:absent", "absent")
    assert fresh(cycle).owner == order.recipient


def test_half_the_sale_stays_with_the_old_owner_of_a_green_client_before_its_due_date(cast):
    with on(MONDAY):
        cycle, late = take(cast, cast.ivanova), take(cast, cast.ivanova)
        call(cycle)
        invoice(fresh(cycle), due=FRIDAY)
        call(late)
    Ownership.objects.filter(cycle=cycle).update(flag_on=FRIDAY)
    assert fresh(cycle).colour == "green"
    night(FRIDAY)
    assert Notice.objects.filter(recipient=cast.volkov, key__startswith="green-stagnation:").count() == 1
    assert RotationOrder.objects.get(cycle=cycle).choice["participant"] == "Сергей Волков"
    morning(FRIDAY)
    assert RotationOrder.objects.get(cycle=cycle).share_percent == 50
    assert RotationOrder.objects.get(cycle=late).share_percent == 0


def test_the_queue_is_served_green_yellow_red_and_loads_follow(cast):
    only(cast, cast.ivanova, cast.petrov, cast.kuznetsova)
    with on(MONDAY):
        red, yellow, green, other = [take(cast, cast.ivanova) for _ in range(4)]
    colour(yellow, "yellow", 2)
    colour(green, "green", 3)
    SalesCycle.objects.filter(pk=other.pk).update(expected_amount=Decimal("1000"))
    night(FRIDAY)
    morning(FRIDAY)
    executed = [order.cycle_id for order in RotationOrder.objects.filter(status="executed").order_by("-version", "pk")]
    assert set(executed) == {red.pk, yellow.pk, green.pk, other.pk}
    events = AuditEvent.objects.filter(action="rotation.execute").order_by("pk")
    by_pk = {order.pk: order.cycle_id for order in RotationOrder.objects.all()}
    assert [by_pk[event.object_id] for event in events] == [green.pk, yellow.pk, other.pk, red.pk]
    received = [SalesCycle.objects.open().filter(owner=who).count() for who in (cast.petrov, cast.kuznetsova)]
    assert received == [2, 2]


def test_a_department_without_a_head_keeps_the_order_waiting(cast):
    only(cast, cast.ivanova)
    cast.volkov.is_active = False
    cast.volkov.save()
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY)
    assert morning(FRIDAY)["waiting"] == 1
    assert fresh(cycle).owner == cast.ivanova
    assert Notice.objects.filter(recipient=cast.director, key__startswith="no-head:").count() == 1
    cast.volkov.is_active = True
    cast.volkov.save()
    assert morning(date(2026, 11, 23))["reserve"] == 1

"""Ages 7, 10 and 11, the last working day, the third stagnation, the flood guard (domain 2.4, 2.5)."""

from datetime import date, timedelta

import pytest

from accounts.models import Organisation
from accounts.selectors import forget_calendar
from clients.choices import Section
from clients.models import RetakeBan
from common import clock
from common.errors import Conflict, NotAllowed
from funnels.models import Ownership, RotationOrder, SalesCycle, Task, Violation
from funnels.services import (
    execute_rotations,
    flag_stagnant,
    preview_dry_run,
    recompute_clocks,
    release_held,
    set_rotation_start,
    take_into_work,
    warn_ages,
)
from notifications.models import Notice
from tests.factories.work import call, make_client, on, take

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def night(day, *, of=flag_stagnant):
    with on(day, 0, 20):
        return of(day=day)


def bells(who, prefix):
    return Notice.objects.filter(recipient=who, key__startswith=prefix).count()


def fresh(cycle):
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


def test_three_days_are_told_once_at_age_seven_and_the_last_day_at_ten(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    ownership = Ownership.objects.get(cycle=cycle)
    for day in (MONDAY + timedelta(days=n) for n in range(1, 11)):
        for _twice in range(2):
            night(day, of=warn_ages)
            night(day)
        seven, ten = bells(cast.ivanova, f"age7:{ownership.pk}:"), bells(cast.ivanova, f"age10:{ownership.pk}:")
        assert (seven, ten) == (int(day >= date(2026, 11, 16)), int(day >= date(2026, 11, 19))), day
    assert bells(cast.volkov, "age7:") == 0
    assert bells(cast.volkov, "age10:") == 1
    assert not RotationOrder.objects.exists()
    assert not Violation.objects.exists()


def test_a_client_is_queued_on_the_eleventh_counted_day_once(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    assert night(FRIDAY)["flagged"] == 1
    assert night(FRIDAY)["flagged"] == 0
    order = RotationOrder.objects.get()
    assert (order.status, order.age, order.flagged_on, order.execute_on) == ("queued", 11, FRIDAY, FRIDAY)
    assert (order.old_owner, order.stagnation_no, fresh(cycle).stagnation_count) == (cast.ivanova, 1, 1)
    assert Violation.objects.filter(kind="10_days", user=cast.ivanova, on=FRIDAY).count() == 1
    assert fresh(cycle).owner == cast.ivanova


def test_what_did_not_run_for_three_nights_keeps_the_true_date(cast):
    with on(MONDAY):
        take(cast, cast.ivanova)
    tuesday = date(2026, 11, 24)
    night(tuesday)
    order = RotationOrder.objects.get()
    assert (order.flagged_on, order.age, order.execute_on) == (FRIDAY, 15, tuesday)
    assert Violation.objects.get(kind="10_days").on == FRIDAY


def test_a_flag_on_saturday_is_executed_on_monday(cast):
    with on(date(2026, 11, 10)):
        cycle = take(cast, cast.ivanova)
    night(date(2026, 11, 21))
    order = RotationOrder.objects.get()
    assert (order.flagged_on, order.execute_on) == (date(2026, 11, 21), date(2026, 11, 23))
    with on(date(2026, 11, 21), 9, 20):
        assert execute_rotations(day=date(2026, 11, 21))["executed"] == 0
    with on(date(2026, 11, 23), 9, 19):
        assert execute_rotations(day=date(2026, 11, 23))["executed"] == 0
    with on(date(2026, 11, 23), 9, 20):
        assert execute_rotations(day=date(2026, 11, 23))["executed"] == 1
    assert fresh(cycle).owner != cast.ivanova


def test_the_last_working_day_before_a_weekend_announces_saturday_sunday_and_monday(cast):
    cycles = {}
    for last in (date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)):
        with on(last - timedelta(days=10)):
            cycles[last] = take(cast, cast.ivanova)
    with on(date(2026, 11, 20), 0, 20):
        warn_ages(day=date(2026, 11, 20))
    told = {
        last for last, cycle in cycles.items() if bells(cast.ivanova, f"age10:{Ownership.objects.get(cycle=cycle).pk}:")
    }
    assert told == set(list(cycles)[:4])
    before = Notice.objects.count()
    for day in (date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)):
        night(day, of=warn_ages)
    assert bells(cast.ivanova, "age10:") == 4
    assert Notice.objects.filter(key__startswith="age10").count() == 8
    assert Notice.objects.count() >= before


def test_nothing_but_a_movement_resets_the_clock_and_an_old_state_is_flagged_without_an_order(cast):
    """Scenario 6, second half: the state is 11 days old, the colour is younger."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    ownership = Ownership.objects.get(cycle=cycle)
    Ownership.objects.filter(pk=ownership.pk).update(clock_started_on=date(2026, 11, 15))
    with on(date(2026, 11, 15)):
        recompute_clocks()
    assert night(FRIDAY) == {"flagged": 0, "expired": 0, "held": 0, "state_flags": 1}
    assert night(FRIDAY)["state_flags"] == 0
    assert not RotationOrder.objects.exists()
    assert Violation.objects.get().kind == "state_10_days"
    task = Task.objects.get(kind="head_decision")
    assert (task.assignee, clock.day_of(task.due_at)) == (cast.volkov, date(2026, 11, 23))


def test_comments_calls_and_edits_do_not_stop_the_clock(cast):
    """Scenario 6, first half."""
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    with on(date(2026, 11, 18)):
        call(cycle, result="no_answer")
        call(cycle, kind="message", text="комментарий")
    night(FRIDAY)
    assert RotationOrder.objects.get().age == 11


def test_new_year_holidays_pause_the_clock_when_the_switch_is_on(cast):
    with on(date(2026, 12, 29)):
        take(cast, cast.ivanova)
    for day in (date(2027, 1, 9), date(2027, 1, 17)):
        assert night(day)["flagged"] == 0
    assert night(date(2027, 1, 18))["flagged"] == 1
    assert RotationOrder.objects.get().execute_on == date(2027, 1, 18)


def test_without_the_pause_new_year_counts_and_the_order_waits_for_the_next_working_day(cast):
    Organisation.objects.update(pause_on_public_holidays=False)
    forget_calendar()
    try:
        with on(date(2026, 12, 29)):
            take(cast, cast.ivanova)
        assert night(date(2027, 1, 8))["flagged"] == 0
        assert night(date(2027, 1, 9))["flagged"] == 1
        assert RotationOrder.objects.get().execute_on == date(2027, 1, 11)
    finally:
        forget_calendar()


def stagnate(cycle, times):
    SalesCycle.objects.filter(pk=cycle.pk).update(stagnation_count=times)


def test_the_third_stagnation_of_a_red_client_ends_in_soft_refusal_with_a_recall(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    stagnate(cycle, 2)
    assert night(FRIDAY)["expired"] == 1
    assert night(FRIDAY)["expired"] == 0
    cycle = fresh(cycle)
    assert (cycle.outcome, cycle.owner, cycle.colour) == ("expired", None, "none")
    assert (cycle.client.section, cycle.client.recall_on) == (Section.SOFT_REFUSAL, date(2027, 2, 18))
    order = RotationOrder.objects.get()
    assert (order.status, order.outcome_code, order.recipient) == ("cancelled", "third_stagnation", None)
    assert Violation.objects.get(kind="10_days").withdrawn_at is None
    assert RetakeBan.objects.get().user == cast.ivanova
    with on(FRIDAY, 9, 20):
        assert execute_rotations(day=FRIDAY)["executed"] == 0


def test_the_third_stagnation_with_a_payment_goes_to_the_head_and_is_never_closed(cast):
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    stagnate(cycle, 2)
    SalesCycle.objects.filter(pk=cycle.pk).update(paid_amount=5000)
    night(FRIDAY)
    with on(FRIDAY, 9, 20):
        assert execute_rotations(day=FRIDAY)["reserve"] == 1
    assert fresh(cycle).owner == cast.volkov
    assert Task.objects.filter(kind="assign", assignee=cast.volkov).count() == 1
    later = date(2026, 12, 1)
    assert night(later)["flagged"] == 1
    assert fresh(cycle).is_open
    assert fresh(cycle).owner == cast.volkov
    assert not RotationOrder.objects.open().exists()


def test_the_third_stagnation_of_a_repeat_sale_leaves_the_customer_with_his_farmer(cast):
    client = make_client(cast)
    client.section, client.owner, client.state = Section.CUSTOMERS, cast.smirnova, "customer"
    client.save()
    with on(MONDAY):
        cycle = take_into_work(client=client, owner=cast.smirnova, actor=cast.smirnova, kind="repeat")
    stagnate(cycle, 2)
    assert night(FRIDAY)["expired"] == 1
    client.refresh_from_db()
    assert (client.section, client.owner, client.recall_on) == (Section.CUSTOMERS, cast.smirnova, None)
    assert not RetakeBan.objects.exists()


def test_more_flags_than_the_flood_guard_allows_are_held_until_the_director_releases_them(cast):
    with on(MONDAY):
        cycles = [take(cast, cast.ivanova) for _ in range(21)]
    stagnate(cycles[0], 2)
    assert night(FRIDAY)["held"] == 21
    assert night(FRIDAY)["held"] == 0
    assert set(RotationOrder.objects.values_list("status", flat=True)) == {"held"}
    assert fresh(cycles[0]).is_open
    assert bells(cast.volkov, "flood:") == bells(cast.director, "flood:") == 1
    with on(FRIDAY, 9, 20):
        assert sum(execute_rotations(day=FRIDAY).values()) == 0
    with on(FRIDAY, 9, 30), pytest.raises(NotAllowed):
        release_held(department=cast.sales, actor=cast.volkov)
    with on(FRIDAY, 9, 30):
        assert release_held(department=cast.sales, actor=cast.director) == 21
        with pytest.raises(Conflict):
            release_held(department=cast.sales, actor=cast.director)
    assert not fresh(cycles[0]).is_open
    monday = date(2026, 11, 23)
    assert set(RotationOrder.objects.open().values_list("execute_on", flat=True)) == {monday}
    with on(monday, 9, 20):
        counts = execute_rotations(day=monday)
    assert counts["executed"] == 20
    assert not Ownership.objects.open().filter(user=cast.ivanova).exists()


def test_twenty_flags_are_no_flood(cast):
    with on(MONDAY):
        for _ in range(20):
            take(cast, cast.ivanova)
    assert night(FRIDAY) == {"flagged": 20, "expired": 0, "held": 0, "state_flags": 20}


def test_before_go_live_the_night_shows_and_touches_nothing(cast):
    cast.sales.rotation_starts_on = None
    cast.sales.save()
    with on(MONDAY):
        cycle = take(cast, cast.ivanova)
    night(FRIDAY, of=warn_ages)
    assert night(FRIDAY) == {"flagged": 0, "expired": 0, "held": 0, "state_flags": 0}
    with on(FRIDAY):
        rows = preview_dry_run(cast.sales, FRIDAY)
        assert [(row.ownership.cycle_id, row.age, row.action) for row in rows] == [(cycle.pk, 11, "rotate")]
        assert rows[0].recipient is not None
        assert rows[0].recipient != cast.ivanova
    assert not Notice.objects.exists()
    assert not RotationOrder.objects.exists()
    assert not Violation.objects.exists()
    assert fresh(cycle).stagnation_count == 0


def test_every_clock_starts_anew_on_the_day_rotation_starts(cast):
    cast.sales.rotation_starts_on = None
    cast.sales.save()
    with on(date(2026, 9, 1)):
        cycle = take(cast, cast.ivanova)
    with on(MONDAY):
        with pytest.raises(NotAllowed):
            set_rotation_start(department=cast.sales, on=MONDAY, actor=cast.volkov)
        set_rotation_start(department=cast.sales, on=date(2026, 11, 12), actor=cast.director)
        set_rotation_start(department=cast.sales, on=date(2026, 11, 16), actor=cast.director)
    ownership = Ownership.objects.get(cycle=cycle)
    assert (ownership.warn_on, ownership.flag_on) == (date(2026, 11, 23), date(2026, 11, 27))
    assert night(date(2026, 11, 26))["flagged"] == 0
    assert night(date(2026, 11, 27))["flagged"] == 1
    cast.sales.refresh_from_db()
    with on(date(2026, 11, 16)), pytest.raises(Conflict):
        set_rotation_start(department=cast.sales, on=date(2026, 12, 1), actor=cast.director)

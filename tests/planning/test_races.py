"""Payments of one department entered at the same time: the figures of the past hold them all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from common.errors import StaleVersion
from deals.services import enter_payment
from journal.models import AuditEvent
from planning.calculator import PlanInput
from planning.models import MonthNorms, MonthTarget, PlanFact
from planning.selectors.proposal import propose
from planning.services import make_month_plan, set_month_target, write_plan_fact
from tests.factories import make_cast
from tests.factories.work import call, on, take

THREADS = 6
DAY, DECEMBER = date(2026, 11, 9), date(2026, 12, 1)

pytestmark = pytest.mark.django_db(transaction=True)


def run_together(acts):
    barrier = Barrier(len(acts))

    def one(act):
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_payments_entered_at_once_are_all_in_the_corrected_row():
    cast = make_cast()
    cycles = []
    with on(DAY):
        for _ in range(THREADS):
            cycle = take(cast, cast.ivanova)
            call(cycle)
            cycles.append(cycle)
    with on(DAY + timedelta(days=1), 0, 30):
        write_plan_fact(day=DAY)
    with on(DAY + timedelta(days=1), 12):
        run_together(
            [
                lambda cycle=cycle: enter_payment(
                    cycle=cycle, actor=cast.accountant, amount=Decimal("10.01"), paid_on=DAY
                )
                for cycle in cycles
            ]
        )
    for scope in ({"user": cast.ivanova}, {"user": None, "department": cast.sales}):
        row = PlanFact.objects.get(day=DAY, period="month", **scope)
        assert (row.fact, row.is_corrected) == (Decimal("10.01") * THREADS, True)


def test_two_heads_who_approve_a_target_at_once_leave_one_in_force():
    cast = make_cast()

    def approve(amount):
        try:
            return set_month_target(
                department=cast.sales,
                user=cast.ivanova,
                month=date(2026, 11, 1),
                amount=Decimal(amount),
                actor=cast.volkov,
                version=0,
            ).amount
        except StaleVersion:
            return None

    with on(DAY):
        done = run_together([lambda amount=amount: approve(amount) for amount in ("100", "200", "300", "400")])
    assert len([amount for amount in done if amount is not None]) == 1
    assert MonthTarget.objects.filter(is_current=True).count() == MonthTarget.objects.count() == 1


def make_plan(cast, actor, target, seen):
    """«Сделать планом» by one person: the norms he has written, or that he was told of the other's."""
    plan = PlanInput(target=Decimal(target), average_cheque=Decimal(60_000), managers=2, working_days=23)
    try:
        return make_month_plan(department=cast.sales, month=DECEMBER, plan=plan, actor=actor, seen=seen(plan))
    except StaleVersion as told:
        return told


def test_of_two_heads_who_make_the_month_their_plan_at_once_one_wins_and_the_other_is_told():
    cast = make_cast()
    with on(DAY):
        seen = {}
        for target in (3_000_000, 4_000_000):
            plan = PlanInput(target=Decimal(target), average_cheque=Decimal(60_000), managers=2, working_days=23)
            seen[plan.target] = propose(department=cast.sales, month=DECEMBER, plan=plan, day=DAY).mark
        pairs = [(cast.volkov, 3_000_000), (cast.director, 4_000_000)]
        done = run_together(
            [
                lambda actor=actor, target=target: make_plan(cast, actor, target, lambda plan: seen[plan.target])
                for actor, target in pairs
            ]
        )
    (norms,) = (one for one in done if isinstance(one, MonthNorms))
    assert [one for one in done if isinstance(one, StaleVersion)]
    assert MonthNorms.objects.get() == norms and norms.is_current
    targets = MonthTarget.objects.filter(month=DECEMBER)
    assert set(targets.values_list("version", "is_current", "created_by")) == {(1, True, norms.created_by_id)}
    assert sum(targets.values_list("amount", flat=True)) == norms.target


def test_the_same_plan_made_twice_at_once_is_written_once():
    cast = make_cast()
    with on(DAY):

        def seen(plan):
            return mark

        plan = PlanInput(target=Decimal(3_000_000), average_cheque=Decimal(60_000), managers=2, working_days=23)
        mark = propose(department=cast.sales, month=DECEMBER, plan=plan, day=DAY).mark
        done = run_together([lambda: make_plan(cast, cast.volkov, 3_000_000, seen)] * 3)
    assert {one.pk for one in done} == {MonthNorms.objects.get().pk}
    assert set(MonthTarget.objects.values_list("version", flat=True)) == {1}
    assert AuditEvent.objects.filter(action="norms.set").count() == 1

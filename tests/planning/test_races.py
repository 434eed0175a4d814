"""Payments of one department entered at the same time: the figures of the past hold them all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from deals.services import enter_payment
from planning.models import PlanFact
from planning.services import set_month_target, write_plan_fact
from tests.factories import make_cast
from tests.factories.work import call, on, take

THREADS = 6
DAY = date(2026, 11, 9)

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
    from common.errors import StaleVersion
    from planning.models import MonthTarget

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

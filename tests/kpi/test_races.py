"""Directors and heads at once over pay and reference values, on real PostgreSQL with real threads."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, time
from decimal import Decimal
from queue import SimpleQueue

import pytest
import time_machine
from django.db import connection, transaction

from common import clock
from common.errors import Conflict
from deals.services import enter_payment
from journal.models import AuditEvent
from kpi.models import PayStatement, ReferenceKPI
from kpi.selectors import references_on
from kpi.services import approve_references, close_month, propose_now, set_reference
from planning.models import SegmentNorm
from planning.selectors import forecast_inputs
from planning.services import set_month_target
from tests.factories import make_cast, make_user
from tests.factories.money import paid
from tests.factories.work import on, take
from tests.planning.test_races import run_together

TODAY, OCTOBER, DECEMBER = date(2026, 11, 20), date(2026, 10, 1), date(2026, 12, 1)

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_directors_close_a_month_at_once_and_pay_is_frozen_once_with_every_payment_in_it_or_after_it():
    cast = make_cast()
    second = make_user("director2", "director")
    with on(OCTOBER, 9):
        cycle = take(cast, cast.ivanova)
        set_month_target(
            department=cast.sales, user=cast.ivanova, month=OCTOBER, amount=Decimal(100_000), actor=cast.director
        )
        paid(cast, cast.ivanova, "90000", date(2026, 10, 15), cycle)
    with on(TODAY, 9):

        def close(actor):
            return {row.pk for row in close_month(department=cast.sales, month=OCTOBER, actor=actor)}

        def pay():
            enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal(20_000), paid_on=date(2026, 10, 20))

        first, other, _ = run_together([lambda: close(cast.director), lambda: close(second), pay])
    assert first == other == set(PayStatement.objects.values_list("pk", flat=True))
    assert AuditEvent.objects.filter(action="pay.close").count() == 1
    row = PayStatement.objects.get(user=cast.ivanova)
    assert row.fact in {Decimal("90000.00"), Decimal("110000.00")}
    # fact and multiplier are of one moment: 90 % × 0.8, or 110 % × 1
    assert row.multiplier == (Decimal("0.8") if row.fact == 90_000 else 1)


def test_values_of_one_month_said_at_once_are_in_one_order_for_indicators_and_forecasts():
    cast = make_cast()
    with on(TODAY, 9):
        row = ReferenceKPI.objects.create(
            department=cast.sales, segment=cast.medium, role="hunter", kpi="p_green", value=Decimal("0.65"),
            source="own", valid_from=DECEMBER, created_at="2026-11-01T00:30Z",
        )  # fmt: skip

    def say(value, actor):
        return set_reference(
            department=cast.sales,
            role="hunter",
            kpi="p_green",
            value=Decimal(value),
            reason="проба",
            actor=actor,
            segment=cast.medium,
        )

    def approve():
        return approve_references(department=cast.sales, ids=[row.pk], actor=cast.volkov)

    with time_machine.travel(clock.local_moment(TODAY, time(9)), tick=True):  # the later one is later
        run_together([lambda: say("0.75", cast.volkov), lambda: say("0.8", cast.director), approve])
    assert list(SegmentNorm.objects.order_by("version").values_list("version", flat=True)) == [1, 2, 3]
    above = references_on(department_id=cast.sales.pk, day=DECEMBER).reference(cast.medium.pk, "hunter")
    assert forecast_inputs(department_id=cast.sales.pk, day=DECEMBER).references[cast.medium.pk] == above


@pytest.mark.parametrize("first", ["approve", "propose"])
def test_a_proposal_that_is_approved_while_others_replace_it_is_either_in_force_or_refused(first):
    """Two heads propose and one approves, each begun while the one before still waits for the row of the proposal."""
    cast = make_cast()
    with on(TODAY, 9):
        common = {
            "department": cast.sales, "segment": cast.medium, "role": "hunter", "kpi": "p_green", "source": "own",
            "created_at": "2026-10-01T00:30Z",
        }  # fmt: skip
        # Nobody's own statistics stand behind this one any more: every proposal goes back to the setting.
        ReferenceKPI.objects.create(
            **common, value=Decimal("0.6"), valid_from=date(2026, 11, 1), approved_by=cast.volkov,
            approved_at="2026-10-20T09:00Z",
        )  # fmt: skip
        row = ReferenceKPI.objects.create(**common, value=Decimal("0.65"), valid_from=DECEMBER)

        def approve():
            try:
                return approve_references(department=cast.sales, ids=[row.pk], actor=cast.volkov)
            except Conflict:
                return None

        def propose():
            return propose_now(department=cast.sales, actor=cast.director)

        acts = {"approve": [approve, propose, propose], "propose": [propose, approve, propose]}[first]
        approved = run_in_line(acts, ReferenceKPI.objects.filter(pk=row.pk))[acts.index(approve)]
    assert (approved is not None) == (first == "approve")
    number = 1 if approved else 0
    assert SegmentNorm.objects.count() == number
    assert ReferenceKPI.objects.filter(valid_from=DECEMBER, approved_at__isnull=False).count() == number
    (proposed,) = ReferenceKPI.objects.filter(valid_from=DECEMBER, approved_at__isnull=True)
    assert proposed.value == cast.medium.p_green / 100 and proposed.source == "default"


def run_in_line(acts, held):
    """Answers of `acts`, each in a thread of its own that is begun when the one before waits for a lock; the rows of
    `held` are let go when all of them wait."""
    pids = SimpleQueue()

    def run(act):
        try:
            connection.ensure_connection()
            pids.put(connection.connection.info.backend_pid)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        with transaction.atomic():
            assert list(held.select_for_update())
            begun = []
            for act in acts:
                begun.append(pool.submit(run, act))
                _wait_for_lock(pids.get(timeout=30), begun[-1])
        return [one.result(timeout=30) for one in begun]


def _wait_for_lock(pid, act):
    with connection.cursor() as cursor:
        for _look in range(3000):
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [pid])
            if cursor.fetchone() == (True,):
                return
            assert not wait([act], timeout=0.01).done, f"nothing was waited for: {act.result()}"
    raise AssertionError("the act neither ends nor waits")

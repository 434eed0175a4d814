"""Many presses at once through the real acts: one row, one number each, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from common.errors import ActError, GuardFailed
from deals.models import Invoice, Payment, PaymentCredit
from deals.services import cancel_payment, enter_payment, issue_invoice
from funnels.models import SalesCycle
from tests.factories import make_cast
from tests.factories.work import call, on, take

DAY = date(2026, 11, 9)

pytestmark = pytest.mark.django_db(transaction=True)


def run_together(acts):
    barrier = Barrier(len(acts))

    def one(act):
        try:
            barrier.wait(timeout=30)
            return act()
        except ActError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_one_form_pressed_six_times_at_once_enters_one_payment():
    cast = make_cast()
    with on(DAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)

        def press():
            return enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("5.00"), paid_on=DAY, key="once")

        answers = run_together([press] * 6)
    assert {answer.pk for answer in answers} == {Payment.objects.get().pk}
    assert PaymentCredit.objects.count() == 1
    assert SalesCycle.objects.get(pk=cycle.pk).paid_amount == Decimal("5.00")


def test_invoices_issued_at_once_are_gapless_though_some_are_refused():
    cast = make_cast()
    with on(DAY):
        cycles = [take(cast, cast.ivanova) for _ in range(8)]
        for cycle in cycles[::2]:
            call(cycle)  # every second one stays without the first contact: its invoice is refused

        def issue(cycle):
            return issue_invoice(
                cycle=cycle,
                actor=cast.ivanova,
                amount=Decimal("10"),
                issued_on=DAY,
                due_on=DAY + timedelta(days=5),
            )

        answers = run_together([lambda cycle=cycle: issue(cycle) for cycle in cycles])
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert sum(isinstance(answer, GuardFailed) for answer in answers) == 4


def test_two_who_cancel_one_payment_at_once_void_it_once():
    cast = make_cast()
    with on(DAY):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        payment = enter_payment(cycle=cycle, actor=cast.accountant, amount=Decimal("5.00"), paid_on=DAY)
        answers = run_together(
            [lambda: cancel_payment(payment=payment, actor=cast.accountant, reason="ошибка") for _ in range(3)]
        )
    assert sum(isinstance(answer, ActError) for answer in answers) == 2
    assert SalesCycle.objects.get(pk=cycle.pk).paid_amount == 0

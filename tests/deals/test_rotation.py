"""Money and rotation together: who is credited, what cancels an order (scenario 8, section 2.5)."""

from datetime import date
from decimal import Decimal

import pytest

from deals.models import PaymentCredit
from deals.services import enter_payment, issue_invoice
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.services.flags import flag_stagnant
from funnels.services.rotation import execute_rotations
from tests.factories.work import call, on, take

START, DAY_10, DAY_11 = date(2026, 11, 9), date(2026, 11, 19), date(2026, 11, 20)

pytestmark = pytest.mark.django_db


def fresh(cycle):
    return SalesCycle.objects.select_related("client", "owner").get(pk=cycle.pk)


@pytest.fixture
def green(cast):
    """Invoiced on the day it was taken, green ever since, valid far beyond the eleventh day."""
    with on(START):
        cycle = take(cast, cast.ivanova)
        call(cycle)
        issue_invoice(
            cycle=cycle,
            actor=cast.ivanova,
            amount=Decimal("100000.01"),
            issued_on=START,
            due_on=date(2026, 12, 5),
        )
    return fresh(cycle)


def credits_of(payment):
    return dict(PaymentCredit.objects.filter(payment=payment).values_list("user_id", "amount"))


def test_a_full_payment_dated_day_ten_cancels_the_order_and_is_the_old_owners(cast, green):
    with on(DAY_11, 0, 20):
        flag_stagnant(day=DAY_11)
    assert RotationOrder.objects.get().status == "queued"
    with on(DAY_11, 8, 30):
        payment = enter_payment(cycle=green, actor=cast.accountant, amount=Decimal("100000.01"), paid_on=DAY_10)
    assert RotationOrder.objects.get().status == "cancelled"
    assert fresh(green).outcome == "won"
    with on(DAY_11, 9, 20):
        execute_rotations(day=DAY_11)
    assert credits_of(payment) == {cast.ivanova.pk: Decimal("100000.01")}
    assert not Ownership.objects.filter(user__in=[cast.petrov, cast.kuznetsova], cycle=green).exists()


def test_a_client_rotated_green_before_its_due_date_leaves_half_of_the_sale_to_the_old_owner(cast, green):
    with on(DAY_11, 0, 20):
        flag_stagnant(day=DAY_11)
    with on(DAY_11, 9, 20):
        execute_rotations(day=DAY_11)
    order = RotationOrder.objects.get()
    assert (order.status, order.share_percent, order.old_owner) == ("executed", 50, cast.ivanova)
    with on(DAY_11, 15):
        payment = enter_payment(cycle=green, actor=cast.accountant, amount=Decimal("100000.01"), paid_on=DAY_11)
        assert fresh(green).outcome == "won"
        # Dated before the rotation: wholly the old owner's, although it is entered after it.
        early = enter_payment(cycle=green, actor=cast.accountant, amount=Decimal("7.00"), paid_on=DAY_10)
    assert credits_of(payment) == {cast.ivanova.pk: Decimal("50000.01"), order.recipient_id: Decimal("50000.00")}
    assert credits_of(early) == {cast.ivanova.pk: Decimal("7.00")}

"""Open cycles and money as planning finds them, without the way that led there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from deals.models import Payment, PaymentCredit
from funnels.models import SalesCycle
from tests.factories.clients import ClientFactory


def open_cycle(cast, owner, colour="green", segment=None, opened=date(2026, 10, 1), **fields):
    """An open cycle as the funnel would hold it, without the way that led there."""
    client = ClientFactory(
        department=owner.department, segment=segment or cast.medium, section="in_work", owner=owner, state="c1"
    )
    return SalesCycle.objects.create(
        client=client,
        segment=client.segment,
        owner=owner,
        opened_on=opened,
        opened_at=f"{opened}T09:00Z",
        state="c1",
        state_since=opened,
        colour=colour,
        **fields,
    )


def paid(cast, user, amount, day, cycle=None):
    """Money that counts for a person on a day."""
    cycle = cycle or open_cycle(cast, user)
    payment = Payment.objects.create(
        client=cycle.client,
        cycle=cycle,
        amount=Decimal(amount),
        paid_on=day,
        source="accountant",
        entered_by=cast.accountant,
        entered_at=f"{day}T09:00Z",
    )
    PaymentCredit.objects.create(
        payment=payment, user=user, department=user.department, amount=Decimal(amount), paid_on=day
    )
    return payment

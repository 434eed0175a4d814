"""Whose plan a payment counts for (sections 2.5 and 3.1.4)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from accounts.models import User
from clients.models import Client
from common import clock
from deals.models import Payment, PaymentCredit
from deals.rules import divide_payment
from funnels.choices import OrderStatus
from funnels.models import Ownership, RotationOrder, SalesCycle


def write_credits(*, payment: Payment) -> list[PaymentCredit]:
    """The owner at the payment date has it, less the old owner's share of a client rotated GREEN.

    On the day of a rotation the new owner is the owner: a payment dated before it is the old owner's.
    """
    owner = owner_on(payment.client, payment.paid_on)
    if owner is None:
        return []
    order = _rotated_green(payment.cycle, payment.paid_on)
    parts = divide_payment(
        payment.amount,
        owner.pk,
        order.old_owner_id if order else None,
        order.share_percent if order else 0,
    )
    people = {owner.pk: owner} | ({order.old_owner_id: order.old_owner} if order else {})
    rows = [
        PaymentCredit(
            payment=payment,
            user=people[part.user_id],
            # A director or a dismissed head has no department: the money stays with the client's.
            department_id=people[part.user_id].department_id or payment.client.department_id,
            amount=part.amount,
            paid_on=payment.paid_on,
        )
        for part in parts
    ]
    return PaymentCredit.objects.bulk_create(rows)


def owner_on(client: Client, day: date) -> User | None:
    """Who owned the client at the end of the day; after the last ownership its last owner, before the first nobody."""
    ownership = (
        Ownership.objects.select_related("user")
        .filter(client=client, started_on__lte=day)
        .order_by("-started_on", "-started_at", "-pk")
        .first()
    )
    return ownership.user if ownership else None


def _rotated_green(cycle: SalesCycle, day: date) -> RotationOrder | None:
    """The latest rotation of the cycle that left its old owner a share, executed by the end of the day."""
    return (
        RotationOrder.objects.select_related("old_owner")
        .filter(
            cycle=cycle,
            status=OrderStatus.EXECUTED,
            share_percent__gt=0,
            executed_at__lt=_end_of(day),
        )
        .order_by("-executed_at", "-pk")
        .first()
    )


def _end_of(day: date) -> datetime:
    return clock.local_moment(day + timedelta(days=1), time.min)

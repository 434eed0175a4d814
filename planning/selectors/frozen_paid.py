"""The payments that were in when a forecast was frozen: its part «paid by then», payment by payment (3.1.1, 3.1.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from deals.models import PaymentCredit
from planning.models import ForecastSnapshot
from planning.rules import Span


@dataclass(frozen=True)
class FrozenPayment:
    """What one payment counted for the person, roubles; `cancelled_at` after the day it was frozen, or None."""

    client_id: int
    client: str
    paid_on: date
    amount: Decimal
    cancelled_at: datetime | None


@dataclass(frozen=True)
class FrozenPaid:
    """`total` is what was frozen; `payments` sum to it where the snapshot named them (`is_kept`).

    Without names they are those dated `first` to `last` that had been entered and stood at `frozen_at`.
    """

    total: Decimal
    payments: list[FrozenPayment]
    is_kept: bool
    first: date
    last: date
    frozen_at: datetime

    @property
    def listed(self) -> Decimal:
        return sum((one.amount for one in self.payments), Decimal("0.00"))


def credits_between(*, department_id: int, first: date, last: date) -> list[tuple[int, int, date, Decimal]]:
    """(id, user, day, roubles) of what counts for the people of a department now; both ends included. One query."""
    if first > last:
        return []
    rows = PaymentCredit.objects.filter(
        department_id=department_id, is_void=False, paid_on__gte=first, paid_on__lte=last
    )
    return list(rows.order_by("pk").values_list("pk", "user_id", "paid_on", "amount"))


def frozen_paid(*, department_id: int, user_id: int, span: Span) -> FrozenPaid | None:
    """The payments behind «paid by then» of one person's snapshot, the latest first; None where no such sum was kept.

    Neither the amount nor the day of a payment ever changes, so the ids are enough. Two queries.
    """
    row = ForecastSnapshot.objects.filter(
        department_id=department_id,
        user_id=user_id,
        period=str(span.period.kind),
        starts_on=span.period.starts_on,
    ).first()
    if row is None or row.details.get("paid") is None:
        return None
    first = span.facts_from
    last = min(row.starts_on + timedelta(days=row.details.get("late_days", 0) - 1), span.facts_to)
    ids = row.details.get("payments")
    if ids is not None:
        known = Q(pk__in=ids)
    else:
        stood = Q(payment__cancelled_at__isnull=True) | Q(payment__cancelled_at__gt=row.frozen_at)
        known = stood & Q(
            department_id=department_id,
            user_id=user_id,
            paid_on__gte=first,
            paid_on__lte=last,
            payment__entered_at__lte=row.frozen_at,
        )
    found = PaymentCredit.objects.filter(known).select_related("payment", "payment__client").order_by("-paid_on", "pk")
    payments = [
        FrozenPayment(one.payment.client_id, one.payment.client.name, one.paid_on, one.amount, one.payment.cancelled_at)
        for one in found
    ]
    return FrozenPaid(Decimal(row.details["paid"]), payments, ids is not None, first, last, row.frozen_at)

"""Cancelling a queued rotation; only an exit or a movement dated in time can (section 2.4, timeline)."""

from __future__ import annotations

from datetime import date, datetime

from funnels.choices import OrderStatus, ViolationKind
from funnels.models import Ownership, RotationOrder, SalesCycle, Violation
from funnels.rules import exit_withdraws_violation, movement_cancels_order
from journal.services import record


def cancel_by_exit(*, cycle: SalesCycle, ownership: Ownership, exit_on: date, at: datetime, code: str) -> None:
    """(a) The cycle leaves the funnel: the order is cancelled; the violation stays unless the exit is dated ≤ day 10."""
    order = _open_order(cycle)
    if order is None:
        return
    _cancel(order, code, at)
    if ownership.last_day_on is not None and exit_withdraws_violation(exit_on, ownership.last_day_on):
        _withdraw(ownership, at, code)


def cancel_by_movement(*, cycle: SalesCycle, ownership: Ownership, movement_on: date, at: datetime) -> bool:
    """(b) A movement dated ≤ day 10: order cancelled and violation withdrawn. Called with the clock not yet restarted."""
    if ownership.last_day_on is None or not movement_cancels_order(movement_on, ownership.last_day_on):
        return False
    order = _open_order(cycle)
    if order is not None:
        _cancel(order, "movement", at)
        SalesCycle.objects.filter(pk=cycle.pk).update(stagnation_count=max(cycle.stagnation_count - 1, 0))
        cycle.stagnation_count = max(cycle.stagnation_count - 1, 0)
    _withdraw(ownership, at, "movement")
    return order is not None


def has_open_order(cycle: SalesCycle) -> bool:
    return RotationOrder.objects.open().filter(cycle=cycle).exists()


def _open_order(cycle: SalesCycle) -> RotationOrder | None:
    return RotationOrder.objects.open().select_for_update(of=("self",)).filter(cycle=cycle).first()


def _cancel(order: RotationOrder, code: str, at: datetime) -> None:
    order.status, order.outcome_code, order.closed_at = OrderStatus.CANCELLED, code, at
    order.version += 1
    order.save(update_fields=["status", "outcome_code", "closed_at", "version"])
    record(action="rotation.cancel", obj=order, after={"code": code, "client": order.client_id})


def _withdraw(ownership: Ownership, at: datetime, code: str) -> None:
    Violation.objects.filter(
        ownership=ownership,
        kind=ViolationKind.COLOUR_10_DAYS,
        withdrawn_at__isnull=True,
        since_on=ownership.clock_started_on,
    ).update(withdrawn_at=at, withdrawn_reason=code[:32])

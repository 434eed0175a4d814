"""Orders carried out: clients get new owners, and everybody is told (section 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from common.writing import write_over
from funnels.choices import OrderStatus, OwnershipReason, TaskKind
from funnels.models import RotationOrder
from funnels.services.bells import Telling, end_of_next_working_day, tell_all
from funnels.services.owners import ban_retake, change_owner
from funnels.services.rotation_queue import PLANNED, tell_shortages
from funnels.services.tasks import NewTask, create_tasks
from journal.models import AuditEvent
from journal.services import draft

_EXECUTED = [*PLANNED, "share_percent", "recipient", "outcome_code", "executed_at", "closed_at", "version"]


@dataclass(frozen=True)
class Handover:
    """A locked order with its cycle and ownership, who receives the client, and why it is not the one announced."""

    order: RotationOrder
    to: User
    code: str = ""


def hand_over(handovers: Sequence[Handover], *, day: date, at: datetime) -> None:
    """Executes locked orders: owners, bans of 180 days, first tasks, bells, audit. Owners one by one, the rest at once."""
    for one in handovers:
        _give(one, day, at)
    write_over([one.order for one in handovers], _EXECUTED)
    AuditEvent.objects.bulk_create(_executed(one) for one in handovers)
    create_tasks([_first_task(one, day) for one in handovers])
    tell_all(line for one in handovers for line in _told(one))
    if reserved := [one for one in handovers if one.order.is_reserve]:
        to = reserved[0].to  # one person keeps the reserve of a department
        tell_shortages([one.order for one in reserved], to if to.is_head else None)


def _give(one: Handover, day: date, at: datetime) -> None:
    order, to, cycle = one.order, one.to, one.order.cycle
    order.status, order.recipient, order.outcome_code = OrderStatus.EXECUTED, to, one.code
    order.executed_at = order.closed_at = at
    order.version += 1
    if to.pk == cycle.owner_id:
        return
    reason = OwnershipReason.RESERVE if order.is_reserve else OwnershipReason.ROTATION
    held = order.ownership if order.ownership.ended_at is None else None
    change_owner(cycle=cycle, to=to, reason=reason, at=at, day=day, ownership=held)
    if order.old_owner.is_manager:
        ban_retake(client_id=cycle.client_id, user_id=order.old_owner_id, day=day)


def _executed(one: Handover) -> AuditEvent:
    order = one.order
    return draft(
        action="rotation.execute",
        obj=order,
        before={"owner": order.old_owner_id},
        after={"owner": one.to.pk, "client": order.client_id, "reserve": order.is_reserve, "code": one.code},
    )


def _first_task(one: Handover, day: date) -> NewTask:
    order, name = one.order, one.order.client.name
    with translation.override(one.to.language):
        if order.is_reserve:
            kind, key = TaskKind.ASSIGN, f"assign:{order.pk}"
            text = _("Assign within one working day: %(client)s") % {"client": name}
        else:
            kind, key = TaskKind.FIRST_CONTACT, f"rotation:{order.pk}"
            text = _("First contact after rotation: %(client)s") % {"client": name}
    return NewTask(kind, text, end_of_next_working_day(day), one.to, order.cycle, key)


def _told(one: Handover) -> Iterator[Telling]:
    order, to, name = one.order, one.to, one.order.client.name
    days, colour = order.age, order.cycle.get_colour_display
    yield Telling(
        people=[to],
        key=f"rotated-to:{order.pk}",
        text=lambda: (
            _("New by rotation: %(client)s, stagnant for %(days)d days in %(colour)s")
            % {"client": name, "days": days, "colour": str(colour()).lower()}
        ),
        url=f"/clients/{order.client_id}/",
    )
    if order.old_owner_id != to.pk:
        yield Telling(
            people=[order.old_owner],
            key=f"rotated-from:{order.pk}",
            text=lambda: _("Rotated from you: %(client)s → %(name)s") % {"client": name, "name": to.short_name},
            url="/rotation/history/",
        )

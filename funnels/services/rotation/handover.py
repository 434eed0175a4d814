"""One order carried out: the client gets a new owner, and everybody is told (section 2.5)."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from funnels.choices import OrderStatus, OwnershipReason, TaskKind
from funnels.models import RotationOrder
from funnels.services.bells import end_of_next_working_day, tell
from funnels.services.owners import ban_retake, change_owner
from funnels.services.rotation_queue import tell_shortage
from funnels.services.tasks import create_task
from journal.services import record


def hand_over(*, order: RotationOrder, to: User, day: date, at: datetime, outcome_code: str = "") -> None:
    """Executes one locked order: owner, ban of 180 days, first task, bells, audit."""
    cycle, old_owner = order.cycle, order.old_owner
    order.status, order.recipient, order.outcome_code = OrderStatus.EXECUTED, to, outcome_code
    order.executed_at = order.closed_at = at
    order.version += 1
    order.save()
    if to.pk != cycle.owner_id:
        reason = OwnershipReason.RESERVE if order.is_reserve else OwnershipReason.ROTATION
        change_owner(cycle=cycle, to=to, reason=reason, at=at, day=day)
        if old_owner.is_manager:
            ban_retake(client_id=cycle.client_id, user_id=old_owner.pk, day=day)
    record(
        action="rotation.execute",
        obj=order,
        before={"owner": old_owner.pk},
        after={"owner": to.pk, "client": cycle.client_id, "reserve": order.is_reserve, "code": outcome_code},
    )
    _ask_new_owner(order, to, day)
    _tell_execution(order, to)


def _ask_new_owner(order: RotationOrder, to: User, day: date) -> None:
    name = order.client.name
    with translation.override(to.language):
        if order.is_reserve:
            kind, key = TaskKind.ASSIGN, f"assign:{order.pk}"
            text = _("Assign within one working day: %(client)s") % {"client": name}
        else:
            kind, key = TaskKind.FIRST_CONTACT, f"rotation:{order.pk}"
            text = _("First contact after rotation: %(client)s") % {"client": name}
        create_task(
            kind=kind,
            text=text,
            due_at=end_of_next_working_day(day),
            assignee=to,
            client=order.client,
            cycle=order.cycle,
            key=key,
        )


def _tell_execution(order: RotationOrder, to: User) -> None:
    name = order.client.name
    days, colour = order.age, order.cycle.get_colour_display
    tell(
        people=[to],
        key=f"rotated-to:{order.pk}",
        text=lambda: (
            _("New by rotation: %(client)s, stagnant for %(days)d days in %(colour)s")
            % {"client": name, "days": days, "colour": str(colour()).lower()}
        ),
        url=f"/clients/{order.client_id}/",
    )
    if order.old_owner_id != to.pk:
        tell(
            people=[order.old_owner],
            key=f"rotated-from:{order.pk}",
            text=lambda: _("Rotated from you: %(client)s → %(name)s") % {"client": name, "name": to.short_name},
            url="/rotation/history/",
        )
    if order.is_reserve:
        tell_shortage(order, to if to.is_head else None)

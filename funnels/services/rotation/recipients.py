"""Another recipient of a queued order (section 2.5)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User
from common import clock
from common.errors import Conflict, NotAllowed, StaleVersion
from funnels.choices import OrderStatus
from funnels.models import RotationOrder
from funnels.rules import StagnationAction
from funnels.selectors import exclusion_text, open_queue
from funnels.services.access import lock_client
from funnels.services.rotation.due import executes_at
from funnels.services.rotation_queue import choices_of, lock_queue, plan_department
from journal.services import record


@transaction.atomic
def change_recipient(*, order: RotationOrder, to: User, actor: User, version: int) -> RotationOrder:
    """Head or director names another of the eligible, until 09:20 of the execution day (section 2.5).

    Raises NotAllowed, StaleVersion when another head was faster, Conflict when the time is over or the recipient is
    not eligible (with the reason). The rest of the queue is planned anew.
    """
    _ensure_decides(actor, order.department_id)
    lock_queue(order.department_id)
    lock_client(order.client_id)
    order = RotationOrder.objects.select_for_update(of=("self",)).select_related("department").get(pk=order.pk)
    if order.version != version:
        raise StaleVersion(_("The recipient has been changed meanwhile."), current={"suggested": order.suggested_id})
    _ensure_changeable(order)
    queue = open_queue(order.department_id)
    same_day = [each for each in queue if each.execute_on == order.execute_on and each.choice.get("action") != "expire"]
    choice = choices_of(same_day, order.execute_on, head_choice=(order.pk, to.pk))[order.pk]
    if choice.replaced is not None:
        reason = exclusion_text(choice.replaced[1])
        raise Conflict(
            _("%(name)s cannot receive this client: %(reason)s") % {"name": to.short_name, "reason": reason},
            code="not_eligible",
        )
    before = order.suggested_id
    order.suggested, order.is_reserve = to, False
    order.chosen_by, order.chosen_at = actor, clock.now()
    order.version += 1
    order.save(update_fields=["suggested", "is_reserve", "chosen_by", "chosen_at", "version"])
    plan_department(department=order.department, day=clock.today())
    record(action="rotation.recipient", obj=order, actor=actor, before={"to": before}, after={"to": to.pk})
    order.refresh_from_db()
    return order


def _ensure_decides(actor: User, department_id: int) -> None:
    if actor.is_active and (
        actor.role == Role.DIRECTOR or (actor.role == Role.HEAD and actor.department_id == department_id)
    ):
        return
    raise NotAllowed(_("Only the head or the director changes the recipient."))


def _ensure_changeable(order: RotationOrder) -> None:
    if order.status not in (OrderStatus.QUEUED, OrderStatus.HELD, OrderStatus.WAITING_QUOTA):
        raise Conflict(_("The rotation is already closed."), code="order_closed")
    if order.choice.get("action") != StagnationAction.ROTATE:
        raise Conflict(
            _("After the third stagnation there is no hand-over to another manager."), code="third_stagnation"
        )
    if order.status != OrderStatus.HELD and clock.now() >= executes_at(order):
        raise Conflict(_("The recipient could be changed until 09:20."), code="too_late")

"""The director releases what the flood guard holds (section 2.5)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar, head_of
from clients.models import Client
from common import clock
from common.errors import Conflict, NotAllowed
from funnels.choices import OrderStatus
from funnels.constants import Colour, CycleKind
from funnels.models import Ownership, RotationOrder
from funnels.rules import StagnationAction, stagnation_outcome
from funnels.selectors import binding_cycle_ids
from funnels.services.access import lock_cycle
from funnels.services.bells import tell
from funnels.services.flags import expire_stagnant
from funnels.services.rotation.due import EXECUTES_AT
from funnels.services.rotation_queue import lock_queue, plan_department
from journal.services import record


@transaction.atomic
def release_held(*, department: Department, actor: User) -> int:
    """The director releases what the flood guard holds; returns the number. Raises NotAllowed, Conflict (nothing held).

    After 09:20 the released orders wait for the next working day.
    """
    if actor.role != Role.DIRECTOR or not actor.is_active:
        raise NotAllowed(_("Only the director releases held rotations."))
    lock_queue(department.pk)
    held = RotationOrder.objects.filter(department=department, status=OrderStatus.HELD)
    clients = Client.objects.select_for_update(of=("self",))
    list(clients.filter(pk__in=list(held.values_list("client_id", flat=True))).order_by("pk"))
    orders = list(held.select_for_update(of=("self",)).order_by("pk"))
    if not orders:
        raise Conflict(_("Nothing is held in this department."), code="nothing_held")
    now, today = clock.now(), clock.today()
    execute_on = calendar().working_day_on_or_after(today)
    if now >= clock.local_moment(execute_on, EXECUTES_AT):
        execute_on = calendar().next_working_day(execute_on)
    for order in orders:
        if order.choice.get("action") == StagnationAction.EXPIRE:
            _expire_held(order, execute_on, today, now, actor)
            continue
        order.status, order.execute_on = OrderStatus.QUEUED, execute_on
        order.version += 1
        order.save(update_fields=["status", "execute_on", "version"])
        _sign_release(order, actor)
    plan_department(department=department, day=today)
    n = len(orders)
    record(action="rotation.release", obj=department, actor=actor, after={"orders": n, "execute_on": execute_on})
    tell(
        people=[head_of(department)],
        key=f"released:{department.pk}:{orders[-1].pk}",
        text=lambda: _("The director has released the held rotations: %(n)d") % {"n": n},
        url="/rotation/",
    )
    return n


def _sign_release(order: RotationOrder, actor: User) -> None:
    record(
        action="rotation.queue",
        obj=order,
        actor=actor,
        before={"status": OrderStatus.HELD},
        after={"status": order.status, "execute_on": order.execute_on, "client": order.client_id},
    )


def _expire_held(order: RotationOrder, execute_on: date, day: date, at: datetime, actor: User) -> None:
    """What has become green or bound by a document while it was held is never closed: it goes to the head."""
    cycle = lock_cycle(order.cycle)
    has_binding = bool(binding_cycle_ids([cycle.pk]))
    outcome = stagnation_outcome(order.stagnation_no, Colour(cycle.colour), CycleKind(cycle.kind), has_binding)
    order.version += 1
    if outcome.action != StagnationAction.EXPIRE:
        order.status, order.execute_on = OrderStatus.QUEUED, execute_on
        order.choice = {**order.choice, "action": str(outcome.action)}
        order.save(update_fields=["status", "execute_on", "choice", "version"])
        _sign_release(order, actor)
        return
    order.status, order.outcome_code, order.closed_at = OrderStatus.CANCELLED, "third_stagnation", at
    order.save(update_fields=["status", "outcome_code", "closed_at", "version"])
    _sign_release(order, actor)
    ownership = Ownership.objects.select_related("user").get(pk=order.ownership_id)
    expire_stagnant(cycle=cycle, ownership=ownership, outcome=outcome, day=day, at=at)

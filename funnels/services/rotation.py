"""Acts on the rotation queue: another recipient, release of held orders, execution at 09:20 (section 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar, directors, head_of, organisation
from clients.models import Client
from common import clock
from common.errors import Conflict, NotAllowed, StaleVersion
from funnels.choices import OrderStatus, OwnershipReason, TaskKind
from funnels.constants import Colour, CycleKind
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.rules import Choice, RotationOutcome, StagnationAction, old_owner_percent, stagnation_outcome
from funnels.selectors import binding_cycle_ids, exclusion_text, open_queue, payment_horizons
from funnels.services.access import lock_client, lock_cycle
from funnels.services.bells import end_of_next_working_day, tell
from funnels.services.flags import expire_stagnant
from funnels.services.owners import ban_retake, change_owner
from funnels.services.rotation_queue import (
    choices_of,
    in_queue_order,
    lock_queue,
    names_of,
    plan_department,
    postpone,
    put_choice,
    tell_shortage,
)
from funnels.services.tasks import create_task
from journal.models import JobRun
from journal.services import add_item, do_rows, record

EXECUTES_AT: Final = time(9, 20)
BATCH = 20  # the queue, the people and the clients of a batch are locked till its end: nobody may wait for long
_DUE = (OrderStatus.QUEUED, OrderStatus.WAITING_QUOTA)


def executes_at(order: RotationOrder) -> datetime:
    """The moment until which the recipient may be changed."""
    return clock.local_moment(order.execute_on, EXECUTES_AT)


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


def execute_rotations(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Moves the clients of due orders to their new owners, from 09:20 of a working day on (section 2.5).

    Each order is checked again behind its lock, in queue order. Executed once, however often and by however many
    workers this is called. Returns executed, reserve, waiting, cancelled.
    """
    moment = at or clock.now()
    day = max(day, clock.day_of(moment))
    counts = Counter({"executed": 0, "reserve": 0, "waiting": 0, "cancelled": 0})
    if not calendar().is_working(day) or moment < clock.local_moment(day, EXECUTES_AT):
        return counts
    due = RotationOrder.objects.filter(status__in=_DUE, execute_on__lte=day)
    departments = Department.objects.filter(pk__in=due.values("department_id")).order_by("pk")
    for department in departments:

        def execute(ids: Sequence[int], department: Department = department) -> Counter[str]:
            lock_queue(department.pk)
            return _execute_batch(department, _lock_batch(department, day, ids), day, moment, run)

        # Each batch is the head of the queue as it is then; who was seen once does not stand there again.
        seen: set[int] = set()
        while ids := _head_of_queue(department, day, seen):
            seen.update(ids)
            counts.update(do_rows(run, what="funnels.rotationorder", ids=ids, size=BATCH, act=execute))
    return counts


def _head_of_queue(department: Department, day: date, seen: Iterable[int]) -> list[int]:
    due = RotationOrder.objects.filter(department=department, status__in=_DUE, execute_on__lte=day)
    rows = list(due.exclude(pk__in=seen).select_related("cycle").order_by("pk"))
    return [order.pk for order in in_queue_order(rows, day)[:BATCH]]


def _lock_batch(department: Department, day: date, ids: Sequence[int]) -> list[RotationOrder]:
    """Those still due with everything they touch locked: clients, people, cycles, orders, each in pk order."""
    due = RotationOrder.objects.filter(department=department, status__in=_DUE, execute_on__lte=day)
    queue = list(due.filter(pk__in=ids).order_by("pk"))
    clients = Client.objects.select_for_update(of=("self",))
    list(clients.filter(pk__in=[order.client_id for order in queue]).order_by("pk"))
    list(User.objects.select_for_update(of=("self",)).filter(department=department).order_by("pk"))
    cycles = SalesCycle.objects.select_for_update(of=("self",))
    list(cycles.filter(pk__in=[order.cycle_id for order in queue]).order_by("pk"))
    fresh = (
        due.filter(pk__in=[order.pk for order in queue])
        .select_related("cycle__client__department", "cycle__segment", "client", "old_owner", "ownership")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    return list(fresh)


def _execute_batch(
    department: Department,
    orders: list[RotationOrder],
    day: date,
    at: datetime,
    run: JobRun | None,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    alive = []
    for order in orders:
        if order.cycle.is_open and order.ownership.ended_at is None:
            alive.append(order)
            continue
        # An exit cancels its order itself; this one lost its cycle by a door that did not.
        order.status, order.outcome_code, order.closed_at = OrderStatus.CANCELLED, "no_longer_owned", at
        order.save(update_fields=["status", "outcome_code", "closed_at"])
        record(action="rotation.cancel", obj=order, after={"code": order.outcome_code})
        counts["cancelled"] += 1
    choices = choices_of(alive, day)
    names, head = names_of(choices.values()), head_of(department)
    people = {user.pk: user for user in User.objects.filter(pk__in=[each.user_id for each in choices.values()])}
    horizons = payment_horizons([order.cycle_id for order in alive])
    share = organisation().old_owner_share_percent
    for order in in_queue_order(alive, day):
        choice = choices[order.pk]
        add_item(run, order, str(choice.outcome))
        if choice.outcome == RotationOutcome.WAITING_QUOTA:
            postpone(order, choice, names, calendar().next_working_day(day))
            counts["waiting"] += 1
            continue
        to = head if choice.outcome == RotationOutcome.RESERVE else people[choice.user_id]
        if to is None:
            _wait_for_head(order, day)
            counts["waiting"] += 1
            continue
        announced = order.suggested_id
        put_choice(order, choice, names, head)
        pay_on, due_on = horizons.get(order.cycle_id, (None, None))
        order.share_percent = old_owner_percent(Colour(order.cycle.colour), day, pay_on, due_on, share)
        if announced is not None:
            order.choice["announced"] = announced
        hand_over(order=order, to=to, day=day, at=at, outcome_code=_code_of(choice))
        counts["reserve" if order.is_reserve else "executed"] += 1
    return counts


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


def _wait_for_head(order: RotationOrder, day: date) -> None:
    """Nobody is eligible and the department has no head: the order waits, the directors are told."""
    order.execute_on = calendar().next_working_day(day)
    order.outcome_code = "no_head"
    order.save(update_fields=["execute_on", "outcome_code"])
    name = order.client.name
    tell(
        people=directors(),
        key=f"no-head:{order.pk}",
        text=lambda: _("The department has no head: nobody can receive %(client)s") % {"client": name},
        url="/rotation/",
    )


def _code_of(choice: Choice) -> str:
    return f"replaced:{choice.replaced[1]}"[:32] if choice.replaced else ""


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

"""The orders of the day are executed at 09:20, in the order of the queue (section 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.selectors import calendar, directors, head_of, organisation
from clients.models import Client
from common import clock
from funnels.choices import OrderStatus
from funnels.constants import Colour
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.rules import Choice, RotationOutcome, old_owner_percent
from funnels.selectors import payment_horizons
from funnels.services.bells import tell
from funnels.services.rotation.due import EXECUTES_AT
from funnels.services.rotation.handover import Handover, hand_over
from funnels.services.rotation_queue import choices_of, in_queue_order, lock_queue, names_of, postpone, put_choice
from journal.models import JobRun
from journal.services import add_items, do_rows, record

BATCH = 20  # the queue, the people and the clients of a batch are locked till its end: nobody may wait for long
_DUE = (OrderStatus.QUEUED, OrderStatus.WAITING_QUOTA)


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
    """Those still due with everything they touch locked: clients, people, cycles, ownerships, orders, each by pk."""
    due = RotationOrder.objects.filter(department=department, status__in=_DUE, execute_on__lte=day)
    queue = list(due.filter(pk__in=ids).order_by("pk"))
    clients = Client.objects.select_for_update(of=("self",))
    list(clients.filter(pk__in=[order.client_id for order in queue]).order_by("pk"))
    list(User.objects.select_for_update(of=("self",)).filter(department=department).order_by("pk"))
    cycles = SalesCycle.objects.select_for_update(of=("self",))
    list(cycles.filter(pk__in=[order.cycle_id for order in queue]).order_by("pk"))
    ownerships = Ownership.objects.select_for_update(of=("self",))
    list(ownerships.filter(pk__in=[order.ownership_id for order in queue]).order_by("pk"))
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
    handovers = []
    horizons = payment_horizons([order.cycle_id for order in alive])
    share = organisation().old_owner_share_percent
    for order in in_queue_order(alive, day):
        choice = choices[order.pk]
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
        handovers.append(Handover(order, to, _code_of(choice)))
        counts["reserve" if order.is_reserve else "executed"] += 1
    hand_over(handovers, day=day, at=at)
    add_items(run, {order: str(choices[order.pk].outcome) for order in alive})
    return counts


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

"""After 09:20: one more letter to those whose rotation ended differently from what 07:30 had said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Q

from accounts.choices import Role
from accounts.models import User
from common import clock
from desk.digests.morning import told
from desk.digests.news import without_numbers
from funnels.choices import OrderKind, OrderStatus
from funnels.models import RotationOrder
from journal.models import JobItem, JobRun
from journal.services import in_batch
from notifications.services import notify

_OPEN = "open"


@dataclass(frozen=True)
class OutcomeLine:
    """`result`: executed, reserve, cancelled, open (it waits). `was_told`: the order stood in the morning letter."""

    client: str
    colour: str
    age: int
    amount: Decimal
    from_name: str
    to_name: str
    told_name: str
    was_told: bool
    result: str
    execute_on: date


def send_rotation_outcomes(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Writes `rotation-final:{user}:{day}`: old owner, promised and real recipient, head, directors."""
    promised = _promised(day)
    orders = [order for order in _orders(day, promised) if _differs(order, promised)]
    if not orders:
        return {"final_letters": 0}
    people = _people(orders, promised)
    lines: dict[int, list[OutcomeLine]] = defaultdict(list)
    for order in orders:
        for person_id in _concerned(order, promised, people):
            lines[person_id].append(_line(order, promised, people))
    written = 0
    with in_batch(run):
        for person_id, rows in sorted(lines.items()):
            key = f"rotation-final:{person_id}:{day}"
            context = {"day": day, "lines": rows}
            written += (
                notify(recipient=people[person_id], key=key, template="rotation_final", context=context) is not None
            )
    return {"final_letters": written}


def _promised(day: date) -> dict[int, int | None]:
    """Order → the recipient named by the morning letter (None = nobody yet)."""
    items = JobItem.objects.filter(
        run__job="digest", run__business_date=day, object_type=RotationOrder._meta.label_lower
    )
    found = {}
    for order_id, result in items.values_list("object_id", "result"):
        name = result.removeprefix("to:")
        found[order_id] = int(name) if name.isdecimal() else None
    return found


def _orders(day: date, promised: Iterable[int]) -> list[RotationOrder]:
    starts = clock.local_moment(day, time(0))
    ends = clock.local_moment(day + timedelta(days=1), time(0))
    today = Q(status=OrderStatus.EXECUTED, executed_at__gte=starts, executed_at__lt=ends, kind=OrderKind.STAGNATION)
    rows = RotationOrder.objects.filter(Q(pk__in=list(promised)) | today)
    return list(rows.select_related("client", "old_owner", "recipient").order_by("pk"))


def _differs(order: RotationOrder, promised: dict[int, int | None]) -> bool:
    if order.pk not in promised:
        return True
    return order.status != OrderStatus.EXECUTED or told(order.recipient_id) != told(promised[order.pk])


def _people(orders: list[RotationOrder], promised: dict[int, int | None]) -> dict[int, User]:
    ids = {order.old_owner_id for order in orders} | {order.recipient_id for order in orders}
    ids |= {promised.get(order.pk) for order in orders}
    departments = {order.department_id for order in orders}
    wanted = Q(pk__in=ids - {None}) | Q(role=Role.HEAD, department__in=departments) | Q(role=Role.DIRECTOR)
    return {person.pk: person for person in User.objects.filter(wanted)}


def _concerned(order: RotationOrder, promised: dict[int, int | None], people: dict[int, User]) -> set[int]:
    found = {order.old_owner_id, order.recipient_id, promised.get(order.pk)} - {None}
    for person in people.values():
        if person.is_director or (person.is_head and person.department_id == order.department_id):
            found.add(person.pk)
    return {person_id for person_id in found if person_id in people}


def _line(order: RotationOrder, promised: dict[int, int | None], people: dict[int, User]) -> OutcomeLine:
    named = people.get(promised.get(order.pk) or 0)
    result = _OPEN
    if order.status == OrderStatus.EXECUTED:
        result = "reserve" if order.is_reserve else "executed"
    elif order.status == OrderStatus.CANCELLED:
        result = "cancelled"
    return OutcomeLine(
        client=without_numbers(order.client.name),
        colour=order.colour,
        age=order.age,
        amount=order.amount,
        from_name=order.old_owner.short_name,
        to_name=order.recipient.short_name if order.recipient else "",
        told_name=named.short_name if named else "",
        was_told=order.pk in promised,
        result=result,
        execute_on=order.execute_on,
    )

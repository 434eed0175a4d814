"""«Распределить список»: a leaver's or long absent person's clients by the rotation rule in one act (R-S1-0, 2.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.choices import Role
from accounts.models import Absence, User
from clients.models import Client
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.choices import OwnershipReason
from funnels.constants import LONG_ABSENCE_DAYS, Colour, CycleKind
from funnels.models import Ownership, RotationOrder, SalesCycle
from funnels.rules import Candidate, Choice, Order, RotationOutcome, choose, plan_queue
from funnels.selectors import Moving, candidates, moving_of, rule_orders
from funnels.services.bells import tell
from funnels.services.exits import hold_customer
from funnels.services.owners import change_owner
from funnels.services.rotation import Handover, hand_over
from funnels.services.rotation_queue import lock_queue_or_refuse, names_of, plan_department, put_choice
from journal.services import record

_REASONS = (OwnershipReason.ABSENCE, OwnershipReason.DISMISSAL)


def count_clients(user: User) -> int:
    """Everything that would be left without a person: clients in work and customers."""
    return Client.objects.live().filter(owner=user).count()


@transaction.atomic
def distribute_list(*, user: User, actor: User, reason: str) -> dict[str, int]:
    """Gives every client of a person away by the rotation rule without the daily quota; the rest to the head.

    `reason`: absence (longer than 28 calendar days) or dismissal. No violation, no ban, clocks start at 0; a rotation
    already queued is executed as what it is. Returns handed_over and reserve. Raises NotAllowed, Invalid, Conflict.
    """
    if reason not in _REASONS:
        raise Invalid({"reason": _("Choose the reason: absence or dismissal.")})
    _ensure_may_distribute(actor, user)
    day, at = clock.today(), clock.now()
    if reason == OwnershipReason.ABSENCE and not _is_long_absent(user, day):
        raise Conflict(_("Up to 28 days the deputy works the list; it is not distributed."), code="short_absence")
    department = user.department
    if department is None:
        raise Conflict(_("This employee has no department."))
    lock_queue_or_refuse(department.pk)
    owned = Client.objects.select_for_update(of=("self",)).filter(owner=user).order_by("pk")
    clients = {client.pk: client for client in owned.select_related("department")}
    list(User.objects.select_for_update(of=("self",)).filter(department_id=user.department_id).order_by("pk"))
    head = _head_but(user)
    counts = {"handed_over": 0, "reserve": 0}
    _hand_over_cycles(user, clients, reason, head, day, at, counts)
    _hand_over_customers(user, clients, reason, head, day, at, counts)
    plan_department(department=department, day=day)
    record(action="list.distribute", obj=user, actor=actor, after={"reason": reason, **counts})
    return counts


def _hand_over_cycles(
    user: User,
    clients: dict[int, Client],
    reason: str,
    head: User | None,
    day: date,
    at: datetime,
    counts: dict[str, int],
) -> None:
    cycles = SalesCycle.objects.open().filter(owner=user, client__in=clients).select_for_update(of=("self",))
    by_id = {cycle.pk: cycle for cycle in cycles.select_related("segment").order_by("pk")}
    for cycle in by_id.values():
        cycle.client = clients[cycle.client_id]
    orders = _queued_orders(by_id)
    moving = [_moving(cycle, user, orders.get(cycle.pk)) for cycle in by_id.values()]
    asked = rule_orders(moving, day)
    choices = plan_queue(asked, _people(user, day), daily_quota=None)
    people = {each.pk: each for each in User.objects.filter(pk__in=[choice.user_id for choice in choices])}
    names = names_of(choices)
    received: dict[int, int] = {}
    handovers: list[Handover] = []
    for choice in choices:
        cycle = by_id[choice.order_id]
        to = _recipient(choice, people, head)
        is_reserve = choice.outcome == RotationOutcome.RESERVE
        order = orders.get(cycle.pk)
        if order is not None:
            put_choice(order, choice, names, head)
            handovers.append(Handover(order, to, "distributed"))
        else:
            before = cycle.owner_id
            change_owner(cycle=cycle, to=to, reason=reason, at=at, day=day)
            record(
                action="cycle.handover",
                obj=cycle,
                before={"owner": before},
                after={"owner": to.pk, "reason": reason, "decided_by": choice.decided_by, "reserve": is_reserve},
            )
        counts["reserve" if is_reserve else "handed_over"] += 1
        received[to.pk] = received.get(to.pk, 0) + 1
    hand_over(handovers, day=day, at=at)
    _tell_received(user, received, day)


def _hand_over_customers(
    user: User,
    clients: dict[int, Client],
    reason: str,
    head: User | None,
    day: date,
    at: datetime,
    counts: dict[str, int],
) -> None:
    """Customers between two cycles go to the farmer with the fewest open repeat cycles who is there to work."""
    held = Ownership.objects.open().filter(user=user, cycle__isnull=True, client__in=clients)
    received: dict[int, int] = {}
    for ownership in held.select_for_update(of=("self",)).order_by("client_id"):
        client = clients[ownership.client_id]
        people = [each for each in _people(user, day) if each.role == Role.FARMER]
        choice = choose(_as_repeat(client, user, day), people, daily_quota=None)
        to = _recipient(choice, {each.pk: each for each in User.objects.filter(pk=choice.user_id)}, head)
        moment = max(at, ownership.started_at)
        ownership.ended_on, ownership.ended_at, ownership.end_reason = day, moment, reason
        ownership.save(update_fields=["ended_on", "ended_at", "end_reason"])
        client.owner = to
        client.version += 1
        client.save(update_fields=["owner", "version"])
        hold_customer(client=client, user_id=to.pk, day=day, at=moment, reason=reason)
        client.tasks.open().filter(assignee=user).update(assignee=to)
        record(
            action="client.handover", obj=client, before={"owner": user.pk}, after={"owner": to.pk, "reason": reason}
        )
        counts["handed_over" if choice.user_id else "reserve"] += 1
        received[to.pk] = received.get(to.pk, 0) + 1
    _tell_received(user, received, day, is_customers=True)


def _queued_orders(cycle_ids: Iterable[int]) -> dict[int, RotationOrder]:
    orders = RotationOrder.objects.open().filter(cycle__in=cycle_ids).select_for_update(of=("self", "ownership"))
    rows = orders.select_related("cycle__client__department", "cycle__segment", "client", "old_owner", "ownership")
    return {order.cycle_id: order for order in rows.order_by("pk")}


def _moving(cycle: SalesCycle, user: User, order: RotationOrder | None) -> Moving:
    """The id is the cycle's, so that clients with and without a queued rotation stand in one queue."""
    head_choice = moving_of(order).head_choice_id if order is not None else None
    is_for_head = order is not None and order.choice.get("action") in ("head_reserve", "expire")
    return Moving(
        id=cycle.pk,
        cycle=cycle,
        owner_id=user.pk,
        department_id=cycle.client.department_id,
        head_choice_id=head_choice,
        is_for_head=is_for_head,
    )


def _people(user: User, day: date) -> list[Candidate]:
    return [each for each in candidates(user.department_id or 0, day) if each.user_id != user.pk]


def _as_repeat(client: Client, user: User, day: date) -> Order:
    return Order(
        id=client.pk,
        client_id=client.pk,
        owner_id=user.pk,
        department_id=client.department_id,
        segment_id=client.segment_id or 0,
        colour=Colour.RED,
        day=day,
        age=0,
        kind=CycleKind.REPEAT,
    )


def _recipient(choice: Choice, people: dict[int, User], head: User | None) -> User:
    to = people[choice.user_id] if choice.user_id is not None else head
    if to is None:
        raise Conflict(_("Nobody is eligible and the department has no head."), code="no_head")
    return to


def _tell_received(user: User, received: dict[int, int], day: date, is_customers: bool = False) -> None:
    kind = "customers" if is_customers else "clients"
    for person in User.objects.filter(pk__in=received):
        n = received[person.pk]
        tell(
            people=[person],
            key=f"list:{user.pk}:{day}:{kind}",
            text=lambda n=n: (
                ngettext(
                    "%(n)d client of %(name)s was handed over to you",
                    "%(n)d clients of %(name)s were handed over to you",
                    n,
                )
                % {"n": n, "name": user.short_name}
            ),
            url="/clients/",
        )


def _ensure_may_distribute(actor: User, user: User) -> None:
    is_head = actor.role == Role.HEAD and actor.department_id == user.department_id and actor.pk != user.pk
    # An administrator switches people off; what becomes of the list follows the rule, not his choice.
    if not actor.is_active or not (is_head or actor.role in (Role.DIRECTOR, Role.ADMINISTRATOR)):
        raise NotAllowed(_("Only the head or the director distributes a list."))


def _head_but(user: User) -> User | None:
    """Who keeps what nobody is eligible for; a leaving head's reserve goes to the department's other head."""
    heads = User.objects.active().filter(department_id=user.department_id, role=Role.HEAD).exclude(pk=user.pk)
    return heads.order_by("pk").first()


def _is_long_absent(user: User, day: date) -> bool:
    for absence in Absence.objects.filter(user=user).exclude(ends_on__lt=day):
        if absence.ends_on is None or absence.ends_on - absence.starts_on >= timedelta(days=LONG_ABSENCE_DAYS):
            return True
    return False

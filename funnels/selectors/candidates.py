"""What the rotation rule asks: the people of a department as they stand, and the orders of its queue (section 2.5).

Every function costs a constant number of queries, whatever the size of the queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Max, Q

from accounts.models import Absence, User
from accounts.selectors import calendar, organisation
from clients.models import RetakeBan, Segment, SegmentServer
from common import clock
from funnels.choices import OrderStatus, Outcome
from funnels.constants import FLOORS, RETAKE_BAN_DAYS, Colour
from funnels.models import ColourNorm, Ownership, RotationOrder, SalesCycle
from funnels.rules import Candidate, Order, own_conversion, required_by_floor
from funnels.selectors.conversions import finished_cycles

NORM_DAYS = 7  # a written norm older than this says nothing any more
ABSENCE_WORKING_DAYS = 2  # absent on one of the next two working days is absent

# Nobody may receive it: a third stagnation goes to the head whatever the others could do.
NOBODY = -1

_COLOURED = (Colour.RED, Colour.YELLOW, Colour.GREEN)


def candidates(department_id: int, day: date) -> list[Candidate]:
    """The managers of a department as the rule sees them on the execution day (R-S0-P16)."""
    people = list(User.objects.active().managers().filter(department_id=department_id).order_by("pk"))
    ids = [person.pk for person in people]
    absent = _absent(ids, day)
    served = _served(ids)
    new, repeat, actual = _funnels(ids)
    required = _norms(ids, day)
    raised = _raised_floors()
    conversion = _conversions(department_id, ids, day)
    received, last = _received(ids, day)
    return [
        Candidate(
            user_id=person.pk,
            department_id=department_id,
            role=person.role,
            worklist=new.get(person.pk, 0),
            cap=person.worklist_cap,
            segments=served.get(person.pk),
            is_absent=person.pk in absent,
            repeat_load=repeat.get(person.pk, 0),
            hired_on=person.employed_on,
            knowledge_valid_until=person.knowledge_valid_until,
            actual=actual[person.pk],
            required={**_by_raised_floor(actual[person.pk], raised), **required[person.pk]},
            conversion=conversion[person.pk],
            received_today=received.get(person.pk, 0),
            last_received_on=last.get(person.pk),
        )
        for person in people
    ]


@dataclass(frozen=True)
class Moving:
    """One client on its way: an order of the queue, or a client of a list that is handed over."""

    id: int
    cycle: SalesCycle
    owner_id: int
    department_id: int
    age: int = 0
    head_choice_id: int | None = None
    is_for_head: bool = False


def moving_of(order: RotationOrder) -> Moving:
    """`order.cycle` must be loaded. A choice of the head stands until the re-check (section 2.5)."""
    return Moving(
        id=order.pk,
        cycle=order.cycle,
        owner_id=order.old_owner_id,
        department_id=order.department_id,
        age=order.age,
        head_choice_id=order.suggested_id if order.chosen_by_id else None,
        is_for_head=order.choice.get("action") == "head_reserve",
    )


def rule_orders(moving: Sequence[Moving], day: date) -> list[Order]:
    """The orders as the rule reads them, with colour and amount as they are now."""
    cycle_ids = [item.cycle.pk for item in moving]
    client_ids = [item.cycle.client_id for item in moving]
    previous: dict[int, set[int]] = defaultdict(set)
    for cycle_id, user_id in Ownership.objects.filter(cycle__in=cycle_ids).values_list("cycle_id", "user_id"):
        previous[cycle_id].add(user_id)
    lost: dict[int, dict[int, date]] = defaultdict(dict)
    bans = RetakeBan.objects.filter(client__in=client_ids, until_on__gte=day)
    for client_id, user_id, until_on in bans.values_list("client_id", "user_id", "until_on"):
        lost[client_id][user_id] = until_on - timedelta(days=RETAKE_BAN_DAYS)
    owners = {item.owner_id for item in moving}
    deputies = dict(Absence.objects.covering(day).filter(user__in=owners).values_list("user_id", "deputy_id"))
    needs_knowledge = organisation().knowledge_required
    return [
        Order(
            id=item.id,
            client_id=item.cycle.client_id,
            owner_id=item.owner_id,
            department_id=NOBODY if item.is_for_head else item.department_id,
            segment_id=item.cycle.segment_id,
            colour=Colour(item.cycle.colour),
            day=day,
            age=item.age,
            expected_amount=item.cycle.expected_amount or Decimal(0),
            kind=item.cycle.kind,
            previous_owner_ids=frozenset(previous[item.cycle.pk]),
            lost_by=lost[item.cycle.client_id],
            knowledge_required=needs_knowledge,
            deputy_id=deputies.get(item.owner_id),
            head_choice_id=None if item.is_for_head else item.head_choice_id,
        )
        for item in moving
    ]


def open_queue(department_id: int) -> list[RotationOrder]:
    """Every open order of the department with its cycle; the order of the queue is the rule's."""
    orders = RotationOrder.objects.open().filter(department_id=department_id)
    return list(orders.select_related("cycle", "client", "old_owner", "suggested", "ownership").order_by("pk"))


def day_moments(day: date) -> tuple[datetime, datetime]:
    """The first moment of the organisation's day and of the next one."""
    return clock.local_moment(day, time(0, 0)), clock.local_moment(day + timedelta(days=1), time(0, 0))


def _absent(ids: Iterable[int], day: date) -> set[int]:
    days, working = [day], day
    for _each in range(ABSENCE_WORKING_DAYS):
        working = calendar().next_working_day(working)
        days.append(working)
    covered = Q()
    for each in days:
        covered |= Q(starts_on__lte=each) & (Q(ends_on__isnull=True) | Q(ends_on__gte=each))
    return set(Absence.objects.filter(covered, user__in=ids).values_list("user_id", flat=True))


def _served(ids: Iterable[int]) -> dict[int, frozenset[int]]:
    rows: dict[int, set[int]] = defaultdict(set)
    for user_id, segment_id in SegmentServer.objects.filter(user__in=ids).values_list("user_id", "segment_id"):
        rows[user_id].add(segment_id)
    return {user_id: frozenset(segments) for user_id, segments in rows.items()}


def _funnels(
    ids: Iterable[int],
) -> tuple[dict[int, int], dict[int, int], dict[int, dict[tuple[int, Colour], int]]]:
    new: dict[int, int] = defaultdict(int)
    repeat: dict[int, int] = defaultdict(int)
    actual: dict[int, dict[tuple[int, Colour], int]] = defaultdict(dict)
    rows = (
        SalesCycle.objects.open()
        .filter(owner__in=ids)
        .order_by()
        .values_list("owner_id", "kind", "segment_id", "colour")
        .annotate(n=Count("pk"))
    )
    for owner_id, kind, segment_id, colour, n in rows:
        (new if kind == "new" else repeat)[owner_id] += n
        if colour != Colour.NONE:
            key = (segment_id, Colour(colour))
            actual[owner_id][key] = actual[owner_id].get(key, 0) + n
    return new, repeat, actual


def _norms(ids: Iterable[int], day: date) -> dict[int, dict[tuple[int, Colour], int]]:
    """The newest written norms, at most NORM_DAYS old."""
    rows = (
        ColourNorm.objects.filter(user__in=ids, day__lte=day, day__gte=day - timedelta(days=NORM_DAYS))
        .order_by("user_id", "segment_id", "colour", "-day")
        .distinct("user_id", "segment_id", "colour")
        .values_list("user_id", "segment_id", "colour", "required")
    )
    norms: dict[int, dict[tuple[int, Colour], int]] = defaultdict(dict)
    for user_id, segment_id, colour, required in rows:
        norms[user_id][segment_id, Colour(colour)] = required
    return norms


def _raised_floors() -> dict[tuple[int, Colour], Fraction]:
    """Floors a head has raised above the constants (R-S0-P5)."""
    raised = {}
    for segment in Segment.objects.exclude(green_floor_percent__isnull=True, yellow_floor_percent__isnull=True):
        percents = ((Colour.GREEN, segment.green_floor_percent), (Colour.YELLOW, segment.yellow_floor_percent))
        for colour, percent in percents:
            if percent is not None:
                raised[segment.pk, colour] = max(Fraction(percent) / 100, FLOORS[colour])
    return raised


def _by_raised_floor(
    actual: dict[tuple[int, Colour], int], raised: dict[tuple[int, Colour], Fraction]
) -> dict[tuple[int, Colour], int]:
    found = {}
    for (segment_id, colour), floor in raised.items():
        total = sum(actual.get((segment_id, each), 0) for each in _COLOURED)
        found[segment_id, colour] = required_by_floor(total, floor)
    return found


def _conversions(department_id: int, ids: Sequence[int], day: date) -> dict[int, dict[Colour, Fraction]]:
    """90-day share of paid among the finished cycles that had reached a colour, by the last owner.

    The department's mean, where a manager has too few, is the unweighted mean of its managers (as in R-S0-P11).
    """
    rows = (
        finished_cycles(day)
        .filter(client__department_id=department_id)
        .values_list("last_owner", "best_rank", "outcome")
        .annotate(n=Count("pk"))
    )
    finished: dict[tuple[int, Colour], int] = defaultdict(int)
    paid: dict[tuple[int, Colour], int] = defaultdict(int)
    for owner_id, best_rank, outcome, n in rows:
        for colour in _COLOURED:
            if best_rank >= colour.rank:
                finished[owner_id, colour] += n
                paid[owner_id, colour] += n if outcome == Outcome.WON else 0
    means = {}
    for colour in _COLOURED:
        shares = [Fraction(paid[key], n) for key, n in finished.items() if key[1] == colour and n]
        means[colour] = sum(shares, Fraction(0)) / len(shares) if shares else Fraction(0)
    return {
        who: {colour: own_conversion(finished[who, colour], paid[who, colour], means[colour]) for colour in _COLOURED}
        for who in ids
    }


def _received(ids: Iterable[int], day: date) -> tuple[dict[int, int], dict[int, date]]:
    """Rotations received on the day, and the day of the last one."""
    starts, ends = day_moments(day)
    executed = RotationOrder.objects.filter(recipient__in=ids, status=OrderStatus.EXECUTED).order_by()
    today = executed.filter(executed_at__gte=starts, executed_at__lt=ends)
    received = dict(today.values_list("recipient_id").annotate(n=Count("pk")))
    last = dict(executed.values_list("recipient_id").annotate(at=Max("executed_at")))
    return received, {who: clock.day_of(at) for who, at in last.items()}

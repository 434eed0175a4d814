"""The rotation algorithm: who receives a stagnant client, and why nobody else (R-S0-P16, R-S1-5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from funnels.constants import (
    DAILY_ROTATION_QUOTA,
    FLOORS,
    RETAKE_BAN_DAYS,
    TRIAL_MONTHS,
    WORKLIST_CAP,
    Colour,
    CycleKind,
    SalesRole,
)

_COLOURED = (Colour.RED, Colour.YELLOW, Colour.GREEN)
_MIN_FINISHED_FOR_OWN_CONVERSION = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """One employee on the execution day.

    `segments`: served segment ids, None = all. `is_absent`: today or on any of the next two working days.
    `worklist`: open `new` cycles, `repeat_load`: open `repeat` cycles. `actual[(segment, colour)]`: coloured cycles of
    his funnel; `required[(segment, colour)]`: the written norm, absent = the floor's fallback. `conversion[colour]`:
    see `own_conversion`. `received_today`: rotations received today. `last_received_on`: None = never.
    """

    user_id: int
    department_id: int
    role: str
    worklist: int
    cap: int = WORKLIST_CAP
    is_active: bool = True
    segments: frozenset[int] | None = None
    is_absent: bool = False
    repeat_load: int = 0
    hired_on: date | None = None
    knowledge_valid_until: date | None = None
    actual: Mapping[tuple[int, Colour], int] = field(default_factory=dict)
    required: Mapping[tuple[int, Colour], int] = field(default_factory=dict)
    conversion: Mapping[Colour, Fraction] = field(default_factory=dict)
    received_today: int = 0
    last_received_on: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One queued rotation. `day` is the execution day; `lost_by[user]` the day he last lost this client.

    `deputy_id`: deputy of an absent owner, offered first. `head_choice_id`: recipient named by the head.
    """

    id: int
    client_id: int
    owner_id: int
    department_id: int
    segment_id: int
    colour: Colour
    day: date
    age: int
    expected_amount: Decimal = Decimal(0)
    kind: str = CycleKind.NEW
    previous_owner_ids: frozenset[int] = frozenset()
    lost_by: Mapping[int, date] = field(default_factory=dict)
    knowledge_required: bool = False
    deputy_id: int | None = None
    head_choice_id: int | None = None


class RotationOutcome(StrEnum):
    """`RESERVE`: the head becomes owner. `WAITING_QUOTA`: only the daily quota stands in the way, next working day."""

    CHOSEN = "chosen"
    RESERVE = "reserve"
    WAITING_QUOTA = "waiting_quota"


@dataclass(frozen=True, slots=True)
class Choice:
    """The result for one order.

    `decided_by`: head_choice, deputy, only_candidate, deficit, load, conversion, last_rotation, user_id; empty when
    nobody was chosen. `winner_figure` and `rival_figure`: values of that criterion for the winner and the best of the
    rivals it beat, as text (deficit whole, load 4 decimals, conversion 4 decimals, ISO date or "never", user id).
    `excluded`: (user id, first failed condition). `replaced`: the head's choice that was no longer eligible.
    """

    order_id: int
    outcome: RotationOutcome
    user_id: int | None
    decided_by: str
    winner_figure: str = ""
    rival_figure: str = ""
    rival_id: int | None = None
    excluded: tuple[tuple[int, str], ...] = ()
    replaced: tuple[int, str] | None = None


def required_by_floor(n: int, floor: Fraction) -> int:
    """ceil(floor · n), exactly: the norm of a colour when none was written down (R-S0-P5)."""
    return -(-(floor.numerator * n) // floor.denominator)


def deficit(candidate: Candidate, segment_id: int, colour: Colour) -> int:
    """required − actual, at least 0; without a written norm the floor of the segment's coloured cycles (R-S1-5)."""
    key = (segment_id, colour)
    required = candidate.required.get(key)
    if required is None:
        total = sum(candidate.actual.get((segment_id, each), 0) for each in _COLOURED)
        required = required_by_floor(total, FLOORS[colour])
    return max(0, required - candidate.actual.get(key, 0))


def load(candidate: Candidate, kind: str) -> Decimal:
    """Work list / cap, 4 decimals; for repeat cycles open repeat cycles / 90 (R-S2-7)."""
    used, room = (
        (candidate.repeat_load, WORKLIST_CAP) if kind == CycleKind.REPEAT else (candidate.worklist, candidate.cap)
    )
    if room <= 0:
        return Decimal(1)
    return (Decimal(used) / Decimal(room)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def own_conversion(finished: int, paid: int, department_mean: Fraction) -> Fraction:
    """90-day conversion from one colour; the department mean below 10 finished cycles (R-S0-P16)."""
    return department_mean if finished < _MIN_FINISHED_FOR_OWN_CONVERSION else Fraction(paid, finished)


def is_trial(hired_on: date | None, knowledge_valid_until: date | None, day: date) -> bool:
    """Employed less than three months and without valid knowledge, whatever the organisation's switch (R-S0-P3)."""
    if hired_on is None or _knows(knowledge_valid_until, day):
        return False
    months = (day.year - hired_on.year) * 12 + day.month - hired_on.month - (day.day < hired_on.day)
    return months < TRIAL_MONTHS


def exclusion(candidate: Candidate, order: Order, daily_quota: int | None = DAILY_ROTATION_QUOTA) -> str | None:
    """The first failed condition of eligibility, in the method's order; None = eligible (R-S0-P16).

    Codes: inactive, other_department, other_role, other_segment, absent, worklist_full, previous_owner, lost_recently,
    knowledge_expired, red_only, daily_quota. `daily_quota` None = a hand-over of a whole list.
    """
    who = candidate.user_id
    lost_on = order.lost_by.get(who)
    not_red = order.colour != Colour.RED
    roles = {SalesRole.FARMER} if order.kind == CycleKind.REPEAT else {SalesRole.HUNTER, SalesRole.INTERN}
    conditions = (
        ("inactive", not candidate.is_active),
        ("other_department", candidate.department_id != order.department_id),
        ("other_role", candidate.role not in roles),
        ("other_segment", candidate.segments is not None and order.segment_id not in candidate.segments),
        ("absent", candidate.is_absent),
        ("worklist_full", candidate.worklist >= candidate.cap),
        ("previous_owner", who == order.owner_id or who in order.previous_owner_ids),
        ("lost_recently", lost_on is not None and (order.day - lost_on).days <= RETAKE_BAN_DAYS),
        (
            "knowledge_expired",
            not_red and order.knowledge_required and not _knows(candidate.knowledge_valid_until, order.day),
        ),
        (
            "red_only",
            not_red
            and (
                candidate.role == SalesRole.INTERN
                or is_trial(candidate.hired_on, candidate.knowledge_valid_until, order.day)
            ),
        ),
        ("daily_quota", daily_quota is not None and candidate.received_today >= daily_quota),
    )
    return next((code for code, failed in conditions if failed), None)


def choose(order: Order, candidates: Iterable[Candidate], daily_quota: int | None = DAILY_ROTATION_QUOTA) -> Choice:
    """The recipient of one order by the five criteria, with the figures that decided (R-S0-P16)."""
    people = sorted(candidates, key=lambda each: each.user_id)
    reasons = {each.user_id: exclusion(each, order, daily_quota) for each in people}
    excluded = tuple((who, code) for who, code in reasons.items() if code is not None)
    eligible = [each for each in people if reasons[each.user_id] is None]
    replaced = None
    if order.head_choice_id is not None:
        # Someone not among the candidates at all has left the department or the company.
        code = reasons.get(order.head_choice_id, "inactive")
        if code is None:
            return Choice(order.id, RotationOutcome.CHOSEN, order.head_choice_id, "head_choice", excluded=excluded)
        replaced = (order.head_choice_id, code)
    if any(each.user_id == order.deputy_id for each in eligible):
        return Choice(order.id, RotationOutcome.CHOSEN, order.deputy_id, "deputy", excluded=excluded, replaced=replaced)
    if not eligible:
        waits = any(code == "daily_quota" for _, code in excluded)
        outcome = RotationOutcome.WAITING_QUOTA if waits else RotationOutcome.RESERVE
        return Choice(order.id, outcome, None, "", excluded=excluded, replaced=replaced)
    winner, rival, criterion = _best(order, eligible)
    if rival is None:
        return Choice(
            order.id,
            RotationOutcome.CHOSEN,
            winner.user_id,
            "only_candidate",
            excluded=excluded,
            replaced=replaced,
        )
    return Choice(
        order.id,
        RotationOutcome.CHOSEN,
        winner.user_id,
        criterion,
        _figure(criterion, winner, order),
        _figure(criterion, rival, order),
        rival.user_id,
        excluded,
        replaced,
    )


def queue_key(order: Order) -> tuple[int, Decimal, int, int]:
    """GREEN, YELLOW, RED; inside: expected amount desc, age desc, client id asc (R-S0-P16)."""
    return (-Colour(order.colour).rank, -order.expected_amount, -order.age, order.client_id)


def plan_queue(
    orders: Iterable[Order], candidates: Sequence[Candidate], daily_quota: int | None = DAILY_ROTATION_QUOTA
) -> list[Choice]:
    """Choices of a whole queue in its order; load, deficit and received count follow every choice (R-S0-P16)."""
    return [choice for _, _, choice in _walk(orders, candidates, daily_quota)]


def standing_before(
    order_id: int,
    orders: Iterable[Order],
    candidates: Sequence[Candidate],
    daily_quota: int | None = DAILY_ROTATION_QUOTA,
) -> list[Candidate]:
    """The candidates as the orders before this one in the queue leave them (R-S0-P16). ValueError: not in the queue."""
    for order, people, _ in _walk(orders, candidates, daily_quota):
        if order.id == order_id:
            return list(people.values())
    raise ValueError(f"order {order_id} is not in the queue")


def _walk(
    orders: Iterable[Order], candidates: Sequence[Candidate], daily_quota: int | None
) -> Iterator[tuple[Order, dict[int, Candidate], Choice]]:
    """Each order of the queue with the people as it finds them and the choice made."""
    people = {each.user_id: each for each in candidates}
    for order in sorted(orders, key=queue_key):
        choice = choose(order, people.values(), daily_quota)
        yield order, people, choice
        if choice.outcome == RotationOutcome.WAITING_QUOTA:
            continue
        people = dict(people)
        if order.owner_id in people:
            people[order.owner_id] = _moved(people[order.owner_id], order, -1)
        if choice.user_id is not None:
            winner = _moved(people[choice.user_id], order, +1)
            people[choice.user_id] = replace(
                winner, received_today=winner.received_today + 1, last_received_on=order.day
            )


def _knows(valid_until: date | None, day: date) -> bool:
    return valid_until is not None and valid_until >= day


def _rank(criterion: str, candidate: Candidate, order: Order) -> Decimal | Fraction | int:
    """The criterion as a number whose smallest value is the best."""
    if criterion == "deficit":
        return -deficit(candidate, order.segment_id, order.colour)
    if criterion == "load":
        return load(candidate, order.kind)
    if criterion == "conversion":
        return -candidate.conversion.get(order.colour, Fraction(0))
    if criterion == "last_rotation":
        return candidate.last_received_on.toordinal() if candidate.last_received_on else 0
    return candidate.user_id


def _figure(criterion: str, candidate: Candidate, order: Order) -> str:
    if criterion == "last_rotation":
        return candidate.last_received_on.isoformat() if candidate.last_received_on else "never"
    if criterion == "conversion":
        value = candidate.conversion.get(order.colour, Fraction(0))
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))
    return str(abs(_rank(criterion, candidate, order)))


def _best(order: Order, eligible: list[Candidate]) -> tuple[Candidate, Candidate | None, str]:
    """(winner, the best rival beaten by the deciding criterion, that criterion)."""
    rest = eligible
    for criterion in ("deficit", "load", "conversion", "last_rotation", "user_id"):
        ranked = sorted(rest, key=lambda each: (_rank(criterion, each, order), each.user_id))
        top = [each for each in ranked if _rank(criterion, each, order) == _rank(criterion, ranked[0], order)]
        if len(top) == 1:
            return top[0], ranked[1] if len(ranked) > 1 else None, criterion
        rest = top
    raise ValueError("two candidates with one user id")


def _moved(candidate: Candidate, order: Order, step: int) -> Candidate:
    key = (order.segment_id, order.colour)
    actual = {**candidate.actual, key: max(0, candidate.actual.get(key, 0) + step)}
    if order.kind == CycleKind.REPEAT:
        return replace(candidate, actual=actual, repeat_load=max(0, candidate.repeat_load + step))
    return replace(candidate, actual=actual, worklist=max(0, candidate.worklist + step))

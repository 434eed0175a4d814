"""What the open cycles promise: the formula of 3.1.1 over the department's individual funnels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from accounts.choices import MANAGER_ROLES
from accounts.models import User
from clients.models import Segment
from common.prepared import Prepared
from funnels.choices import MovementKind, Outcome
from funnels.models import Movement, Ownership, SalesCycle
from planning.calculator import (
    DepartmentForecast,
    FunnelLine,
    ManagerFunnel,
    Passages,
    SegmentFunnel,
    days_remaining,
    forecast_department,
    mean_conversions,
)
from planning.constants import Colour, Reference
from planning.rules import Span, ramp
from planning.selectors.references import SegmentDefault, every_segment, possible, references_in_force

PASSAGE_DAYS: Final = 90  # R-S0-P11: finished passages of the last 90 days
_BY_RANK: Final = {1: Colour.RED, 2: Colour.YELLOW, 3: Colour.GREEN}
_RANK_OF: Final = {colour: rank for rank, colour in _BY_RANK.items()}
_COLOURS: Final = {str(colour): colour for colour in Colour}


class Line(NamedTuple):
    """One open cycle as the forecast sees it."""

    cycle_id: int
    user_id: int
    segment_id: int
    colour: Colour
    expected_amount: Decimal | None
    paid: Decimal


@dataclass
class Inputs:
    """Everything a department's forecast needs, read once: people, segments, open cycles, finished passages."""

    day: date
    people: dict[int, User] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    passages: dict[int, dict[int, Passages]] = field(default_factory=dict)  # segment → user → passages
    defaults: dict[int, SegmentDefault] = field(default_factory=dict)  # approved by the department, else the setting
    references: dict[int, Reference] = field(default_factory=dict)  # in use: own conversions before the default

    @cached_property
    def counted(self) -> Counter[tuple[int, int, Colour]]:
        """Open cycles by person, segment and colour."""
        return Counter([line[1:4] for line in self.lines])

    @cached_property
    def by_segment(self) -> Counter[int]:
        """Open cycles by segment."""
        found: Counter[int] = Counter()
        for (_user_id, segment_id, _colour), number in self.counted.items():
            found[segment_id] += number
        return found


@dataclass(frozen=True)
class SpanForecast:
    """The forecast of one period, and what it was made of (goes into the frozen snapshot)."""

    department: DepartmentForecast
    days_left: int
    details: Mapping[int, dict[str, Any]]


def forecast_inputs(*, department_id: int, day: date, segments: Mapping[int, Segment] | None = None) -> Inputs:
    """The department's funnels as they stand, with the passages finished in the 90 days before `day`.

    Six queries, five where `segments` (all there are, by id) have been read before. People: active ones who may own
    clients, and whoever owns an open cycle.
    """
    found = Inputs(day=day)
    found.segments = every_segment() if segments is None else dict(segments)
    found.people = {user.pk: user for user in _people.models((), department=department_id)}
    made = tuple.__new__  # as Line(…) does, without a call of Python for each of a department's thousand rows
    found.lines = [
        made(Line, (pk, user_id, segment_id, _COLOURS[colour], expected, paid))
        for pk, user_id, segment_id, colour, expected, paid in _cycles((), department=department_id)
    ]
    strangers = {line.user_id for line in found.lines} - found.people.keys()
    if strangers:
        found.people |= {user.pk: user for user in User.objects.filter(pk__in=strangers)}
    found.passages = finished_passages(department_id, day)
    found.defaults = references_in_force(department_id=department_id, segments=found.segments.values(), day=day)
    for pk, default in found.defaults.items():
        found.references[pk] = _reference(default.reference, found.passages.get(pk, {}))
    return found


def _coloured(_shape: tuple[()], *, department: int) -> QuerySet:
    cycles = SalesCycle.objects.coloured().filter(owner__department_id=department).order_by("pk")
    return cycles.values_list("pk", "owner_id", "segment_id", "colour", "expected_amount", "paid_amount")


def _owners(_shape: tuple[()], *, department: int) -> QuerySet[User]:
    return User.objects.active().with_clients().filter(department_id=department).order_by("pk")


_people, _cycles = Prepared(_owners), Prepared(_coloured)


def forecast_for(*, inputs: Inputs, span: Span, paid: Mapping[int, Decimal], target: Decimal) -> SpanForecast:
    """F of every person and of the department for one period; `paid` by user id up to the day before `inputs.day`."""
    days_left = days_remaining(inputs.day, span.period.ends_on)
    by_person = lines_by_person(inputs)
    funnels = manager_funnels(inputs, paid)
    made = forecast_department(funnels, days_left, target)
    everybody = [one.manager_id for one in funnels]
    details = {user_id: _details(inputs, by_person.get(user_id, {}), paid.get(user_id)) for user_id in everybody}
    return SpanForecast(made, days_left, details)


def lines_by_person(inputs: Inputs) -> dict[int, dict[int, list[Line]]]:
    """User id → segment id → his open cycles there."""
    found: dict[int, dict[int, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in inputs.lines:
        found[line.user_id][line.segment_id].append(line)
    return found


def manager_funnels(inputs: Inputs, paid: Mapping[int, Decimal]) -> list[ManagerFunnel]:
    """The funnels of everybody with clients, a place in the department or money, by user id."""
    by_person = lines_by_person(inputs)
    return [
        ManagerFunnel(
            manager_id=user_id,
            segments=[
                _segment_funnel(inputs, segment_id, lines)
                for segment_id, lines in sorted(by_person.get(user_id, {}).items())
            ],
            paid=paid.get(user_id, Decimal(0)),
            ramp=_ramp(inputs.people.get(user_id), inputs.day),
            part_time=_part_time(inputs.people.get(user_id)),
        )
        for user_id in sorted(inputs.people.keys() | paid.keys())
    ]


def _segment_funnel(inputs: Inputs, segment_id: int, lines: list[Line]) -> SegmentFunnel:
    return SegmentFunnel(
        reference=inputs.references[segment_id],
        average_cheque=inputs.segments[segment_id].average_cheque,
        lines=[
            FunnelLine(colour, expected, paid, number)
            for (colour, expected, paid), number in Counter([line[3:] for line in lines]).items()
        ],
    )


def _ramp(user: User | None, day: date) -> Fraction:
    """A head sells what the reserve holds at full strength; only new managers grow into their plan."""
    if user is None or user.role not in MANAGER_ROLES:
        return Fraction(1)
    return ramp(user.employed_on, day)


def _part_time(user: User | None) -> Fraction:
    return Fraction(1) if user is None else Fraction(user.part_time_percent) / 100


def _reference(default: Reference, passages: Mapping[int, Passages]) -> Reference:
    mean = mean_conversions([passages[user_id] for user_id in sorted(passages)], default.conversion)
    return Reference(possible(mean), default.days)


def finished_passages(department_id: int, day: date) -> dict[int, dict[int, Passages]]:
    """Finished passages of colours by segment and person, dated by their end (section 3.5). Two queries.

    Success: a rise above the best colour, or full payment. Failure: the ownership ended without it.
    """
    since, until = day - timedelta(days=PASSAGE_DAYS), day - timedelta(days=1)
    counted: dict[tuple[int, int, Colour], list[int]] = defaultdict(lambda: [0, 0])

    def add(segment_id: int, user_id: int, rank: int, number: int, *, is_success: bool) -> None:
        if (colour := _BY_RANK.get(rank)) is not None:
            counted[segment_id, user_id, colour][0] += number
            counted[segment_id, user_id, colour][1] += number if is_success else 0

    asked: dict[str, int | date] = {"department": department_id, "since": since, "until": until}
    for segment_id, user_id, kind, to_colour, ranks, best, number in _succeeded((), **asked):
        rank = best if kind == MovementKind.FULL_PAYMENT else _RANK_OF[Colour(to_colour)] - ranks
        add(segment_id, user_id, rank, number, is_success=True)
    for segment_id, user_id, rank, number in _failed((), **asked):
        add(segment_id, user_id, rank, number, is_success=False)
    found: dict[int, dict[int, Passages]] = defaultdict(dict)
    for segment_id, user_id in {(segment_id, user_id) for segment_id, user_id, _ in counted}:
        of_person = {colour: counted.get((segment_id, user_id, colour), [0, 0]) for colour in Colour}
        found[segment_id][user_id] = Passages(
            finished={colour: pair[0] for colour, pair in of_person.items()},
            succeeded={colour: pair[1] for colour, pair in of_person.items()},
        )
    return dict(found)


def _successes(_shape: tuple[()], *, department: int, since: date, until: date) -> QuerySet:
    """Rises and full payments, with the rank each began from: of the colour risen to, of the best colour had."""
    rises = Movement.objects.filter(
        user__department_id=department,
        on__gte=since,
        on__lte=until,
        kind__in=(MovementKind.UPGRADE, MovementKind.FULL_PAYMENT),
    ).order_by()
    told = ("cycle__segment_id", "user_id", "kind", "to_colour", "ranks", "ownership__best_rank")
    return rises.values_list(*told).annotate(number=Count("pk"))


def _failures(_shape: tuple[()], *, department: int, since: date, until: date) -> QuerySet:
    """Ownerships that ended and were not paid for."""
    paid = Movement.objects.filter(ownership=OuterRef("pk"), kind=MovementKind.FULL_PAYMENT)
    ended = (
        Ownership.objects.filter(
            user__department_id=department, cycle__isnull=False, ended_on__gte=since, ended_on__lte=until
        )
        .exclude(Exists(paid))
        .exclude(cycle__outcome=Outcome.WON, ended_at__gte=F("cycle__closed_at"))
        .order_by()
    )
    return ended.values_list("cycle__segment_id", "user_id", "best_rank").annotate(number=Count("pk"))


_succeeded, _failed = Prepared(_successes), Prepared(_failures)


def _details(inputs: Inputs, lines: Mapping[int, list[Line]], paid: Decimal | None) -> dict[str, Any]:
    """What a frozen forecast was made of: counts by colour, conversions used, the cycles forecast."""
    counts = dict.fromkeys((str(colour) for colour in Colour), 0)
    conversions = {}
    for segment_id, of_segment in sorted(lines.items()):
        for line in of_segment:
            counts[str(line.colour)] += 1
        rates = inputs.references[segment_id].conversion
        conversions[str(segment_id)] = {str(colour): _rate(rates[colour]) for colour in Colour}
    return {
        "paid": str(paid or Decimal("0.00")),
        "counts": counts,
        "conversions": conversions,
        "cycles": [line.cycle_id for of_segment in lines.values() for line in of_segment],
    }


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.6f}"

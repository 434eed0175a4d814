"""The funnels of a department as the sufficiency of 3.3 asks for them: by person and segment, from live data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from accounts.models import Department, User
from clients.models import Segment, SegmentServer
from common.money import round_kopecks, split_exact
from common.prepared import Prepared
from common.workdays import PeriodKind
from planning.calculator import (
    Counts,
    Floors,
    FunnelInput,
    SegmentsSufficiency,
    StageRate,
    check_segments,
    stage_rates,
    worst_segment,
)
from planning.constants import ByColour, Colour, Reference
from planning.rules import Span
from planning.selectors.figures import NOTHING, department_figures
from planning.selectors.forecast import Inputs, Line, forecast_inputs
from planning.selectors.ratio import floors_of
from planning.selectors.references import SegmentDefault


@dataclass(frozen=True)
class Unpaid(ByColour[Decimal]):
    """Roubles still to come from the open cycles of each colour."""

    red: Decimal = NOTHING
    yellow: Decimal = NOTHING
    green: Decimal = NOTHING

    def expected(self, reference: Reference) -> Fraction:
        """What of it will come by the chances of the colours."""
        return sum((Fraction(self[colour]) * reference.to_payment(colour) for colour in Colour), Fraction(0))


@dataclass(frozen=True)
class Part:
    """One person in one segment: his share of the month's plan and fact, his clients by colour, what they still owe."""

    plan: Decimal
    paid: Decimal
    counts: Counts
    unpaid: Unpaid = Unpaid()

    def plus(self, other: Part) -> Part:
        mine, theirs = self.counts, other.counts
        counts = Counts(mine.green + theirs.green, mine.yellow + theirs.yellow, mine.red + theirs.red)
        own, more = self.unpaid, other.unpaid
        unpaid = Unpaid(own.red + more.red, own.yellow + more.yellow, own.green + more.green)
        return Part(self.plan + other.plan, self.paid + other.paid, counts, unpaid)


NO_PART = Part(NOTHING, NOTHING, Counts(0, 0, 0))


@dataclass
class Funnels:
    """A department's funnels in the month of `day`. `parts` by user id (None: planned for the whole) and segment id."""

    department: Department
    day: date
    span: Span
    inputs: Inputs
    segments: list[Segment]
    floors: Mapping[int, Floors]
    parts: dict[tuple[int | None, int], Part] = field(default_factory=dict)
    _wholes: dict[int, Part] = field(default_factory=dict, init=False, repr=False, compare=False)
    _verdicts: dict[int | None, SegmentsSufficiency] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def people(self) -> list[User]:
        """Whoever has a plan or clients here, by name; a head's reserve too (R-S0-P8)."""
        known = {user_id for user_id, _ in self.parts if user_id is not None}
        return sorted(
            (self.inputs.people[pk] for pk in known if pk in self.inputs.people),
            key=lambda one: (one.last_name, one.first_name, one.pk),
        )

    def part(self, segment: Segment, user: User | None = None) -> Part:
        """One person's part, or the whole department's: the sum of everybody's, added up when first asked for."""
        if user is not None:
            return self.parts.get((user.pk, segment.pk), NO_PART)
        if segment.pk not in self._wholes:
            total = NO_PART
            for (_, segment_id), one in self.parts.items():
                if segment_id == segment.pk:
                    total = total.plus(one)
            self._wholes[segment.pk] = total
        return self._wholes[segment.pk]

    def funnel(self, segment: Segment, user: User | None = None, *, with_money: bool = True) -> FunnelInput:
        part, reference = self.part(segment, user), self.inputs.references[segment.pk]
        return FunnelInput(
            plan=part.plan,
            paid=part.paid,
            average_cheque=segment.average_cheque,
            days=self.span.period.days,
            actual=part.counts,
            reference=reference,
            floors=self.floors[segment.pk],
            expected_money=round_kopecks(part.unpaid.expected(reference)) if with_money else None,
        )

    def judged(self, user: User | None = None) -> SegmentsSufficiency:
        """Segment by segment, those with a plan or clients, never averaged (R-S0-P2); judged when first asked for."""
        whose = None if user is None else user.pk
        if whose not in self._verdicts:
            self._verdicts[whose] = check_segments({one.pk: self.funnel(one, user) for one in self._used(user)})
        return self._verdicts[whose]

    def worst(self, user: User | None = None) -> int | None:
        """Id of the segment with the least K, as `judged` names it: a page that shows it alone needs no more of it."""
        return worst_segment({one.pk: self.funnel(one, user, with_money=False) for one in self._used(user)})

    def _used(self, user: User | None) -> list[Segment]:
        return [one for one in self.segments if (part := self.part(one, user)).plan or part.counts.total]

    def rates(self, segment: Segment) -> dict[Colour, StageRate]:
        """The conversions in use with their source."""
        passages = self.inputs.passages.get(segment.pk, {})
        default = self.inputs.defaults[segment.pk].reference.conversion
        return stage_rates([passages[user_id] for user_id in sorted(passages)], default)

    def reference(self, segment: Segment) -> Reference:
        return self.inputs.references[segment.pk]

    def default(self, segment: Segment) -> SegmentDefault:
        """What stands where own statistics are too few, and since when the department approved it."""
        return self.inputs.defaults[segment.pk]


def funnels_of(*, department: Department, day: date, segments: Mapping[int, Segment] | None = None) -> Funnels:
    """Plan, fact to yesterday and open cycles of the month of `day`; nine queries, whatever the numbers, eight where
    `segments` (all there are, by id) have been read before.

    A person's plan is divided between the segments he serves as `segment_shares` says; one that is set for the whole
    department alone, by everybody's cycles.
    """
    figures = department_figures(
        department_id=department.pk, day=day, as_of=day - timedelta(days=1), kinds=[PeriodKind.MONTH]
    )
    inputs = forecast_inputs(department_id=department.pk, day=day, segments=segments)
    active = [segment for segment in inputs.segments.values() if segment.is_active]
    found = Funnels(
        department=department,
        day=day,
        span=figures.whole[PeriodKind.MONTH].span,
        inputs=inputs,
        segments=active,
        floors={pk: _floors(*pair) for pk, pair in floors_of(active).items()},
    )
    by_person: dict[int, list[Line]] = defaultdict(list)
    for line in inputs.lines:
        by_person[line.user_id].append(line)
    served = served_segments(department)
    whole = figures.whole[PeriodKind.MONTH]
    is_whole_only = bool(whole.plan) and not any(one[PeriodKind.MONTH].plan for one in figures.people.values())
    for user_id in sorted(by_person.keys() | figures.people.keys()):
        of_person = figures.people.get(user_id)
        month = of_person[PeriodKind.MONTH] if of_person else None
        lines = by_person.get(user_id, [])
        plan, paid = (month.plan, month.fact) if month else (NOTHING, NOTHING)
        _add(found, user_id, lines, plan, paid, served.get(user_id, set()))
    if is_whole_only:
        plans = segment_shares(active, whole.plan, inputs.lines)
        for segment, plan in zip(active, plans, strict=True):
            found.parts[None, segment.pk] = Part(plan, NOTHING, Counts(0, 0, 0))
    return found


def served_segments(department: Department) -> dict[int, set[int]]:
    """User id → the segments he is bound to; one without a row serves all of them."""
    served: dict[int, set[int]] = defaultdict(set)
    for user_id, segment_id in _served((), department=department.pk):
        served[user_id].add(segment_id)
    return served


def _servers(_shape: tuple[()], *, department: int) -> QuerySet:
    return SegmentServer.objects.filter(user__department_id=department).values_list("user_id", "segment_id")


_served = Prepared(_servers)


def segment_shares(segments: Sequence[Segment], amount: Decimal, lines: Iterable[Line]) -> list[Decimal]:
    """`amount` divided between segments by the money of the open cycles there, evenly where there are none; exact."""
    cheques = {segment.pk: segment.average_cheque for segment in segments}
    money = dict.fromkeys(cheques, Decimal(0))
    for line in lines:
        if line.segment_id in money:
            money[line.segment_id] += cheques[line.segment_id] if line.expected_amount is None else line.expected_amount
    return _shares(amount, list(money.values())) if money else []


def _shares(amount: Decimal, money: Sequence[Decimal | int]) -> list[Decimal]:
    if not amount:
        return [NOTHING] * len(money)
    return split_exact(amount, money if any(money) else [1] * len(money))


@dataclass
class _Sums:
    """The open cycles of one person in one segment: their roubles, how many and how much is unpaid by colour."""

    cheque: Decimal
    money: Decimal = NOTHING
    counts: dict[str, int] = field(default_factory=lambda: {"red": 0, "yellow": 0, "green": 0})
    unpaid: dict[str, Decimal] = field(default_factory=lambda: {"red": NOTHING, "yellow": NOTHING, "green": NOTHING})


def _add(found: Funnels, user_id: int, lines: list[Line], plan: Decimal, paid: Decimal, served: set[int]) -> None:
    sums = {segment.pk: _Sums(segment.average_cheque) for segment in found.segments}
    for _cycle_id, _user_id, segment_id, colour, expected_amount, already in lines:
        if (one := sums.get(segment_id)) is None:
            continue
        amount = one.cheque if expected_amount is None else expected_amount
        one.money += amount
        one.counts[colour] += 1
        if (left := amount - already if already else amount) > 0:
            one.unpaid[colour] += left
    own = [pk for pk in sums if not served or pk in served] or list(sums)
    money = [int(sums[pk].money.scaleb(2)) for pk in own]
    plans, facts = (dict(zip(own, _shares(amount, money), strict=True)) for amount in (plan, paid))
    for pk, one in sums.items():
        plan_here, paid_here = plans.get(pk, NOTHING), facts.get(pk, NOTHING)
        if plan_here or paid_here or any(one.counts.values()):
            found.parts[user_id, pk] = Part(plan_here, paid_here, Counts(**one.counts), Unpaid(**one.unpaid))


def _floors(green: Fraction, yellow: Fraction) -> Floors:
    """Two raised floors that exceed the list together leave the constants in force."""
    return Floors(green, yellow) if green + yellow <= 1 else Floors()

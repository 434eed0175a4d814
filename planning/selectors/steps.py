"""What the calculators start from: own statistics of a department where there is enough of them (R-S0-P11, 3.1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Q, QuerySet, Sum

from accounts.choices import Role
from accounts.models import Department, User
from clients.models import Segment
from common.money import round_kopecks
from common.prepared import Prepared
from deals.models import Offer
from funnels.choices import Outcome
from funnels.constants import CONVERSION_DAYS
from funnels.models import Contact
from funnels.selectors.conversions import finished_between
from planning.calculator import Passages, stage_rates
from planning.constants import (
    DEFAULT_CONVERSION,
    DEFAULT_STEP_RATES,
    LEAST_PASSAGES,
    Colour,
)
from planning.selectors.forecast import PASSAGE_DAYS
from planning.selectors.references import SegmentDefault

# The chain's step → the colour whose passages are the same step: a green client pays, a yellow one turns green.
_BY_COLOUR = {"invoice_to_payment": Colour.GREEN, "offer_to_invoice": Colour.YELLOW}


@dataclass(frozen=True)
class StepRate:
    """A conversion in use, a part of 1. `is_own`: the mean of `managers` people over `cases` acts of 90 days.

    `since`: the reference the department approved for its segment from that month on; without both, the method's norm.
    """

    rate: Fraction
    is_own: bool = False
    managers: int = 0
    cases: int = 0
    since: date | None = None


@dataclass(frozen=True)
class Cheque:
    """The average cheque in use, roubles. `is_own`: of `deals` won in 90 days, else the setting of `segment`."""

    amount: Decimal
    is_own: bool = False
    deals: int = 0
    segment: str = ""


def step_rates(
    *,
    department: Department,
    day: date,
    passages: Iterable[Mapping[int, Passages]],
    segment: Segment | None = None,
    default: SegmentDefault | None = None,
) -> dict[str, StepRate]:
    """The six conversions of the chain by the names of `StepRates`; two queries.

    `passages` by segment, each by user id, and `default` of the one segment chosen, as `forecast_inputs` reads them:
    what the department approved for it stands where own cases are too few. Appointed meetings are no fact of their
    own, so the two steps around them keep the method's norm.
    """
    found = {name: StepRate(Fraction(rate)) for name, rate in vars(DEFAULT_STEP_RATES).items()}
    stages = stage_rates(_by_person(passages), DEFAULT_CONVERSION)
    for name, colour in _BY_COLOUR.items():
        stage = stages[colour]
        if stage.is_own:
            found[name] = StepRate(stage.rate, is_own=True, managers=stage.managers, cases=stage.passages)
        elif default is not None and (since := default.rate_since(colour)) is not None:
            found[name] = StepRate(default.reference.conversion[colour], since=since)
    held, productive = _meetings(department, day, segment)
    found["held_to_productive"] = _mean(held, productive) or found["held_to_productive"]
    offers = _offers(department, day, segment)
    found["productive_to_offer"] = _mean(productive, offers) or found["productive_to_offer"]
    return found


def average_cheque(*, department: Department, day: date, segment: Segment | None, fallback: Segment | None) -> Cheque:
    """Σ paid / deals over those won in the 90 days to `day` when there are at least ten; one query."""
    asked = _asked(department, segment, after=day - timedelta(days=CONVERSION_DAYS), until=day)
    counted = _won(segment is not None, **asked)
    deals, paid = counted[0] if counted else (0, None)
    if deals >= LEAST_PASSAGES:
        return Cheque(round_kopecks(Fraction(paid) / deals), is_own=True, deals=deals)
    setting = segment or fallback
    return Cheque(setting.average_cheque if setting else Decimal(0), segment=setting.name if setting else "")


def hunters(*, department: Department, segment: Segment | None = None) -> int:
    """Active hunters of the department who serve the segment (one without a list of segments serves all)."""
    return len(_hunters(segment is not None, **_asked(department, segment)))


def _asked(department: Department, segment: Segment | None, **days: date) -> dict[str, int | date]:
    found: dict[str, int | date] = {"department": department.pk, **days}
    return found if segment is None else found | {"segment": segment.pk}


def _hunters_of(is_segment: bool, *, department: int, segment: int = 0) -> QuerySet:
    people = User.objects.active().filter(department_id=department, role=Role.HUNTER)
    if is_segment:
        people = people.filter(Q(served_segments__isnull=True) | Q(served_segments__segment_id=segment)).distinct()
    return people.order_by().values_list("pk")


def _won_in(is_segment: bool, *, department: int, after: date, until: date, segment: int = 0) -> QuerySet:
    won = finished_between(after, until).filter(
        outcome=Outcome.WON, client__department_id=department, paid_amount__gt=0
    )
    if is_segment:
        won = won.filter(segment_id=segment)
    one_group = won.values("outcome")
    return one_group.annotate(deals=Count("pk"), paid=Sum("paid_amount")).values_list("deals", "paid")


_hunters, _won = Prepared(_hunters_of), Prepared(_won_in)


def _by_person(passages: Iterable[Mapping[int, Passages]]) -> list[Passages]:
    """A person's passages over the segments given."""
    people: dict[int, Passages] = {}
    for of_segment in passages:
        for user_id, one in of_segment.items():
            known = people.get(user_id)
            people[user_id] = one if known is None else _added(known, one)
    return [people[user_id] for user_id in sorted(people)]


def _added(one: Passages, other: Passages) -> Passages:
    return Passages(
        finished={colour: one.finished.get(colour, 0) + other.finished.get(colour, 0) for colour in Colour},
        succeeded={colour: one.succeeded.get(colour, 0) + other.succeeded.get(colour, 0) for colour in Colour},
    )


def _meetings(department: Department, day: date, segment: Segment | None) -> tuple[dict[int, int], dict[int, int]]:
    held, productive = {}, {}
    asked = _asked(department, segment, since=day - timedelta(days=PASSAGE_DAYS), before=day)
    for user_id, all_held, good in _held_by(segment is not None, **asked):
        held[user_id], productive[user_id] = all_held, good
    return held, productive


def _of_meetings(is_segment: bool, *, department: int, since: date, before: date, segment: int = 0) -> QuerySet:
    rows = Contact.objects.filter(user__department_id=department, is_held_meeting=True, day__gte=since, day__lt=before)
    if is_segment:
        rows = rows.filter(cycle__segment_id=segment)
    counted = rows.order_by().values_list("user_id")
    return counted.annotate(held=Count("pk"), productive=Count("pk", filter=Q(is_productive_meeting=True)))


def _offers(department: Department, day: date, segment: Segment | None) -> dict[int, int]:
    asked = _asked(department, segment, since=day - timedelta(days=PASSAGE_DAYS), before=day)
    return dict(_offered_by(segment is not None, **asked))


def _of_offers(is_segment: bool, *, department: int, since: date, before: date, segment: int = 0) -> QuerySet:
    rows = Offer.objects.filter(created_by__department_id=department, sent_on__gte=since, sent_on__lt=before)
    if is_segment:
        rows = rows.filter(cycle__segment_id=segment)
    return rows.order_by().values_list("created_by_id").annotate(number=Count("pk"))


_held_by, _offered_by = Prepared(_of_meetings), Prepared(_of_offers)


def _mean(below: Mapping[int, int], above: Mapping[int, int]) -> StepRate | None:
    """The unweighted mean of the people with at least ten acts of the lower step; never above 1, None when all are 0."""
    enough = {user_id: number for user_id, number in below.items() if number >= LEAST_PASSAGES}
    if not enough:
        return None
    rates = [min(Fraction(1), Fraction(above.get(user_id, 0), number)) for user_id, number in enough.items()]
    mean = sum(rates, Fraction(0)) / len(rates)
    return StepRate(mean, is_own=True, managers=len(rates), cases=sum(enough.values())) if mean else None

"""The finished passages behind a conversion, one by one: whoever rose or paid, and whoever left without it (section 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from django.db.models import Case, Count, DateField, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Department, User
from clients.models import Segment
from funnels.choices import MovementKind, Outcome
from funnels.models import Movement, Ownership
from planning.calculator import Passages, stage_rates
from planning.constants import DEFAULT_CONVERSION, LEAST_PASSAGES, Colour
from planning.selectors.counts import acts_of
from planning.selectors.forecast import PASSAGE_DAYS, finished_passages
from planning.selectors.references import references_in_force
from planning.selectors.steps import step_rates

RANKS: Final = {Colour.RED: 1, Colour.YELLOW: 2, Colour.GREEN: 3}
# Steps of the chain between acts: what is counted below, and what of it came above, by the names of `counts`.
STEPS: Final = {"held_to_productive": ("meetings", "productive"), "productive_to_offer": ("productive", "offers")}


@dataclass(frozen=True)
class PersonPassages:
    """Cases of one person and how many came through; he is in the mean from ten cases on, never above the whole."""

    user: User
    finished: int
    succeeded: int

    @property
    def share(self) -> Fraction | None:
        return min(Fraction(1), Fraction(self.succeeded, self.finished)) if self.finished else None

    @property
    def is_counted(self) -> bool:
        return self.finished >= LEAST_PASSAGES


@dataclass(frozen=True)
class StagePassages:
    """What one conversion is made of: people by name, the rate in use (a part of 1), whether it is their mean."""

    people: list[PersonPassages]
    rate: Fraction
    is_own: bool

    @property
    def counted(self) -> list[PersonPassages]:
        return [one for one in self.people if one.is_counted]


def days_counted(day: date) -> tuple[date, date]:
    """The ninety days before `day`, both ends included."""
    return day - timedelta(days=PASSAGE_DAYS), day - timedelta(days=1)


def colour_passages(*, department: Department, day: date, segment: Segment | None, colour: Colour) -> StagePassages:
    """Passages of a colour by people, of one segment or of all together; five queries at most."""
    found = finished_passages(department.pk, day)
    chosen = [found.get(segment.pk, {})] if segment is not None else list(found.values())
    default = DEFAULT_CONVERSION
    if segment is not None:
        in_force = references_in_force(department_id=department.pk, segments=[segment], day=day)
        default = in_force[segment.pk].reference.conversion
    people = _together(chosen)
    rate = stage_rates(people.values(), default)[colour]
    counts = {pk: (one.finished.get(colour, 0), one.succeeded.get(colour, 0)) for pk, one in people.items()}
    return StagePassages(_named(counts), rate.rate, rate.is_own)


def step_passages(*, department: Department, day: date, segment: Segment | None, step: str) -> StagePassages:
    """Acts of a step of the chain by people, as `acts_at` lists them; five queries."""
    below, above = (
        dict(
            (rows := acts_at(name, department=department, day=day, segment=segment))[0]
            .order_by()
            .values_list(rows[1])
            .annotate(number=Count("pk"))
        )
        for name in STEPS[step]
    )
    rate = step_rates(department=department, day=day, passages=[], segment=segment)[step]
    counts = {pk: (below.get(pk, 0), above.get(pk, 0)) for pk in below.keys() | above.keys()}
    return StagePassages(_named(counts), rate.rate, rate.is_own)


def acts_at(name: str, *, department: Department, day: date, segment: Segment | None) -> tuple[QuerySet[Any], str]:
    """Meetings or offers of the ninety days before `day`, and the column of their person."""
    since, until = days_counted(day)
    rows, column, person = acts_of(name, department_id=department.pk)
    rows = rows.filter(**{f"{column}__gte": since, f"{column}__lte": until})
    return (rows if segment is None else rows.filter(cycle__segment=segment)), f"{person}_id"


def succeeded(*, department_id: int, day: date, colour: Colour) -> QuerySet[Movement]:
    """Rises above the colour and full payments from it; `since`: the day the client came to the colour."""
    first, last = days_counted(day)
    to_rank = Case(*(When(to_colour=one, then=Value(rank)) for one, rank in RANKS.items()), output_field=IntegerField())
    rows = Movement.objects.filter(
        user__department_id=department_id,
        on__gte=first,
        on__lte=last,
        kind__in=(MovementKind.UPGRADE, MovementKind.FULL_PAYMENT),
    )
    before = Movement.objects.filter(
        ownership=OuterRef("ownership"), kind=MovementKind.UPGRADE, at__lte=OuterRef("at"), pk__lt=OuterRef("pk")
    )
    return rows.annotate(
        rank=Case(
            When(kind=MovementKind.UPGRADE, then=to_rank - F("ranks")),
            default=F("ownership__best_rank"),
            output_field=IntegerField(),
        ),
        since=_since(before, "ownership__started_on"),
    ).filter(rank=RANKS[colour])


def failed(*, department_id: int, day: date, colour: Colour) -> QuerySet[Ownership]:
    """Clients who left their person in that colour without a full payment; `since` as above."""
    first, last = days_counted(day)
    paid = Movement.objects.filter(ownership=OuterRef("pk"), kind=MovementKind.FULL_PAYMENT)
    rises = Movement.objects.filter(ownership=OuterRef("pk"), kind=MovementKind.UPGRADE)
    rows = Ownership.objects.filter(
        user__department_id=department_id, cycle__isnull=False, ended_on__gte=first, ended_on__lte=last
    )
    return (
        rows.exclude(Exists(paid))
        .exclude(cycle__outcome=Outcome.WON, ended_at__gte=F("cycle__closed_at"))
        .filter(best_rank=RANKS[colour])
        .annotate(since=_since(rises, "started_on"))
    )


def median_days(rows: Iterable[tuple[date, date]]) -> Fraction | None:
    """The median of stays given by their first and last day; None without any."""
    stays = sorted(max(0, (last - first).days) for first, last in rows)
    return Fraction(stays[(len(stays) - 1) // 2] + stays[len(stays) // 2], 2) if stays else None


def _since(rises: QuerySet[Movement], otherwise: str) -> Coalesce:
    return Coalesce(Subquery(rises.order_by("-at", "-pk").values("on")[:1]), F(otherwise), output_field=DateField())


def _together(passages: Iterable[Mapping[int, Passages]]) -> dict[int, Passages]:
    """A person's passages over the segments given."""
    finished: dict[int, dict[Colour, int]] = {}
    done: dict[int, dict[Colour, int]] = {}
    for of_segment in passages:
        for user_id, one in of_segment.items():
            for into, said in ((finished, one.finished), (done, one.succeeded)):
                counts = into.setdefault(user_id, dict.fromkeys(Colour, 0))
                for colour in Colour:
                    counts[colour] += said.get(colour, 0)
    return {user_id: Passages(finished[user_id], done[user_id]) for user_id in sorted(finished)}


def _named(counts: Mapping[int, tuple[int, int]]) -> list[PersonPassages]:
    """People with cases, by name."""
    known = [pk for pk, pair in counts.items() if any(pair)]
    users = User.objects.filter(pk__in=known).order_by("last_name", "first_name", "pk")
    return [PersonPassages(user, *counts[user.pk]) for user in users]

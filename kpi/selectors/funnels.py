"""Coloured clients by person and segment: now, and as they were frozen when a period began."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import Count, Q, QuerySet, Subquery

from accounts.models import User
from common.prepared import Prepared
from funnels.choices import Colour as FunnelColour
from funnels.choices import CycleKind
from funnels.models import ColourNorm, SalesCycle
from funnels.selectors.worklists import has_required_fields
from kpi.selectors.references import References
from planning.calculator import Counts, resolutions_norm, upgrades_norm
from planning.constants import Colour
from planning.selectors import Frozen
from planning.selectors.ratio import floors_of, is_newcomer, ratio_of

Funnels = Mapping[int, Mapping[int, Counts]]  # user → segment → clients by colour


@dataclass(frozen=True)
class Expected:
    """What the method asks of a funnel on every working day (R-S0-P14), unrounded.

    `stood_on`: the morning whose frozen funnel it is; None: the funnel as it stands now.
    """

    resolutions: Fraction = Fraction(0)
    upgrades: Fraction = Fraction(0)
    stood_on: date | None = None


@dataclass
class OpenCycles:
    """`funnels`: coloured clients; `cards`: (how many cards are filled, how many there are) of each work list."""

    funnels: dict[int, dict[int, Counts]] = field(default_factory=dict)
    cards: dict[int, tuple[int, int]] = field(default_factory=dict)


def open_cycles(department_id: int) -> OpenCycles:
    """The department's open cycles by their owner. One query."""
    counted: dict[int, dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    found = OpenCycles()
    for owner_id, segment_id, colour, number, cards, filled in _counted((), department=department_id):
        if colour != FunnelColour.NONE:
            counted[owner_id][segment_id][colour] += number
        before = found.cards.get(owner_id, (0, 0))
        found.cards[owner_id] = (before[0] + filled, before[1] + cards)
    for owner_id, segments in counted.items():
        found.funnels[owner_id] = {
            pk: Counts(green=n["green"], yellow=n["yellow"], red=n["red"]) for pk, n in segments.items()
        }
    return found


def _open_by_owner(_shape: tuple[()], *, department: int) -> QuerySet:
    """Owner, segment, colour, cycles of them, how many are of a work list, how many of these have a filled card."""
    cycles = SalesCycle.objects.open().filter(owner__department_id=department).order_by()
    listed = Q(kind=CycleKind.NEW)
    return cycles.values_list("owner_id", "segment_id", "colour").annotate(
        number=Count("pk"), listed=Count("pk", filter=listed), filled=Count("pk", filter=listed & has_required_fields())
    )


_counted = Prepared(_open_by_owner)


def expected_moves(
    *,
    people: Mapping[int, User],
    frozen: Mapping[int | None, Frozen],
    starts_on: date,
    references: References,
    now: Funnels,
) -> dict[int, Expected]:
    """Moves asked of everybody: by the funnel frozen when the period began on `starts_on`, by the present one where
    none was frozen.

    A row frozen with the colour of every client tells its funnel; an older one tells its clients by colour and its
    cycles, and the conversions of several segments are weighed by them. One query, where there are such rows.
    """
    rows = {user_id: frozen[user_id].details for user_id in people if user_id in frozen}
    cycles = {pk for details in rows.values() if "parts" not in details for pk in details.get("cycles", ())}
    segment_of = dict(SalesCycle.objects.filter(pk__in=cycles).order_by().values_list("pk", "segment_id"))
    found = {}
    for user_id, user in people.items():
        if user_id not in rows:
            found[user_id] = expected_of(now.get(user_id, {}), references, user.role)
            continue
        details, day = rows[user_id], stood_on(rows[user_id], starts_on)
        if "parts" in details:
            found[user_id] = expected_of(frozen_funnel(details), references, user.role, day)
        else:
            found[user_id] = _weighed(details, segment_of, references, user.role, day)
    return found


def stood_on(details: Mapping, starts_on: date) -> date:
    """The morning whose funnels a snapshot holds."""
    return starts_on + timedelta(days=details.get("late_days", 0))


def frozen_funnel(details: Mapping) -> dict[int, Counts]:
    """Segment → clients by colour of a row frozen with the colour of every client."""
    return {
        int(pk): Counts(**{str(colour): len(kept.get(colour, {}).get("clients", ())) for colour in Colour})
        for pk, kept in details["parts"].items()
    }


def expected_of(segments: Mapping[int, Counts], references: References, role: str, day: date | None = None) -> Expected:
    resolutions = sum((resolutions_norm(counts) for counts in segments.values()), Fraction(0))
    upgrades = (upgrades_norm(counts, references.reference(pk, role)) for pk, counts in segments.items())
    return Expected(resolutions, sum(upgrades, Fraction(0)), day)


def said_counts(details: Mapping) -> Counts:
    """Clients by colour as a snapshot tells them."""
    said = details.get("counts", {})
    return Counts(green=said.get("green", 0), yellow=said.get("yellow", 0), red=said.get("red", 0))


def _weighed(details: Mapping, segment_of: Mapping[int, int], references: References, role: str, day: date) -> Expected:
    counts = said_counts(details)
    parts = Counter(segment_of[pk] for pk in details.get("cycles", ()) if pk in segment_of)
    whole = sum(parts.values())
    upgrades = sum(
        (Fraction(n, whole) * upgrades_norm(counts, references.reference(pk, role)) for pk, n in parts.items()),
        Fraction(0),
    )
    return Expected(resolutions_norm(counts), upgrades, day)


def _last_norms(_shape: tuple[()], *, people: list[int], day: date) -> QuerySet:
    norms = ColourNorm.objects.filter(user__in=people, day__lte=day)
    last = norms.filter(day=Subquery(norms.order_by("-day").values("day")[:1])).order_by()
    return last.values_list("user_id", "segment_id", "colour", "required")


_required = Prepared(_last_norms)


@dataclass(frozen=True)
class FunnelVerdict:
    """`k`: the least of actual / required, None where nothing is required; `floors_met` None: too few to be judged."""

    user: User
    k: Fraction | None
    floors_met: bool | None
    clients: int


def verdicts(*, people: Mapping[int, User], now: Funnels, references: References, day: date) -> list[FunnelVerdict]:
    """K and floors of every manager (R-S0-P18); what is required is what the night wrote last. One query."""
    rows = _required((), people=list(people), day=day) if people else []
    required = {(user_id, segment_id, colour): number for user_id, segment_id, colour, number in rows}
    floors = floors_of(references.segments.values())
    found = []
    for user_id, user in people.items():
        mine = now.get(user_id, {})
        ks = [
            Fraction(mine[segment_id][colour] if segment_id in mine else 0, number)
            for (owner_id, segment_id, colour), number in required.items()
            if owner_id == user_id and number
        ]
        ratio = ratio_of(mine, floors, newcomer=is_newcomer(user, day))
        found.append(
            FunnelVerdict(user, min(ks, default=None), ratio.is_met if ratio.is_judged else None, ratio.counts.total)
        )
    return found

"""Whose funnel is below the norms as the day begins: floors of the colours, likeness, conversion (R-S0-P5, P9, R-S1-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import Count

from accounts.models import Department, User
from clients.models import Segment
from common import formats
from funnels.models import SalesCycle
from funnels.rules import Conversion
from funnels.selectors import conversions, whole_of
from funnels.services.texts import conversion_text
from planning.calculator import Counts, deviation, is_deviating
from planning.constants import NEWCOMER_DAYS
from planning.selectors.ratio import Ratio, add_up, floors_of, is_newcomer, ratio_of


@dataclass(frozen=True)
class NormLine:
    """What one funnel lacks; `user_id` None = the department. `points`: percentage points from the department."""

    user_id: int | None
    name: str
    green: int = 0
    yellow: int = 0
    points: Decimal | None = None
    below: Conversion | None = None

    def __bool__(self) -> bool:
        return bool(self.green or self.yellow or self.points is not None or self.below)

    @property
    def distance(self) -> str:
        return formats.number(self.points, 2) if self.points is not None else ""

    @property
    def conversion(self) -> str:
        """In the language of the letter that asks."""
        return conversion_text(self.below) if self.below else ""


def norm_lines(department: Department, day: date, people: Iterable[User]) -> tuple[NormLine, ...]:
    """The department and its managers that are below a norm; a newcomer is «набор» and not judged by colours."""
    segments = list(Segment.objects.all())
    floors = floors_of(segments)
    by_owner, by_segment = _counts(department)
    settled = {one.pk for one in segments if day >= one.started_on + timedelta(days=NEWCOMER_DAYS)}
    together = add_up(by_segment.values())
    finished = conversions(day, [department.pk]).get(department.pk, {})
    whole = ratio_of({pk: part for pk, part in by_segment.items() if pk in settled}, floors)
    lines = [_line(None, department.name, whole, None, whole_of(finished))]
    for person in people:
        if not person.is_manager:
            continue
        # A segment in its first thirty days is «набор» for everybody.
        own = {pk: part for pk, part in by_owner.get(person.pk, {}).items() if pk in settled}
        ratio = ratio_of(own, floors, newcomer=is_newcomer(person, day))
        away = deviation(add_up(by_owner.get(person.pk, {}).values()), together)
        lines.append(_line(person.pk, person.short_name, ratio, away, finished.get(person.pk, Conversion())))
    return tuple(line for line in lines if line)


def _line(user_id: int | None, name: str, ratio: Ratio, away: Fraction | None, conversion: Conversion) -> NormLine:
    is_far = ratio.is_judged and away is not None and is_deviating(away)
    return NormLine(
        user_id,
        name,
        ratio.need_green,
        ratio.need_yellow,
        _points(away) if is_far and away is not None else None,
        conversion if conversion.is_below else None,
    )


def _points(away: Fraction) -> Decimal:
    return (Decimal(away.numerator * 100) / Decimal(away.denominator)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _counts(department: Department) -> tuple[dict[int, dict[int, Counts]], dict[int, Counts]]:
    """Coloured clients by owner and segment, and by segment."""
    rows = (
        SalesCycle.objects.coloured()
        .filter(client__department=department)
        .order_by()
        .values_list("owner_id", "segment_id", "colour")
        .annotate(n=Count("pk"))
    )
    owners: dict[int, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    whole: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for owner_id, segment_id, colour, number in rows:
        owners[owner_id][segment_id][colour] += number
        whole[segment_id][colour] += number
    return {owner_id: _plain(found) for owner_id, found in owners.items()}, _plain(whole)


def _plain(found: dict[int, dict[str, int]]) -> dict[int, Counts]:
    return {pk: Counts(green=n["green"], yellow=n["yellow"], red=n["red"]) for pk, n in found.items()}

"""The clients a norm of moves was counted from: of the funnel frozen when the period began, or of the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from clients.models import Segment
from common.snapshots import snapshot
from common.workdays import PeriodKind
from funnels.models import SalesCycle
from kpi.calculator import Kpi
from kpi.selectors.board import last_day
from kpi.selectors.funnels import Expected, expected_moves, expected_of, said_counts
from kpi.selectors.lines import person_norm, working_days
from kpi.selectors.references import References, references_on
from planning.calculator import Counts
from planning.constants import Colour
from planning.rules import span_of
from planning.selectors import Frozen, frozen_forecasts


@dataclass(frozen=True)
class Mover:
    """One client of the funnel; `colour` and `asked` (moves a working day) are None where the snapshot kept neither."""

    client_id: int
    segment: str
    colour: Colour | None
    asked: Fraction | None


@dataclass(frozen=True)
class NormClients:
    """`asked` moves a working day, unrounded, on `days` working days make the whole number `norm`.

    `movers` sum to `asked` where their colours are known (`is_by_client`); `counts` are they all by colour. `stood_on`
    is the morning of the frozen funnel, None for the present one.
    """

    first: date
    last: date
    days: int
    asked: Fraction
    norm: int
    counts: Counts
    movers: list[Mover]
    stood_on: date | None
    is_by_client: bool


_Line = tuple[int, int, Colour | None]  # cycle, segment, colour


@snapshot()
def norm_clients(
    *, department: Department, user: User, kpi: Kpi, kind: PeriodKind, day: date, today: date
) -> NormClients:
    """Of resolutions or upgrades of one person. Seven queries, whatever the number of clients."""
    span = span_of(kind, day, production_calendar())
    first, last = span.facts_from, last_day(span, kind, today)
    references = references_on(department_id=department.pk, day=max(last, first))
    frozen = frozen_forecasts(department_id=department.pk, spans=[span])[span]
    row = frozen.get(user.pk)
    lines = _present(department, user) if row is None else _frozen(row)
    now = {user.pk: _by_segment(lines)} if row is None else {}
    expected = expected_moves(
        people={user.pk: user}, frozen=frozen, starts_on=span.period.starts_on, references=references, now=now
    )[user.pk]
    days = working_days(user, first, last)
    cycles = SalesCycle.objects.filter(pk__in=[cycle_id for cycle_id, _segment, _colour in lines]).order_by()
    known = {pk: (client, segment) for pk, client, segment in cycles.values_list("pk", "client_id", "segment_id")}
    names = dict(Segment.objects.values_list("pk", "name"))
    movers = []
    for cycle_id, segment_id, colour in lines:
        client_id, present = known.get(cycle_id, (0, 0))
        asked = None if colour is None else _of(kpi, _one(segment_id, colour, references, user.role))
        movers.append(Mover(client_id, names.get(segment_id or present, ""), colour, asked))
    movers.sort(key=lambda one: (-(one.asked or 0), one.client_id))
    return NormClients(
        first=first,
        last=last,
        days=days,
        asked=_of(kpi, expected),
        norm=person_norm(user, kpi, days, references, expected),
        counts=_counts(lines) if row is None or "parts" in row.details else said_counts(row.details),
        movers=movers,
        stood_on=expected.stood_on,
        is_by_client=row is None or "parts" in row.details,
    )


def _of(kpi: Kpi, expected: Expected) -> Fraction:
    return expected.resolutions if kpi is Kpi.RESOLUTIONS else expected.upgrades


def _one(segment_id: int, colour: Colour, references: References, role: str) -> Expected:
    return expected_of({segment_id: _counts([(0, segment_id, colour)])}, references, role)


def _present(department: Department, user: User) -> list[_Line]:
    """The sales the board counts now."""
    cycles = SalesCycle.objects.coloured().filter(owner=user, owner__department=department).order_by("pk")
    return [(pk, segment, Colour(colour)) for pk, segment, colour in cycles.values_list("pk", "segment_id", "colour")]


def _frozen(row: Frozen) -> list[_Line]:
    parts: Mapping[str, Mapping[str, Mapping]] | None = row.details.get("parts")
    if parts is None:
        return [(cycle_id, 0, None) for cycle_id in row.details.get("cycles", ())]
    return [
        (cycle_id, int(segment_id), Colour(colour))
        for segment_id, by_colour in parts.items()
        for colour, kept in by_colour.items()
        for cycle_id, _kopecks in kept["clients"]
    ]


def _by_segment(lines: list[_Line]) -> dict[int, Counts]:
    return {pk: _counts([line for line in lines if line[1] == pk]) for pk in {line[1] for line in lines}}


def _counts(lines: list[_Line]) -> Counts:
    colours = [colour for _cycle, _segment, colour in lines]
    return Counts(**{str(colour): colours.count(colour) for colour in Colour})

"""Individual funnels and their sum: the department's funnel is never stored, only added up (R-S0-P8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from funnels.choices import Colour
from funnels.models import SalesCycle

COLOURS = (Colour.GREEN, Colour.YELLOW, Colour.RED)


@dataclass(frozen=True)
class Cell:
    """Clients of one colour: how many and for how much (roubles)."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True)
class Funnel:
    green: Cell = Cell()
    yellow: Cell = Cell()
    red: Cell = Cell()

    @property
    def count(self) -> int:
        return self.green.count + self.yellow.count + self.red.count

    @property
    def amount(self) -> Decimal:
        return self.green.amount + self.yellow.amount + self.red.amount

    def cell(self, colour: str) -> Cell:
        return {Colour.GREEN: self.green, Colour.YELLOW: self.yellow, Colour.RED: self.red}[Colour(colour)]

    def __add__(self, other: Funnel) -> Funnel:
        return Funnel(self.green + other.green, self.yellow + other.yellow, self.red + other.red)


def individual_funnels(departments: Iterable[int] | None = None) -> dict[int, Funnel]:
    """Funnel by owner id, heads and their reserve included; one query. None = every department."""
    rows = _coloured(departments).values("owner_id", "colour").annotate(number=Count("pk"), amount=_AMOUNT)
    cells: dict[int, dict[str, Cell]] = defaultdict(dict)
    for row in rows:
        cells[row["owner_id"]][row["colour"]] = Cell(row["number"], row["amount"])
    return {owner_id: _funnel(found) for owner_id, found in cells.items()}


def department_funnel(departments: Iterable[int] | None = None) -> Funnel:
    """The department's funnel, asked of the database without owners; it must equal the sum of `individual_funnels`."""
    rows = _coloured(departments).values("colour").annotate(number=Count("pk"), amount=_AMOUNT)
    return _funnel({row["colour"]: Cell(row["number"], row["amount"]) for row in rows})


_AMOUNT = Coalesce(Sum("expected_amount"), Decimal(0))


def _coloured(departments: Iterable[int] | None):
    cycles = SalesCycle.objects.coloured().order_by()
    return cycles if departments is None else cycles.filter(Q(client__department__in=list(departments)))


def _funnel(cells: Mapping[str, Cell]) -> Funnel:
    return Funnel(*(cells.get(colour, Cell()) for colour in COLOURS))

"""What every client was expected to bring when a forecast was frozen: amount × chance × timing (3.1.1, 3.1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from clients.models import Segment
from common.money import split_exact
from funnels.models import SalesCycle
from planning.calculator import FunnelLine, ManagerFunnel, timing_factor
from planning.calculator.forecast import unpaid_of
from planning.constants import Colour
from planning.models import ForecastSnapshot
from planning.rules import Span
from planning.selectors.forecast import Inputs, lines_by_person


@dataclass(frozen=True)
class FrozenClient:
    """One client of a frozen forecast; roubles, parts of 1. `expected` are exact to the kopeck in sum, not alone."""

    client_id: int
    cycle_id: int
    segment: str
    colour: Colour
    amount: Decimal
    chance: Fraction
    timing: Fraction
    expected: Decimal


@dataclass(frozen=True)
class FrozenAmounts:
    """The clients of one person's snapshot; their `expected` sum to `rest`, what open cycles promised.

    `ramp` is the part of a full employee's result that a newcomer was expected to bring.
    """

    rest: Decimal
    ramp: Fraction
    starts_on: date
    clients: list[FrozenClient]


def amounts_to_keep(inputs: Inputs, funnels: list[ManagerFunnel], days_left: int) -> dict[int, dict[str, Any]]:
    """User id → what a snapshot keeps of single clients: ramp, and by segment and colour the chance, the timing and
    (cycle, kopecks still unpaid) of every client."""
    lines = lines_by_person(inputs)
    found = {}
    for funnel in funnels:
        of_person = sorted(lines.get(funnel.manager_id, {}).items())
        parts: dict[str, dict[str, Any]] = {}
        for (segment_id, of_segment), segment in zip(of_person, funnel.segments, strict=True):
            by_colour: dict[str, Any] = parts.setdefault(str(segment_id), {})
            for line in of_segment:
                if (colour := str(line.colour)) not in by_colour:
                    by_colour[colour] = {
                        "chance": str(segment.reference.to_payment(line.colour)),
                        "timing": str(timing_factor(segment.reference, line.colour, days_left)),
                        "clients": [],
                    }
                one = FunnelLine(line.colour, line.expected_amount, line.paid)
                by_colour[colour]["clients"].append([line.cycle_id, int(unpaid_of(segment, one).scaleb(2))])
        found[funnel.manager_id] = {"ramp": str(funnel.ramp), "parts": parts}
    return found


def frozen_amounts(*, department_id: int, user_id: int, span: Span) -> FrozenAmounts | None:
    """One person's snapshot by clients, the largest first; None where it was frozen without them. Three queries."""
    row = ForecastSnapshot.objects.filter(
        department_id=department_id,
        user_id=user_id,
        period=str(span.period.kind),
        starts_on=span.period.starts_on,
    ).first()
    if row is None or "parts" not in row.details:
        return None
    details: Mapping[str, Any] = row.details
    ramp, rest = Fraction(details["ramp"]), row.amount - Decimal(details["paid"])
    names = {str(pk): name for pk, name in Segment.objects.values_list("pk", "name")}
    cycles = details.get("cycles") or []
    clients: dict[int, int] = dict(SalesCycle.objects.filter(pk__in=cycles).values_list("pk", "client_id"))
    raw = [
        (
            cycle_id,
            names.get(segment_id, ""),
            Colour(colour),
            kopecks,
            Fraction(kept["chance"]),
            Fraction(kept["timing"]),
        )
        for segment_id, by_colour in details["parts"].items()
        for colour, kept in by_colour.items()
        for cycle_id, kopecks in kept["clients"]
    ]
    raw.sort(key=lambda one: (-one[3] * one[4] * one[5], one[0]))
    weights = [kopecks * chance * timing for _cycle, _name, _colour, kopecks, chance, timing in raw]
    shares = split_exact(rest, weights) if any(weights) else [Decimal("0.00")] * len(raw)
    return FrozenAmounts(
        rest,
        ramp,
        row.starts_on,
        [
            FrozenClient(
                clients.get(cycle_id, 0), cycle_id, name, colour, Decimal(kopecks).scaleb(-2), chance, timing, share
            )
            for (cycle_id, name, colour, kopecks, chance, timing), share in zip(raw, shares, strict=True)
        ],
    )

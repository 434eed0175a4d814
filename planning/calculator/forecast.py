"""Forecast and individual plans from individual funnels (R-S0-A2, R-S0-P8, R-S0-P11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from common.money import Exact, round_kopecks, split_exact
from planning.calculator.zones import attainment_zone
from planning.constants import LEAST_PASSAGES, Colour, PerColour, Reference, Zone

_COLOURS = tuple(str(colour) for colour in Colour)


@dataclass(frozen=True)
class Passages:
    """Finished passages of the stages by one manager in 90 days, and how many of them succeeded."""

    finished: Mapping[Colour, int]
    succeeded: Mapping[Colour, int]


@dataclass(frozen=True)
class FunnelLine:
    """`count` equal open cycles of one colour.

    `expected_amount` is one cycle's sum (None: the segment's average cheque), `already_paid` what that cycle has paid.
    """

    colour: Colour
    expected_amount: Decimal | None = None
    already_paid: Decimal = Decimal(0)
    count: int = 1


@dataclass(frozen=True)
class SegmentFunnel:
    """The open cycles of one manager in one segment.

    `reference.conversion` are the mean conversions of `mean_conversions`; `new_clients_per_day` is λ, planned new
    clients per calendar day (0 in month forecasts of 30 days or less).
    """

    reference: Reference
    average_cheque: Decimal
    lines: Sequence[FunnelLine] = ()
    new_clients_per_day: Fraction = Fraction(0)


@dataclass(frozen=True)
class ManagerFunnel:
    """One manager: funnels by segment, fact paid in the period so far, ramp (1 = fully ramped) and part-time share."""

    manager_id: int
    segments: Sequence[SegmentFunnel]
    paid: Decimal = Decimal(0)
    ramp: Fraction = Fraction(1)
    part_time: Fraction = Fraction(1)


@dataclass(frozen=True)
class ManagerForecast:
    """`amount` is F_m in kopecks; `expected_deals` are counts, by colour, before timing and ramp."""

    manager_id: int
    amount: Decimal
    expected_deals: PerColour

    @property
    def expected_deals_total(self) -> Fraction:
        return self.expected_deals.red + self.expected_deals.yellow + self.expected_deals.green


@dataclass(frozen=True)
class DepartmentForecast:
    """Σ of the managers; `plans` (by manager id) sum exactly to the target; `attainment` is None without a target."""

    managers: tuple[ManagerForecast, ...]
    amount: Decimal
    target: Decimal
    gap: Decimal
    attainment: Fraction | None
    zone: Zone | None
    plans: Mapping[int, Decimal]

    @property
    def expected_deals_total(self) -> Fraction:
        return sum((one.expected_deals_total for one in self.managers), Fraction(0))


def mean_conversions(managers: Iterable[Passages], default: PerColour) -> PerColour:
    """p̄: the unweighted mean of the managers' own conversions, stage by stage.

    A manager with fewer than 10 finished passages of a stage is left out of it; a stage nobody has takes the default.
    """
    known = list(managers)

    def mean(colour: Colour) -> Fraction:
        own = [
            Fraction(one.succeeded.get(colour, 0), one.finished[colour])
            for one in known
            if one.finished.get(colour, 0) >= LEAST_PASSAGES
        ]
        return sum(own, Fraction(0)) / len(own) if own else default[colour]

    return PerColour(red=mean(Colour.RED), yellow=mean(Colour.YELLOW), green=mean(Colour.GREEN))


def days_remaining(today: date, ends_on: date) -> int:
    """D_rem: calendar days to the end of the period, today included; 0 after it."""
    return max(0, (ends_on - today).days + 1)


def timing_factor(reference: Reference, colour: Colour | str, days_left: int) -> Fraction:
    """τ: the part of a client's way to payment that still fits into the period, at most 1."""
    needed = reference.days_to_payment(colour)
    return Fraction(1) if not needed else min(Fraction(1), Fraction(max(0, days_left)) / needed)


def unpaid_of(segment: SegmentFunnel, line: FunnelLine) -> Decimal:
    """A of all cycles of the line: what they are still to bring, roubles.

    Sums of roubles and kopecks are exact in decimals; only their products with chances need fractions.
    """
    amount = segment.average_cheque if line.expected_amount is None else line.expected_amount
    return line.count * max(Decimal(0), amount - line.already_paid)


def expected_from_line(segment: SegmentFunnel, line: FunnelLine, days_left: int) -> Fraction:
    """A · π · τ of all cycles of the line, exact roubles."""
    chance = segment.reference.to_payment(line.colour)
    return Fraction(unpaid_of(segment, line)) * chance * timing_factor(segment.reference, line.colour, days_left)


def inflow(segment: SegmentFunnel, days_left: int) -> Fraction:
    """What clients not yet met bring until the end of the period, exact roubles."""
    days = max(Fraction(0), days_left - segment.reference.days_to_payment(Colour.RED))
    chance = segment.reference.to_payment(Colour.RED)
    return segment.new_clients_per_day * Fraction(segment.average_cheque) * chance * days


# Reference by its identity → π and π · τ by colour; held for as long as the funnels that own the references.
_Chances = dict[int, dict[str, tuple[Fraction, Fraction]]]


def forecast_manager(manager: ManagerFunnel, days_left: int, known: _Chances | None = None) -> ManagerForecast:
    """F_m = paid + ramp · (Σ A·π·τ + inflow), rounded once. `known`: chances that managers of a department share."""
    known = {} if known is None else known
    deals = dict.fromkeys(_COLOURS, Fraction(0))
    unpaid = Fraction(0)
    for segment in manager.segments:
        counts, amounts = dict.fromkeys(_COLOURS, 0), dict.fromkeys(_COLOURS, Decimal(0))
        for line in segment.lines:
            counts[line.colour] += line.count
            amounts[line.colour] += unpaid_of(segment, line)
        # π and τ belong to the segment and the colour: one product each, not one a client.
        chances = known.get(id(segment.reference))
        if chances is None:
            chances = known[id(segment.reference)] = _chances(segment.reference, days_left)
        for colour, (chance, in_time) in chances.items():
            if counts[colour]:
                deals[colour] += counts[colour] * chance
                unpaid += Fraction(amounts[colour]) * in_time
        if segment.new_clients_per_day:
            unpaid += inflow(segment, days_left)
    amount = round_kopecks(Fraction(manager.paid) + manager.ramp * unpaid)
    return ManagerForecast(manager.manager_id, amount, PerColour(**deals))


def _chances(reference: Reference, days_left: int) -> dict[str, tuple[Fraction, Fraction]]:
    found = {}
    for colour in _COLOURS:
        chance = reference.to_payment(colour)
        found[colour] = chance, chance * timing_factor(reference, colour, days_left)
    return found


def forecast_department(managers: Iterable[ManagerFunnel], days_left: int, target: Decimal) -> DepartmentForecast:
    """The department is the sum of its individual funnels, without exception (R-S0-P8)."""
    # Ties of the split go to the lower user id.
    ordered = sorted(managers, key=lambda one: one.manager_id)
    known: _Chances = {}
    forecasts = tuple(forecast_manager(one, days_left, known) for one in ordered)
    amount = sum((one.amount for one in forecasts), Decimal("0.00"))
    attainment = Fraction(amount) / Fraction(target) if target else None
    return DepartmentForecast(
        managers=forecasts,
        amount=amount,
        target=round_kopecks(target),
        gap=round_kopecks(Fraction(target) - Fraction(amount)),
        attainment=attainment,
        zone=attainment_zone(attainment),
        plans=individual_plans(ordered, forecasts, target),
    )


def individual_plans(
    managers: Sequence[ManagerFunnel], forecasts: Sequence[ManagerForecast], target: Decimal
) -> dict[int, Decimal]:
    """User id → target · F_m / ΣF; by ramp × part-time when nobody has a forecast, evenly when nobody is available either.

    Both sequences are of the same people, in the same order.
    """
    if not managers:
        return {}
    by_forecast: list[Exact] = [max(Decimal(0), one.amount) for one in forecasts]
    by_capacity: list[Exact] = [one.ramp * one.part_time for one in managers]
    evenly: list[Exact] = [1 for _ in managers]
    weights = next(candidate for candidate in (by_forecast, by_capacity, evenly) if any(candidate))
    plans = split_exact(round_kopecks(target), weights)
    return {one.manager_id: plan for one, plan in zip(managers, plans, strict=True)}

"""How fast a funnel brings money and whether it holds enough of it (R-S0-B1, section 3.4)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from common.money import round_kopecks
from planning.calculator.inputs import MOST_DAYS, Checks, Figure, Why
from planning.constants import Colour, Reference


@dataclass(frozen=True)
class PipelineInput:
    """`clients` in work, `win_rate` a part of 1, roubles, `cycle_days` calendar days from taking to payment."""

    clients: int
    win_rate: Fraction
    average_cheque: Decimal
    cycle_days: Fraction
    plan: Decimal


@dataclass(frozen=True)
class Pipeline:
    """`velocity`: roubles per calendar day, kopecks. `required`, `actual`: coverage, times the plan.

    `is_enough` is None where one of the two cannot be computed; `why` tells it of the velocity.
    """

    velocity: Decimal | None
    why: Why | None
    required: Figure
    actual: Figure

    @property
    def is_enough(self) -> bool | None:
        if self.required.value is None or self.actual.value is None:
            return None
        return self.actual.value >= self.required.value


def pipeline_of(given: PipelineInput) -> Pipeline:
    """N · win · A / cycle, 1 / win and N · A / plan; a rate, cycle or plan of 0 is explained. WrongInput by field."""
    checks = Checks()
    checks.whole("clients", given.clients)
    checks.share("win_rate", given.win_rate)
    checks.money("average_cheque", given.average_cheque)
    checks.number("cycle_days", given.cycle_days, most=10 * MOST_DAYS)
    checks.money("plan", given.plan)
    checks.done()
    held = given.clients * Fraction(given.average_cheque)
    speed = None
    if given.cycle_days:
        speed = velocity(given.clients, given.win_rate, given.average_cheque, given.cycle_days)
    return Pipeline(
        velocity=None if speed is None else round_kopecks(speed),
        why=Why.NO_CYCLE_DAYS if speed is None else None,
        required=Figure.ratio(1, given.win_rate, Why.NO_CONVERSION),
        actual=Figure.ratio(held, given.plan, Why.NO_PLAN),
    )


def required_coverage(reference: Reference) -> Fraction:
    """How many times the plan the whole pipeline must hold: 1 / π of red."""
    return 1 / reference.to_payment(Colour.RED)


def velocity(clients: int, win_rate: Fraction, average_cheque: Decimal, cycle_days: Fraction) -> Fraction:
    """Roubles per calendar day that a funnel brings: N · win · A / cycle length. ValueError for a cycle of no days."""
    if cycle_days <= 0:
        raise ValueError("a cycle takes time")
    return clients * Fraction(win_rate) * Fraction(average_cheque) / Fraction(cycle_days)

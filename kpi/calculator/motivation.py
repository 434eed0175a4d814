"""Pay: fact × rate × multiplier of the attainment × KPI, and what a little more would bring (R-S1-6, R-S4-2, 3.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil

from common.money import MAX_MONEY, Exact, round_kopecks
from kpi.constants import INDICATOR_CAP, KPI_LEAST, KPI_MOST, PAY_RATE, PAY_STEPS, PAY_WEIGHTS
from planning.calculator import Checks, Code, Figure, Why, attainment

_MOST_MULTIPLIER = 10


@dataclass(frozen=True)
class PayScheme:
    """Editable terms of pay. `steps`: (attainment from, multiplier), the first from 0; `weights` by indicator sum to 1.

    A better attainment never has a lower multiplier. `check` raises WrongInput by field: rate, steps, weights, cap,
    kpi_least, kpi_most.
    """

    rate: Exact = PAY_RATE
    steps: Sequence[tuple[Exact, Exact]] = PAY_STEPS
    weights: Mapping[str, Exact] = field(default_factory=lambda: PAY_WEIGHTS)
    cap: Exact = INDICATOR_CAP
    kpi_least: Exact = KPI_LEAST
    kpi_most: Exact = KPI_MOST

    def check(self) -> None:
        checks = Checks()
        checks.share("rate", self.rate)
        checks.number("cap", self.cap, positive=True, most=_MOST_MULTIPLIER)
        sane = checks.number("kpi_least", self.kpi_least, most=_MOST_MULTIPLIER)
        sane &= checks.number("kpi_most", self.kpi_most, most=_MOST_MULTIPLIER)
        if sane and self.kpi_least > self.kpi_most:
            checks.add("kpi_most", Code.BELOW_LEAST)
        self._check_steps(checks)
        if all(checks.share("weights", weight) for weight in self.weights.values()):
            whole = sum((Fraction(weight) for weight in self.weights.values()), Fraction(0))
            if whole != 1:
                checks.add("weights", Code.NOT_ONE_IN_ALL)
        checks.done()

    def _check_steps(self, checks: Checks) -> None:
        if not self.steps:
            checks.add("steps", Code.MISSING)
            return
        numbers = [number for step in self.steps for number in step]
        if not all(checks.number("steps", number, most=_MOST_MULTIPLIER) for number in numbers):
            return
        rising = all(low[0] < high[0] and low[1] <= high[1] for low, high in pairwise(self.steps))
        if self.steps[0][0] != 0 or not rising:
            checks.add("steps", Code.NOT_RISING)

    def multiplier(self, attained: Fraction | None) -> Fraction:
        """Of the band that holds the attainment, lower bound included, unrounded; 0 without a plan or below 0."""
        if attained is None or attained < 0:
            return Fraction(0)
        return Fraction(next(times for start, times in reversed(self.steps) if attained >= start))


DEFAULT_SCHEME = PayScheme()


@dataclass(frozen=True)
class Indicator:
    """Fact and norm of one leading indicator, in its own unit."""

    fact: Exact
    norm: Exact


@dataclass(frozen=True)
class Kpis:
    """KPI = Σ weight × min(cap, fact / norm), exact; absent when no indicator had a norm.

    `shares`: what each indicator gives, after the cap; `weights`: as rescaled over the indicators that had a norm.
    """

    value: Figure
    shares: Mapping[str, Fraction]
    weights: Mapping[str, Fraction]


def kpi_of(indicators: Mapping[str, Indicator], scheme: PayScheme = DEFAULT_SCHEME) -> Kpis:
    """An indicator with norm 0 is left out and the other weights are rescaled; so is one that nobody measured.

    WrongInput by field: the scheme's, and fact or norm of an indicator by its name.
    """
    scheme.check()
    checks = Checks()
    for name, one in indicators.items():
        checks.number(name, one.fact, most=MAX_MONEY)
        checks.number(name, one.norm, most=MAX_MONEY)
    checks.done()
    counted = {
        name: (Fraction(weight), indicators[name])
        for name, weight in scheme.weights.items()
        if name in indicators and indicators[name].norm
    }
    whole = sum((weight for weight, _ in counted.values()), Fraction(0))
    if not whole:
        return Kpis(Figure.absent(Why.NOTHING_REQUIRED), {}, {})
    cap = Fraction(scheme.cap)
    shares = {name: min(cap, Fraction(one.fact) / Fraction(one.norm)) for name, (_, one) in counted.items()}
    weights = {name: weight / whole for name, (weight, _) in counted.items()}
    value = sum((weights[name] * share for name, share in shares.items()), Fraction(0))
    return Kpis(Figure.of(value), shares, weights)


@dataclass(frozen=True)
class Pay:
    """Roubles to the kopeck and every number they were made of.

    `kpi` None: no leading indicator had a norm, so nothing of them can lower or raise the pay; `kpi_factor` is then 1.
    """

    amount: Decimal
    fact: Decimal
    plan: Decimal
    rate: Fraction
    attainment: Fraction | None
    multiplier: Fraction
    kpi: Fraction | None
    kpi_factor: Fraction


def pay(*, fact: Decimal, plan: Decimal, kpi: Exact | None, scheme: PayScheme = DEFAULT_SCHEME) -> Pay:
    """fact × rate × multiplier(fact / plan) × clamp(KPI, least, most), rounded once; never below 0.

    Plan 0: multiplier 0. WrongInput by field: fact, plan, kpi and the scheme's.
    """
    scheme.check()
    checks = Checks()
    checks.signed_money("fact", fact)
    checks.money("plan", plan)
    if kpi is not None:
        checks.number("kpi", kpi, most=_MOST_MULTIPLIER)
    checks.done()
    return _pay(fact, plan, None if kpi is None else Fraction(kpi), scheme)


def _pay(fact: Decimal, plan: Decimal, kpi: Fraction | None, scheme: PayScheme) -> Pay:
    attained = attainment(fact, plan)
    multiplier = scheme.multiplier(attained)
    factor = Fraction(1) if kpi is None else min(Fraction(scheme.kpi_most), max(Fraction(scheme.kpi_least), kpi))
    rate = Fraction(scheme.rate)
    amount = round_kopecks(Fraction(fact) * rate * multiplier * factor)
    return Pay(amount, fact, plan, rate, attained, multiplier, kpi, factor)


@dataclass(frozen=True)
class NextStep:
    """«Если закроешь ещё `extra` ₽ → `pay` ₽»; `gain` is the difference from the pay of today."""

    extra: Decimal
    pay: Pay
    gain: Decimal


def pay_if(
    *, fact: Decimal, plan: Decimal, kpi: Exact | None, extra: Decimal, scheme: PayScheme = DEFAULT_SCHEME
) -> NextStep:
    """The pay after `extra` roubles more at the same KPI. WrongInput by field: as `pay`, and extra."""
    checks = Checks()
    checks.money("extra", extra)
    checks.done()
    now = pay(fact=fact, plan=plan, kpi=kpi, scheme=scheme)
    then = _pay(fact + extra, plan, now.kpi, scheme)
    return NextStep(extra, then, then.amount - now.amount)


def next_steps(
    *, fact: Decimal, plan: Decimal, kpi: Exact | None, scheme: PayScheme = DEFAULT_SCHEME
) -> tuple[NextStep, ...]:
    """Every higher multiplier still ahead, nearest first: the least money, in kopecks, that reaches it.

    Empty without a plan, and when the last step is reached. WrongInput by field: as `pay`.
    """
    now = pay(fact=fact, plan=plan, kpi=kpi, scheme=scheme)
    steps: list[NextStep] = []
    reached = now.multiplier
    for start, multiplier in scheme.steps:
        missing = ceil((Fraction(start) * Fraction(plan) - Fraction(fact)) * 100)
        if not plan or missing <= 0 or multiplier <= reached:
            continue
        reached = Fraction(multiplier)
        extra = round_kopecks(Fraction(missing, 100))
        then = _pay(fact + extra, plan, now.kpi, scheme)
        steps.append(NextStep(extra, then, then.amount - now.amount))
    return tuple(steps)

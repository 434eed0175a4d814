"""Forecast verification V (R-S0-P6): how far the frozen forecast was from what came."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from planning.calculator.zones import verification_zone
from planning.constants import SYSTEMATIC_BIAS_ABOVE, Zone


class Bias(StrEnum):
    """A systematic error of forecasts."""

    OVERSTATED = "overstated"
    UNDERSTATED = "understated"


@dataclass(frozen=True)
class Verification:
    """V and bias as exact shares of 1. `bias` is None when nothing was paid; `systematic` when |bias| > 10 %."""

    value: Fraction
    bias: Fraction | None
    zone: Zone
    systematic: Bias | None


@dataclass(frozen=True)
class ForecastAndFact:
    """Frozen forecast F and fact A of one manager. Negative sums count as 0."""

    forecast: Decimal
    fact: Decimal


def verify_manager(pair: ForecastAndFact) -> Verification:
    """V_m = max(0, 1 − |F − A| / max(F, A)); 100 % when both are 0."""
    forecast, fact = _exact(pair)
    largest = max(forecast, fact)
    value = 1 - abs(forecast - fact) / largest if largest else Fraction(1)
    return _verdict(value, forecast, fact)


def verify_department(pairs: Iterable[ForecastAndFact]) -> Verification:
    """V = max(0, 1 − Σ|F − A| / ΣA): errors of managers do not cancel. Bias is Σ(F − A) / ΣA."""
    exact = [_exact(pair) for pair in pairs]
    forecast = sum((one for one, _ in exact), Fraction(0))
    fact = sum((one for _, one in exact), Fraction(0))
    errors = sum((abs(one - other) for one, other in exact), Fraction(0))
    value = max(Fraction(0), 1 - errors / fact) if fact else Fraction(not forecast)
    return _verdict(value, forecast, fact)


def net_accuracy(pairs: Iterable[ForecastAndFact]) -> Fraction | None:
    """1 − |ΣF − ΣA| / ΣA: the naive figure in which errors cancel, shown only to explain why V is lower."""
    exact = [_exact(pair) for pair in pairs]
    fact = sum((one for _, one in exact), Fraction(0))
    forecast = sum((one for one, _ in exact), Fraction(0))
    return max(Fraction(0), 1 - abs(forecast - fact) / fact) if fact else None


def hit_rate(forecast_clients: Collection[int], paid_clients: Collection[int]) -> Fraction | None:
    """Forecast clients that paid / forecast clients; None when none was forecast."""
    forecast = set(forecast_clients)
    return Fraction(len(forecast & set(paid_clients)), len(forecast)) if forecast else None


def coverage(forecast_clients: Collection[int], paid_clients: Collection[int]) -> Fraction | None:
    """Paid clients that were forecast / paid clients; None when none paid."""
    paid = set(paid_clients)
    return Fraction(len(paid & set(forecast_clients)), len(paid)) if paid else None


def _exact(pair: ForecastAndFact) -> tuple[Fraction, Fraction]:
    return max(Fraction(0), Fraction(pair.forecast)), max(Fraction(0), Fraction(pair.fact))


def _verdict(value: Fraction, forecast: Fraction, fact: Fraction) -> Verification:
    bias = (forecast - fact) / fact if fact else None
    systematic = None
    if bias is not None and abs(bias) > SYSTEMATIC_BIAS_ABOVE:
        systematic = Bias.OVERSTATED if bias > 0 else Bias.UNDERSTATED
    return Verification(value, bias, verification_zone(value), systematic)

"""Zones of figures: bands include their lower bound and are compared unrounded."""

from collections.abc import Iterable
from fractions import Fraction

from planning.constants import (
    STAFF_GREEN_FROM,
    STAFF_YELLOW_FROM,
    SUFFICIENCY_GREEN_FROM,
    SUFFICIENCY_YELLOW_FROM,
    VERIFICATION_GREEN_FROM,
    VERIFICATION_YELLOW_FROM,
    Zone,
)

_WORST_FIRST = (Zone.RED, Zone.YELLOW, Zone.GREEN)


def _zone(value: Fraction, green_from: Fraction, yellow_from: Fraction) -> Zone:
    if value >= green_from:
        return Zone.GREEN
    return Zone.YELLOW if value >= yellow_from else Zone.RED


def attainment_zone(value: Fraction | None) -> Zone | None:
    """Fact / plan-to-date, forecast / target (R-S0-B3). None («нет плана») has no light."""
    return None if value is None else _zone(value, STAFF_GREEN_FROM, STAFF_YELLOW_FROM)


def verification_zone(value: Fraction) -> Zone:
    """Forecast verification V (R-S0-P6)."""
    return _zone(value, VERIFICATION_GREEN_FROM, VERIFICATION_YELLOW_FROM)


def sufficiency_zone(value: Fraction | None) -> Zone:
    """K of the funnel (R-S0-A4); None means that nothing is required, which is met."""
    return Zone.GREEN if value is None else _zone(value, SUFFICIENCY_GREEN_FROM, SUFFICIENCY_YELLOW_FROM)


def worst_zone(zones: Iterable[Zone | None]) -> Zone | None:
    """The worst of several: a department is as good as its worst segment (R-S0-P2). None without any."""
    return min((zone for zone in zones if zone is not None), key=_WORST_FIRST.index, default=None)

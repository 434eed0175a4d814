"""Norms and thresholds of indicators and pay. Shares are parts of 1."""

from fractions import Fraction
from typing import Final

from funnels.constants import SalesRole

# Section 3.5: an own reference value speaks for at least so many managers with so many finished sales each.
REFERENCE_LEAST_MANAGERS: Final = 4
REFERENCE_LEAST_FINISHED: Final = 30
REFERENCE_DAYS: Final = 90
UPPER_PART: Final = Fraction(1, 4)

# Section 3.6: pay = fact × rate × multiplier × clamp(KPI).
PAY_RATE: Final = Fraction(5, 100)
PAY_STEPS: Final = (
    (Fraction(0), Fraction(0)),
    (Fraction(70, 100), Fraction(5, 10)),
    (Fraction(80, 100), Fraction(8, 10)),
    (Fraction(1), Fraction(1)),
    (Fraction(120, 100), Fraction(12, 10)),
)
PAY_WEIGHTS: Final = {
    "productive_calls": Fraction(40, 100),
    "productive_meetings": Fraction(30, 100),
    "upgrades": Fraction(30, 100),
}
INDICATOR_CAP: Final = Fraction(12, 10)
KPI_LEAST: Final = Fraction(5, 10)
KPI_MOST: Final = Fraction(11, 10)

# R-S0-B3: so many red control weeks in a row make a risk card.
RISK_WEEKS: Final = 2

# R-S0-P10, R-S0-P17
TECHNOLOGY_FROM: Final = Fraction(95, 100)
REVIEW_FROM: Final = Fraction(90, 100)

# R-S2-10b, R-S0-A1: work lists whose cards hold what is required.
CARDS_FROM: Final = Fraction(95, 100)
# Section 4.4: a missed caller is called back within fifteen minutes.
FIRST_REACTION_MINUTES: Final = 15

# R-S3-4: norms are said for a week of five working days.
NORM_WEEK_DAYS: Final = 5

# R-S3-4, R-S3-15: norms of a calendar week of five working days; a short week is scaled.
WEEK_NORMS: Final = {
    SalesRole.HUNTER: {"calls": 60, "held": 10, "productive": 6, "offers": 5},
    SalesRole.FARMER: {"warm": 50, "visits": 8, "offers": 10},
    SalesRole.INTERN: {"calls": 60},
}

TREND_PERIODS: Final = 3  # an indicator is compared with the mean of so many periods before

"""Versions of a year's plan, and its division between people (R-S0-P13, R-S0-P11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from common.money import Exact, split_exact
from common.workdays import Calendar, month_end
from planning.calculator.inputs import Checks, Code, Problem, WrongInput
from planning.calculator.split import MONTHS

_NOTHING = Decimal("0.00")
_MOST_SEASON = 100


def revise_year(
    total: Decimal,
    calendar: Calendar,
    year: int,
    *,
    season: Mapping[int, Exact] | None = None,
    kept: Mapping[int, Decimal] | None = None,
) -> dict[int, Decimal]:
    """Month number → plan of a new version: `kept` months (those over) stay, the rest is split as a year is.

    By working days × season coefficient, to the kopeck, ties to the earlier month. WrongInput by field: total
    (negative, too_large, too_fine, below_elapsed, no_working_day), season_1 … season_12.
    """
    stay, weights = dict(kept or {}), dict(season or {})
    checks = Checks()
    if checks.money("total", total) and Fraction(total) * 100 % 1:
        checks.add("total", Code.TOO_FINE)
    for month, coefficient in weights.items():
        checks.number(f"season_{month}", coefficient, most=_MOST_SEASON)
    checks.done()
    left = total - sum(stay.values(), _NOTHING)
    if left < 0:
        raise WrongInput(Problem("total", Code.BELOW_ELAPSED))
    ahead = [month for month in MONTHS if month not in stay]
    parts: list[Exact] = [
        len(calendar.working_days(date(year, month, 1), month_end(year, month))) * Fraction(weights.get(month, 1))
        for month in ahead
    ]
    if left and not any(parts):
        raise WrongInput(Problem("total", Code.NO_WORKING_DAY))
    return dict(sorted((stay | dict(zip(ahead, split_exact(left, parts), strict=True))).items()))


def split_between(months: Mapping[int, Decimal], weights: Mapping[int, Exact]) -> dict[int, dict[int, Decimal]]:
    """User id → month → plan: every month in proportion to the weights, Σ people = the month to the kopeck.

    Ties of a kopeck go to the lower user id. WrongInput (weights): missing without people, not_positive when all are 0,
    and negative or not_a_number of any.
    """
    checks = Checks()
    for weight in weights.values():
        if not checks.number("weights", weight):
            break
    checks.done()
    if not weights:
        raise WrongInput(Problem("weights", Code.MISSING))
    if not any(weights.values()):
        raise WrongInput(Problem("weights", Code.NOT_POSITIVE))
    people = sorted(weights)
    shares: dict[int, dict[int, Decimal]] = {one: {} for one in people}
    for month, plan in sorted(months.items()):
        for one, part in zip(people, split_exact(plan, [weights[one] for one in people]), strict=True):
            shares[one][month] = part
    return shares


def days_between(days: Mapping[date, Decimal], parts: Mapping[int, Decimal]) -> dict[int, dict[date, Decimal]] | None:
    """Part id → day → plan, so that a part's days make the part and every day's parts make the day, to the kopeck.

    `parts` are what each has of the stretch, `days` the plans of the whole; what they leave over belongs to nobody. A day
    takes from each in proportion to what it has left, so days gone by do not depend on those ahead. None when the parts
    have more than the whole.
    """
    left = dict(sorted(parts.items()))
    over = sum(days.values(), _NOTHING) - sum(left.values(), _NOTHING)
    if over < 0:
        return None
    found: dict[int, dict[date, Decimal]] = {part: {} for part in left}
    for day, plan in sorted(days.items()):
        *shares, rest = split_exact(plan, [*left.values(), over])
        over -= rest
        for part, share in zip(left, shares, strict=True):
            found[part][day] = share
            left[part] -= share
    return found


@dataclass(frozen=True)
class VersionLine:
    """One month in two versions, roubles; None where a version has no such month."""

    month: int
    before: Decimal | None
    after: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.after or _NOTHING) - (self.before or _NOTHING)


def compare_versions(before: Mapping[int, Decimal], after: Mapping[int, Decimal]) -> tuple[VersionLine, ...]:
    """Month by month, every month of either version."""
    return tuple(
        VersionLine(month, before.get(month), after.get(month)) for month in sorted(before.keys() | after.keys())
    )

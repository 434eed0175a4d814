"""Norms, lights, risk, technology, trends, the head's own indicators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from common.money import Exact
from kpi.calculator.indicators import NATURES, Kpi
from kpi.constants import NORM_WEEK_DAYS, REVIEW_FROM, RISK_WEEKS, TECHNOLOGY_FROM, TREND_PERIODS
from planning.calculator import Checks, Figure, Why, attainment_zone, light
from planning.constants import Zone


def week_norm(norm: int, working_days: int) -> int:
    """The norm of a week that has that many working days: norm × days / 5, half up (R-S3-4).

    WrongInput by field: norm, working_days.
    """
    checks = Checks()
    checks.whole("norm", norm)
    checks.whole("working_days", working_days, most=7)
    checks.done()
    return floor(Fraction(norm * working_days, NORM_WEEK_DAYS) + Fraction(1, 2))


@lru_cache(maxsize=1024)  # a board asks the same of every manager
def scaled_norm(norm: Exact, working_days: int) -> int:
    """A norm said for a week of five working days over any stretch: norm × days / 5, half up (R-S3-4).

    WrongInput by field: norm, working_days.
    """
    checks = Checks()
    checks.number("norm", norm)
    checks.whole("working_days", working_days)
    checks.done()
    return floor(Fraction(norm) * working_days / NORM_WEEK_DAYS + Fraction(1, 2))


@dataclass(frozen=True)
class Held:
    """An indicator against its norm: `share` is how well it is met, above 1 better whatever the indicator.

    `share` is None where a fault happened that must never happen, or nothing was asked; `zone` None: nothing to judge.
    """

    share: Fraction | None
    zone: Zone | None


def held_against(kpi: Kpi, fact: Exact | None, norm: Exact | None) -> Held:
    """fact / norm, or norm / fact where less is better; green from 100 %, yellow from 80 %, unrounded (R-S0-B3).

    A norm of 0 is met by 0 alone where less is better, and asks for nothing where more is.
    """
    if fact is None or norm is None:
        return Held(None, None)
    exact, asked = Fraction(fact), Fraction(norm)
    if NATURES[kpi].is_more_better:
        share = exact / asked if asked else None
    elif not asked:
        return Held(None, Zone.RED if exact else Zone.GREEN)
    elif not exact:
        return Held(None, Zone.GREEN)
    else:
        share = asked / exact
    return Held(share, attainment_zone(share))


@dataclass(frozen=True)
class NormLine:
    """Done of a norm; `share` is exact, absent when nothing was asked."""

    done: int
    norm: int
    share: Figure

    @property
    def is_met(self) -> bool:
        return self.done >= self.norm


def against_norm(done: int, norm: int) -> NormLine:
    """WrongInput by field: done, norm."""
    checks = Checks()
    checks.whole("done", done, most=10**7)
    checks.whole("norm", norm, most=10**7)
    checks.done()
    return NormLine(done, norm, Figure.ratio(done, norm, Why.NOTHING_REQUIRED))


def regularity(days: Iterable[bool]) -> Figure:
    """Days with the norm met / working days (R-S4-5); one answer for each working day."""
    known = list(days)
    return Figure.ratio(sum(known), len(known), Why.NO_WORKING_DAYS)


def staff_light(fact: Decimal, plan_to_date: Decimal) -> Zone | None:
    """Plan execution of an employee: green from 100 %, yellow from 80 %, red below, unrounded (R-S0-B3).

    None («нет плана») when the plan to date is 0.
    """
    return light(fact, plan_to_date)


def is_at_risk(weeks: Sequence[Zone | None]) -> bool:
    """Whether the last two control weeks with a light were both red (R-S0-B3); oldest first.

    A week without a plan has no light and says nothing: it neither makes a risk nor ends one.
    """
    lights = [zone for zone in weeks if zone is not None]
    return len(lights) >= RISK_WEEKS and all(zone is Zone.RED for zone in lights[-RISK_WEEKS:])


@dataclass(frozen=True)
class Share:
    """A part of a whole with the target it is held against; `is_met` is None while there is nothing to judge."""

    figure: Figure
    target: Fraction

    @property
    def is_met(self) -> bool | None:
        return None if self.figure.value is None else self.figure.value >= self.target


def technology_index(*, in_order: int, done: int) -> Share:
    """TI = steps done in order and in time / steps done, target 95 % (R-S0-P10). WrongInput by field: in_order, done."""
    return _share(in_order, done, TECHNOLOGY_FROM, "in_order", "done", Why.NO_DATA)


def review_share(*, signed: int, working_days: int) -> Share:
    """Days on which the head signed the morning review / working days, target 90 % (R-S0-P17)."""
    return _share(signed, working_days, REVIEW_FROM, "signed", "working_days", Why.NO_WORKING_DAYS)


def _share(part: int, whole: int, target: Fraction, part_name: str, whole_name: str, why: Why) -> Share:
    checks = Checks()
    if checks.whole(whole_name, whole, most=10**9):
        checks.whole(part_name, part, most=whole)
    checks.done()
    return Share(Figure.ratio(part, whole, why), target)


@dataclass(frozen=True)
class HeadIndicators:
    """What a head answers for (R-S0-P18): shares of managers with K ≥ 1 and with the floors met, the mean call score."""

    sufficient: Figure
    floors_met: Figure
    call_score: Figure


def head_indicators(
    *, k: Mapping[int, Fraction | None], floors_met: Mapping[int, bool], call_scores: Iterable[Exact]
) -> HeadIndicators:
    """`k` and `floors_met` by manager: K None means nothing is required, which is met; scores are parts of 1.

    A department without managers has no share; no scored call, no mean. WrongInput: call_score.
    """
    scores = list(call_scores)
    checks = Checks()
    for score in scores:
        checks.share("call_score", score)
    checks.done()
    enough = sum(value is None or value >= 1 for value in k.values())
    total = sum((Fraction(score) for score in scores), Fraction(0))
    return HeadIndicators(
        sufficient=Figure.ratio(enough, len(k), Why.NO_PEOPLE),
        floors_met=Figure.ratio(sum(floors_met.values()), len(floors_met), Why.NO_PEOPLE),
        call_score=Figure.ratio(total, len(scores), Why.NO_DATA),
    )


@dataclass(frozen=True)
class Trend:
    """The last value against the mean of up to three before it; `is_better` is None when nothing changed."""

    last: Fraction
    before: Fraction
    is_better: bool | None

    @property
    def difference(self) -> Fraction:
        return self.last - self.before

    @property
    def change(self) -> Figure:
        """Part of 1 of the value before; absent when that was 0."""
        return Figure.ratio(self.difference, abs(self.before), Why.NO_DATA)


def trend(kpi: Kpi, values: Sequence[Exact | None]) -> Trend | None:
    """Which way an indicator goes, oldest first; periods without a value are left out. None with fewer than two."""
    known = [Fraction(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    *past, last = known
    past = past[-TREND_PERIODS:]
    before = sum(past, Fraction(0)) / len(past)
    if last == before:
        return Trend(last, before, None)
    return Trend(last, before, (last > before) is NATURES[kpi].is_more_better)

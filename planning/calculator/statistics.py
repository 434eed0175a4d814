"""Own statistics instead of defaults where there is enough of them, and which of the two is in use (R-S0-P11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from planning.calculator.forecast import Passages
from planning.constants import LEAST_PASSAGES, Colour, PerColour


@dataclass(frozen=True)
class StageRate:
    """The conversion of one stage in use, a part of 1, and what it stands on.

    `is_own`: a mean of `managers` people over `passages` finished passages; otherwise the segment's default, and
    `left_out` people had passages but fewer than ten.
    """

    rate: Fraction
    is_own: bool
    managers: int
    passages: int
    left_out: int


def stage_rates(managers: Iterable[Passages], default: PerColour) -> dict[Colour, StageRate]:
    """p̄ by colour with its source: the unweighted mean of managers with at least ten passages of the stage in 90 days.

    One such manager is enough; without any, the default stands for everybody. The rates are those of
    `mean_conversions`.
    """
    known = list(managers)
    return {colour: _stage(known, colour, default) for colour in Colour}


def _stage(managers: list[Passages], colour: Colour, default: PerColour) -> StageRate:
    counted = [(one.finished.get(colour, 0), one.succeeded.get(colour, 0)) for one in managers]
    enough = [(finished, done) for finished, done in counted if finished >= LEAST_PASSAGES]
    left_out = sum(0 < finished < LEAST_PASSAGES for finished, _ in counted)
    if not enough:
        return StageRate(default[colour], is_own=False, managers=0, passages=0, left_out=left_out)
    mean = sum((Fraction(done, finished) for finished, done in enough), Fraction(0)) / len(enough)
    return StageRate(mean, True, len(enough), sum(finished for finished, _ in enough), left_out)


def own_conversions(passages: Passages) -> dict[Colour, Fraction | None]:
    """A manager's own conversion by colour beside the mean; None below ten finished passages of the stage."""
    return {
        colour: Fraction(passages.succeeded.get(colour, 0), passages.finished[colour])
        if passages.finished.get(colour, 0) >= LEAST_PASSAGES
        else None
        for colour in Colour
    }

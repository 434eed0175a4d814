"""«What if»: the forecast after moving some clients up, or down (R-S0-A2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from planning.calculator.forecast import (
    DepartmentForecast,
    FunnelLine,
    ManagerFunnel,
    SegmentFunnel,
    forecast_department,
)
from planning.calculator.inputs import Checks, Code, Problem, WrongInput
from planning.constants import Colour


@dataclass(frozen=True)
class ColourMove:
    """`number` clients of one manager change their colour; the dearest first, for those are the ones a head pushes."""

    manager_id: int
    number: int
    from_colour: Colour
    to_colour: Colour


@dataclass(frozen=True)
class WhatIf:
    """The forecast as it stands and as it would be; `gain` is the difference of their amounts, roubles."""

    before: DepartmentForecast
    after: DepartmentForecast

    @property
    def gain(self) -> Decimal:
        return self.after.amount - self.before.amount


def what_if(managers: Iterable[ManagerFunnel], moves: Sequence[ColourMove], days_left: int, target: Decimal) -> WhatIf:
    """Applies the moves in order and forecasts anew; nothing is stored.

    WrongInput (number): negative, not_whole, or too_many when the manager has fewer clients of that colour.
    """
    people = {one.manager_id: one for one in managers}
    before = forecast_department(people.values(), days_left, target)
    for move in moves:
        checks = Checks()
        checks.whole("number", move.number)
        if move.manager_id not in people:
            checks.add("manager", Code.MISSING)
        checks.done()
        people[move.manager_id] = _moved(people[move.manager_id], move)
    return WhatIf(before, forecast_department(people.values(), days_left, target) if moves else before)


def _moved(manager: ManagerFunnel, move: ColourMove) -> ManagerFunnel:
    if move.from_colour is move.to_colour:
        return manager
    dearest = sorted(
        (
            (-_unpaid(segment, line), at, line_at)
            for at, segment in enumerate(manager.segments)
            for line_at, line in enumerate(segment.lines)
            if line.colour is move.from_colour
        ),
    )
    lines = [list(segment.lines) for segment in manager.segments]
    left = move.number
    for _, at, line_at in dearest:
        line = lines[at][line_at]
        taken = min(left, line.count)
        left -= taken
        if taken:
            lines[at][line_at] = replace(line, count=line.count - taken)
            lines[at].append(replace(line, colour=move.to_colour, count=taken))
    if left:
        raise WrongInput(Problem("number", Code.TOO_MANY))
    segments = [replace(segment, lines=of) for segment, of in zip(manager.segments, lines, strict=True)]
    return replace(manager, segments=segments)


def _unpaid(segment: SegmentFunnel, line: FunnelLine) -> Fraction:
    amount = segment.average_cheque if line.expected_amount is None else line.expected_amount
    return max(Fraction(0), Fraction(amount) - Fraction(line.already_paid))

"""Reference values: what the best do, once enough people have shown it (R-S0-A5, section 3.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from common.money import Exact
from kpi.calculator.indicators import NATURES, Kpi
from kpi.constants import REFERENCE_LEAST_FINISHED, REFERENCE_LEAST_MANAGERS, UPPER_PART
from planning.calculator import Checks


@dataclass(frozen=True)
class ManagerValue:
    """One manager's value of an indicator over 90 days, and how many sales he finished in them."""

    manager_id: int
    value: Exact
    finished: int


@dataclass(frozen=True)
class ReferenceValue:
    """The value to hold people against. `is_own`: from the `best` managers of `judged`; otherwise the default.

    `is_bounded`: own statistics asked for less than the method allows, the bound stands instead.
    """

    value: Fraction
    is_own: bool
    best: tuple[int, ...] = ()
    judged: int = 0
    is_bounded: bool = False


def reference_value(kpi: Kpi, managers: Iterable[ManagerValue], default: Exact) -> ReferenceValue:
    """The median of the upper quartile: the best ⌈n / 4⌉ of n managers with at least 30 finished sales each.

    Fewer than four such managers leave the default. Best means least where less is better; ties: the lower user id.
    WrongInput by field: value, finished.
    """
    enough = []
    for one in managers:
        checks = Checks()
        checks.number("value", one.value)
        checks.whole("finished", one.finished)
        checks.done()
        if one.finished >= REFERENCE_LEAST_FINISHED:
            enough.append(one)
    if len(enough) < REFERENCE_LEAST_MANAGERS:
        return ReferenceValue(Fraction(default), is_own=False, judged=len(enough))
    nature = NATURES[kpi]
    sign = -1 if nature.is_more_better else 1
    ordered = sorted(enough, key=lambda one: (sign * Fraction(one.value), one.manager_id))
    best = ordered[: ceil(len(ordered) * UPPER_PART)]
    found = median([Fraction(one.value) for one in best])
    value = found if nature.least is None else max(found, nature.least)
    value = value if nature.most is None else min(value, nature.most)
    return ReferenceValue(value, True, tuple(one.manager_id for one in best), len(enough), value != found)


def median(values: Sequence[Fraction]) -> Fraction:
    """The middle value, exact; the mean of the two middle ones of an even number. ValueError without any."""
    if not values:
        raise ValueError("nothing has no middle")
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def effective_from(computed_on: date) -> date:
    """Values recomputed in a month are in force from the first day of the next, once the head approved them."""
    return date(computed_on.year + computed_on.month // 12, computed_on.month % 12 + 1, 1)

"""What a change of colour or a payment means for the ten-day clock (R-S0-P14, R-S0-P15, R-S0-P16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from funnels.constants import PAYMENT_STEPS_PERCENT, Colour, FactKind
from funnels.rules.colours import FactRow, Verdict


class Cause(StrEnum):
    """Why the colour was asked again. `CORRECTION`: import, restore, merge, correction by head or administrator."""

    FACT = "fact"
    CALENDAR = "calendar"
    CORRECTION = "correction"


class MovementKind(StrEnum):
    UPGRADE = "upgrade"
    PAYMENT = "payment"
    FULL_PAYMENT = "full_payment"
    FALL = "fall"


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """A payment that counts: the first of the cycle and the shares (percent) first reached by it."""

    is_first: bool
    reached_percent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ColourEvent:
    """One re-asking of the colour under one ownership.

    `best`: highest colour reached under the ownership by recorded facts (its start colour at take-over).
    `fact_ids`: facts recorded just now. `fact_is_replacement`: see `is_replacement`. `payment`: see `payment_step`.
    """

    previous: Colour
    verdict: Verdict
    best: Colour
    cause: Cause
    fact_ids: tuple[int, ...] = ()
    fact_is_replacement: bool = False
    payment: PaymentStep | None = None
    fully_paid: bool = False


@dataclass(frozen=True, slots=True)
class Movement:
    """`count` +1 or −1 (a fall, reported, resets nothing); `ranks` gained above the best colour or lost."""

    kind: MovementKind
    count: int
    ranks: int
    resets_clock: bool
    stops_clock: bool
    best: Colour
    fact_ids: tuple[int, ...] = ()


def assess_change(event: ColourEvent) -> Movement | None:
    """Decide whether this is a movement; None = nothing counts and nothing resets (R-S0-P14, R-S0-P16).

    A rise counts once, above the best colour of the ownership, when a fact recorded now is among the causes of the
    verdict and neither postpones the pay date nor replaces an invoice. A rise by the calendar alone does not raise
    `best`, so the next such fact is the movement, even though the colour itself no longer changes. A payment that also
    lifts the colour is one movement.
    """
    # Stored colours come back as plain strings.
    verdict, best, previous = event.verdict, Colour(event.best), Colour(event.previous)
    recorded = event.cause == Cause.FACT
    if recorded and event.fully_paid and verdict.colour == Colour.NONE:
        return Movement(MovementKind.FULL_PAYMENT, 1, 0, False, True, best, event.fact_ids)
    causes = tuple(fact for fact in event.fact_ids if fact in verdict.supporting_ids)
    if recorded and causes and not event.fact_is_replacement and verdict.colour.rank > best.rank:
        ranks = verdict.colour.rank - best.rank
        return Movement(MovementKind.UPGRADE, 1, ranks, True, False, verdict.colour, causes)
    if recorded and event.payment is not None and verdict.colour == Colour.GREEN:
        return Movement(MovementKind.PAYMENT, 1, 0, True, False, best, event.fact_ids)
    if event.cause != Cause.CORRECTION and Colour.NONE.rank < verdict.colour.rank < previous.rank:
        ranks = verdict.colour.rank - previous.rank
        return Movement(MovementKind.FALL, -1, ranks, False, False, best, event.fact_ids)
    return None


def is_replacement(fact: FactRow, cycle_facts: Iterable[FactRow], ownership_started_on: date) -> bool:
    """Is this fact a later pay date or a replacing invoice, which changes the colour but never the clock (R-S0-P16)?

    The first terms fact of an ownership fixes its pay date; every further one is a later date. An invoice replaces when
    the cycle has an earlier one that is not paid in full, lapsed and cancelled ones included.
    """
    earlier = [row for row in cycle_facts if row.kind == fact.kind and row.id < fact.id]
    if fact.kind == FactKind.TERMS_AGREED:
        return any(row.on >= ownership_started_on for row in earlier)
    if fact.kind == FactKind.INVOICE_ISSUED:
        return any(row.revoked or not row.closed for row in earlier)
    return False


def payment_step(
    paid_before: Decimal, paid_after: Decimal, maximum: Decimal | None, highest_before: Decimal | None = None
) -> PaymentStep | None:
    """The counted step of a payment: first of the cycle, or first to lift the paid share to or over 25/50/75 %.

    Sums in roubles; `maximum` is `payment_target` of the guard deal → support; `highest_before` is the highest paid sum
    the cycle ever had, so that a payment cancelled and entered again does not count twice (R-S0-P14).
    """
    highest = max(paid_before, highest_before or Decimal(0))
    if paid_after <= highest:
        return None
    is_first = highest <= 0
    reached: tuple[int, ...] = ()
    if maximum is not None and maximum > 0:
        reached = tuple(
            percent for percent in PAYMENT_STEPS_PERCENT if highest * 100 < maximum * percent <= paid_after * 100
        )
    return PaymentStep(is_first, reached) if is_first or reached else None

"""Is the funnel enough: floors of the ratio (R-S0-P5), required numbers (R-S0-A4), deviation (R-S0-P9), norms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from planning.calculator.flow import flow_for
from planning.calculator.inputs import Checks, Why
from planning.calculator.zones import sufficiency_zone, worst_zone
from planning.constants import (
    CALENDAR_PER_WORKING_DAY,
    DEVIATION_WARN_ABOVE,
    FLOOR_GREEN,
    FLOOR_YELLOW,
    LONGEST_STAY_DAYS,
    ByColour,
    Colour,
    PerColour,
    Reference,
    Zone,
)


@dataclass(frozen=True)
class Counts(ByColour[int]):
    """Clients by colour, whole numbers."""

    green: int
    yellow: int
    red: int

    @property
    def total(self) -> int:
        return self.green + self.yellow + self.red

    def shares(self) -> PerColour | None:
        """Parts of 1 by colour; None for an empty list."""
        if not self.total:
            return None
        parts = (Fraction(number, self.total) for number in (self.red, self.yellow, self.green))
        return PerColour(*parts)


@dataclass(frozen=True)
class Floors:
    """The least shares of green and yellow. ValueError below the constants of R-S0-P5."""

    green: Fraction = FLOOR_GREEN
    yellow: Fraction = FLOOR_YELLOW

    def __post_init__(self) -> None:
        if self.green < FLOOR_GREEN or self.yellow < FLOOR_YELLOW:
            raise ValueError("a floor is never lowered below the constant")
        if self.green + self.yellow > 1:
            raise ValueError("the floors together exceed the whole list")

    def least(self, total: int) -> Counts:
        """The fewest green and yellow that a list of `total` clients must hold, the rest red."""
        green = min(total, least_of(self.green, total))
        yellow = min(total - green, least_of(self.yellow, total))
        return Counts(green=green, yellow=yellow, red=total - green - yellow)


def least_of(floor: Fraction, total: int) -> int:
    """ceil(floor × total), in whole numbers alone: it is asked of every list that is judged."""
    return -(-floor.numerator * total // floor.denominator)


MINIMUM_FLOORS = Floors()


@dataclass(frozen=True)
class RatioVerdict:
    """`need_green` and `need_yellow`: how many are missing to the floors; compared exactly (12/72 = 3/18 is met)."""

    shares: PerColour | None
    need_green: int
    need_yellow: int

    @property
    def is_met(self) -> bool:
        return not self.need_green and not self.need_yellow


def check_ratio(actual: Counts, floors: Floors = MINIMUM_FLOORS) -> RatioVerdict:
    """Holds the list against the floors; an empty list meets them."""
    total = actual.total
    need_green = max(0, least_of(floors.green, total) - actual.green)
    need_yellow = max(0, least_of(floors.yellow, total) - actual.yellow)
    return RatioVerdict(actual.shares(), need_green, need_yellow)


def recommended_shares(reference: Reference) -> PerColour | None:
    """The shares of a steady flow with the segment's own p and t, G : Y : R = t_G : t_Y/p_Y : t_R/(p_Y·p_R)."""
    p, t = reference.conversion, reference.days
    green, yellow, red = t.green, t.yellow / p.yellow, t.red / (p.yellow * p.red)
    total = green + yellow + red
    return PerColour(red=red / total, yellow=yellow / total, green=green / total) if total else None


@dataclass(frozen=True)
class Moves:
    """What would mend the funnel: clients to move up, and clients to find when the list itself is too short.

    `is_red_excess`: more red than the list can hold while something above is missing («Красных с избытком»).
    """

    red_to_yellow: int
    yellow_to_green: int
    clients_missing: int
    is_red_excess: bool

    def __bool__(self) -> bool:
        return bool(self.red_to_yellow or self.yellow_to_green or self.clients_missing)


@dataclass(frozen=True)
class FunnelInput:
    """One manager or department in one segment. `days`: the whole plan period in calendar days, not what is left.

    `expected_money`: Σ of the expected amounts × π of the open cycles, for coverage in money (None: by the cheque).
    """

    plan: Decimal
    paid: Decimal
    average_cheque: Decimal
    days: int
    actual: Counts
    reference: Reference
    floors: Floors = MINIMUM_FLOORS
    expected_money: Decimal | None = None


@dataclass(frozen=True)
class Sufficiency:
    """`k` by colour and `k_funnel` (their least): None where nothing is required («—», met).

    `expected_deals` is what the present funnel brings without refill, `coverage` that over the deals still needed,
    `coverage_money` the same in roubles (None when no deal is needed).
    """

    deals: Fraction
    required: Counts
    deficit: Counts
    k: dict[Colour, Fraction | None]
    k_funnel: Fraction | None
    zone: Zone
    ratio: RatioVerdict
    expected_deals: Fraction
    coverage: Fraction | None
    coverage_money: Fraction | None
    moves: Moves


def check_funnel(funnel: FunnelInput) -> Sufficiency:
    """Required numbers, K and what to do (R-S0-A4, R-S1-5).

    WrongInput by field: plan, paid, average_cheque, days, green, yellow, red.
    """
    _check(funnel)
    reference, actual = funnel.reference, funnel.actual
    left, deals, required = _required(funnel)
    k = {colour: Fraction(actual[colour], required[colour]) if required[colour] else None for colour in Colour}
    k_funnel = _least_k(k)
    expected = sum((actual[colour] * reference.to_payment(colour) for colour in Colour), Fraction(0))
    money = expected * Fraction(funnel.average_cheque)
    if funnel.expected_money is not None:
        money = Fraction(funnel.expected_money)
    return Sufficiency(
        deals=deals,
        required=required,
        deficit=Counts(*(max(0, required[one] - actual[one]) for one in (Colour.GREEN, Colour.YELLOW, Colour.RED))),
        k=k,
        k_funnel=k_funnel,
        zone=sufficiency_zone(k_funnel),
        ratio=check_ratio(actual, funnel.floors),
        expected_deals=expected,
        coverage=expected / deals if deals else None,
        coverage_money=money / left if left else None,
        moves=moves_to(actual, required, funnel.floors),
    )


def _required(funnel: FunnelInput) -> tuple[Fraction, Fraction, Counts]:
    """Roubles left to earn, the deals they take, and the clients of each colour those need at once."""
    left = max(Fraction(0), Fraction(funnel.plan) - Fraction(funnel.paid))
    flow = flow_for(money=left, average_cheque=funnel.average_cheque, reference=funnel.reference, days=funnel.days)
    at_once = flow.concurrent
    return left, flow.deals, Counts(green=ceil(at_once.green), yellow=ceil(at_once.yellow), red=ceil(at_once.red))


def _least_k(k: Mapping[Colour, Fraction | None]) -> Fraction | None:
    return min((value for value in k.values() if value is not None), default=None)


def _check(funnel: FunnelInput) -> None:
    checks = Checks()
    checks.money("plan", funnel.plan)
    checks.signed_money("paid", funnel.paid)
    checks.money("average_cheque", funnel.average_cheque, positive=True)
    checks.whole("days", funnel.days, positive=True)
    for colour in Colour:
        checks.whole(str(colour), funnel.actual[colour])
    checks.done()


@dataclass(frozen=True)
class SegmentsSufficiency:
    """A department or manager over segments judged apart (R-S0-P2): never averaged, as good as the worst of them.

    `why` names segments that cannot be judged, by their id; `k_funnel` is the least K, None where nothing is required.
    """

    segments: Mapping[int, Sufficiency]
    why: Mapping[int, Why]
    k_funnel: Fraction | None
    zone: Zone | None
    worst: int | None
    deficit: Counts


def check_segments(funnels: Mapping[int, FunnelInput]) -> SegmentsSufficiency:
    """Each segment by its own p, t and cheque; a segment without an average cheque is named, not guessed.

    `zone` is None when no segment can be judged, `worst` the id of the segment with the least K (ties: the lower id).
    """
    judged: dict[int, Sufficiency] = {}
    why: dict[int, Why] = {}
    for key, funnel in sorted(funnels.items()):
        if funnel.average_cheque == 0:
            why[key] = Why.NO_CHEQUE
        else:
            judged[key] = check_funnel(funnel)
    known = [(one.k_funnel, key) for key, one in judged.items() if one.k_funnel is not None]
    least = min(known, default=None)
    return SegmentsSufficiency(
        segments=judged,
        why=why,
        k_funnel=least[0] if least else None,
        zone=worst_zone(one.zone for one in judged.values()),
        worst=least[1] if least else None,
        deficit=_sum_of_counts(one.deficit for one in judged.values()),
    )


def worst_segment(funnels: Mapping[int, FunnelInput]) -> int | None:
    """`check_segments(funnels).worst`, without everything else that is said of the segments."""
    known = []
    for key, funnel in funnels.items():
        if funnel.average_cheque:
            _left, _deals, required = _required(funnel)
            ks = {one: Fraction(funnel.actual[one], required[one]) for one in Colour if required[one]}
            known += [(least, key)] if (least := _least_k(ks)) is not None else []
    return min(known)[1] if known else None


def _sum_of_counts(counts: Iterable[Counts]) -> Counts:
    green = yellow = red = 0
    for one in counts:
        green, yellow, red = green + one.green, yellow + one.yellow, red + one.red
    return Counts(green=green, yellow=yellow, red=red)


def moves_to(actual: Counts, required: Counts, floors: Floors = MINIMUM_FLOORS) -> Moves:
    """The upgrades after which both the floors and the required numbers of green and yellow are reached.

    Clients moved out of yellow are replaced from red; what red cannot give must be found outside.
    """
    # Not `least`: one client alone cannot be green and yellow at once, the other must be found.
    green = max(least_of(floors.green, actual.total), required.green)
    yellow = max(least_of(floors.yellow, actual.total), required.yellow)
    to_green = max(0, green - actual.green)
    to_yellow = max(0, yellow + to_green - actual.yellow)
    from_red = min(actual.red, to_yellow)
    from_yellow = min(actual.yellow + from_red, to_green)
    excess = actual.red > max(0, actual.total - green - yellow)
    return Moves(from_red, from_yellow, to_yellow - from_red, excess and bool(to_green or to_yellow))


def deviation(individual: Counts, department: Counts) -> Fraction | None:
    """d = max over colours |share − department's share| (R-S0-P9), unrounded; None when either list is empty."""
    own, whole = individual.shares(), department.shares()
    if own is None or whole is None:
        return None
    return max(abs(own[colour] - whole[colour]) for colour in Colour)


def is_deviating(value: Fraction | None) -> bool:
    """More than 10 percentage points away from the department."""
    return value is not None and value > DEVIATION_WARN_ABOVE


def resolutions_norm(actual: Counts) -> Fraction:
    """Decisions per working day (moved up or let go) so that nobody stays longer than 10 days (R-S0-P14)."""
    return Fraction(actual.total, LONGEST_STAY_DAYS) * CALENDAR_PER_WORKING_DAY


def upgrades_norm(actual: Counts, reference: Reference) -> Fraction:
    """Upgrades per working day that the segment's conversions promise of those decisions (R-S0-P14)."""
    promised = sum((actual[colour] * reference.conversion[colour] for colour in Colour), Fraction(0))
    return promised / LONGEST_STAY_DAYS * CALENDAR_PER_WORKING_DAY

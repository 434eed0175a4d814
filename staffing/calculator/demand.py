"""How many full employees a plan needs, by the work list and by each block of the week (R-S0-A3, R-S3-18)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil

from common.money import Exact
from planning.calculator import Checks, Figure, Why, flow_for
from planning.calculator.inputs import MOST_DAYS, MOST_PEOPLE
from planning.constants import DEFAULT_REFERENCE, FLOW_DAYS, WORKING_DAYS_A_WEEK, Reference
from staffing.constants import (
    ABSENCE_SHARE,
    FARMER_POOLS,
    HUNTER_EFFORTS,
    HUNTER_POOLS,
    LIST_STRESS,
    LIST_TARGET,
    STUDY_MINUTES,
    VISIT_MINUTES,
    WARM_CONTACT_MINUTES,
    Bottleneck,
    Effort,
    Pool,
)


@dataclass(frozen=True)
class SegmentDemand:
    """What one segment asks of hunters in `days` calendar days: roubles of the plan, average cheque, p and t, efforts."""

    plan: Decimal
    average_cheque: Decimal
    reference: Reference = DEFAULT_REFERENCE
    efforts: Mapping[Pool, Effort] = field(default_factory=lambda: HUNTER_EFFORTS)
    days: int = FLOW_DAYS


@dataclass(frozen=True)
class CustomerGroup:
    """Customers a farmer keeps, with their monthly norms: warm contacts and visits of one customer."""

    customers: int
    contacts: Exact
    visits: Exact


@dataclass(frozen=True)
class WorkTime:
    """Whole working days of the period and the part of them that absences take."""

    working_days: int
    absence: Exact = ABSENCE_SHARE

    @property
    def weeks(self) -> Fraction:
        return Fraction(self.working_days) / WORKING_DAYS_A_WEEK

    def capacity(self, minutes_a_week: int) -> Fraction:
        """Minutes that one full employee has in the period for a block."""
        return minutes_a_week * self.weeks * (1 - Fraction(self.absence))


@dataclass(frozen=True)
class PoolLoad:
    """Minutes asked of a block, and minutes one full employee has for it in the period."""

    minutes: Fraction
    capacity: Fraction

    @property
    def fte(self) -> Figure:
        if not self.minutes:
            return Figure.of(0)
        return Figure.ratio(self.minutes, self.capacity, Why.NO_WORKING_DAYS)


@dataclass(frozen=True)
class Required:
    """Full employees needed: `fte` is the largest of the list and of the blocks, `bottleneck` names it.

    `clients`: clients in work at once. `fte_list` at the target list of 70, `fte_stress` when every list is at 90.
    `entries`: clients taken into work in the period. `headcount` is None when `fte` cannot be computed.
    """

    entries: Fraction
    clients: Fraction
    fte_list: Fraction
    fte_stress: Fraction
    pools: Mapping[Pool, PoolLoad]
    fte: Figure
    headcount: int | None
    bottleneck: Bottleneck | None


def hunters_required(demands: Iterable[SegmentDemand], time: WorkTime) -> Required:
    """Section 3.2, steps 1–4, over segments counted apart and added up.

    Nothing planned needs nobody. No working day (or all of them absent) is «not computable», not an endless number.
    WrongInput by field: working_days, absence, and those of a segment: money, average_cheque, days.
    """
    _check(time)
    entries = clients = Fraction(0)
    minutes = dict.fromkeys(HUNTER_POOLS, Fraction(0))
    for demand in demands:
        flow = flow_for(
            money=demand.plan, average_cheque=demand.average_cheque, reference=demand.reference, days=demand.days
        )
        entries += flow.entries
        clients += flow.list_size
        for pool, effort in demand.efforts.items():
            minutes[pool] += flow.entries * Fraction(effort.per_entry) * Fraction(effort.minutes)
    pools = {pool: PoolLoad(minutes[pool], time.capacity(a_week)) for pool, a_week in HUNTER_POOLS.items()}
    return _required(entries, clients, pools)


def farmers_required(groups: Iterable[CustomerGroup], time: WorkTime) -> Required:
    """The base method: contacts, visits and the study of every customer against the farmer's week (3.2, example 3).

    WrongInput by field: working_days, absence, customers, contacts, visits.
    """
    _check(time)
    customers = contacts = visits = Fraction(0)
    for group in groups:
        checks = Checks()
        checks.whole("customers", group.customers, most=10**7)
        checks.number("contacts", group.contacts, most=MOST_PEOPLE)
        checks.number("visits", group.visits, most=MOST_PEOPLE)
        checks.done()
        customers += group.customers
        contacts += group.customers * Fraction(group.contacts)
        visits += group.customers * Fraction(group.visits)
    minutes = {
        Pool.TELEMARKETING: contacts * WARM_CONTACT_MINUTES,
        Pool.MEETINGS: visits * VISIT_MINUTES,
        Pool.STUDY: customers * STUDY_MINUTES,
    }
    pools = {pool: PoolLoad(asked, time.capacity(FARMER_POOLS[pool])) for pool, asked in minutes.items()}
    return _required(Fraction(0), Fraction(0), pools)


def _check(time: WorkTime) -> None:
    checks = Checks()
    checks.whole("working_days", time.working_days, most=MOST_DAYS)
    checks.share("absence", time.absence)
    checks.done()


def _required(entries: Fraction, clients: Fraction, pools: Mapping[Pool, PoolLoad]) -> Required:
    by_list = clients / LIST_TARGET
    needs = {Bottleneck.LIST: Figure.of(by_list)} | {Bottleneck(pool): load.fte for pool, load in pools.items()}
    missing = next((one.why for one in needs.values() if one.why is not None), None)
    if missing is not None:
        fte, headcount, bottleneck = Figure.absent(missing), None, None
    else:
        known = {name: one.value for name, one in needs.items() if one.value is not None}
        # Ties go to the first: the list before the blocks, the blocks in the order of the week.
        name = max(known, key=lambda one: known[one])
        fte, headcount, bottleneck = Figure.of(known[name]), ceil(known[name]), name if known[name] else None
    return Required(entries, clients, by_list, clients / LIST_STRESS, pools, fte, headcount, bottleneck)

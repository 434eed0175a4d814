"""From the typed numbers to what the calculator is asked, and its answers; every refusal goes beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from planning.calculator import Checks, Flow, flow_for, typed_reference
from planning.constants import Colour, PerColour, Reference
from staffing.calculator import (
    Answering,
    CustomerGroup,
    Employee,
    MonthAhead,
    Queue,
    Required,
    Scenario,
    ScenarioResult,
    SegmentDemand,
    Verdict,
    WorkTime,
    agents_needed,
    answering,
    available_fte,
    check_staff,
    farmers_required,
    hires_for,
    hunters_required,
)
from staffing.choices import StaffRole
from staffing.constants import SEES_MONTHS, CustomerSize, Effort
from staffing.views.calculator.form import EFFORTS, StaffForm, customer_names
from staffing.views.calculator.typed import employees_of, tried
from staffing.views.calculator.variants import Base, variants_of_form

MOST_ACTS = 1000
MOST_MINUTES = 10_000


@dataclass
class Found:
    """The answer: the role's verdict, the months ahead, and what was asked for besides."""

    required: Required
    verdict: Verdict
    months: list[MonthAhead]
    employees: list[Employee]
    horizon: int
    search: int
    attrition: Fraction
    flow: Flow | None = None
    plan: Decimal = Decimal(0)
    customers: int = 0
    variants: tuple[ScenarioResult, ...] = ()
    lines: Answering | None = None
    lines_now: Answering | None = None
    demands: list[SegmentDemand] = field(default_factory=list)

    @property
    def ahead(self) -> MonthAhead | None:
        """At the horizon; None when the need cannot be computed."""
        return self.months[-1] if self.months else None


def answer(form: StaffForm) -> Found | None:
    """What the form asks; None when something typed is wrong, each problem beside its field."""
    if not form.is_valid():
        return None
    said = form.cleaned_data
    time = WorkTime(said["working_days"], said["absence"])
    employees = tried(form, {}, lambda: employees_of(said)) or []
    tried(form, {"search_months": "search"}, lambda: _check_time(said))
    demands: list[SegmentDemand] = []
    groups: list[CustomerGroup] = []
    if form.role == StaffRole.HUNTER:
        demands = _demands(form)
    else:
        groups = _groups(form)
    if form.errors:
        return None
    # Whole numbers are checked by the calculator, which asks them as they were typed.
    required = tried(
        form,
        {},
        lambda: hunters_required(demands, time) if form.role == StaffRole.HUNTER else farmers_required(groups, time),
    )
    if required is None:
        return None
    horizon, search = int(said["horizon"]), int(said["search"])
    found = Found(
        required=required,
        verdict=check_staff(required, available_fte(employees)),
        months=_months(required, employees, horizon, search, said["attrition"]),
        employees=employees,
        horizon=horizon,
        search=search,
        attrition=said["attrition"],
        customers=sum(group.customers for group in groups),
        demands=demands,
    )
    if form.role == StaffRole.HUNTER:
        found.plan = sum((one.plan for one in demands), Decimal(0))
        found.flow = _flow(demands)
    else:
        found.lines, found.lines_now = _lines(form)
    found.variants = variants_of_form(form, _base(found, time, groups if form.role == StaffRole.FARMER else None))
    return None if form.errors else found


def _check_time(said: Mapping[str, Any]) -> None:
    checks = Checks()
    checks.whole("search_months", said["search"], most=SEES_MONTHS)
    checks.whole("horizon", said["horizon"], most=SEES_MONTHS)
    checks.number("attrition", said["attrition"], most=SEES_MONTHS)
    checks.done()


def _demands(form: StaffForm) -> list[SegmentDemand]:
    """Segments with a plan. A cheque is asked for only where there is money to divide by it."""
    said = form.cleaned_data
    efforts = tried(form, {}, lambda: _efforts(said)) or {}
    demands = []
    for block in form.blocks:
        names = {name: block.name(name) for name in ("p_red", "p_yellow", "p_green", "t_red", "t_yellow", "t_green")}
        reference: Reference | None = tried(
            form,
            names,
            lambda block=block: typed_reference(
                {colour: said[block.name(f"p_{colour}")] for colour in Colour},
                {colour: said[block.name(f"t_{colour}")] for colour in Colour},
            ),
        )
        plan, cheque = said[block.name("plan")], said[block.name("average_cheque")]
        if reference is None or not plan:
            continue
        demand = SegmentDemand(plan, cheque, reference, efforts)
        money = {"money": block.name("plan"), "average_cheque": block.name("average_cheque")}
        if tried(form, money, lambda demand=demand: flow_of(demand)):
            demands.append(demand)
    return demands


def _efforts(said: Mapping[str, Any]) -> dict[Any, Effort]:
    checks = Checks()
    for acts, minutes in EFFORTS.values():
        checks.number(acts, said[acts], most=MOST_ACTS)
        checks.number(minutes, said[minutes], most=MOST_MINUTES)
    checks.done()
    return {pool: Effort(Fraction(said[acts]), Fraction(said[minutes])) for pool, (acts, minutes) in EFFORTS.items()}


def _groups(form: StaffForm) -> list[CustomerGroup]:
    said = form.cleaned_data
    groups = []
    for size in CustomerSize:
        number, contacts, visits = customer_names(size)
        names = {"customers": number, "contacts": contacts, "visits": visits}
        group = CustomerGroup(said[number], said[contacts], said[visits])
        if tried(form, names, lambda group=group: farmers_required([group], WorkTime(0))):
            groups.append(replace(group, customers=int(group.customers)))
    return groups


def _months(
    required: Required, employees: list[Employee], horizon: int, search: int, attrition: Fraction
) -> list[MonthAhead]:
    if required.fte.value is None:
        return []
    return [
        hires_for(required.fte.value, employees, horizon=at, attrition=attrition, search_months=search)
        for at in range(horizon + 1)
    ]


def flow_of(demand: SegmentDemand) -> Flow:
    return flow_for(money=demand.plan, average_cheque=demand.average_cheque, reference=demand.reference)


def _flow(demands: list[SegmentDemand]) -> Flow:
    """The segments' flows added up."""
    flows = [flow_of(one) for one in demands]

    def total(of: Any) -> PerColour:
        return PerColour(*(sum((of(one)[colour] for one in flows), Fraction(0)) for colour in Colour))

    deals = sum((one.deals for one in flows), Fraction(0))
    return Flow(deals, total(lambda one: one.through), total(lambda one: one.concurrent))


def _base(found: Found, time: WorkTime, groups: list[CustomerGroup] | None) -> Base:
    scenario = Scenario(
        name=_("Base"),
        demands=found.demands,
        time=time,
        employees=found.employees,
        attrition=found.attrition,
        horizon=found.horizon,
        search_months=found.search,
    )
    return Base(scenario, None if groups is None else tuple(groups))


def _lines(form: StaffForm) -> tuple[Answering | None, Answering | None]:
    """People needed on the lines at once, and what those who are there manage; nothing while no calls are typed."""
    said = form.cleaned_data
    if said["calls"] is None or said["talk"] is None:
        return None, None
    names = {
        "calls_an_hour": "calls",
        "handling_seconds": "talk",
        "answer_seconds": "answer",
        "load": "calls",
    }
    queue = Queue(
        said["calls"], said["talk"], said["answer"] if said["answer"] is not None else Queue(0, 0).answer_seconds
    )
    level = {} if said["level"] is None else {"level": said["level"]}
    needed = tried(form, names, lambda: agents_needed(queue, **level))
    now = None
    if needed is not None and said["agents"] is not None:
        now = tried(form, names, lambda: answering(queue, said["agents"]))
    return needed, now

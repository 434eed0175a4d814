"""From the typed numbers to what the calculator is asked, and its answers; every refusal goes beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from common.money import round_kopecks
from planning.calculator import Checks, Flow, WrongInput, flow_for, typed_reference
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
    compare,
    farmers_required,
    hires_for,
    hunters_required,
)
from staffing.choices import StaffRole
from staffing.constants import SEES_MONTHS, CustomerSize, Effort
from staffing.models import MOST_PEOPLE
from staffing.views.calculator.form import EFFORTS, PEOPLE, VARIANTS, StaffForm, customer_names

MOST_ACTS = 1000
MOST_MINUTES = 10_000
MOST_TIMES = 1000  # a variant's plan, of the base


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
    employees = _try(form, {}, lambda: employees_of(said)) or []
    _try(form, {"search_months": "search"}, lambda: _check_time(said))
    demands: list[SegmentDemand] = []
    groups: list[CustomerGroup] = []
    if form.role == StaffRole.HUNTER:
        demands = _demands(form)
    else:
        groups = _groups(form)
    if form.errors:
        return None
    # Whole numbers are checked by the calculator, which asks them as they were typed.
    required = _try(
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
        found.variants = _variants(form, found, time)
    else:
        found.lines, found.lines_now = _lines(form)
    return None if form.errors else found


def _try(form: StaffForm, names: Mapping[str, str], act: Any) -> Any:
    try:
        return act()
    except WrongInput as error:
        form.refuse(error, names)
        return None


def employees_of(said: Mapping[str, Any]) -> list[Employee]:
    """«5,5» people in a month of work are five whole ones and half a one. WrongInput by field."""
    checks = Checks()
    for name in PEOPLE:
        checks.number(name, said[name], most=MOST_PEOPLE)
    checks.done()
    return [one for name, month in PEOPLE.items() for one in _people(month, Fraction(said[name]))]


def _people(month: int, number: Fraction) -> list[Employee]:
    whole, part = divmod(number, 1)
    return [Employee(month)] * int(whole) + ([Employee(month, part)] if part else [])


def _check_time(said: Mapping[str, Any]) -> None:
    checks = Checks()
    checks.whole("search_months", said["search"], most=SEES_MONTHS)
    checks.whole("horizon", said["horizon"], most=SEES_MONTHS)
    checks.number("attrition", said["attrition"], most=SEES_MONTHS)
    checks.done()


def _demands(form: StaffForm) -> list[SegmentDemand]:
    """Segments with a plan. A cheque is asked for only where there is money to divide by it."""
    said = form.cleaned_data
    efforts = _try(form, {}, lambda: _efforts(said)) or {}
    demands = []
    for block in form.blocks:
        names = {name: block.name(name) for name in ("p_red", "p_yellow", "p_green", "t_red", "t_yellow", "t_green")}
        reference: Reference | None = _try(
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
        if _try(form, money, lambda demand=demand: flow_of(demand)):
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
        if _try(form, names, lambda group=group: farmers_required([group], WorkTime(0))):
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


def _variants(form: StaffForm, found: Found, time: WorkTime) -> tuple[ScenarioResult, ...]:
    """The base and every variant that says something, against the base."""
    base = Scenario(
        name=_("Base"),
        demands=found.demands,
        time=time,
        employees=found.employees,
        attrition=found.attrition,
        horizon=found.horizon,
        search_months=found.search,
    )
    asked = [base]
    for number, variant in enumerate(VARIANTS, start=1):
        changed = _variant(form, base, variant, number)
        if changed is not None:
            asked.append(changed)
    return compare(asked) if len(asked) > 1 and not form.errors else ()


def _variant(form: StaffForm, base: Scenario, variant: str, number: int) -> Scenario | None:
    said = {name: form.cleaned_data[f"{variant}_{name}"] for name in ("plan", "cheque", "red", "people", "days")}
    said |= {name: form.cleaned_data[f"{variant}_{name}"] for name in ("absence", "attrition")}
    name = form.cleaned_data[f"{variant}_name"]
    if not name and all(value is None for value in said.values()):
        return None
    own_names = {
        "working_days": f"{variant}_days",
        "absence": f"{variant}_absence",
        "attrition": f"{variant}_attrition",
        "money": f"{variant}_plan",
        "average_cheque": f"{variant}_cheque",
        "p_red": f"{variant}_red",
    }

    def changed() -> Scenario:
        checks = Checks()
        for key in ("plan", "cheque", "red"):
            if said[key] is not None:
                checks.number(f"{variant}_{key}", said[key], positive=key != "plan", most=MOST_TIMES)
        checks.done()
        scenario = replace(
            base,
            name=name or _("Variant %(n)s") % {"n": number},
            demands=[_scaled(one, said) for one in base.demands],
            time=WorkTime(
                base.time.working_days if said["days"] is None else said["days"],
                base.time.absence if said["absence"] is None else said["absence"],
            ),
            employees=_with(list(base.employees), said["people"], f"{variant}_people"),
            attrition=base.attrition if said["attrition"] is None else said["attrition"],
        )
        compare([scenario])  # refuses what it cannot count, before it stands beside the base
        return scenario

    return _try(form, own_names, changed)


def _scaled(demand: SegmentDemand, said: Mapping[str, Any]) -> SegmentDemand:
    """The segment's demand with the variant's plan, cheque and first conversion. WrongInput: p_red above 1."""
    conversion = demand.reference.conversion
    red = conversion.red * (1 if said["red"] is None else said["red"])
    checks = Checks()
    checks.share("p_red", red, positive=True)
    checks.done()
    return replace(
        demand,
        plan=round_kopecks(Fraction(demand.plan) * (1 if said["plan"] is None else said["plan"])),
        average_cheque=round_kopecks(
            Fraction(demand.average_cheque) * (1 if said["cheque"] is None else said["cheque"])
        ),
        reference=Reference(PerColour(red, conversion.yellow, conversion.green), demand.reference.days),
    )


def _with(employees: list[Employee], more: Decimal | None, name: str) -> list[Employee]:
    """So many full employees more; fewer are taken from those at full strength first. WrongInput: more than there are."""
    number = Fraction(more or 0)
    checks = Checks()
    checks.number(name, abs(number), most=MOST_PEOPLE)
    checks.done()
    if number >= 0:
        return employees + _people(max(PEOPLE.values()), number)
    left, gone = [], -number
    for one in sorted(employees, key=lambda one: -one.month):
        taken = min(Fraction(one.part_time), gone)
        gone -= taken
        if Fraction(one.part_time) > taken:
            left.append(replace(one, part_time=Fraction(one.part_time) - taken))
    if gone:
        checks.number(name, MOST_PEOPLE + 1, most=MOST_PEOPLE)
        checks.done()
    return left


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
    needed = _try(form, names, lambda: agents_needed(queue, **level))
    now = None
    if needed is not None and said["agents"] is not None:
        now = _try(form, names, lambda: answering(queue, said["agents"]))
    return needed, now

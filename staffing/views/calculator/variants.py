"""Up to three variants beside the base: what is left empty is as in the base. Hunters by plan, farmers by customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _

from common.money import round_kopecks
from planning.calculator import Checks
from planning.constants import PerColour, Reference
from staffing.calculator import (
    CustomerGroup,
    Employee,
    MonthAhead,
    Scenario,
    ScenarioResult,
    SegmentDemand,
    Verdict,
    WorkTime,
    available_fte,
    check_staff,
    compare,
    farmers_required,
    hires_for,
    run_scenario,
)
from staffing.models import MOST_PEOPLE
from staffing.views.calculator.form import CHANGES, FULL_MONTH, VARIANTS, StaffForm
from staffing.views.calculator.typed import people_of, tried

MOST_TIMES: Final = 1000  # a variant's plan, of the base


@dataclass(frozen=True)
class Base:
    """What the page was asked first: `scenario` of hunters, or of farmers with the `groups` they keep."""

    scenario: Scenario
    groups: tuple[CustomerGroup, ...] | None = None

    def ran(self) -> tuple[Verdict, MonthAhead | None]:
        """WrongInput by field."""
        if self.groups is None:
            return run_scenario(self.scenario)
        one = self.scenario
        required = farmers_required(self.groups, one.time)
        verdict = check_staff(required, available_fte(one.employees))
        if required.fte.value is None:
            return verdict, None
        return verdict, hires_for(
            required.fte.value,
            one.employees,
            horizon=one.horizon,
            attrition=one.attrition,
            search_months=one.search_months,
        )


def variants_of_form(form: StaffForm, base: Base) -> tuple[ScenarioResult, ...]:
    """The base and every variant that says something, against the base."""
    asked = [base]
    for number, variant in enumerate(VARIANTS, start=1):
        changed = _variant(form, base, variant, number)
        if changed is not None:
            asked.append(changed)
    if len(asked) == 1 or form.errors:
        return ()
    return compare([one.scenario for one in asked]) if base.groups is None else _compare_farmers(asked)


def _compare_farmers(asked: list[Base]) -> tuple[ScenarioResult, ...]:
    """As `compare`, which knows hunters only."""
    ran = [(one.scenario.name, *one.ran()) for one in asked]
    first = ran[0][1].required
    results = []
    for name, verdict, ahead in ran:
        own = verdict.required
        fte = heads = None
        if own.fte.value is not None and first.fte.value is not None:
            fte = own.fte.value - first.fte.value
        if own.headcount is not None and first.headcount is not None:
            heads = own.headcount - first.headcount
        results.append(ScenarioResult(name, verdict, ahead, fte, heads))
    return tuple(results)


def _variant(form: StaffForm, base: Base, variant: str, number: int) -> Base | None:
    said: dict[str, Any] = {name: form.cleaned_data.get(f"{variant}_{name}") for name in CHANGES if name != "name"}
    scenario = base.scenario
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
        "customers": f"{variant}_plan",
    }

    def changed() -> Base:
        checks = Checks()
        for key in ("plan", "cheque", "red"):
            if said[key] is not None:
                checks.number(f"{variant}_{key}", said[key], positive=key != "plan", most=MOST_TIMES)
        checks.done()
        one = replace(
            scenario,
            name=name or _("Variant %(n)s") % {"n": number},
            demands=[_scaled(demand, said) for demand in scenario.demands],
            time=WorkTime(
                scenario.time.working_days if said["days"] is None else said["days"],
                scenario.time.absence if said["absence"] is None else said["absence"],
            ),
            employees=_with(list(scenario.employees), said["people"], f"{variant}_people"),
            attrition=scenario.attrition if said["attrition"] is None else said["attrition"],
        )
        made = Base(one, None if base.groups is None else tuple(_grown(group, said["plan"]) for group in base.groups))
        made.ran()  # refuses what it cannot count, before it stands beside the base
        return made

    return tried(form, own_names, changed)


def _grown(group: CustomerGroup, share: Fraction | None) -> CustomerGroup:
    """The group with that part of its customers, whole ones, half up."""
    return group if share is None else replace(group, customers=int(group.customers * share + Fraction(1, 2)))


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
        return employees + people_of(FULL_MONTH, number)
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

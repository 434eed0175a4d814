"""Scenarios of staffing side by side (R-S0-A3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from common.money import Exact
from staffing.calculator.demand import SegmentDemand, WorkTime, hunters_required
from staffing.calculator.supply import Employee, MonthAhead, Verdict, available_fte, check_staff, hires_for
from staffing.constants import HIRE_MONTHS


@dataclass(frozen=True)
class Scenario:
    """One «what if» of hunters: what is sold, how much time there is, who works, how they leave, how far one looks."""

    name: str
    demands: Sequence[SegmentDemand]
    time: WorkTime
    employees: Sequence[Employee] = field(default_factory=tuple)
    attrition: Exact = 0
    horizon: int = 0
    search_months: int = HIRE_MONTHS


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario's verdict, its hires, and how its need and its headcount differ from the first one's.

    The differences are None where either cannot be computed.
    """

    name: str
    verdict: Verdict
    ahead: MonthAhead | None
    fte_difference: Fraction | None
    headcount_difference: int | None


def run_scenario(scenario: Scenario) -> tuple[Verdict, MonthAhead | None]:
    """Sufficiency today and the hires for the horizon (None when the need cannot be computed). WrongInput by field."""
    required = hunters_required(scenario.demands, scenario.time)
    verdict = check_staff(required, available_fte(scenario.employees))
    if required.fte.value is None:
        return verdict, None
    ahead = hires_for(
        required.fte.value,
        scenario.employees,
        horizon=scenario.horizon,
        attrition=scenario.attrition,
        search_months=scenario.search_months,
    )
    return verdict, ahead


def compare(scenarios: Sequence[Scenario]) -> tuple[ScenarioResult, ...]:
    """Every scenario against the first. WrongInput by field."""
    ran = [(one.name, *run_scenario(one)) for one in scenarios]
    results = []
    for name, verdict, ahead in ran:
        first, own = ran[0][1].required, verdict.required
        apart = None
        if own.fte.value is not None and first.fte.value is not None:
            apart = own.fte.value - first.fte.value
        heads = None
        if own.headcount is not None and first.headcount is not None:
            heads = own.headcount - first.headcount
        results.append(ScenarioResult(name, verdict, ahead, apart, heads))
    return tuple(results)

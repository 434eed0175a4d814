"""How many people the plan needs, what they lack, whom to hire and when. Pure, exact fractions inside."""

from staffing.calculator.demand import (
    CustomerGroup,
    PoolLoad,
    Required,
    SegmentDemand,
    WorkTime,
    farmers_required,
    hunters_required,
)
from staffing.calculator.lines import Answering, Queue, agents_needed, answering
from staffing.calculator.scenarios import Scenario, ScenarioResult, compare, run_scenario
from staffing.calculator.supply import (
    Employee,
    HiringPlan,
    MonthAhead,
    Verdict,
    available_fte,
    check_staff,
    employment_month,
    hires_for,
    hiring_plan,
    ramp_of_month,
    staff_zone,
    worst_staff,
)

__all__ = [
    "Answering",
    "CustomerGroup",
    "Employee",
    "HiringPlan",
    "MonthAhead",
    "PoolLoad",
    "Queue",
    "Required",
    "Scenario",
    "ScenarioResult",
    "SegmentDemand",
    "Verdict",
    "WorkTime",
    "agents_needed",
    "answering",
    "available_fte",
    "check_staff",
    "compare",
    "employment_month",
    "farmers_required",
    "hires_for",
    "hiring_plan",
    "hunters_required",
    "ramp_of_month",
    "run_scenario",
    "staff_zone",
    "worst_staff",
]

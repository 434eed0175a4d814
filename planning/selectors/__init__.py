"""Reads of plan, fact, forecast and verification; computed from targets, payments and open cycles."""

from planning.selectors.figures import DepartmentFigures, Figures, department_figures, figures_of, plan_fact_for
from planning.selectors.forecast import Inputs, SpanForecast, forecast_for, forecast_inputs
from planning.selectors.norms import current_norms, norms_by_department, norms_for
from planning.selectors.targets import current_targets, day_plans, may_set_targets, target_history
from planning.selectors.verification import PeriodVerification, verify_period

__all__ = [
    "DepartmentFigures",
    "Figures",
    "Inputs",
    "PeriodVerification",
    "SpanForecast",
    "current_norms",
    "current_targets",
    "day_plans",
    "department_figures",
    "figures_of",
    "forecast_for",
    "forecast_inputs",
    "may_set_targets",
    "norms_by_department",
    "norms_for",
    "plan_fact_for",
    "target_history",
    "verify_period",
]

"""Reads of plan, fact, forecast and verification; computed from targets, payments and open cycles."""

from planning.selectors.figures import (
    DepartmentFigures,
    Figures,
    Paid,
    department_figures,
    figures_of,
    figures_of_read,
    paid_between,
    paid_by_day,
    plan_fact_for,
)
from planning.selectors.forecast import Inputs, SpanForecast, forecast_for, forecast_inputs
from planning.selectors.norms import current_norms, norms_by_department, norms_for
from planning.selectors.targets import Targets, current_targets, day_plans, may_set_targets, target_history
from planning.selectors.verification import Frozen, PeriodVerification, frozen_forecasts, verified, verify_period

__all__ = [
    "DepartmentFigures",
    "Figures",
    "Frozen",
    "Inputs",
    "Paid",
    "PeriodVerification",
    "SpanForecast",
    "Targets",
    "current_norms",
    "current_targets",
    "day_plans",
    "department_figures",
    "figures_of",
    "figures_of_read",
    "forecast_for",
    "forecast_inputs",
    "frozen_forecasts",
    "may_set_targets",
    "norms_by_department",
    "norms_for",
    "paid_between",
    "paid_by_day",
    "plan_fact_for",
    "target_history",
    "verified",
    "verify_period",
]

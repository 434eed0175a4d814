"""Acts of planning: targets by people, rows of the night by the job."""

from planning.services.calendar import keep_elapsed_days
from planning.services.corrections import correct_past
from planning.services.dividing import Part, scope_of_part, split_year_plan
from planning.services.forecasts import forecast_rows, freeze_forecasts
from planning.services.imports import Imported, Into, Planned, import_targets
from planning.services.month_plans import check_proposal, make_month_plan
from planning.services.norms import write_colour_norms
from planning.services.plan_facts import write_plan_fact
from planning.services.problems import PROBLEM_TEXTS, WHY_TEXTS, invalid_of
from planning.services.references import ApprovedValue, put_references_in_force
from planning.services.targets import set_month_target
from planning.services.year_plans import (
    PlanData,
    PlanScope,
    approve_year_plan,
    draft_year_plan,
    drop_year_draft,
)

__all__ = [
    "PROBLEM_TEXTS",
    "WHY_TEXTS",
    "ApprovedValue",
    "Imported",
    "Into",
    "Part",
    "PlanData",
    "PlanScope",
    "Planned",
    "approve_year_plan",
    "check_proposal",
    "correct_past",
    "draft_year_plan",
    "drop_year_draft",
    "forecast_rows",
    "freeze_forecasts",
    "import_targets",
    "invalid_of",
    "keep_elapsed_days",
    "make_month_plan",
    "put_references_in_force",
    "scope_of_part",
    "set_month_target",
    "split_year_plan",
    "write_colour_norms",
    "write_plan_fact",
]

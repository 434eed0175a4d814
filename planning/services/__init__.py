"""Acts of planning: targets by people, rows of the night by the job."""

from planning.services.corrections import correct_past
from planning.services.forecasts import freeze_forecasts
from planning.services.norms import write_colour_norms
from planning.services.plan_facts import write_plan_fact
from planning.services.targets import set_month_target

__all__ = ["correct_past", "freeze_forecasts", "set_month_target", "write_colour_norms", "write_plan_fact"]

from planning.views.acts import plan_acts
from planning.views.exports import plan_export
from planning.views.frozen import verification_forecast
from planning.views.frozen_amounts import verification_amounts
from planning.views.frozen_paid import verification_paid
from planning.views.page import plan_fact
from planning.views.parts import plan_parts
from planning.views.parts_book import parts_export
from planning.views.targets import target
from planning.views.verification import plan_verification, verification_clients

__all__ = [
    "parts_export",
    "plan_acts",
    "plan_export",
    "plan_fact",
    "plan_parts",
    "plan_verification",
    "target",
    "verification_amounts",
    "verification_clients",
    "verification_forecast",
    "verification_paid",
]

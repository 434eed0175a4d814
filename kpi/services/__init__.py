"""Acts of the room: reference values, terms of pay, closed months, risks."""

from kpi.services.pay import close_month, may_close, may_edit_scheme, save_scheme, terms_said
from kpi.services.references import approve_references, propose_now, propose_references, set_reference
from kpi.services.risks import act_on_risk

__all__ = [
    "act_on_risk",
    "approve_references",
    "close_month",
    "may_close",
    "may_edit_scheme",
    "propose_now",
    "propose_references",
    "save_scheme",
    "set_reference",
    "terms_said",
]

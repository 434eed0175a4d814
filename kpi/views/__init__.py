from kpi.views.acts import kpi_export, risk_act
from kpi.views.board import kpi_board
from kpi.views.drill import kpi_list
from kpi.views.norm_clients import kpi_norm_clients
from kpi.views.norms import kpi_norms
from kpi.views.pay import pay_close, pay_export, pay_page
from kpi.views.references import reference_new, references, references_approve, references_propose
from kpi.views.scheme import pay_scheme

__all__ = [
    "kpi_board",
    "kpi_export",
    "kpi_list",
    "kpi_norm_clients",
    "kpi_norms",
    "pay_close",
    "pay_export",
    "pay_page",
    "pay_scheme",
    "reference_new",
    "references",
    "references_approve",
    "references_propose",
    "risk_act",
]

"""/kpi/pay/: the month of a manager as it stands, the statements of a department, what closes them."""

from kpi.views.pay.acts import pay_close, pay_export
from kpi.views.pay.pages import pay_page

__all__ = ["pay_close", "pay_export", "pay_page"]

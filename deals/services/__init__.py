"""Acts on offers, invoices, contracts and payments. Every one writes its fact into the funnel below."""

from deals.services.contracts import register_contract, terminate_contract
from deals.services.invoices import cancel_invoice, issue_invoice
from deals.services.offers import send_offer
from deals.services.payments import cancel_payment, enter_payment

__all__ = [
    "cancel_invoice",
    "cancel_payment",
    "enter_payment",
    "issue_invoice",
    "register_contract",
    "send_offer",
    "terminate_contract",
]

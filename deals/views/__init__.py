from deals.views.acts import (
    contract_new,
    contract_terminate,
    invoice_cancel,
    invoice_new,
    offer_new,
    payment_cancel,
    payment_new,
)
from deals.views.files import contract_file
from deals.views.lists import documents, documents_export

__all__ = [
    "contract_file",
    "contract_new",
    "contract_terminate",
    "documents",
    "documents_export",
    "invoice_cancel",
    "invoice_new",
    "offer_new",
    "payment_cancel",
    "payment_new",
]

from django.urls import path

from deals import views

urlpatterns = [
    path("documents/", views.documents, name="documents"),
    path("documents/export/", views.documents_export, name="documents_export"),
    path("documents/contracts/<int:pk>/file/", views.contract_file, name="contract_file"),
    path("clients/<int:pk>/offers/new/", views.offer_new, name="offer_new"),
    path("clients/<int:pk>/invoices/new/", views.invoice_new, name="invoice_new"),
    path("clients/<int:pk>/invoices/<int:invoice_pk>/cancel/", views.invoice_cancel, name="invoice_cancel"),
    path("clients/<int:pk>/contracts/new/", views.contract_new, name="contract_new"),
    path(
        "clients/<int:pk>/contracts/<int:contract_pk>/terminate/", views.contract_terminate, name="contract_terminate"
    ),
    path("clients/<int:pk>/payments/new/", views.payment_new, name="payment_new"),
    path("clients/<int:pk>/payments/<int:payment_pk>/cancel/", views.payment_cancel, name="payment_cancel"),
]

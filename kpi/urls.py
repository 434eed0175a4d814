from django.urls import path

from kpi import views

urlpatterns = [
    path("kpi/", views.kpi_board, name="kpi_board"),
    path("kpi/list/", views.kpi_list, name="kpi_list"),
    path("kpi/norms/", views.kpi_norms, name="kpi_norms"),
    path("kpi/norms/clients/", views.kpi_norm_clients, name="kpi_norm_clients"),
    path("kpi/export/", views.kpi_export, name="kpi_export"),
    path("kpi/risk/<int:pk>/", views.risk_act, name="kpi_risk"),
    path("kpi/references/", views.references, name="kpi_references"),
    path("kpi/references/new/", views.reference_new, name="kpi_reference_new"),
    path("kpi/references/approve/", views.references_approve, name="kpi_references_approve"),
    path("kpi/references/propose/", views.references_propose, name="kpi_references_propose"),
    path("kpi/pay/", views.pay_page, name="pay"),
    path("kpi/pay/close/", views.pay_close, name="pay_close"),
    path("kpi/pay/export/", views.pay_export, name="pay_export"),
    path("kpi/pay/scheme/", views.pay_scheme, name="pay_scheme"),
]

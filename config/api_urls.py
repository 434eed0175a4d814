"""/api/v1/: every operation of the public API but telephony's own doors."""

from django.urls import path, re_path

from accounts import api as accounts
from clients import api as clients
from deals import api as deals
from desk import api as desk
from funnels import api as funnels
from planning import api as planning

urlpatterns = [
    path("clients/", desk.ClientsView.as_view(), name="api_clients"),
    path("clients/<int:pk>/", desk.ClientView.as_view(), name="api_client"),
    path("clients/<int:pk>/take/", funnels.TakeView.as_view(), name="api_client_take"),
    path("clients/<int:pk>/contacts/", funnels.ClientContactsView.as_view(), name="api_client_contacts"),
    path("contacts/", funnels.ContactsView.as_view(), name="api_contacts"),
    path("cycles/", funnels.CyclesView.as_view(), name="api_cycles"),
    path("cycles/<int:pk>/", funnels.CycleView.as_view(), name="api_cycle"),
    path("cycles/<int:pk>/advance/", funnels.AdvanceView.as_view(), name="api_cycle_advance"),
    path("cycles/<int:pk>/refuse/", funnels.RefuseView.as_view(), name="api_cycle_refuse"),
    path("cycles/<int:pk>/reserve/", funnels.ReserveView.as_view(), name="api_cycle_reserve"),
    path("cycles/<int:pk>/transfer/", funnels.TransferView.as_view(), name="api_cycle_transfer"),
    path("cycles/<int:pk>/plan/", funnels.PlanView.as_view(), name="api_cycle_plan"),
    path("cycles/<int:pk>/questionnaire/", funnels.QuestionnaireView.as_view(), name="api_cycle_questionnaire"),
    path("cycles/<int:pk>/terms/", funnels.TermsView.as_view(), name="api_cycle_terms"),
    path("cycles/<int:pk>/offers/", deals.OffersView.as_view(), name="api_cycle_offers"),
    path("cycles/<int:pk>/invoices/", deals.InvoicesView.as_view(), name="api_cycle_invoices"),
    path("cycles/<int:pk>/contracts/", deals.ContractsView.as_view(), name="api_cycle_contracts"),
    path("invoices/<int:pk>/payments/", deals.InvoicePaymentsView.as_view(), name="api_invoice_payments"),
    path("rotation-orders/", funnels.OrdersView.as_view(), name="api_orders"),
    path("rotation-orders/<int:pk>/", funnels.OrderView.as_view(), name="api_order"),
    path("rotation-orders/<int:pk>/recipient/", funnels.RecipientView.as_view(), name="api_order_recipient"),
    path("tasks/", funnels.TasksView.as_view(), name="api_tasks"),
    path("tasks/<int:pk>/done/", funnels.TaskDoneView.as_view(), name="api_task_done"),
    path("absences/", accounts.AbsencesView.as_view(), name="api_absences"),
    path("imports/", clients.ImportsView.as_view(), name="api_imports"),
    path("imports/<int:pk>/", clients.ImportView.as_view(), name="api_import"),
    path("imports/<int:pk>/rows/", clients.ImportRowsView.as_view(), name="api_import_rows"),
    path("lights/", desk.LightsView.as_view(), name="api_lights"),
    path("plan-fact/", planning.PlanFactView.as_view(), name="api_plan_fact"),
    path("users/", accounts.UsersView.as_view(), name="api_users"),
    path("users/me/", accounts.MeView.as_view(), name="api_me"),
    path("schema/", desk.ApiSchema.as_view(), name="api_schema"),
    path("docs/", desk.api_docs, name="api_docs"),
    re_path(r"^.*$", desk.UnknownView.as_view()),
]

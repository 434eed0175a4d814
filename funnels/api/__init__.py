"""The funnel through the API: contacts, cycles and their acts, tasks, the rotation queue."""

from funnels.api.contacts import ClientContactsView, ContactsView
from funnels.api.cycles import (
    AdvanceView,
    CyclesView,
    CycleView,
    PlanView,
    QuestionnaireView,
    RefuseView,
    ReserveView,
    TakeView,
    TermsView,
    TransferView,
)
from funnels.api.orders import OrdersView, OrderView, RecipientView
from funnels.api.tasks import TaskDoneView, TasksView

__all__ = [
    "AdvanceView",
    "ClientContactsView",
    "ContactsView",
    "CycleView",
    "CyclesView",
    "OrderView",
    "OrdersView",
    "PlanView",
    "QuestionnaireView",
    "RecipientView",
    "RefuseView",
    "ReserveView",
    "TakeView",
    "TaskDoneView",
    "TasksView",
    "TermsView",
    "TransferView",
]

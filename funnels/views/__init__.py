from funnels.views.acts import (
    client_advance,
    client_calculation,
    client_correct,
    client_next_step,
    client_no_more,
    client_plan,
    client_refuse,
    client_reserve,
    client_terms,
    client_transfer,
)
from funnels.views.contacts import contact_form, contact_hint
from funnels.views.questionnaires import questionnaire
from funnels.views.rotation import (
    rotation_distribute,
    rotation_export,
    rotation_history,
    rotation_queue,
    rotation_recipient,
    rotation_release,
    rotation_settings,
    rotation_start,
)
from funnels.views.taking import client_closing, client_handover, client_repeat, client_take
from funnels.views.tasks import task_done, task_new, tasks

__all__ = [
    "client_advance",
    "client_calculation",
    "client_closing",
    "client_correct",
    "client_handover",
    "client_next_step",
    "client_no_more",
    "client_plan",
    "client_refuse",
    "client_repeat",
    "client_reserve",
    "client_take",
    "client_terms",
    "client_transfer",
    "contact_form",
    "contact_hint",
    "questionnaire",
    "rotation_distribute",
    "rotation_export",
    "rotation_history",
    "rotation_queue",
    "rotation_recipient",
    "rotation_release",
    "rotation_settings",
    "rotation_start",
    "task_done",
    "task_new",
    "tasks",
]

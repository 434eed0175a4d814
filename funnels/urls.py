from django.urls import path

from funnels import views

urlpatterns = [
    path("clients/<int:pk>/contact/", views.contact_form, name="contact_form"),
    path("clients/<int:pk>/contact/hint/", views.contact_hint, name="contact_hint"),
    path("clients/<int:pk>/take/", views.client_take, name="client_take"),
    path("clients/<int:pk>/repeat/", views.client_repeat, name="client_repeat"),
    path("clients/<int:pk>/refuse/", views.client_refuse, name="client_refuse"),
    path("clients/<int:pk>/reserve/", views.client_reserve, name="client_reserve"),
    path("clients/<int:pk>/terms/", views.client_terms, name="client_terms"),
    path("clients/<int:pk>/calculation/", views.client_calculation, name="client_calculation"),
    path("clients/<int:pk>/plan/", views.client_plan, name="client_plan"),
    path("clients/<int:pk>/next-step/", views.client_next_step, name="client_next_step"),
    path("clients/<int:pk>/advance/", views.client_advance, name="client_advance"),
    path("clients/<int:pk>/transfer/", views.client_transfer, name="client_transfer"),
    path("clients/<int:pk>/correct/", views.client_correct, name="client_correct"),
    path("clients/<int:pk>/no-more/", views.client_no_more, name="client_no_more"),
    path("clients/<int:pk>/handover/", views.client_handover, name="client_handover"),
    path("clients/<int:pk>/closing/", views.client_closing, name="client_closing"),
    path("clients/<int:pk>/questionnaire/", views.questionnaire, name="questionnaire"),
    path("rotation/", views.rotation_queue, name="rotation_queue"),
    path("rotation/history/", views.rotation_history, name="rotation_history"),
    path("rotation/history/export/", views.rotation_export, name="rotation_export"),
    path("rotation/distribute/<int:pk>/", views.rotation_distribute, name="rotation_distribute"),
    path("rotation/settings/", views.rotation_settings, name="rotation_settings"),
    path("rotation/settings/<int:pk>/", views.rotation_start, name="rotation_start"),
    path("rotation/release/<int:pk>/", views.rotation_release, name="rotation_release"),
    path("rotation/<int:pk>/recipient/", views.rotation_recipient, name="rotation_recipient"),
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/new/", views.task_new, name="task_new"),
    path("tasks/<int:pk>/done/", views.task_done, name="task_done"),
]

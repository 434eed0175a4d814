from django.urls import path

from telephony import views

urlpatterns = [
    path("calls/", views.calls, name="calls"),
    path("settings/telephony/", views.telephony_settings, name="telephony_settings"),
    path("settings/telephony/connections/new/", views.connection_new, name="telephony_connection_new"),
    path("settings/telephony/connections/<int:pk>/secret/", views.connection_secret, name="telephony_secret"),
    path("settings/telephony/connections/<int:pk>/enabled/", views.connection_enabled, name="telephony_enabled"),
    path("settings/telephony/connections/<int:pk>/lines/new/", views.line_new, name="telephony_line_new"),
    path("settings/telephony/lines/<int:pk>/", views.line_edit, name="telephony_line_edit"),
]

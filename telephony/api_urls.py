from django.urls import path

from telephony import api

urlpatterns = [
    path("events", api.EventsView.as_view(), name="telephony_events"),
    path("contact", api.ContactView.as_view(), name="telephony_contact"),
    path("calls", api.CallsView.as_view(), name="telephony_calls"),
    path("calls/<int:pk>", api.CallView.as_view(), name="telephony_call"),
]

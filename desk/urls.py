from django.urls import path

from desk import views

urlpatterns = [
    path("clients/<int:pk>/", views.client_card, name="client_card"),
]

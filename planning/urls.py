from django.urls import path

from planning import views

urlpatterns = [
    path("plan/", views.plan_fact, name="plan_fact"),
    path("plan/target/", views.target, name="plan_target"),
]

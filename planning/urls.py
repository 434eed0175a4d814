from django.urls import path

from planning import views
from planning.views import calculators

urlpatterns = [
    path("plan/", views.plan_fact, name="plan_fact"),
    path("plan/target/", views.target, name="plan_target"),
    path("calculators/", calculators.first_calculator, name="calculators"),
    path("calculators/plan/", calculators.plan_calculator, name="plan_calculator"),
]

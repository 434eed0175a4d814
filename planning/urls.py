from django.urls import path

from planning import views
from planning.views import calculators, years

urlpatterns = [
    path("plan/", views.plan_fact, name="plan_fact"),
    path("plan/export/", views.plan_export, name="plan_export"),
    path("plan/parts/", views.plan_parts, name="plan_parts"),
    path("plan/parts/export/", views.parts_export, name="parts_export"),
    path("plan/acts/", views.plan_acts, name="plan_acts"),
    path("plan/verification/", views.plan_verification, name="plan_verification"),
    path("plan/verification/clients/", views.verification_clients, name="verification_clients"),
    path("plan/verification/forecast/", views.verification_forecast, name="verification_forecast"),
    path("plan/verification/amounts/", views.verification_amounts, name="verification_amounts"),
    path("plan/verification/paid/", views.verification_paid, name="verification_paid"),
    path("plan/target/", views.target, name="plan_target"),
    path("plan/year/", years.year_plans, name="year_plans"),
    path("plan/year/draft/", years.year_draft, name="year_draft"),
    path("plan/year/import/", years.year_import, name="year_import"),
    path("plan/year/import/template/", years.import_template, name="year_import_template"),
    path("plan/year/<int:pk>/", years.year_plan, name="year_plan"),
    path("plan/year/<int:pk>/approve/", years.year_approve, name="year_approve"),
    path("plan/year/<int:pk>/drop/", years.year_drop, name="year_drop"),
    path("plan/year/<int:pk>/divide/", years.year_divide, name="year_divide"),
    path("plan/year/<int:pk>/compare/", years.year_compare, name="year_compare"),
    path("calculators/", calculators.first_calculator, name="calculators"),
    path("calculators/plan/", calculators.plan_calculator, name="plan_calculator"),
    path("calculators/plan/make/", calculators.make_plan, name="plan_make"),
    path("calculators/plan/xlsx/", calculators.plan_book, name="plan_book"),
    path("calculators/forecast/", calculators.forecast_calculator, name="forecast_calculator"),
    path("calculators/forecast/xlsx/", calculators.forecast_book, name="forecast_book"),
    path("calculators/funnel/", calculators.funnel_calculator, name="funnel_calculator"),
    path("calculators/funnel/xlsx/", calculators.funnel_book, name="funnel_book"),
    path("calculators/passages/", calculators.passages_page, name="passages"),
    path("calculators/passages/xlsx/", calculators.passages_book, name="passages_book"),
]

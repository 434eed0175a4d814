from django.urls import path

from desk import views
from desk.views import board, clients, day, health, home, jobs, lights, search

urlpatterns = [
    path("", home.home, name="home"),
    path("day/", day.day, name="day"),
    path("day/contacts/", day.own_contacts, name="own_contacts"),
    path("lights/", lights.lights, name="lights"),
    path("lights/export/", lights.lights_export, name="lights_export"),
    path("lights/checked/", lights.lights_sign, name="lights_sign"),
    path("clients/", clients.client_list, name="client_list"),
    path("clients/filters/", clients.client_filters, name="client_filters"),
    path("clients/bulk/", clients.client_bulk, name="client_bulk"),
    path("clients/export/", clients.client_export, name="client_export"),
    path("clients/<int:pk>/", views.client_card, name="client_card"),
    path("funnel/", board.funnel_board, name="funnel_board"),
    path("funnel/column/", board.funnel_column, name="funnel_column"),
    path("search/", search.search, name="search"),
    path("settings/jobs/", jobs.jobs, name="jobs"),
    path("settings/jobs/<slug:job>/", jobs.job_runs, name="job_runs"),
    path("settings/jobs/<slug:job>/export/", jobs.job_runs_export, name="job_runs_export"),
    path("settings/jobs/<slug:job>/<slug:day>/", jobs.job_run, name="job_run"),
    path("favicon.ico", home.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

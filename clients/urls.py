from django.urls import path

from clients import views

urlpatterns = [
    path("clients/new/", views.client_new, name="client_new"),
    path("clients/duplicate-hints/", views.duplicate_hints, name="duplicate_hints"),
    path("clients/import/", views.import_upload, name="import_upload"),
    path("clients/import/<int:pk>/", views.import_result, name="import_result"),
    path("clients/import/<int:pk>/start/", views.import_start, name="import_start"),
    path("clients/<int:pk>/edit/", views.client_edit, name="client_edit"),
    path("clients/<int:pk>/size/", views.client_size, name="client_size"),
    path("clients/<int:pk>/people/", views.people_list, name="people_list"),
    path("clients/<int:pk>/people/new/", views.person_new, name="person_new"),
    path("clients/<int:pk>/people/<int:person_pk>/", views.person_edit, name="person_edit"),
    path("clients/<int:pk>/people/<int:person_pk>/remove/", views.person_remove, name="person_remove"),
    path("clients/<int:pk>/phones/new/", views.phone_new, name="phone_new"),
    path("clients/<int:pk>/phones/<int:phone_pk>/", views.phone_edit, name="phone_edit"),
    path("clients/<int:pk>/phones/<int:phone_pk>/remove/", views.phone_remove, name="phone_remove"),
    path("clients/<int:pk>/emails/new/", views.email_new, name="email_new"),
    path("clients/<int:pk>/emails/<int:email_pk>/remove/", views.email_remove, name="email_remove"),
    path("settings/segments/", views.segment_list, name="segment_list"),
    path("settings/segments/new/", views.segment_new, name="segment_new"),
    path("settings/segments/<int:pk>/", views.segment_edit, name="segment_edit"),
    path("settings/segments/<int:pk>/servers/", views.segment_servers, name="segment_servers"),
    path("settings/categories/", views.category_list, name="category_list"),
    path("settings/categories/<int:pk>/", views.category_edit, name="category_edit"),
    path("settings/sources/", views.source_list, name="source_list"),
    path("settings/sources/<int:pk>/", views.source_edit, name="source_edit"),
]

from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("language/", views.set_language, name="set_language"),
    path("account/", views.account, name="account"),
    path("account/password/", views.account_password, name="account_password"),
    path("account/tokens/", views.token_new, name="token_new"),
    path("account/tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("staff/", views.staff_list, name="staff_list"),
    path("staff/new/", views.staff_new, name="staff_new"),
    path("staff/<int:pk>/", views.staff_edit, name="staff_edit"),
    path("staff/<int:pk>/role/", views.staff_role, name="staff_role"),
    path("staff/<int:pk>/password/", views.staff_password, name="staff_password"),
    path("staff/<int:pk>/unlock/", views.staff_unlock, name="staff_unlock"),
    path("staff/<int:pk>/deactivate/", views.staff_deactivate, name="staff_deactivate"),
    path("staff/<int:pk>/reactivate/", views.staff_reactivate, name="staff_reactivate"),
    path("staff/<int:pk>/absences/", views.staff_absence, name="staff_absence"),
    path("staff/absences/<int:pk>/end/", views.absence_end, name="absence_end"),
    path("staff/absences/<int:pk>/cancel/", views.absence_cancel, name="absence_cancel"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/organisation/", views.organisation_edit, name="organisation_edit"),
    path("settings/departments/new/", views.department_new, name="department_new"),
    path("settings/departments/<int:pk>/", views.department_edit, name="department_edit"),
    path("settings/calendar/", views.calendar_page, name="calendar"),
    path("audit/", views.audit_log, name="audit_log"),
]

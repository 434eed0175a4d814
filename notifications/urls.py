from django.urls import path

from notifications import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("settings/mail/", views.failed_mail, name="failed_mail"),
    path("settings/mail/<int:pk>/resend/", views.failed_mail_resend, name="failed_mail_resend"),
    path("dev/mail/", views.mail_box, name="mail_box"),
    path("dev/mail/<int:pk>/", views.mail_letter, name="mail_letter"),
    path("dev/mail/<int:pk>/html/", views.mail_html, name="mail_html"),
]

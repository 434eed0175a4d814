from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("desk.urls")),
    path("", include("accounts.urls")),
    path("", include("clients.urls")),
    path("", include("deals.urls")),
    path("", include("funnels.urls")),
    path("", include("telephony.urls")),
    path("api/v1/telephony/", include("telephony.api_urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("planning.urls")),
    path("", include("kpi.urls")),
    path("", include("staffing.urls")),
    path("", include("notifications.urls")),
]

handler400 = "desk.views.errors.bad_request"
handler403 = "desk.views.errors.forbidden"
handler404 = "desk.views.errors.not_found"
handler500 = "desk.views.errors.server_error"

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("deals.urls")),
    path("api/v1/telephony/", include("telephony.api_urls")),
    path("", include("planning.urls")),
    path("", include("notifications.urls")),
]

from django.urls import include, path

from bench.floor import floor
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("bench/floor/<slug:name>/", floor), path("", include("config.urls"))]

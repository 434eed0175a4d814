from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FunnelsConfig(AppConfig):
    name = "funnels"
    label = "funnels"
    verbose_name = _("Funnels")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from funnels import signal_handlers  # noqa: F401 # connects the receivers

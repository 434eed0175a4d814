from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffingConfig(AppConfig):
    name = "staffing"
    label = "staffing"
    verbose_name = _("Staffing")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from planning.signals import target_changed
        from staffing.signal_handlers import count_anew

        target_changed.connect(count_anew, dispatch_uid="staffing.count_anew")

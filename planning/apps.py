from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlanningConfig(AppConfig):
    name = "planning"
    label = "planning"
    verbose_name = _("Planning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.signals import calendar_changed
        from deals.signals import payment_changed
        from planning.signal_handlers import keep_the_past, reopen_days

        payment_changed.connect(reopen_days, dispatch_uid="planning.reopen_days")
        calendar_changed.connect(keep_the_past, dispatch_uid="planning.keep_the_past")

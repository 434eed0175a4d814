from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    WEB = "web", _("Browser")
    API = "api", _("API")
    IMPORT = "import", _("Import")
    PBX = "pbx", _("Telephony")
    JOB = "job", _("Nightly job")
    SHELL = "shell", _("Command line")


class RunState(models.TextChoices):
    DUE = "due", _("Due")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")

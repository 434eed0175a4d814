from django.db import models
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    WEB = "web", pgettext_lazy("door", "Browser")
    API = "api", pgettext_lazy("door", "API")
    IMPORT = "import", pgettext_lazy("door", "Import")
    PBX = "pbx", pgettext_lazy("door", "Telephony")
    JOB = "job", pgettext_lazy("door", "Nightly job")
    SHELL = "shell", pgettext_lazy("door", "Command line")


class RunState(models.TextChoices):
    DUE = "due", pgettext_lazy("job", "Due")
    RUNNING = "running", pgettext_lazy("job", "Running")
    DONE = "done", pgettext_lazy("job", "Done")
    FAILED = "failed", pgettext_lazy("job", "Failed")

from django.db import models
from django.utils.translation import pgettext_lazy

from journal.choices.acts import ACT_WORDS, GROUP_WORDS
from journal.choices.contents import CODES, FIELD_WORDS, OBJECT_WORDS, REFERENCES, VALUE_WORDS

__all__ = [
    "ACT_WORDS",
    "CODES",
    "FIELD_WORDS",
    "GROUP_WORDS",
    "OBJECT_WORDS",
    "REFERENCES",
    "VALUE_WORDS",
    "Channel",
    "RunState",
]


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

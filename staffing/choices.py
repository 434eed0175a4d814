from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StaffRole(models.TextChoices):
    """The two roles people are counted for; values mirror accounts.choices.Role. Interns grow into hunters."""

    HUNTER = "hunter", _("Hunter")
    FARMER = "farmer", _("Farmer")


class VacancyStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("vacancy", "Draft")
    OPEN = "open", pgettext_lazy("vacancy", "Open")
    CLOSED = "closed", pgettext_lazy("vacancy", "Closed")


class BottleneckName(models.TextChoices):
    """What decides how many people are needed; mirrors staffing.constants.Bottleneck, value by value."""

    LIST = "list", pgettext_lazy("bottleneck", "Work list")
    TELEMARKETING = "telemarketing", pgettext_lazy("bottleneck", "Telemarketing")
    MEETINGS = "meetings", pgettext_lazy("bottleneck", "Meetings")
    DOCUMENTS = "documents", pgettext_lazy("bottleneck", "Documents")
    STUDY = "study", pgettext_lazy("bottleneck", "Study of the base")


class ZoneName(models.TextChoices):
    """Mirrors planning.constants.Zone."""

    RED = "red", pgettext_lazy("zone", "Red")
    YELLOW = "yellow", pgettext_lazy("zone", "Yellow")
    GREEN = "green", pgettext_lazy("zone", "Green")

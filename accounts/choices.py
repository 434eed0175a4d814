from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    HUNTER = "hunter", _("Hunter")
    FARMER = "farmer", _("Farmer")
    INTERN = "intern", _("Intern")
    HEAD = "head", _("Head of sales")
    DIRECTOR = "director", _("Director")
    QUALITY = "quality", _("Quality control")
    ACCOUNTANT = "accountant", _("Accountant")
    ADMINISTRATOR = "administrator", _("Administrator")


MANAGER_ROLES = frozenset({Role.HUNTER, Role.FARMER, Role.INTERN})


class AbsenceKind(models.TextChoices):
    VACATION = "vacation", _("Vacation")
    SICK = "sick", _("Sick leave")
    TRIP = "trip", _("Business trip")
    OTHER = "other", _("Other absence")


class DayKind(models.TextChoices):
    """Mirrors common.workdays.DayKind, value by value."""

    WORKDAY = "workday", _("Working day")
    WEEKEND = "weekend", _("Weekend")
    HOLIDAY = "holiday", _("Public holiday or transferred day off")
    SHORT = "short", _("Shortened working day")


class TokenScope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Read and write")

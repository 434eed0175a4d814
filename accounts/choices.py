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


# The acts of this room in words, for the audit log; other acts are shown by their code.
ACT_WORDS = {
    "user.login": _("signed in"),
    "user.logout": _("signed out"),
    "user.lock": _("signing in locked"),
    "user.unlock": _("signing in unlocked"),
    "user.create": _("employee added"),
    "user.edit": _("employee changed"),
    "user.role": _("role changed"),
    "user.password": _("password changed"),
    "user.reset_asked": _("new password asked for by mail"),
    "user.second_factor": _("second factor set up"),
    "user.second_factor_removed": _("second factor removed"),
    "user.recovery_codes": _("new recovery codes"),
    "user.recovery_code_used": _("signed in with a recovery code"),
    "user.sessions_ended": _("other sessions ended"),
    "user.preferences": _("preferences changed"),
    "user.deactivate": _("employee switched off"),
    "user.reactivate": _("employee switched on"),
    "absence.create": _("absence recorded"),
    "absence.end": _("absence changed"),
    "absence.cancel": _("absence cancelled"),
    "token.create": _("token created"),
    "token.revoke": _("token revoked"),
    "calendar.day": _("calendar changed"),
    "organisation.create": _("organisation set up"),
    "organisation.edit": _("organisation changed"),
    "department.create": _("department opened"),
    "department.edit": _("department changed"),
}

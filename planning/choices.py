from django.db import models
from django.utils.translation import gettext_lazy as _


class PeriodKind(models.TextChoices):
    """The seven periods of R-S0-P13; a week is a control week (C4), a triad three working days."""

    YEAR = "year", _("Year")
    HALF = "half", _("Half-year")
    QUARTER = "quarter", _("Quarter")
    MONTH = "month", _("Month")
    WEEK = "week", _("Week")
    TRIAD = "triad", _("Three days")
    DAY = "day", _("Day")


class PlanStatus(models.TextChoices):
    """A draft may be edited; an approved plan never, only superseded by its next version."""

    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    SUPERSEDED = "superseded", _("Superseded")


class StageNorm(models.TextChoices):
    """Reference values of a segment's funnel, named as the fields of its settings (section 3.5)."""

    P_RED = "p_red", _("Conversion red to yellow")
    P_YELLOW = "p_yellow", _("Conversion yellow to green")
    P_GREEN = "p_green", _("Conversion green to paid")
    T_RED = "t_red", _("Days in red, median")
    T_YELLOW = "t_yellow", _("Days in yellow, median")
    T_GREEN = "t_green", _("Days in green, median")

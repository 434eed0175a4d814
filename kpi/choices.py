"""Labels of what kpi.calculator knows by value, and where a reference value comes from."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Indicator(models.TextChoices):
    """Mirrors kpi.calculator.Kpi, value by value."""

    CONVERSION_RED = "p_red", _("Conversion red to yellow")
    CONVERSION_YELLOW = "p_yellow", _("Conversion yellow to green")
    CONVERSION_GREEN = "p_green", _("Conversion green to paid")
    CONVERSION = "conversion", _("Overall conversion")
    DAYS_RED = "t_red", _("Days in red, median")
    DAYS_YELLOW = "t_yellow", _("Days in yellow, median")
    DAYS_GREEN = "t_green", _("Days in green, median")
    AVERAGE_CHEQUE = "average_cheque", _("Average cheque")
    PRODUCTIVE_CALLS = "productive_calls", _("Productive calls")
    HELD_MEETINGS = "held_meetings", _("Held meetings")
    PRODUCTIVE_MEETINGS = "productive_meetings", _("Productive meetings")
    WARM_CONTACTS = "warm_contacts", _("Warm contacts")
    VISITS = "visits", _("Visits to customers")
    OFFERS = "offers", _("Offers sent")
    RESOLUTIONS = "resolutions", _("Resolutions")
    UPGRADES = "upgrades", _("Colour upgrades")
    GREEN_SHARE = "green_share", _("Share of green")
    YELLOW_SHARE = "yellow_share", _("Share of yellow")
    RED_SHARE = "red_share", _("Share of red")
    VIOLATIONS = "violations", _("Violations of ten days")
    VERIFICATION = "verification", _("Verification of the forecast")
    TECHNOLOGY = "technology", _("Technology index")
    CALL_SCORE = "call_score", _("Call score")
    OVERDUE_TASKS = "overdue_tasks", _("Overdue tasks")
    CARD_COMPLETENESS = "card_completeness", _("Card completeness")
    FIRST_REACTION = "first_reaction", _("First reaction, minutes")


class Source(models.TextChoices):
    """Where a reference value comes from (section 3.5)."""

    DEFAULT = "default", pgettext_lazy("reference value", "Default")
    OWN = "own", pgettext_lazy("reference value", "Own statistics")
    SET = "set", pgettext_lazy("reference value", "Set by hand")


class RiskAct(models.TextChoices):
    """What a head does about a manager at risk (R-S0-B3)."""

    TRAINING = "training", _("Training")
    JOINT = "joint", _("Joint meetings")
    REASSIGN = "reassign", _("Hand clients over")

"""How a derived number came about, with the numbers it was derived from; those have lists of their own."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formats
from planning.selectors.figures import Figures


def needed_how(figures: Figures) -> str:
    """«Нужно в день» = (plan − fact) / working days left, today included; empty while there is no plan."""
    if not figures.plan:
        return ""
    told = {
        "plan": formats.money(figures.plan),
        "fact": formats.money(figures.fact),
        "rest": formats.money(figures.plan - figures.fact),
    }
    if figures.fact >= figures.plan:
        return _("Plan %(plan)s, paid %(fact)s: nothing is left.") % told
    rest = _("Plan %(plan)s − paid %(fact)s = %(rest)s left.") % told
    if not figures.days_left:
        return rest + " " + _("No working day is left.")
    days = ngettext(
        "%(rest)s / %(days)s working day = %(needed)s a day.",
        "%(rest)s / %(days)s working days = %(needed)s a day.",
        figures.days_left,
    )
    return (
        rest
        + " "
        + days % {"rest": told["rest"], "days": figures.days_left, "needed": formats.money(figures.needed_per_day)}
    )

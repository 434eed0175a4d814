"""Whose statistics a forecast is counted by: each stage with its source, and the people behind the means (R-S0-P11)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from planning.calculator import StageRate
from planning.constants import LEAST_CONVERSION, LEAST_PASSAGES, Colour
from planning.selectors.outlook import OwnRate, SegmentRates
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.texts import share_text


def segment_rates(one: SegmentRates) -> dict[str, Any]:
    """The stages of a segment with their source, and the people whose own statistics stand behind them."""
    rates = {colour: one.stages[colour].rate for colour in COLOURS}
    labels = {
        Colour.GREEN: _("Green → payment"),
        Colour.YELLOW: _("Yellow → green"),
        Colour.RED: _("Red → yellow"),
    }
    overall = rates[Colour.RED] * rates[Colour.YELLOW] * rates[Colour.GREEN]
    return {
        "name": one.segment.name,
        "stages": [
            {
                "label": labels[colour],
                "rate": share_text(rates[colour], 2),
                "source": stage_words(one.stages[colour], one.default.rate_since(colour)),
            }
            for colour in COLOURS
        ],
        "overall": share_text(overall, 2),
        "is_low": overall < LEAST_CONVERSION,
        "people": [
            {
                "name": own.user.full_name,
                "rates": [{"label": labels[colour], "text": _own_rate(own, colour)} for colour in COLOURS],
            }
            for own in one.people
        ],
    }


def _own_rate(own: OwnRate, colour: Colour) -> str:
    """A person's own conversion, or how many of the ten cases there are."""
    rate = own.rates[colour]
    if rate is not None:
        return share_text(rate, 2)
    return _("%(n)s of %(least)s") % {"n": own.finished.get(colour, 0), "least": LEAST_PASSAGES}


def stage_words(stage: StageRate, since: date | None) -> str:
    """Whose conversion it is; `since`: the month from which the department has approved a reference of its own."""
    if stage.is_own:
        return _("own: the mean of %(managers)s people, %(cases)s cases of 90 days") % {
            "managers": stage.managers,
            "cases": stage.passages,
        }
    if since is not None:
        return _("approved reference of the department from %(day)s: nobody has %(least)s cases") % {
            "day": format_date(since, "d.m.Y"),
            "least": LEAST_PASSAGES,
        }
    return _("setting of the segment: nobody has %(least)s cases") % {"least": LEAST_PASSAGES}

"""Where the numbers that a calculator starts from are listed: each default leads to the rows it was counted of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Department, User
from clients.models import Segment
from planning.constants import Colour
from planning.selectors.passages import STEPS
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_tables import clients_url
from planning.views.calculators.passages import PATH as PASSAGES
from planning.views.calculators.scope import Place

# Fields of the plan's chain → what is listed behind them.
_STAGE_OF = {
    "invoice_to_payment": str(Colour.GREEN),
    "offer_to_invoice": str(Colour.YELLOW),
    **{step: step for step in STEPS},
}
_CHEQUE_DAYS = 89  # the list counts back from its last day, this one included


def passages_url(place: Place, stage: str, *, segment: Segment | None, user: User | None = None) -> str:
    """The cases of a conversion, of one segment or of all, of one person or of all; those of today."""
    asked = {"segment": segment.pk if segment else None, "stage": stage, "user": user.pk if user else None}
    return address_of(PASSAGES, place.address, asked)


def cheques_url(department: Department, until: date, segment: Segment | None) -> str:
    """The deals of an average cheque: won in the ninety days that end with `until`, with money."""
    stretch = {"from": (until - timedelta(days=_CHEQUE_DAYS)).isoformat(), "to": until.isoformat()}
    asked = {"of": "average_cheque", "department": department.pk, "segment": segment.pk if segment else None, "paid": 1}
    return address_of("/kpi/list/", asked, stretch)


def plan_url(department: Department, month: date, user: User | None = None) -> str:
    """Plan and fact of a month with the versions of its target."""
    who: dict[str, Any] = {"user": user.pk} if user else {"department": department.pk}
    return address_of("/plan/", who, {"period": "month", "day": month.isoformat()})


def staff_url(place: Place) -> str:
    """Who is counted as the department's people."""
    return address_of("/calculators/staffing/", {"department": place.address["department"]}) + "#people"


def plan_lists(place: Place, month: date) -> dict[str, str]:
    """By field of the plan calculator."""
    found = {name: passages_url(place, stage, segment=place.segment) for name, stage in _STAGE_OF.items()}
    found["target"] = plan_url(place.department, month)
    found["average_cheque"] = cheques_url(place.department, place.today, place.segment)
    if place.segment is None:
        found["managers"] = staff_url(place)
    return found


def funnel_lists(place: Place, segment: Segment, user: User | None, paid_url: str) -> dict[str, str]:
    """By field of the funnel calculator; conversions are the department's, whoever is looked at."""
    found = {f"p_{colour}": passages_url(place, str(colour), segment=segment) for colour in Colour}
    for colour in Colour:
        found[str(colour)] = clients_url(place.department, colour, user=user, segment=segment)
    return found | {"plan": plan_url(place.department, place.today.replace(day=1), user), "paid": paid_url}

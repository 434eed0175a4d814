"""What the sufficiency of a funnel is judged by: the form, and where each number came from (3.3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from clients.models import Segment
from planning.calculator import Counts, Floors, FunnelInput, StageRate, Sufficiency, WrongInput, check_funnel
from planning.calculator.inputs import typed_reference
from planning.constants import DEFAULT_REFERENCE, Colour, Reference
from planning.selectors.sufficiency import Funnels
from planning.views.calculators.fields import NumberField, RoubleField, ShareField, WholeField
from planning.views.calculators.forms import CalculatorForm, Default
from planning.views.calculators.texts import setting_source, typed_number, typed_share

COLOURS = (Colour.GREEN, Colour.YELLOW, Colour.RED)


class FunnelForm(CalculatorForm):
    """Roubles of plan and fact, the segment's cheque, conversions and days by colour, clients by colour."""

    plan = RoubleField(label=gettext_lazy("Plan of the period"))
    paid = RoubleField(label=gettext_lazy("Already paid"), may_be_negative=True)
    average_cheque = RoubleField(label=gettext_lazy("Average cheque"))
    days = WholeField(label=gettext_lazy("Days of the period"))
    green = WholeField(label=pgettext_lazy("clients", "Green"))
    yellow = WholeField(label=pgettext_lazy("clients", "Yellow"))
    red = WholeField(label=pgettext_lazy("clients", "Red"))
    p_green = ShareField(label=gettext_lazy("Green → payment"))
    p_yellow = ShareField(label=gettext_lazy("Yellow → green"))
    p_red = ShareField(label=gettext_lazy("Red → yellow"))
    t_green = NumberField(label=gettext_lazy("Days in green"))
    t_yellow = NumberField(label=gettext_lazy("Days in yellow"))
    t_red = NumberField(label=gettext_lazy("Days in red"))

    @property
    def money_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("plan", "paid", "average_cheque", "days")]

    @property
    def count_fields(self) -> list[forms.BoundField]:
        return [self[str(colour)] for colour in COLOURS]

    @property
    def rate_fields(self) -> list[forms.BoundField]:
        return [self[f"{kind}_{colour}"] for colour in COLOURS for kind in ("p", "t")]

    def judge(self, floors: Floors) -> tuple[FunnelInput, Sufficiency] | None:
        """The verdict on a valid form; None with every problem beside its field."""
        said = self.cleaned_data
        reference: Reference | None = None
        try:
            reference = typed_reference(
                {colour: said[f"p_{colour}"] for colour in COLOURS}, {colour: said[f"t_{colour}"] for colour in COLOURS}
            )
        except WrongInput as error:
            self.refuse(error)
        given = FunnelInput(
            plan=said["plan"],
            paid=said["paid"],
            average_cheque=said["average_cheque"],
            days=said["days"],
            actual=Counts(green=said["green"], yellow=said["yellow"], red=said["red"]),
            reference=reference or DEFAULT_REFERENCE,
            floors=floors,
        )
        try:
            verdict = check_funnel(given)
        except WrongInput as error:
            self.refuse(error)
            return None
        return None if reference is None else (given, verdict)


def defaults_of(
    found: Funnels, segment: Segment, user: User | None, *, with_sources: bool = True
) -> dict[str, Default]:
    """Live numbers of the scope in this segment; several segments share a plan by the money of their open cycles.

    `with_sources`: a fragment draws no fields, and asks for no words of where their numbers came from.
    """
    part, reference = found.part(segment, user), found.reference(segment)
    texts = {
        "plan": typed_number(part.plan),
        "paid": typed_number(part.paid),
        "average_cheque": typed_number(segment.average_cheque),
        "days": str(found.span.period.days),
    }
    for colour in COLOURS:
        texts[str(colour)] = str(part.counts[colour])
        texts[f"p_{colour}"] = typed_share(reference.conversion[colour])
        texts[f"t_{colour}"] = typed_number(Fraction(reference.days[colour]))
    sources = _sources(found, segment, user) if with_sources else {}
    return {name: Default(text, sources.get(name, "")) for name, text in texts.items()}


def _sources(found: Funnels, segment: Segment, user: User | None) -> dict[str, str]:
    part, rates, default = found.part(segment, user), found.rates(segment), found.default(segment)
    whole = sum((found.part(one, user).plan for one in found.segments), Decimal(0))
    is_alone = part.plan == whole
    source = _("plan of the month") if is_alone else _("the segment's part of the month's plan, by open sums")
    sources = {
        "plan": source if part.plan else _("no plan of the month yet"),
        "paid": _("payments of the month to yesterday"),
        "average_cheque": _("setting of the segment"),
        "days": _("calendar days of the month"),
    }
    for colour in COLOURS:
        sources[str(colour)] = _("in work now")
        sources[f"p_{colour}"] = stage_source(rates[colour], default.rate_since(colour))
        sources[f"t_{colour}"] = setting_source(default.days_since(colour))
    return sources


def stage_source(rate: StageRate, since: date | None) -> str:
    """Whose conversion it is: the department's own of ninety days, its approved reference, or the setting."""
    if rate.is_own:
        told: dict[str, Any] = {"managers": rate.managers, "cases": rate.passages}
        return _("fact of 90 days: managers %(managers)s, cases %(cases)s") % told
    return _("setting of the segment: too few cases of its own") if since is None else setting_source(since)

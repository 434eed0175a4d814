"""What the plan calculator is given: the form, and where each number came from before a person typed (3.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.selectors import calendar as production_calendar
from common.markup import remembered
from common.workdays import PeriodKind, month_end
from planning.calculator import PlanInput
from planning.constants import StepRates
from planning.selectors import Inputs, department_figures, forecast_inputs
from planning.selectors.steps import StepRate, average_cheque, hunters, step_rates
from planning.views.calculators.fields import RoubleField, ShareField, WholeField
from planning.views.calculators.forms import CalculatorForm, Default
from planning.views.calculators.scope import Place
from planning.views.calculators.texts import setting_source, typed_number, typed_share

RATES = tuple(one.name for one in fields(StepRates))
_MONTHS_BACK, _MONTHS_AHEAD = 1, 12


class PlanForm(CalculatorForm):
    """Target and cheque in roubles, whole people and days; an empty number of days is that of the calendar."""

    target = RoubleField(label=gettext_lazy("Target of payments"))
    average_cheque = RoubleField(label=gettext_lazy("Average cheque"))
    managers = WholeField(label=gettext_lazy("Hunters"))
    month = forms.ChoiceField(label=gettext_lazy("Month"))
    working_days = WholeField(label=gettext_lazy("Working days"), required=False)
    call_to_appointed = ShareField(label=gettext_lazy("Call → appointed meeting"))
    appointed_to_held = ShareField(label=gettext_lazy("Appointed → held"))
    held_to_productive = ShareField(label=gettext_lazy("Held → productive"))
    productive_to_offer = ShareField(label=gettext_lazy("Productive → offer"))
    offer_to_invoice = ShareField(label=gettext_lazy("Offer → invoice, contract"))
    invoice_to_payment = ShareField(label=gettext_lazy("Invoice, contract → payment"))

    def __init__(self, data: Mapping[str, str], defaults: Mapping[str, Default], months: list[date]) -> None:
        super().__init__(data, defaults)
        self.fields["month"].choices = [(f"{one:%Y-%m}", month_name(one).capitalize()) for one in months]  # type: ignore[attr-defined]
        self.fields["month"].error_messages["invalid_choice"] = _("There is no such month in our calendar.")
        self.fields["working_days"].widget.attrs["placeholder"] = _("by the calendar")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("month") and "working_days" in found and found["working_days"] is None:
            found["working_days"] = calendar_days(month_of(found["month"]))
        return found

    def plan(self) -> PlanInput:
        """The input of the calculator; only of a valid form."""
        said = self.cleaned_data
        return PlanInput(
            target=said["target"],
            average_cheque=said["average_cheque"],
            working_days=said["working_days"],
            managers=said["managers"],
            rates=StepRates(**{name: said[name] for name in RATES}),
        )

    @property
    def rate_fields(self) -> list[forms.BoundField]:
        names = ["call_to_appointed", "appointed_to_held", "held_to_productive", "productive_to_offer"]
        return [self[name] for name in [*names, "offer_to_invoice", "invoice_to_payment"]]


def month_of(text: str) -> date:
    """«2026-02» → its first day. ValueError for anything else."""
    return date.fromisoformat(f"{text}-01")


@remembered
def month_name(month: date) -> str:
    """«декабрь 2026»."""
    return date_format(month, "F Y").lower()


def calendar_days(month: date) -> int:
    """Working days of the month by the production calendar."""
    return len(production_calendar().working_days(month, month_end(month.year, month.month)))


def asked_month(text: str, today: date) -> date:
    """The month of the address; what is none of our calendar's falls back to the present one."""
    try:
        month = month_of(text)
    except ValueError:
        return today.replace(day=1)
    return month if 2000 <= month.year <= 2100 else today.replace(day=1)


def months_to_choose(month: date, today: date) -> list[date]:
    """The last month to a year ahead, and the one that is asked for."""
    first = today.year * 12 + today.month - 1
    near = [date(at // 12, at % 12 + 1, 1) for at in range(first - _MONTHS_BACK, first + _MONTHS_AHEAD + 1)]
    return sorted({*near, month})


def defaults_of(place: Place, month: date) -> dict[str, Default]:
    """Every default with its source: the plan in force, own statistics of ninety days, else the method's norm."""
    inputs = forecast_inputs(department_id=place.department.pk, day=place.today, segments=place.every_segment)
    found = {"month": Default(f"{month:%Y-%m}"), "working_days": Default("")}
    found["target"] = _target(place, month)
    found["average_cheque"] = _cheque(place, inputs)
    number = hunters(department=place.department, segment=place.segment)
    found["managers"] = Default(str(number), _("active hunters of the department"))
    segments = [place.segment.pk] if place.segment else list(inputs.passages)
    passages = [inputs.passages.get(pk, {}) for pk in segments]
    rates = step_rates(
        department=place.department,
        day=place.today,
        passages=passages,
        segment=place.segment,
        default=inputs.defaults.get(place.segment.pk) if place.segment else None,
    )
    return found | {name: Default(typed_share(rate.rate), rate_source(rate)) for name, rate in rates.items()}


def days_source(month: date) -> str:
    """What an empty number of working days means."""
    days = calendar_days(month)
    return ngettext("production calendar: %(days)s working day", "production calendar: %(days)s working days", days) % {
        "days": days
    }


def rate_source(rate: StepRate) -> str:
    """«факт: 3 менеджера, 120 случаев за 90 дней», or the norm of the method."""
    if not rate.is_own:
        return _("norm of the method") if rate.since is None else setting_source(rate.since)
    return _("fact of 90 days: managers %(managers)s, cases %(cases)s") % {
        "managers": rate.managers,
        "cases": rate.cases,
    }


def _target(place: Place, month: date) -> Default:
    """The plan in force, else what the month before brought; a segment has no target of its own."""
    kinds = [PeriodKind.MONTH]
    department_id = place.department.pk
    end = month_end(month.year, month.month)
    plan = department_figures(department_id=department_id, day=month, as_of=end, kinds=kinds).whole[PeriodKind.MONTH]
    if plan.plan:
        told = {"month": month_name(month)}
        source = (_("the department's plan of %(month)s") if place.segment else _("plan of %(month)s")) % told
        return Default(typed_number(plan.plan), source)
    before = month - timedelta(days=1)
    last = department_figures(department_id=department_id, day=before, as_of=before, kinds=kinds).whole[
        PeriodKind.MONTH
    ]
    return Default(typed_number(max(last.fact, Decimal(0))), _("no plan yet: the fact of the month before"))


def _cheque(place: Place, inputs: Inputs) -> Default:
    """Own deals of ninety days, else the setting of the segment that has most clients in work."""
    counted = inputs.by_segment
    most = max(place.segments, key=lambda one: (counted.get(one.pk, 0), -one.pk), default=None)
    cheque = average_cheque(department=place.department, day=place.today, segment=place.segment, fallback=most)
    if cheque.is_own:
        source = _("deals won in 90 days: %(deals)s") % {"deals": cheque.deals}
    else:
        source = _("setting of the segment “%(name)s”") % {"name": cheque.segment} if cheque.segment else ""
    return Default(typed_number(cheque.amount), source)

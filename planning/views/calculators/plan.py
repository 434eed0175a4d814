"""/calculators/plan/: from the target of a month to the acts of a day, and whether there is time for them (3.1.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from common import formats, svg
from common.htmx import wants_fragment
from common.money import Exact
from planning.calculator import Decomposition, PlanInput, Step, StepLine, WrongInput, decompose
from planning.constants import Zone
from planning.views.calculators.forms import address_of
from planning.views.calculators.lists import plan_lists
from planning.views.calculators.plan_form import PlanForm, asked_month, days_source, defaults_of, months_to_choose
from planning.views.calculators.scope import Place, menus_of, place_of
from planning.views.calculators.texts import because, light, money_text, number_text, rounded, share_text, typed_number

PATH = "/calculators/plan/"
_NAMED_BY_ADDRESS = frozenset(PlanForm.base_fields)


@require_safe
def first_calculator(request: HttpRequest) -> HttpResponse:
    """The address of them all leads to the first."""
    place_of(request)
    return HttpResponseRedirect(PATH)


@require_safe
def plan_calculator(request: HttpRequest) -> HttpResponse:
    """`?department=&segment=&month=` and the numbers; a fragment is the answer alone. 422 with sentences by field."""
    place = place_of(request)
    is_fragment = wants_fragment(request)
    month = asked_month(request.GET.get("month", ""), place.today)
    # While a person types, the address says everything: nothing is read for defaults nobody sees.
    is_told = is_fragment and request.GET.keys() >= _NAMED_BY_ADDRESS
    defaults = {} if is_told else defaults_of(place, month)
    form = PlanForm(request.GET, defaults, months_to_choose(month, place.today))
    form.fields["working_days"].help_text = days_source(month)
    context: dict[str, Any] = {"form": form, "path": PATH, "days_source": days_source(month)}
    if form.is_valid():
        try:
            context |= _answer(place, form, form.plan())
        except WrongInput as error:
            form.refuse(error)
    if not is_fragment:
        form.show_lists(plan_lists(place, month))
        context["scope"] = menus_of(place, PATH, {"month": f"{month:%Y-%m}"} if "month" in request.GET else {})
    template = "planning/_calculator_plan.html" if is_fragment else "planning/calculator_plan.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _answer(place: Place, form: PlanForm, plan: PlanInput) -> dict[str, Any]:
    found = decompose(plan)
    here = place.address | form.values()
    return {
        "answer": _verdict(plan, found),
        "says": _sentences(plan, found),
        "exact": _exact(plan, found),
        "links": _links(place, here, plan, found),
        "steps": [_step(line, found) for line in found.lines.values()],
        "book_url": address_of(f"{PATH}xlsx/", here),
        "make_url": "" if place.segment else address_of(f"{PATH}make/", here),
    }


def _verdict(plan: PlanInput, found: Decomposition) -> dict[str, Any]:
    """The one big answer: hunters needed, and how much of the time there is."""
    time = found.meetings
    need = time.managers_needed
    if not plan.target:
        title = _("There is nothing to do for a target of 0")
    elif time.zone is None or need.value is None:
        title = _("It cannot be counted")
    elif time.is_enough:
        title = _("There is time for the plan")
    else:
        title = _("There is no time for the plan")
    figure, unit = formats.DASH, ""
    if need.value is not None:
        have = int(plan.managers)
        figure, noun = shown_need(need.value, have)
        words = (
            _("%(hunters)s needed, there are %(have)s")
            if time.is_enough
            else _("%(hunters)s needed instead of %(have)s")
        )
        unit = words % {"hunters": noun, "have": have}
    return {
        "title": title,
        "figure": figure,
        "unit": unit,
        "light": light(time.cover.value, time.zone),
        "light_hint": _("so much of the time that meetings need there is") if time.cover.value is not None else "",
        "why": because(need.why) if need.why else "",
    }


def shown_need(need: Exact, have: int) -> tuple[str, str]:
    """The number of hunters as it is told and the noun after it: «5,5» «хантера»; finer where it would read as enough."""
    places = 1 if rounded(need, 1) != have or need == have else 2
    shown = rounded(need, places)
    if shown == shown.to_integral_value():
        noun = ngettext("hunter", "hunters", int(shown))
    else:
        noun = pgettext("after a decimal fraction", "hunters")
    return number_text(need, places, short=True), noun


def _sentences(plan: PlanInput, found: Decomposition) -> list[str]:
    """What the answer means and what to do, in words."""
    time, held = found.meetings, found.lines[Step.HELD_MEETINGS]
    if held.month is None:
        return [because(held.why)] if held.why else []
    if not held.month:
        return []
    if time.managers_needed.value is None:
        return [_("There is no working day in the month: %(n)s held meetings have no time.") % {"n": held.month}]
    told = {
        "held": formats.number(held.month),
        "slots": number_text(time.slots, 1, short=True),
        "week": plan.meeting_slots_a_week,
        "weeks": number_text(time.slots / plan.meeting_slots_a_week, 1, short=True)
        if plan.meeting_slots_a_week
        else formats.DASH,
        "a_day": number_text(time.slots_per_day.value, 1, short=True),
        "asked": number_text(held.per_day, 2),
    }
    lines = [
        _("For %(held)s held meetings a hunter has %(slots)s slots: %(week)s a week × %(weeks)s weeks.") % told
        + " "
        + (
            _("That is %(a_day)s meetings a day, and the plan asks for %(asked)s.") % told
            if held.per_day is not None
            else because(held.why)
            if held.why
            else ""
        )
    ]
    if not time.is_enough:
        need, noun = shown_need(time.managers_needed.value, int(plan.managers))
        said = {"need": need, "hunters": noun, "have": int(plan.managers)}
        lines.insert(0, _("There is no time for the plan: %(need)s %(hunters)s needed instead of %(have)s.") % said)
    return lines


def _exact(plan: PlanInput, found: Decomposition) -> str:
    time, held = found.meetings, found.lines[Step.HELD_MEETINGS]
    parts = []
    if held.month and time.managers_needed.value is not None:
        parts.append(
            _("Exactly: %(held)s / %(slots)s = %(need)s.")
            % {
                "held": formats.number(held.month),
                "slots": number_text(time.slots, 1, short=True),
                "need": number_text(time.managers_needed.value, 2),
            }
        )
    if found.day_plan is not None:
        text = _("Plan of a day %(day)s") % {"day": money_text(found.day_plan)}
        if found.manager_day_plan is not None:
            text += _(", %(each)s of one hunter") % {"each": money_text(found.manager_day_plan)}
        parts.append(f"{text}.")
    return " ".join(parts)


def _links(place: Place, here: dict[str, Any], plan: PlanInput, found: Decomposition) -> list[dict[str, str]]:
    asked = {
        "plan": here["target"],
        "average_cheque": here["average_cheque"],
        "working_days": typed_number(plan.working_days),
        "managers": here["managers"],
    }
    links = [
        {
            "url": address_of("/calculators/staffing/", place.address, asked),
            "text": _("Is there enough staff"),
            "go": "1",
        }
    ]
    able = found.meetings.affordable
    if able is not None and not found.meetings.is_enough and able > 0:
        target = {"target": typed_number(able)}
        text = ngettext(
            "%(n)s hunter is able to do about %(sum)s", "%(n)s hunters are able to do about %(sum)s", int(plan.managers)
        ) % {"n": int(plan.managers), "sum": formats.money_short(able)}
        links.append({"url": address_of(PATH, here, target), "text": text, "go": ""})
    return links


_ICONS = {
    Step.PAYMENTS: "banknote",
    Step.INVOICES: "file-text",
    Step.OFFERS: "mail",
    Step.PRODUCTIVE_MEETINGS: "handshake",
    Step.HELD_MEETINGS: "users",
    Step.APPOINTED_MEETINGS: "calendar-check",
    Step.PRODUCTIVE_CALLS: "phone",
}


def step_name(step: Step) -> str:
    return {
        Step.PAYMENTS: _("Payments"),
        Step.INVOICES: _("Invoices and contracts"),
        Step.OFFERS: _("Offers"),
        Step.PRODUCTIVE_MEETINGS: _("Productive meetings"),
        Step.HELD_MEETINGS: _("Held meetings"),
        Step.APPOINTED_MEETINGS: _("Appointed meetings"),
        Step.PRODUCTIVE_CALLS: _("Productive calls"),
    }[step]


def _step(line: StepLine, found: Decomposition) -> dict[str, Any]:
    most = max((one.month or 0 for one in found.lines.values()), default=0)
    is_tight = line.step is Step.HELD_MEETINGS and not found.meetings.is_enough
    per_day = found.meetings.slots_per_day.value
    return {
        "name": step_name(line.step),
        "icon": _ICONS[line.step],
        "bar": svg.meter(float(line.month), float(most)) if line.month else "",
        "month": formats.number(Decimal(line.month)) if line.month is not None else formats.DASH,
        "each": number_text(line.per_manager, 2, short=True),
        "day": number_text(line.per_day, 2),
        "norm": formats.number(Decimal(line.norm)) if line.norm is not None else formats.DASH,
        "rate": share_text(line.rate, 2, short=True) if line.rate is not None else "",
        "why": because(line.why) if line.why else "",
        "is_tight": is_tight,
        "sign": str(Zone.RED) if is_tight else "",
        "room": _("slots are enough for %(n)s meetings a day") % {"n": number_text(per_day, 1, short=True)}
        if is_tight and per_day is not None
        else "",
    }

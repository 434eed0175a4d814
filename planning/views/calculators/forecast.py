"""/calculators/forecast/: what the individual funnels bring by the end of the month, and «what if» (3.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from common import clock, formats, markup, svg
from common.htmx import wants_fragment
from planning.calculator import Counts, DepartmentForecast, ManagerForecast, WhatIf
from planning.calculator.inputs import Why
from planning.constants import Colour, PerColour
from planning.selectors.outlook import Outlook, Planned, SegmentRates, outlook_of, planned_clients
from planning.views.calculators.forecast_form import ForecastForm
from planning.views.calculators.forecast_sources import segment_rates
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.funnel_tables import clients_url
from planning.views.calculators.lists import passages_url, plan_url
from planning.views.calculators.plan_form import asked_month, month_name
from planning.views.calculators.scope import Place, menus_of, place_of
from planning.views.calculators.texts import because, light, money_text, number_text, share_text
from planning.views.cells import payments_url

PATH: Final = "/calculators/forecast/"
MOST_PLANNED: Final = 30
MONTHS_AHEAD: Final = 3


@require_safe
def forecast_calculator(request: HttpRequest) -> HttpResponse:
    """`?department=&month=&target=&yellow_N=&red_N=`; a fragment is the answer alone. 422 with sentences by field."""
    place = place_of(request)
    is_fragment = wants_fragment(request)
    month = forecast_month(request, place)
    found = outlook_of(department=place.department, month=month, day=place.today)
    source = _("plan of %(month)s") % {"month": month_name(month)} if found.target else _("no plan of the month yet")
    form = ForecastForm(request.GET, found, source)
    context: dict[str, Any] = {"form": form, "path": PATH, "here": "forecast"}
    if form.is_valid():
        moves = form.moves()
        if not form.errors:
            context |= _answer(place, found, form, found.forecast(moves, form.cleaned_data["target"]), bool(moves))
    if not is_fragment:
        form.show_lists({"target": plan_url(place.department, month)})
        scope = menus_of(place, PATH)
        here = {"department": place.address["department"]}
        scope |= {
            "segments": [],
            "months": [
                {
                    "label": month_name(one).capitalize(),
                    "url": address_of(PATH, here, {"month": f"{one:%Y-%m}"}),
                    "active": one == month,
                }
                for one in _months(place.today)
            ],
            "title": f"{place.department.name} · {month_name(month)}",
            "hidden": [*((name, value) for name, value in here.items() if value), ("month", f"{month:%Y-%m}")],
        }
        context |= {
            "scope": scope,
            "sources": [_with_lists(place, one) for one in found.rates()],
            "planned": _planned(place, found),
        }
    template = "planning/_calculator_forecast.html" if is_fragment else "planning/calculator_forecast.html"
    return render(request, template, context, status=422 if form.errors else 200)


def forecast_month(request: HttpRequest, place: Place) -> date:
    """The month of the address, the present one for any that is over or unreadable."""
    return max(asked_month(request.GET.get("month", ""), place.today), place.today.replace(day=1))


def _months(today: date) -> list[date]:
    first = today.year * 12 + today.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(first, first + MONTHS_AHEAD + 1)]


def _answer(place: Place, found: Outlook, form: ForecastForm, made: WhatIf, is_moved: bool) -> dict[str, Any]:
    after = made.after
    plans, counts = found.plans(made.before), found.counts
    before = {one.manager_id: one for one in made.before.managers}
    shown = {pk for pk, one in counts.items() if one.total} | plans.keys() | found.paid.keys()
    lines = [
        _line(place, found, one, before[one.manager_id], plans, counts, is_moved)
        for one in after.managers
        if one.manager_id in shown
    ]
    lines.sort(key=lambda one: one["sort"])
    return {
        "answer": _verdict(after),
        "says": _sentences(place, found, after, made, is_moved),
        "lines": lines,
        "total": _total(place, found, after, plans, counts),
        "links": [
            {
                "url": address_of("/calculators/funnel/", {"department": place.address["department"]}),
                "text": _("Is the funnel enough"),
            },
            {
                "url": address_of("/calculators/plan/", {"department": place.address["department"]}),
                "text": _("Calculation of the plan"),
            },
        ],
        "book_url": address_of(
            f"{PATH}xlsx/", place.address, form.values(), {"month": f"{found.span.period.starts_on:%Y-%m}"}
        ),
    }


def _verdict(made: DepartmentForecast) -> dict[str, Any]:
    return {
        "title": _("Forecast of the month"),
        "figure": formats.money_short(made.amount),
        "exact": money_text(made.amount),
        "light": light(made.attainment, made.zone, places=2) if made.attainment is not None else because(Why.NO_PLAN),
        "bar": svg.bullet(made.amount, made.target, title=_("Forecast against the target")) if made.target else "",
    }


def _sentences(place: Place, found: Outlook, made: DepartmentForecast, whole: WhatIf, is_moved: bool) -> list[str]:
    days = found.days_left
    lines = []
    if is_moved:
        lines.append(
            _("After the moves %(after)s instead of %(before)s: %(gain)s more.")
            % {
                "after": money_text(made.amount),
                "before": money_text(whole.before.amount),
                "gain": money_text(whole.gain),
            }
        )
    if not made.target:
        lines.append(_("There is no target: set it, and the forecast is compared with it."))
    elif made.gap > 0:
        lines.append(
            _("The forecast lacks %(gap)s to the plan.") % {"gap": money_text(made.gap)} + _deals(found, made.gap)
        )
    else:
        lines.append(_("The forecast reaches the plan: %(over)s above it.") % {"over": money_text(-made.gap)})
    left = ngettext(
        "%(days)s calendar day is left to the end of the month, today included.",
        "%(days)s calendar days are left to the end of the month, today included.",
        days,
    )
    lines.append(left % {"days": days} + " " + _("What cannot be paid in time counts in part."))
    return lines


def _deals(found: Outlook, gap: Decimal) -> str:
    """« Это 13 сделок по 85 000 ₽.»: the gap in deals of the segment with most clients."""
    counted = found.inputs.by_segment
    most = max(counted, key=lambda pk: (counted[pk], -pk), default=None)
    cheque = found.inputs.segments[most].average_cheque if most is not None else Decimal(0)
    if cheque <= 0:
        return ""
    number = ceil(Fraction(gap) / Fraction(cheque))
    text = ngettext("That is %(n)s deal of %(cheque)s.", "That is %(n)s deals of %(cheque)s.", number)
    return " " + text % {"n": formats.number(number), "cheque": money_text(cheque)}


def _line(
    place: Place,
    found: Outlook,
    one: ManagerForecast,
    before: ManagerForecast,
    plans: Mapping[int, Decimal],
    clients: Mapping[int, Counts],
    is_moved: bool,
) -> dict[str, Any]:
    user = found.inputs.people[one.manager_id]
    counts = clients.get(user.pk, Counts(0, 0, 0))
    plan = plans.get(user.pk)
    share = Fraction(one.amount) / Fraction(plan) if plan else None
    gain = one.amount - before.amount
    return {
        "sort": (user.last_name, user.first_name, user.pk),
        "name": user.full_name,
        "url": address_of("/calculators/funnel/", {"department": place.address["department"], "user": user.pk}),
        "counts": _counts({colour: counts[colour] for colour in COLOURS}, place, user),
        "deals": number_text(one.expected_deals_total, 3),
        "by_colour": _by_colour(one.expected_deals),
        "paid": money_text(found.paid.get(user.pk, Decimal(0))),
        "paid_url": payments_url(found.span, found.day - timedelta(days=1), user=user),
        "forecast": money_text(one.amount),
        "gain": f"+{money_text(gain)}" if is_moved and gain > 0 else "",
        "plan": money_text(plan) if plan is not None else formats.DASH,
        "current": money_text(found.current[user.pk]) if user.pk in found.current else "",
        "share": share_text(share, 1) if share is not None else "",
        "note": "" if plan is not None else _("reserve, no plan of its own"),
    }


def _counts(numbers: Mapping[Colour, int], place: Place, user: User | None) -> SafeString:
    """Lamps with their numbers, each a link to the clients it counts."""
    return markup.join(
        [
            markup.piece(
                '{} <a class="figure" href="{}">{}</a> ',
                markup.lamp(str(colour), silent=True),
                clients_url(place.department, colour, user=user),
                formats.number(number),
            )
            for colour, number in numbers.items()
        ],
        "",
    )


def _by_colour(deals: PerColour) -> str:
    return " + ".join(number_text(deals[colour], 3) for colour in COLOURS)


def _total(
    place: Place, found: Outlook, made: DepartmentForecast, plans: Mapping[int, Decimal], clients: Mapping[int, Counts]
) -> dict[str, Any]:
    counts = clients.values()
    return {
        "counts": _counts({colour: sum(one[colour] for one in counts) for colour in COLOURS}, place, None),
        "deals": number_text(made.expected_deals_total, 3),
        "paid": money_text(sum(found.paid.values(), Decimal(0))),
        "paid_url": payments_url(found.span, found.day - timedelta(days=1), department=place.department.pk),
        "forecast": money_text(made.amount),
        "plan": money_text(sum(plans.values(), Decimal(0))) if plans else formats.DASH,
    }


def _with_lists(place: Place, one: SegmentRates) -> dict[str, Any]:
    """The stages of a segment and the people behind them, each number with its cases."""
    shown = segment_rates(one)
    for colour, stage in zip(COLOURS, shown["stages"], strict=True):
        stage["url"] = passages_url(place, str(colour), segment=one.segment)
    for own, person in zip(one.people, shown["people"], strict=True):
        for colour, rate in zip(COLOURS, person["rates"], strict=True):
            rate["url"] = passages_url(place, str(colour), segment=one.segment, user=own.user)
    return shown


def _planned(place: Place, found: Outlook) -> dict[str, Any]:
    """Clients put into the plan of the month; those nobody acts on today or tomorrow stand out (R-S0-B2)."""
    until = clock.local_moment(place.today + timedelta(days=2), time(0))
    rows = planned_clients(
        viewer=place.viewer, department=place.department, span=found.span, until=until, most=MOST_PLANNED + 1
    )
    return {
        "rows": [_planned_row(one, place.today) for one in rows[:MOST_PLANNED]],
        "is_cut": len(rows) > MOST_PLANNED,
        "most": MOST_PLANNED,
    }


def _planned_row(one: Planned, today: date) -> dict[str, Any]:
    cycle = one.cycle
    step: datetime | None = one.next_step_at
    return {
        "name": cycle.client.name,
        "url": f"/clients/{cycle.client_id}/",
        "owner": cycle.owner.short_name if cycle.owner else formats.DASH,
        "lamp": markup.lamp(cycle.colour),
        "amount": formats.money(cycle.expected_amount),
        "pay_on": formats.date_long(cycle.planned_pay_on, today=today),
        "step": markup.due(step, today=today) if step else _("no next step"),
        "is_left": not one.is_pushed,
    }

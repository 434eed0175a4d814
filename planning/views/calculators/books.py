"""The answers of the calculators as workbooks: the same numbers, with what they were counted from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from common.books import book_response, write_book
from common.money import Exact
from journal.services import record
from planning.calculator import WrongInput, decompose
from planning.selectors.outlook import outlook_of
from planning.selectors.sufficiency import funnels_of
from planning.views.calculators.forecast import forecast_month
from planning.views.calculators.forecast_form import ForecastForm
from planning.views.calculators.funnel import person_of
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.plan import step_name
from planning.views.calculators.plan_form import PlanForm, asked_month, defaults_of, months_to_choose
from planning.views.calculators.scope import Place, place_of
from planning.views.calculators.texts import rounded


@require_safe
def plan_book(request: HttpRequest) -> FileResponse:
    """The chain of acts with the numbers given above it; 404 for numbers the page would refuse."""
    place = place_of(request)
    month = asked_month(request.GET.get("month", ""), place.today)
    form = PlanForm(request.GET, defaults_of(place, month), months_to_choose(month, place.today))
    if not form.is_valid():
        raise Http404
    try:
        found = decompose(form.plan())
    except WrongInput as error:
        raise Http404 from error
    given = [[str(form[name].label), form.values()[name]] for name in form.fields if name != "month"]
    head = [_("Step"), _("Conversion"), _("Month"), _("Of one hunter"), _("A day"), _("Norm of a day")]
    lines = [
        [
            step_name(line.step),
            _percent(line.rate),
            line.month,
            _number(line.per_manager),
            _number(line.per_day),
            line.norm,
        ]
        for line in found.lines.values()
    ]
    return _book(place, f"plan-{month:%Y-%m}", head, [*lines, [], *given])


@require_safe
def forecast_book(request: HttpRequest) -> FileResponse:
    """The forecast by people; 404 for numbers the page would refuse."""
    place = place_of(request)
    month = forecast_month(request, place)
    found = outlook_of(department=place.department, month=month, day=place.today)
    form = ForecastForm(request.GET, found, "")
    moves = form.moves() if form.is_valid() else []
    if form.errors:
        raise Http404
    target = form.cleaned_data["target"]
    forecast = found.forecast(moves, target)
    made, plans, counts = forecast.after, found.plans(forecast.before), found.counts
    head = [
        _("Manager"),
        _("Green"),
        _("Yellow"),
        _("Red"),
        _("Deals expected"),
        _("Paid, ₽"),
        _("Forecast, ₽"),
        _("Individual plan, ₽"),
    ]
    lines: list[list[Any]] = []
    for one in made.managers:
        own = counts.get(one.manager_id)
        colours = [own.green, own.yellow, own.red] if own else [0, 0, 0]
        lines.append(
            [
                found.inputs.people[one.manager_id].full_name,
                *colours,
                _number(one.expected_deals_total, 3),
                found.paid.get(one.manager_id, Decimal(0)),
                one.amount,
                plans.get(one.manager_id),
            ]
        )
    paid = sum(found.paid.values(), Decimal(0))
    total = [place.department.name, None, None, None, _number(made.expected_deals_total, 3), paid, made.amount, target]
    return _book(place, f"forecast-{month:%Y-%m}", head, [*lines, total])


@require_safe
def funnel_book(request: HttpRequest) -> FileResponse:
    """Everybody's funnel in every segment as it stands: what is required, what there is, K."""
    place = place_of(request)
    person = person_of(place, request.GET.get("user", ""))
    found = funnels_of(department=place.department, day=place.today)
    head = [_("Segment"), _("Manager"), _("Plan, ₽"), _("Paid, ₽")]
    for name in (_("Green"), _("Yellow"), _("Red")):
        head += [name, _("%(colour)s: required") % {"colour": name}]
    people: list[User | None] = [person] if person else [None, *found.people]
    judged = [(user, found.judged(user).segments) for user in people]
    lines: list[list[Any]] = []
    for segment in found.segments if place.segment is None else [place.segment]:
        for user, verdicts in judged:
            if (verdict := verdicts.get(segment.pk)) is None:
                continue
            part = found.part(segment, user)
            line = [segment.name, user.full_name if user else place.department.name, part.plan, part.paid]
            for colour in COLOURS:
                line += [part.counts[colour], verdict.required[colour]]
            lines.append([*line, _number(verdict.k_funnel, 3)])
    return _book(place, f"funnel-{place.today:%Y-%m-%d}", [*head, "K"], lines)


def _book(place: Place, name: str, head: list[str], lines: Iterable[list[Any]]) -> FileResponse:
    file, count = write_book(head, lines)
    record(action="calculation.export", obj=place.department, actor=place.viewer, after={"rows": count})
    return book_response(file, name)


def _number(value: Exact | None, places: int = 2) -> Decimal | None:
    return None if value is None else rounded(value, places)


def _percent(share: Exact | None) -> Decimal | None:
    return None if share is None else rounded(Fraction(share) * 100, 2)

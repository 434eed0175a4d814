"""/calculators/staffing/: are there enough people for the plan, whom to hire and when (section 3.2)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from common import formats
from common.acts import answers_refusals
from common.htmx import redirect, wants_fragment
from planning.views.calculators import Default, address_of, number_text
from planning.views.calculators.scope import Place, menus_of, place_of
from staffing.choices import StaffRole
from staffing.models import Vacancy
from staffing.selectors import StaffInputs, staff_inputs
from staffing.services import draft_vacancy, month_after, reason_of
from staffing.views.calculator.defaults import defaults_of
from staffing.views.calculator.form import StaffForm, blocks_of, names_of, staff_form
from staffing.views.calculator.lists import lists_of
from staffing.views.calculator.questions import Found, answer
from staffing.views.calculator.texts import chain_of, lines_of, months_of, say_of, variants_of, verdict_of

PATH = "/calculators/staffing/"


@require_http_methods(["GET", "HEAD", "POST"])
@answers_refusals
def staffing_calculator(request: HttpRequest) -> HttpResponse:
    """`?department=&segment=&role=` and the numbers; a fragment is the answer alone. 422 with sentences by field.

    POST at the same address drafts the vacancy that these very numbers ask for.
    """
    place, role = place_of(request), _role(request)
    is_fragment = wants_fragment(request)
    blocks = blocks_of(place.segment, place.segments, request.GET)
    inputs: StaffInputs | None = None
    defaults: dict[str, Default] = {}
    # While a person types, the address says everything: nothing is read for defaults nobody sees.
    if not is_fragment or not request.GET.keys() >= names_of(role, blocks):
        inputs = staff_inputs(place.department, place.today)
        defaults = defaults_of(inputs, role, blocks, set(request.GET))
    form = staff_form(role, blocks, request.GET, defaults)
    found = answer(form)
    if request.method == "POST" and found is not None:
        return _draft(request, place, role, found)
    address = place.address | {"role": role.value if role != StaffRole.HUNTER else None}
    context: dict[str, Any] = {"form": form, "path": PATH, "is_page": not is_fragment}
    if found is not None:
        context |= _told(place, role, form, found, address)
    if inputs is not None and not is_fragment:
        form.show_lists(lists_of(place, inputs, blocks))
        context |= _around(place, role, inputs)
    template = "staffing/_calculator.html" if is_fragment else "staffing/calculator.html"
    return render(request, template, context, status=200 if found is not None else 422)


def _role(request: HttpRequest) -> StaffRole:
    asked = request.GET.get("role", "") or StaffRole.HUNTER
    if asked not in StaffRole.values:
        raise Http404
    return StaffRole(asked)


def _told(place: Place, role: StaffRole, form: StaffForm, found: Found, address: dict[str, Any]) -> dict[str, Any]:
    hires = found.ahead.hires if found.ahead is not None else None
    standing = Vacancy.objects.visible_to(place.viewer).filter(department=place.department, role=str(role))
    vacancy = standing.not_closed().first()
    return {
        "answer": verdict_of(found),
        "say": say_of(found, role, place.today),
        "chain": chain_of(found),
        "months": months_of(found, place.today),
        "variants": variants_of(found),
        "lines": lines_of(found),
        "vacancy": vacancy,
        "draft_url": address_of(PATH, address, form.values()) if hires and vacancy is None else "",
        "here_url": address_of(PATH, address, form.values()),
    }


def _around(place: Place, role: StaffRole, inputs: StaffInputs) -> dict[str, Any]:
    """What stands about the form: scope, roles, the people who are counted."""
    scope = menus_of(place, PATH, {"role": role.value if role != StaffRole.HUNTER else ""})
    may_open = place.viewer.is_head
    return {
        "scope": scope,
        "hidden": [*scope["hidden"], ("role", role.value)],
        "roles": [
            {
                "label": pgettext("of staff", "Hunters")
                if one == StaffRole.HUNTER
                else pgettext("of staff", "Farmers"),
                "url": address_of(PATH, place.address, {"role": one.value}),
                "active": one == role,
            }
            for one in StaffRole
        ],
        "month": date_format(inputs.month, "F Y").lower(),
        "plan_url": f"{reverse('plan_fact')}?period=month&department={place.department.pk}",
        "base_url": f"{reverse('client_list')}?section=customers&department={place.department.pk}",
        "people_total": number_text(sum((one.fte for one in inputs.of_role(role)), Fraction(0)), 3, short=True),
        "people": [
            {
                "name": one.user.full_name,
                "url": reverse("staff_edit", args=[one.user.pk]) if may_open else "",
                "role": one.user.get_role_display(),
                "month": formats.number(one.month) if one.month > 0 else formats.DASH,
                "is_full": one.month > 3,
                "part": number_text(one.part_time, 2, short=True),
                "fte": number_text(one.fte, 3, short=True),
            }
            for one in inputs.of_role(role)
        ],
        "vacancies_url": reverse("vacancies"),
    }


def _draft(request: HttpRequest, place: Place, role: StaffRole, found: Found) -> HttpResponse:
    ahead = found.ahead
    vacancy = draft_vacancy(
        department=place.department,
        role=role.value,
        headcount=(ahead.hires or 0) if ahead is not None else 0,
        wanted_on=month_after(place.today, found.search),
        reason=reason_of(found.verdict, ahead),
        actor=place.viewer,
    )
    messages.success(request, _("The vacancy is drafted: %(vacancy)s.") % {"vacancy": vacancy})
    return redirect(request, reverse("vacancies"))

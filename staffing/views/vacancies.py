"""/staffing/vacancies/: whom a department is looking for; drafts of the night wait here for a person."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import Role
from accounts.models import User
from common import clock, formats
from common.acts import answers_refusals, attempt
from common.htmx import redirect, wants_fragment
from common.paging import DEFAULT_PAGE_SIZE, keyset_page
from planning.views.calculators import address_of, number_text
from staffing.choices import StaffRole, VacancyStatus
from staffing.forms import VacancyForm
from staffing.models import Vacancy
from staffing.selectors import staff_lights
from staffing.services import close_vacancy, edit_vacancy, open_vacancy
from staffing.views.calculator.page import PATH
from staffing.views.calculator.texts import bottleneck_name, fte_text, k_light
from staffing.views.vacancy_filters import LIST, asked_vacancies, department_menu, role_chips, vacancy_reader

PAGE_SIZE = DEFAULT_PAGE_SIZE


@require_safe
def vacancies(request: HttpRequest) -> HttpResponse:
    """`?state=closed&role=&department=&page=`: the closed ones, else all that wait for somebody."""
    asked = asked_vacancies(request)
    viewer, is_closed = asked.viewer, asked.is_closed
    page = keyset_page(
        asked.rows,
        field="created_at" if is_closed else "department__name",
        cursor=request.GET.get("page", ""),
        is_descending=is_closed,
        size=PAGE_SIZE,
    )
    shown = list(page.rows)
    context: dict[str, Any] = {
        "is_closed": is_closed,
        "is_filtered": asked.is_filtered,
        "calculator_url": PATH,
        "chips": role_chips(asked),
        "departments": department_menu(asked),
        "summary": _("%(count)s in the list") % {"count": formats.number(asked.rows.count())},
        "next_url": asked.url(page=page.next_cursor) if page.has_next else "",
        "previous_url": asked.url(page=page.previous_cursor) if page.has_previous else "",
        "reset_url": asked.url(role=None, department=None),
        "export_url": address_of(f"{LIST}export/", asked.address),
    }
    lights = staff_lights({row.department_id for row in shown})
    context["rows"] = [_row(row, viewer, lights) for row in shown]
    context["tabs"] = [
        {"url": asked.url(state=None), "label": _("Waiting"), "active": not is_closed},
        {"url": asked.url(state=VacancyStatus.CLOSED.value), "label": _("Closed ones"), "active": is_closed},
    ]
    return render(request, "staffing/vacancies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@answers_refusals
def vacancy(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of one vacancy: a fragment in the dialog, a page without JavaScript."""
    viewer = vacancy_reader(request)
    row = _vacancy(viewer, pk)
    initial = VacancyForm.values_of(row)
    form = VacancyForm(
        request.POST if request.method == "POST" else None, vacancy=row, today=clock.today(), initial=initial
    )
    refusal = None
    if request.method == "POST":
        refusal = attempt(form, lambda said: edit_vacancy(vacancy=row, actor=viewer, **said))
        if refusal is None:
            messages.success(request, _("The vacancy is saved."))
            return redirect(request, reverse("vacancies"))
    context = {
        "form": form,
        "refusal": refusal,
        "vacancy": row,
        "is_closed": row.status == VacancyStatus.CLOSED,
        "title": f"{row.get_role_display()} · {row.department}",
        "figures": _reason(row),
        "calculator_url": _calculator_url(row, viewer),
    }
    template = "staffing/_vacancy.html" if wants_fragment(request) else "staffing/vacancy_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
@answers_refusals
def vacancy_open(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, open_vacancy, _("The vacancy is open."))


@require_POST
@answers_refusals
def vacancy_close(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, close_vacancy, _("The vacancy is closed now."))


def _act(request: HttpRequest, pk: int, act: Callable[..., Vacancy], told: str) -> HttpResponse:
    viewer = vacancy_reader(request)
    act(vacancy=_vacancy(viewer, pk), actor=viewer)
    messages.success(request, told)
    return redirect(request, reverse("vacancies"))


def _vacancy(viewer: User, pk: int) -> Vacancy:
    rows = Vacancy.objects.visible_to(viewer).select_related("department", "created_by")
    return get_object_or_404(rows, pk=pk)


def _row(row: Vacancy, viewer: User, lights: dict[int, Any]) -> dict[str, Any]:
    light = lights.get(row.department_id)
    now = next((one for one in light.rows if one.role == row.role), None) if light else None
    return {
        "pk": row.pk,
        "name": row.get_role_display(),
        "department": str(row.department),
        "people": formats.number(row.headcount),
        "wanted": date_format(row.wanted_on, "F Y").lower(),
        "status": row.get_status_display(),
        "tag": {VacancyStatus.DRAFT: "tag-warn", VacancyStatus.OPEN: "tag-good"}.get(
            VacancyStatus(row.status), "tag-line"
        ),
        "is_draft": row.status == VacancyStatus.DRAFT,
        "is_closed": row.status == VacancyStatus.CLOSED,
        "has_text": bool(row.text),
        "why": _why(row),
        "by": row.created_by.short_name if row.created_by else _("by the night"),
        "at": formats.day_time(row.created_at),
        "now": k_light(now.k, now.zone) if now is not None else "",
        "url": reverse("vacancy", args=[row.pk]),
        "open_url": reverse("vacancy_open", args=[row.pk]),
        "close_url": reverse("vacancy_close", args=[row.pk]),
        "calculator_url": _calculator_url(row, viewer),
        "people_url": _calculator_url(row, viewer) + "#people",
    }


def _calculator_url(row: Vacancy, viewer: User) -> str:
    """What the need is made of, with the people and customers counted, as it stands now."""
    asked = {
        "department": row.department_id if viewer.role == Role.DIRECTOR else None,
        "role": row.role if row.role != StaffRole.HUNTER else None,
    }
    return address_of(PATH, asked)


def _why(row: Vacancy) -> str:
    """What opened it, in one line."""
    return _("needed %(need)s, there are %(have)s; bottleneck: %(name)s") % {
        "need": _figure(row, "fte_required"),
        "have": _figure(row, "fte_available"),
        "name": bottleneck_name(row.reason.get("bottleneck")),
    }


def _figure(row: Vacancy, name: str) -> str:
    value = row.reason.get(name)
    return fte_text(None if value is None else Decimal(value))


def _reason(row: Vacancy) -> list[tuple[str, str]]:
    """The figures that opened the vacancy."""
    horizon = row.reason.get("horizon")
    return [
        (_("Sufficiency K"), _figure(row, "k")),
        (_("Full employees needed"), _figure(row, "fte_required")),
        (_("Full employees there are"), _figure(row, "fte_available")),
        (_("Bottleneck"), bottleneck_name(row.reason.get("bottleneck"))),
        (_("Missing at the horizon"), _figure(row, "gap")),
        (_("Horizon, months"), number_text(horizon, 0)),
    ]

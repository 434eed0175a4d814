"""The page of the department and its daily review."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.choices import Role
from accounts.models import User
from common import clock, formats
from common.acts import answers_refusals
from common.htmx import redirect
from desk.selectors.lights import Lights, lights_of
from desk.views.conversions import conversion_rows
from desk.views.lights.cards import cards_of
from desk.views.lights.rows import columns_of, line_of, say_of, span_of
from desk.views.scope import department_asked
from funnels.services.reviews import sign_review
from staffing.choices import StaffRole
from staffing.views.calculator.texts import bottleneck_name, fte_text, k_light


@require_safe
def lights(request: HttpRequest) -> HttpResponse:
    department, departments = department_asked(request)
    board = lights_of(department)
    viewer = cast(User, request.user)
    query = f"?department={department.pk}" if len(departments) > 1 else ""
    context = {
        "department": department,
        "departments": [
            {"url": f"?department={one.pk}", "label": one.name, "active": one.pk == department.pk}
            for one in departments
        ]
        if len(departments) > 1
        else [],
        "subtitle": _subtitle(board),
        "cards": cards_of(board),
        "lines": [line_of(board, line) for line in board.lines],
        "total": line_of(board, board.whole) if board.whole else None,
        "span": span_of(board),
        "month": date_format(board.today, "F").lower(),
        "say": say_of(board),
        "conversions": conversion_rows(board),
        "columns": columns_of(board),
        "soon": _soon(board),
        "orders": board.orders,
        "orders_url": reverse("rotation_queue") if board.orders else "",
        "wait": wait_for(board),
        "export_url": reverse("lights_export") + query,
        "sign_url": reverse("lights_sign") + query,
        "may_sign": viewer.role == Role.HEAD,
        "review": board.review,
        "staff": _staff(board),
        "calculated": formats.day_time(board.calculated.finished_at) if board.calculated else "",
    }
    return render(request, "desk/lights.html", context)


@require_POST
@answers_refusals
def lights_sign(request: HttpRequest) -> HttpResponse:
    department, _departments = department_asked(request)
    sign_review(department=department, day=clock.today(), actor=cast(User, request.user))
    messages.success(request, _("Checked: the review of today is signed."))
    return redirect(request, reverse("lights"))


def _subtitle(board: Lights) -> str:
    total = board.whole.counts.total if board.whole else 0
    people = sum(1 for line in board.lines if not line.is_reserve)
    day = f"{date_format(board.today, 'l').capitalize()}, {formats.date_long(board.today)}"
    clients = ngettext("%(n)s client", "%(n)s clients", total) % {"n": formats.number(total)}
    managers = ngettext("%(n)s manager", "%(n)s managers", people) % {"n": people}
    reserve = " " + _("and in the reserve") if any(line.is_reserve for line in board.lines) else ""
    return _("%(day)s, %(time)s · %(clients)s with %(managers)s%(reserve)s") % {
        "day": day,
        "time": formats.time(board.now),
        "clients": clients,
        "managers": managers,
        "reserve": reserve,
    }


def _staff(board: Lights) -> dict[str, Any]:
    """Whether there are enough people by the last night, with the way to the calculation."""
    staff, department = board.staff, f"?department={board.department.pk}"
    if staff is None:
        return {}
    worst = staff.worst
    hires = ""
    if staff.hires:
        hires = ngettext("search for %(n)s person now", "search for %(n)s people now", staff.hires) % {"n": staff.hires}
    return {
        "light": k_light(staff.k, staff.zone),
        "k": fte_text(staff.k),
        "bottleneck": bottleneck_name(worst.bottleneck) if worst is not None and worst.bottleneck else "",
        "hires": hires,
        "url": reverse("staffing_calculator")
        + department
        + (f"&role={worst.role}" if worst is not None and worst.role != StaffRole.HUNTER else ""),
        "vacancies_url": reverse("vacancies"),
    }


def _soon(board: Lights) -> str:
    when = formats.date_num(board.next_day, today=board.today)
    return _("days in one colour; till %(day)s %(n)s more become stagnant") % {"day": when, "n": board.soon}


def wait_for(board: Lights) -> str:
    """«16 h 41 min» until the queue is handed over; empty with nothing in it or more than a day to go."""
    if board.executes_at is None:
        return ""
    left = int((board.executes_at - board.now).total_seconds() // 60)
    if not 0 <= left <= 24 * 60:
        return ""
    hours, minutes = divmod(left, 60)
    said = {"hours": hours, "minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % said if hours else _("%(minutes)s min") % said

from __future__ import annotations

from calendar import Calendar as Weeks
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.choices import DayKind
from accounts.forms import CalendarDayForm
from accounts.models import CalendarDay
from accounts.rules import may_edit_calendar, may_see_settings
from accounts.selectors import calendar, calendar_days
from accounts.views.requests import only_for, person
from common import clock, formats
from common.errors import ActError
from common.htmx import redirect, wants_fragment
from common.workdays import Calendar, month_end

FIRST_YEAR, LAST_YEAR = 2020, 2040


@require_http_methods(["GET", "POST"])
@only_for(may_see_settings)
def calendar_page(request: HttpRequest) -> HttpResponse:
    """A year in months. The administrator opens a day and says what it is; others read."""
    actor = person(request)
    may_edit = may_edit_calendar(actor.role)
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        form = CalendarDayForm(request.POST)
        if not form.is_valid():
            return _page(request, year=clock.today().year, form=form, status=422)
        day = form.cleaned_data["day"]
        try:
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                form.add_error(None, _("This year is not in the calendar."))
                return _page(request, year=clock.today().year, form=form, status=422)
            services.set_calendar_day(day=day, kind=form.cleaned_data["kind"], actor=actor)
        except ActError as error:
            return _page(request, year=day.year, form=form, status=form.add_refusal(error))
        messages.success(request, _("The calendar is changed; ages and plans follow it."))
        return redirect(request, f"{reverse('calendar')}?year={day.year}")
    chosen = _day(request.GET.get("day", ""))
    year = chosen.year if chosen else _year(request.GET.get("year", ""))
    day_form = None
    if may_edit and chosen:
        day_form = CalendarDayForm(initial={"day": chosen, "kind": str(calendar().kind(chosen))})
    if wants_fragment(request):
        return render(request, "accounts/_calendar_day.html", {"form": day_form, "chosen": chosen})
    return _page(request, year=year, form=day_form, chosen=chosen)


def _page(
    request: HttpRequest,
    *,
    year: int,
    form: CalendarDayForm | None,
    chosen: date | None = None,
    status: int = 200,
) -> HttpResponse:
    may_edit = may_edit_calendar(person(request).role)
    rows = calendar_days(year)
    present = calendar()
    context = {
        "year": year,
        "previous_year": year - 1 if year > FIRST_YEAR else None,
        "next_year": year + 1 if year < LAST_YEAR else None,
        "weekdays": [{"short": WEEKDAYS_ABBR[n], "long": WEEKDAYS[n]} for n in range(7)],
        "months": [_month(present, rows, year, month) for month in range(1, 13)],
        "working": len(present.working_days(date(year, 1, 1), date(year, 12, 31))),
        "edited": [row for row in rows.values() if row.is_edited],
        "may_edit": may_edit,
        "is_known": bool(rows),
        "form": form if may_edit else None,
        "chosen": chosen,
    }
    return render(request, "accounts/calendar.html", context, status=status)


def _month(present: Calendar, rows: dict[date, CalendarDay], year: int, month: int) -> dict[str, Any]:
    today = clock.today()
    weeks = [
        [_cell(present, rows, day, today) if day.month == month else None for day in week]
        for week in Weeks().monthdatescalendar(year, month)
    ]
    working = present.working_days(date(year, month, 1), month_end(year, month))
    return {"name": MONTHS[month], "weeks": weeks, "working": len(working)}


def _cell(present: Calendar, rows: dict[date, CalendarDay], day: date, today: date) -> dict[str, Any]:
    kind = present.kind(day)
    is_edited = day in rows and rows[day].is_edited
    label = f"{formats.date_long(day)}: {DayKind(str(kind)).label}"
    return {
        "n": day.day,
        "iso": day.isoformat(),
        "css": f"day day-{kind}" + (" day-edited" if is_edited else "") + (" day-today" if day == today else ""),
        "label": label + (f" ({_('edited')})" if is_edited else ""),
    }


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _year(text: str) -> int:
    year = int(text) if text.isdecimal() and len(text) == 4 else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else clock.today().year

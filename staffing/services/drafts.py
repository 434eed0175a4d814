"""A vacancy by itself: the night finds people missing and opens one draft (R-S2-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.selectors import head_of
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from journal.models import JobRun
from journal.services import add_item, record
from notifications.services import bell, ring_all
from planning.services.locks import lock_figures
from staffing.calculator import MonthAhead, Verdict
from staffing.choices import StaffRole, VacancyStatus
from staffing.constants import HIRE_MONTHS, QUIET_DAYS
from staffing.models import MOST_PEOPLE, Vacancy
from staffing.selectors import RoleVerdict, StaffInputs, may_hire
from staffing.services.figures import to_digits


def month_after(day: date, months: int) -> date:
    """The first day of the month so many months later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def draft_of_night(inputs: StaffInputs, found: RoleVerdict, run: JobRun | None) -> Vacancy | None:
    """The draft this deficit opens; None without one, while a vacancy of the role stands, or soon after one was closed for
    at least as many people. A green light is no deficit.
    """
    if not found.hires:
        return None
    known = Vacancy.objects.filter(department=inputs.department, role=str(found.role))
    if known.not_closed().exists():
        return None
    quiet_since = clock.now() - timedelta(days=QUIET_DAYS)
    if known.filter(closed_at__gte=quiet_since, headcount__gte=found.hires).exists():
        return None
    vacancy = _write(
        department=inputs.department,
        role=found.role,
        headcount=found.hires,
        wanted_on=month_after(inputs.day, HIRE_MONTHS),
        reason=reason_of(found.verdict, found.ahead),
        actor=None,
    )
    add_item(run, vacancy, "draft")
    head = head_of(inputs.department)
    if head is not None:
        text = _("People are missing: a vacancy is drafted (%(vacancy)s)") % {"vacancy": vacancy}
        ring_all([bell(recipient=head, key=f"vacancy:{vacancy.pk}", text=text, url="/staffing/vacancies/")])
    return vacancy


@transaction.atomic
def draft_vacancy(
    *,
    department: Department,
    role: str,
    headcount: int,
    wanted_on: date,
    reason: Mapping[str, Any],
    actor: User,
) -> Vacancy:
    """A draft opened by a person from the calculator; the one that stands already is returned unchanged.

    `wanted_on` is the first day of a month. NotAllowed (director, or the head of the department), Conflict (nobody is
    missing), Invalid by field: role, headcount, wanted_on.
    """
    if not may_hire(actor, department):
        raise NotAllowed(_("Vacancies are opened by the director, or by the head for his department."))
    if headcount == 0:
        raise Conflict(_("There are enough people: no vacancy is needed."), code="enough_people")
    errors = {}
    if role not in StaffRole.values:
        errors["role"] = _("There is no such role.")
    if not 1 <= headcount <= MOST_PEOPLE:
        errors["headcount"] = _("From 1 to 1000 people.")
    if wanted_on.day != 1:
        errors["wanted_on"] = _("A vacancy is wanted by a month.")
    if errors:
        raise Invalid(errors)
    # Two clicks, or a click and the night: the second one finds the draft of the first.
    lock_figures(department.pk)
    standing = Vacancy.objects.filter(department=department, role=role).not_closed().first()
    if standing is not None:
        return standing
    return _write(
        department=department, role=role, headcount=headcount, wanted_on=wanted_on, reason=reason, actor=actor
    )


def reason_of(verdict: Verdict, ahead: MonthAhead | None) -> dict[str, Any]:
    """The figures a vacancy is opened by, as text: K and full employees to three digits."""
    required = verdict.required
    figures = {
        "k": verdict.k.value,
        "fte_required": required.fte.value,
        "fte_available": verdict.available,
        "gap": ahead.gap if ahead else None,
    }
    return {
        **{name: None if value is None else str(to_digits(value, 3)) for name, value in figures.items()},
        "zone": str(verdict.zone or ""),
        "bottleneck": str(verdict.bottleneck or ""),
        "headcount": required.headcount,
        "hires": ahead.hires if ahead else None,
        "horizon": ahead.horizon if ahead else None,
    }


def _write(
    *,
    department: Department,
    role: StaffRole | str,
    headcount: int,
    wanted_on: date,
    reason: Mapping[str, Any],
    actor: User | None,
) -> Vacancy:
    vacancy = Vacancy.objects.create(
        department=department,
        role=str(role),
        status=VacancyStatus.DRAFT,
        headcount=min(headcount, MOST_PEOPLE),
        wanted_on=wanted_on,
        reason=dict(reason),
        created_by=actor,
        created_at=clock.now(),
    )
    record(
        action="vacancy.draft",
        obj=vacancy,
        actor=actor,
        after={"department": department.pk, "role": str(role), "headcount": vacancy.headcount, "wanted_on": wanted_on},
    )
    return vacancy

"""Sufficiency of every department, written down by the night and when the plan of the month changes (R-S0-A3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import transaction

from accounts.models import Department
from common import clock
from journal.models import JobRun
from journal.services import in_batch
from planning.services.locks import lock_figures
from staffing.models import StaffRow
from staffing.selectors import RoleVerdict, StaffInputs, role_verdicts, staff_inputs
from staffing.services.drafts import draft_of_night
from staffing.services.figures import to_digits

MOST_COUNT: Final = 2**31 - 1
_MOST_FTE: Final = Decimal("99999999999999.9999")
_FIELDS: Final = (
    *("k", "zone", "why", "bottleneck", "fte_required", "fte_available", "headcount"),
    *("people", "gap", "hires", "is_counted", "inputs", "computed_at"),
)


def write_staff_rows(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """StaffRow of `day` per department and role, and a draft vacancy where people are missing (job 00:30).

    One transaction a department; safe to repeat. A night that comes days late writes its rows and opens no vacancy: the
    newest one does. Returns departments, rows and drafts opened.
    """
    at = at or clock.now()
    counts = {"staffed": 0, "staff_rows": 0, "vacancies": 0}
    for department in Department.objects.filter(is_active=True).order_by("pk"):
        with in_batch(run):
            inputs, verdicts = _write(department, day, at)
            counts["staffed"] += 1
            counts["staff_rows"] += len(verdicts)
            if day >= clock.today():
                counts["vacancies"] += sum(draft_of_night(inputs, one, run) is not None for one in verdicts)
    return counts


@transaction.atomic
def refresh_staff(*, department: Department, day: date) -> list[RoleVerdict]:
    """The rows of today written anew, when what they are made of has changed. Opens no vacancy."""
    return _write(department, day, clock.now())[1]


def _write(department: Department, day: date, at: datetime) -> tuple[StaffInputs, list[RoleVerdict]]:
    # Two writers of one department stand in line: the later one counts with what the earlier has left.
    lock_figures(department.pk)
    inputs = staff_inputs(department, day)
    verdicts = role_verdicts(inputs)
    StaffRow.objects.bulk_create(
        [StaffRow(day=day, department=department, computed_at=at, **_values(inputs, one)) for one in verdicts],
        update_conflicts=True,
        unique_fields=["department", "day", "role"],
        update_fields=_FIELDS,
    )
    return inputs, verdicts


def _values(inputs: StaffInputs, one: RoleVerdict) -> dict[str, Any]:
    verdict, ahead = one.verdict, one.ahead
    required = verdict.required
    return {
        "role": str(one.role),
        "k": stored(verdict.k.value),
        "zone": str(verdict.zone or ""),
        "why": str(verdict.k.why or ""),
        "bottleneck": str(verdict.bottleneck or ""),
        "fte_required": stored(required.fte.value),
        "fte_available": stored(verdict.available),
        "headcount": None if required.headcount is None else min(required.headcount, MOST_COUNT),
        "people": len(one.people),
        "gap": stored(ahead.gap) if ahead else None,
        "hires": None if one.hires is None else min(one.hires, MOST_COUNT),
        "is_counted": one.is_counted,
        "inputs": {
            "plan": str(inputs.plan),
            "working_days": inputs.working_days,
            "absence": str(to_digits(inputs.absence.value, 3)),
            "attrition": str(to_digits(inputs.attrition.value, 3)),
            "customers": {str(size): number for size, number in inputs.customers.items()},
        },
    }


def stored(value: Fraction | None) -> Decimal | None:
    """Four digits; a number beyond all sense is kept as the largest one."""
    return None if value is None else min(to_digits(value, 4), _MOST_FTE)

"""Plan-fact rows of the night (R-S0-P6): plan, plan-to-date, fact and counts of every scope and period."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import F

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common import clock
from common.workdays import PeriodKind
from common.writing import write_over
from journal.models import JobRun
from journal.services import in_batch
from planning.models import PlanFact
from planning.rules import ALL_KINDS, Span, span_of
from planning.selectors import DepartmentFigures, Figures, department_figures, figures_of
from planning.selectors.counts import count_acts
from planning.services.locks import lock_figures

UNFINISHED_LOOK_DAYS: Final = 14

_FIELDS = ["starts_on", "ends_on", "plan", "plan_to_date", "fact", "counts", "is_corrected", "computed_at"]
_COMPARED = ["starts_on", "ends_on", "plan", "plan_to_date", "fact", "counts"]


def write_plan_fact(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Rows of `day` for seven periods, per manager and department, one transaction per department (job 00:30).

    A row that was written before its day was over is finished by the next call. Safe to repeat: unchanged rows stay,
    a finished row that comes out different is marked corrected. Returns departments, written and changed rows.
    """
    at = at or clock.now()
    counts = {"departments": 0, "written": 0, "changed": 0}
    for department in Department.objects.filter(is_active=True).order_by("pk"):
        with in_batch(run):
            # Payments that re-open a day of this department wait until its rows stand.
            lock_figures(department.pk)
            for one in [*_unfinished(department, day), day]:
                written, changed = _write(department, one, at)
                counts["written"] += written
                counts["changed"] += changed
        counts["departments"] += 1
    return counts


def _unfinished(department: Department, day: date) -> list[date]:
    """Earlier days whose rows were computed before they were over, oldest first."""
    rows = PlanFact.objects.filter(
        department=department,
        day__gte=day - timedelta(days=UNFINISHED_LOOK_DAYS),
        day__lt=day,
        computed_at__date__lte=F("day"),
    )
    return sorted(set(rows.order_by().values_list("day", flat=True).distinct()))


def _write(department: Department, day: date, at: datetime) -> tuple[int, int]:
    """Rows created and rows changed."""
    calendar = production_calendar()
    spans = {kind: span_of(kind, day, calendar) for kind in ALL_KINDS}
    found = department_figures(department_id=department.pk, day=day, as_of=day)
    events = count_acts(department_id=department.pk, spans=spans, day=day)
    managers = User.objects.active().managers().filter(department=department).values_list("pk", flat=True)
    known = {(row.user_id, row.period): row for row in PlanFact.objects.filter(department=department, day=day)}
    new, changed = [], []
    for user_id in [None, *sorted(set(managers) | found.people.keys())]:
        for kind, span in spans.items():
            values = _values(_figures(found, user_id, kind, span, day), events[user_id, kind])
            row = known.get((user_id, str(kind)))
            if row is None:
                new.append(
                    PlanFact(
                        day=day, department=department, user_id=user_id, period=str(kind), computed_at=at, **values
                    )
                )
                continue
            is_finished = clock.day_of(row.computed_at) > day
            if any(getattr(row, name) != values[name] for name in _COMPARED):
                row.is_corrected = row.is_corrected or is_finished
            elif is_finished:
                continue
            for name, value in values.items():
                setattr(row, name, value)
            row.computed_at = at
            changed.append(row)
    PlanFact.objects.bulk_create(new, batch_size=500)
    write_over(changed, _FIELDS)
    return len(new), len(changed)


def _figures(found: DepartmentFigures, user_id: int | None, kind: PeriodKind, span: Span, day: date) -> Figures:
    if user_id is None:
        return found.whole[kind]
    of_person = found.people.get(user_id)
    return of_person[kind] if of_person else figures_of(span, day, {}, {}, production_calendar())


def _values(figures: Figures, counts: dict[str, int]) -> dict[str, Any]:
    period = figures.span.period
    return {
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "plan": figures.plan,
        "plan_to_date": figures.plan_to_date,
        "fact": figures.fact,
        "counts": counts,
    }

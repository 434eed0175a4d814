"""Frozen forecasts: written once when a period begins, never again (R-S0-P6, section 3.1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Department
from accounts.selectors import calendar as production_calendar
from common import clock
from common.workdays import PeriodKind
from journal.models import JobRun
from journal.services import in_batch
from planning.models import ForecastSnapshot
from planning.rules import ALL_KINDS, Span, span_of
from planning.selectors import department_figures, forecast_for, forecast_inputs
from planning.selectors.forecast import Inputs, SpanForecast, manager_funnels
from planning.selectors.frozen_paid import credits_between
from planning.selectors.frozen_parts import amounts_to_keep


def freeze_forecasts(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Snapshots of every period whose first calendar day is `day`, per manager and department (job 00:30).

    A run that comes days late freezes what stood then and says how late it was; a period already over gets none.
    Safe to repeat and to run twice at once: what is frozen stays. Returns periods, frozen rows and those known before.
    """
    at = at or clock.now()
    calendar = production_calendar()
    # The funnels are read as they stand now, whatever moment the run is dated.
    as_of = max(day, clock.today())
    spans = {
        kind: span
        for kind in ALL_KINDS
        if (span := span_of(kind, day, calendar)).period.starts_on == day and as_of <= span.period.ends_on
    }
    counts = {"periods": len(spans), "frozen": 0, "known": 0}
    if not spans:
        return counts
    for department in Department.objects.filter(is_active=True).order_by("pk"):
        with in_batch(run):
            frozen, known = _freeze(department, spans, day, as_of, at)
        counts["frozen"] += frozen
        counts["known"] += known
    return counts


def _freeze(
    department: Department, spans: Mapping[PeriodKind, Span], day: date, as_of: date, at: datetime
) -> tuple[int, int]:
    known = set(ForecastSnapshot.objects.filter(department=department, starts_on=day).values_list("user_id", "period"))
    inputs = forecast_inputs(department_id=department.pk, day=as_of)
    made = forecast_rows(department=department, spans=spans, inputs=inputs, day=day, at=at)
    rows = [row for row in made if (row.user_id, row.period) not in known]
    # Two runs at once: the first insert wins, the second one finds the row there.
    ForecastSnapshot.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows), len(known)


def forecast_rows(
    *, department: Department, spans: Mapping[PeriodKind, Span], inputs: Inputs, day: date, at: datetime
) -> list[ForecastSnapshot]:
    """Unsaved snapshots of periods that begin on `day`, of funnels as they stood in the morning of `inputs.day`."""
    as_of = inputs.day - timedelta(days=1)
    figures = department_figures(department_id=department.pk, day=day, as_of=as_of, kinds=list(spans))
    credits = credits_between(
        department_id=department.pk, first=min(span.facts_from for span in spans.values()), last=as_of
    )
    rows = []
    funnels = manager_funnels(inputs, {})
    for kind, span in spans.items():
        paid = dict.fromkeys(figures.people, Decimal("0.00"))
        payments: dict[int, list[int]] = {}
        for pk, user_id, _day, amount in (one for one in credits if span.facts_from <= one[2] <= span.facts_to):
            paid[user_id] = paid.get(user_id, Decimal("0.00")) + amount
            payments.setdefault(user_id, []).append(pk)
        made = forecast_for(inputs=inputs, span=span, paid=paid, target=figures.whole[kind].plan)
        kept = amounts_to_keep(inputs, funnels, made.days_left)
        for user_id, of_person in kept.items():
            of_person["payments"] = payments.get(user_id, [])
        rows += _rows(department, span, inputs, made, kept, (inputs.day - day).days, at)
    return rows


def _rows(
    department: Department,
    span: Span,
    inputs: Inputs,
    made: SpanForecast,
    kept: Mapping[int, dict[str, Any]],
    late_days: int,
    at: datetime,
) -> list[ForecastSnapshot]:
    def row(user_id: int | None, amount: Decimal, details: dict) -> ForecastSnapshot:
        return ForecastSnapshot(
            department=department,
            user_id=user_id,
            period=str(span.period.kind),
            starts_on=span.period.starts_on,
            ends_on=span.period.ends_on,
            amount=amount,
            details={"days_left": made.days_left, "late_days": late_days, **details},
            frozen_at=at,
        )

    people = [
        row(one.manager_id, one.amount, made.details[one.manager_id] | kept.get(one.manager_id, {}))
        for one in made.department.managers
    ]
    counts = {"red": 0, "yellow": 0, "green": 0}
    for line in inputs.lines:
        counts[str(line.colour)] += 1
    target = {"counts": counts, "target": str(made.department.target)}
    return [*people, row(None, made.department.amount, target)]

"""How many clients of each colour a manager needs for his month; rotation reads it (sections 2.5 and 3.3.2)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.choices import MANAGER_ROLES
from accounts.models import Department
from clients.models import Segment
from common.workdays import PeriodKind
from funnels.models import ColourNorm
from journal.models import JobRun
from journal.services import in_batch
from planning.calculator import Counts, FunnelInput, check_funnel
from planning.constants import Colour
from planning.selectors import department_figures, forecast_inputs
from planning.selectors.forecast import Inputs, Line
from planning.selectors.sufficiency import segment_shares, served_segments


def write_colour_norms(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """ColourNorm rows of `day` per manager, segment and colour from the month plan (job 00:30).

    A manager's plan is divided between the segments he serves in proportion to the money of his open cycles there
    (evenly when he has none). Without a plan there is no row, and rotation falls back to the floors. Repeating a day
    writes it anew. Returns managers and rows.
    """
    del at  # the day alone decides
    counts = {"managers": 0, "rows": 0}
    for department in Department.objects.filter(is_active=True).order_by("pk"):
        with in_batch(run), transaction.atomic():
            rows = _norms(department, day)
            ColourNorm.objects.bulk_create(
                rows,
                update_conflicts=True,
                update_fields=["required"],
                unique_fields=["user", "segment", "colour", "day"],
                batch_size=500,
            )
        counts["managers"] += len({row.user_id for row in rows})
        counts["rows"] += len(rows)
    return counts


def _norms(department: Department, day: date) -> list[ColourNorm]:
    figures = department_figures(
        department_id=department.pk, day=day, as_of=day - timedelta(days=1), kinds=[PeriodKind.MONTH]
    )
    inputs = forecast_inputs(department_id=department.pk, day=day)
    active = [segment for segment in inputs.segments.values() if segment.is_active]
    served = served_segments(department)
    lines: dict[int, list[Line]] = defaultdict(list)
    for line in inputs.lines:
        lines[line.user_id].append(line)
    rows = []
    for user_id, of_person in sorted(figures.people.items()):
        month, user = of_person[PeriodKind.MONTH], inputs.people.get(user_id)
        if not month.plan or user is None or user.role not in MANAGER_ROLES:
            continue
        own = served.get(user_id, set())
        segments = [segment for segment in active if not own or segment.pk in own]
        left = max(Decimal("0.00"), month.plan - month.fact)
        for segment, share in zip(segments, segment_shares(segments, left, lines[user_id]), strict=True):
            rows += _of_segment(user_id, segment, share, month.span.period.days, inputs, day)
    return rows


def _of_segment(
    user_id: int, segment: Segment, left: Decimal, days: int, inputs: Inputs, day: date
) -> list[ColourNorm]:
    if segment.average_cheque <= 0:
        return []
    required = check_funnel(
        FunnelInput(
            plan=left,
            paid=Decimal(0),
            average_cheque=segment.average_cheque,
            days=days,
            actual=Counts(green=0, yellow=0, red=0),
            reference=inputs.references[segment.pk],
        )
    ).required
    return [
        ColourNorm(user_id=user_id, segment=segment, colour=str(colour), required=required[colour], day=day)
        for colour in Colour
    ]

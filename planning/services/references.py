"""Reference p and t of segments, as they reach the forecasts once a department has approved them (section 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from accounts.models import Department, User
from planning.choices import StageNorm
from planning.models import SegmentNorm
from planning.services.locks import lock_figures


@dataclass(frozen=True)
class ApprovedValue:
    """One value as it was approved: parts of 1 or days, from the first day of a month on."""

    segment_id: int
    name: StageNorm
    value: Decimal
    valid_from: date


@transaction.atomic
def put_references_in_force(
    *, department: Department, values: Iterable[ApprovedValue], actor: User, at: datetime
) -> list[SegmentNorm]:
    """Hands approved values down to the forecasts of the department; a later approval for the same month replaces.

    A part of the act that approves: that one judges the right and the numbers and writes the audit event.
    """
    given = list(values)
    if not given:
        return []
    # Versions are counted by one person at a time.
    lock_figures(department.pk)
    known = SegmentNorm.objects.filter(department=department, valid_from__in={one.valid_from for one in given})
    keys = known.order_by().values_list("segment_id", "name", "valid_from")
    versions = {(pk, name, month): last for pk, name, month, last in keys.annotate(last=Max("version"))}
    rows = []
    for one in given:
        key = (one.segment_id, str(one.name), one.valid_from)
        versions[key] = versions.get(key, 0) + 1
        rows.append(
            SegmentNorm(
                department=department,
                segment_id=one.segment_id,
                name=one.name,
                value=one.value,
                valid_from=one.valid_from,
                version=versions[key],
                said_by=actor,
                said_at=at,
            )
        )
    return SegmentNorm.objects.bulk_create(rows)

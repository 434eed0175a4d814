"""K of a department as the last night has stored it; other screens ask here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, OuterRef, Subquery

from accounts.models import Department
from planning.calculator import worst_zone
from planning.constants import Zone
from staffing.models import StaffRow


@dataclass(frozen=True)
class StaffLight:
    """The department's light: least K and worst zone of its roles, those left out of it apart. `rows` by role."""

    day: date
    rows: tuple[StaffRow, ...]

    @property
    def counted(self) -> list[StaffRow]:
        return [row for row in self.rows if row.is_counted]

    @property
    def k(self) -> Decimal | None:
        """Least K; None when no role requires anybody."""
        return min((row.k for row in self.counted if row.k is not None), default=None)

    @property
    def zone(self) -> Zone | None:
        return worst_zone(Zone(row.zone) for row in self.counted if row.zone)

    @property
    def worst(self) -> StaffRow | None:
        """The role that decides."""
        known = [row for row in self.counted if row.k is not None]
        return min(known, key=lambda row: (row.k, row.role), default=None)

    @property
    def hires(self) -> int:
        """People to search for now, all roles together."""
        return sum(row.hires or 0 for row in self.counted)


def staff_lights(departments: Iterable[int]) -> dict[int, StaffLight]:
    """The newest stored day of every department by its id; one query. A department never computed is not there."""
    newest = StaffRow.objects.filter(department=OuterRef("department")).values("department")
    rows = StaffRow.objects.filter(department__in=list(departments)).filter(
        day=Subquery(newest.annotate(last=Max("day")).values("last"))
    )
    found: dict[int, list[StaffRow]] = {}
    for row in rows.order_by("department", "role"):
        found.setdefault(row.department_id, []).append(row)
    return {pk: StaffLight(of_day[0].day, tuple(of_day)) for pk, of_day in found.items()}


def staff_light(department: Department | int) -> StaffLight | None:
    """K and zone of one department on the newest stored day; None when the night has not run yet. One query."""
    pk = department.pk if isinstance(department, Department) else department
    return staff_lights([pk]).get(pk)

"""Which value an indicator is held against on a day: the approved reference, the norm set, or the default (3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.db import models
from django.db.models import QuerySet

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from clients.models import Segment
from common.prepared import Prepared
from funnels.constants import SalesRole
from kpi.calculator import Kpi
from kpi.choices import Source
from kpi.constants import CARDS_FROM, FIRST_REACTION_MINUTES, TECHNOLOGY_FROM, WEEK_NORMS
from kpi.models import Norm, ReferenceKPI
from planning.calculator import Step
from planning.constants import LEAST_CONVERSION, VERIFICATION_GREEN_FROM, PerColour, Reference
from planning.rules import LEAST_RATE
from planning.selectors.norms import norms_of
from planning.selectors.references import every_segment

# Counted over the whole working time of a person, a week of five working days; the name is that of WEEK_NORMS.
PERSON_KPIS: Final = {
    Kpi.PRODUCTIVE_CALLS: "calls",
    Kpi.HELD_MEETINGS: "held",
    Kpi.PRODUCTIVE_MEETINGS: "productive",
    Kpi.WARM_CONTACTS: "warm",
    Kpi.VISITS: "visits",
    Kpi.OFFERS: "offers",
}
SEGMENT_KPIS: Final = (
    Kpi.CONVERSION_RED,
    Kpi.CONVERSION_YELLOW,
    Kpi.CONVERSION_GREEN,
    Kpi.CONVERSION,
    Kpi.DAYS_RED,
    Kpi.DAYS_YELLOW,
    Kpi.DAYS_GREEN,
    Kpi.AVERAGE_CHEQUE,
)
# Norms that no statistics give.
SET_NORMS: Final = {
    Kpi.VERIFICATION: VERIFICATION_GREEN_FROM,
    Kpi.TECHNOLOGY: TECHNOLOGY_FROM,
    Kpi.CARD_COMPLETENESS: CARDS_FROM,
    Kpi.FIRST_REACTION: Fraction(FIRST_REACTION_MINUTES),
}
# Parts of 1; the rest are acts, days, minutes or roubles.
SHARES: Final = frozenset({*SEGMENT_KPIS[:4], Kpi.VERIFICATION, Kpi.TECHNOLOGY, Kpi.CARD_COMPLETENESS})
ROLES: Final = (Role.HUNTER, Role.FARMER, Role.INTERN)
# Whoever may take block 1 alone converts no yellow client (R-S3-9).
SEGMENT_ROLES: Final = (Role.HUNTER, Role.FARMER)

Key = tuple[int | None, str, str]  # segment id, role, indicator


@dataclass(frozen=True)
class Value:
    """A value in force and where it comes from."""

    value: Fraction
    source: str


@dataclass
class References:
    """Everything a department is held against on one day."""

    segments: Mapping[int, Segment]
    decided: dict[Key, Value] = field(default_factory=dict)  # references approved and norms set
    planned: Mapping[Kpi, int] = field(default_factory=dict)  # acts of a working day by the plan of the month
    _defaults: dict[int, Mapping[Kpi, Fraction]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _paces: dict[tuple[int, str], Reference] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of_plan(self, kpi: Kpi, role: str) -> int | None:
        """What the plan of the month asks of a hunter every working day (3.1.2); it goes before the week's norm."""
        return self.planned.get(kpi) if role == Role.HUNTER else None

    def value(self, kpi: Kpi, role: str, segment_id: int | None = None) -> Value:
        """WEEK for PERSON_KPIS; parts of 1, days and roubles for SEGMENT_KPIS; `role` of a head is a hunter's."""
        role = role if role in MANAGER_ROLES else Role.HUNTER
        if kpi in SET_NORMS:
            return self.decided.get((None, role, kpi)) or Value(SET_NORMS[kpi], Source.DEFAULT)
        found = self.decided.get((segment_id, role, kpi))
        return Value(self._default(kpi, role, segment_id or 0), Source.DEFAULT) if found is None else found

    def _default(self, kpi: Kpi, role: str, segment_id: int) -> Fraction:
        if kpi in PERSON_KPIS or segment_id not in self.segments:
            return default_of(kpi, role, self.segments.get(segment_id))
        if segment_id not in self._defaults:
            self._defaults[segment_id] = _settings_of(self.segments[segment_id])
        return self._defaults[segment_id][kpi]

    def reference(self, segment_id: int, role: str) -> Reference:
        """p and t of a segment for the calculators of the funnel; of what is decided when first asked."""
        if (segment_id, role) not in self._paces:
            self._paces[segment_id, role] = self._pace(segment_id, role)
        return self._paces[segment_id, role]

    def _pace(self, segment_id: int, role: str) -> Reference:
        rates = [max(self.value(kpi, role, segment_id).value, LEAST_RATE) for kpi in SEGMENT_KPIS[:3]]
        days = [self.value(kpi, role, segment_id).value for kpi in SEGMENT_KPIS[4:7]]
        return Reference(PerColour(*(min(rate, Fraction(1)) for rate in rates)), PerColour(*days))


def default_of(kpi: Kpi, role: str, segment: Segment | None) -> Fraction:
    """The default of the method or of the segment's settings; 0 for what the role is not asked for."""
    if kpi in PERSON_KPIS:
        return Fraction(WEEK_NORMS.get(SalesRole(role), {}).get(PERSON_KPIS[kpi], 0))
    return Fraction(0) if segment is None else _settings_of(segment)[kpi]


def _settings_of(segment: Segment) -> dict[Kpi, Fraction]:
    rates = [Fraction(value) / 100 for value in (segment.p_red, segment.p_yellow, segment.p_green)]
    return {
        Kpi.CONVERSION_RED: rates[0],
        Kpi.CONVERSION_YELLOW: rates[1],
        Kpi.CONVERSION_GREEN: rates[2],
        Kpi.CONVERSION: max(LEAST_CONVERSION, rates[0] * rates[1] * rates[2]),
        Kpi.DAYS_RED: Fraction(segment.t_red),
        Kpi.DAYS_YELLOW: Fraction(segment.t_yellow),
        Kpi.DAYS_GREEN: Fraction(segment.t_green),
        Kpi.AVERAGE_CHEQUE: Fraction(segment.average_cheque),
    }


def references_on(*, department_id: int, day: date) -> References:
    """Three queries. Of two decisions for one month the later one counts."""
    found = References(every_segment())
    for segment_id, role, kpi, value, source, *_when in _decisions((), department=department_id, day=day):
        found.decided[segment_id, role, kpi] = Value(Fraction(value), source)
    found.planned = planned_acts(norms_of(department_id, day) or {})
    return found


def planned_acts(steps: Mapping[Step, int]) -> dict[Kpi, int]:
    """Acts of a working day by indicator, of the chain of a month's plan."""
    return {Kpi(step.value): acts for step, acts in steps.items() if step.value in set(PERSON_KPIS)}


def _decided(_shape: tuple[()], *, department: int, day: date) -> QuerySet:
    """Approved references and norms set, oldest first; no indicator has both."""
    told = ("segment_id", "role", "kpi", "value")
    approved = ReferenceKPI.objects.filter(department_id=department, approved_at__isnull=False).started(day)
    norms = Norm.objects.filter(department_id=department, kpi__in=SET_NORMS).started(day)
    return (
        approved.exclude(kpi__in=SET_NORMS)
        .order_by()
        .values_list(*told, "source", "valid_from", "approved_at", "pk")
        .union(
            norms.order_by().values_list(*told, models.Value(str(Source.SET)), "valid_from", "created_at", "pk"),
            all=True,
        )
        .order_by("valid_from", "approved_at", "pk")
    )


_decisions = Prepared(_decided)


def proposals(*, department: Department, viewer: User, after: date) -> QuerySet[ReferenceKPI]:
    """What waits for approval and has not yet begun."""
    rows = ReferenceKPI.objects.visible_to(viewer).filter(department=department, approved_at__isnull=True)
    return rows.filter(valid_from__gt=after).select_related("segment", "created_by")


def history(*, department: Department, viewer: User) -> QuerySet[ReferenceKPI]:
    """Every approved value, newest first."""
    rows = ReferenceKPI.objects.visible_to(viewer).filter(department=department, approved_at__isnull=False)
    return rows.select_related("segment", "approved_by").order_by("-approved_at", "-pk")


def norm_history(*, department: Department, viewer: User) -> QuerySet[Norm]:
    rows = Norm.objects.visible_to(viewer).filter(department=department)
    return rows.select_related("created_by").order_by("-created_at", "-pk")


def may_approve(user: User, department: Department) -> bool:
    """References and norms of a department are its head's duty (R-S0-A5); the director edits the method's settings."""
    if not user.is_active:
        return False
    return user.role == Role.DIRECTOR or (user.role == Role.HEAD and user.department_id == department.pk)


def stored(value: Fraction) -> Decimal:
    """As a column holds it: six decimals, half up."""
    scaled = value * 10**6
    return Decimal((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)).scaleb(-6)

"""What /kpi/ is made of: a line of an indicator, a person, a segment, the head, the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from accounts.models import Department, User
from common.workdays import PeriodKind
from kpi.calculator import HeadIndicators, Held, Kpi, Share, Trend, is_at_risk, staff_light
from kpi.selectors.funnels import Expected, FunnelVerdict
from planning.calculator import Pipeline, attainment
from planning.constants import Zone
from planning.rules import Span
from planning.selectors import Figures


@dataclass(frozen=True)
class Line:
    """One indicator: fact, norm, how it is met, which way it goes. `unit` is that of the indicator."""

    kpi: Kpi
    fact: Fraction | None
    norm: Fraction | None
    held: Held
    trend: Trend | None = None
    source: str = ""
    counted: int | None = None  # how many sales a share or a median is made of


@dataclass(frozen=True)
class Numbers:
    """Fact and norm of one indicator of one person, not judged: a table of people shows the numbers alone."""

    kpi: Kpi
    fact: Fraction
    norm: Fraction


@dataclass(frozen=True)
class Week:
    """One finished control week of one person."""

    starts_on: date
    ends_on: date
    plan: Decimal
    fact: Decimal

    @property
    def light(self) -> Zone | None:
        return staff_light(self.fact, self.plan)

    @property
    def share(self) -> Fraction | None:
        return attainment(self.fact, self.plan)


@dataclass(frozen=True)
class PersonRow:
    """A manager's line: money to date with the staff light, his last control weeks, his acts, late tasks and violations."""

    user: User
    figures: Figures
    weeks: tuple[Week, ...]
    lines: Mapping[Kpi, Numbers]
    uncredited: int

    @property
    def light(self) -> Zone | None:
        return staff_light(self.figures.fact, self.figures.plan_to_date)

    @property
    def is_at_risk(self) -> bool:
        return is_at_risk([week.light for week in self.weeks])


@dataclass(frozen=True)
class SegmentRow:
    """What ninety days say of one segment, and what its funnel is worth."""

    segment_id: int
    lines: Mapping[Kpi, Line]
    clients: int
    pipeline: Pipeline


@dataclass(frozen=True)
class HeadRow:
    """The head's own indicators (R-S0-P17, P18)."""

    review: Share
    whole: HeadIndicators
    managers: tuple[FunnelVerdict, ...]


@dataclass
class Board:
    department: Department
    user: User | None
    kind: PeriodKind
    span: Span
    today: date
    first: date
    as_of: date  # the last day whose facts are counted
    figures: Figures
    people: Mapping[int, User] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    rows: list[PersonRow] = field(default_factory=list)
    segments: list[SegmentRow] = field(default_factory=list)
    uncredited: int = 0
    head: HeadRow | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    expected: Mapping[int, Expected] = field(default_factory=dict)  # moves asked of every person a working day

    @property
    def is_running(self) -> bool:
        return self.span.facts_from <= self.today <= self.span.facts_to

    @property
    def at_risk(self) -> list[PersonRow]:
        return [row for row in self.rows if row.is_at_risk]

    def line(self, kpi: Kpi) -> Line | None:
        return next((line for line in self.lines if line.kpi is kpi), None)

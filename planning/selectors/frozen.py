"""What a frozen forecast was made of, person by person, as the snapshot keeps it (3.1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from accounts.models import User
from clients.models import Segment
from funnels.models import SalesCycle
from planning.calculator import Verification
from planning.constants import Colour
from planning.models import ForecastSnapshot
from planning.rules import Span
from planning.selectors.verification import PeriodVerification, verify_period


@dataclass(frozen=True)
class FrozenLine:
    """Forecast and fact of one person in roubles; what was paid when it was frozen, clients of the forecast.

    None and empty where the snapshot was frozen without them.

    `rates`: segment's name → conversion of each colour, parts of 1. `is_frozen` False: he was paid without a forecast.
    """

    user: User
    forecast: Decimal
    fact: Decimal
    verification: Verification
    is_frozen: bool
    paid_before: Decimal | None = None
    counts: Mapping[Colour, int] = field(default_factory=dict)
    clients: int | None = None
    has_amounts: bool = False  # whether the amount of each client was kept
    has_payments: bool = False  # whether any money was in by then
    rates: Mapping[str, Mapping[Colour, Fraction]] = field(default_factory=dict)

    @property
    def error(self) -> Decimal:
        return abs(max(self.forecast, Decimal(0)) - max(self.fact, Decimal(0)))


@dataclass(frozen=True)
class Frozen:
    """The snapshot of one period by people; `check` judges it, `days_left` were ahead when it was frozen."""

    check: PeriodVerification
    lines: list[FrozenLine]
    frozen_at: datetime | None
    days_left: int | None


def frozen_forecast(*, department_id: int, user_id: int | None, span: Span) -> Frozen:
    """The department's snapshot, or one person's line of it; six queries."""
    check = verify_period(department_id=department_id, span=span)
    rows = ForecastSnapshot.objects.filter(
        department_id=department_id, period=str(span.period.kind), starts_on=span.period.starts_on
    )
    known = {row.user_id: row for row in rows}
    wanted = [pk for pk in check.pairs if user_id is None or pk == user_id]
    users = User.objects.filter(pk__in=wanted).order_by("last_name", "first_name", "pk")
    kept = [known[pk] for pk in wanted if pk in known]
    clients = dict(SalesCycle.objects.filter(pk__in=_cycles(kept)).values_list("pk", "client_id"))
    segments = {str(pk): name for pk, name in Segment.objects.values_list("pk", "name")}
    lines = [_line(user, known.get(user.pk), check, clients, segments) for user in users]
    first = next(iter(known.values()), None)
    return Frozen(check, lines, first.frozen_at if first else None, first.details.get("days_left") if first else None)


def _cycles(rows: Iterable[ForecastSnapshot]) -> set[int]:
    return {pk for row in rows for pk in row.details.get("cycles") or ()}


def _line(
    user: User,
    row: ForecastSnapshot | None,
    check: PeriodVerification,
    clients: Mapping[int, int],
    segments: Mapping[str, str],
) -> FrozenLine:
    pair, verification = check.pairs[user.pk], check.people[user.pk]
    if row is None:
        return FrozenLine(user, pair.forecast, pair.fact, verification, is_frozen=False)
    cycles, counts, paid = (row.details.get(name) for name in ("cycles", "counts", "paid"))
    return FrozenLine(
        user,
        pair.forecast,
        pair.fact,
        verification,
        is_frozen=True,
        paid_before=None if paid is None else Decimal(paid),
        counts={} if counts is None else {colour: counts.get(str(colour), 0) for colour in Colour},
        clients=None if cycles is None else len({clients[pk] for pk in cycles if pk in clients}),
        has_amounts="parts" in row.details,
        has_payments=bool(row.details.get("payments", paid and Decimal(paid))),
        rates={
            segments[pk]: {Colour(name): Fraction(rate) for name, rate in rates.items()}
            for pk, rates in row.details.get("conversions", {}).items()
            if pk in segments
        },
    )

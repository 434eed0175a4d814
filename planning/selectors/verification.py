"""How far the frozen forecasts were from what came (R-S0-P6, section 3.1.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet, Sum

from common.prepared import Prepared
from common.workdays import PeriodKind
from deals.models import PaymentCredit
from funnels.models import SalesCycle
from planning.calculator import ForecastAndFact, Verification, coverage, hit_rate, verify_department, verify_manager
from planning.models import ForecastSnapshot
from planning.rules import Span


@dataclass(frozen=True)
class PeriodVerification:
    """V of the people (by user id) and of the department; `is_known` is False when no forecast was frozen."""

    span: Span
    people: Mapping[int, Verification]
    department: Verification | None
    pairs: Mapping[int, ForecastAndFact]

    @property
    def is_known(self) -> bool:
        return self.department is not None


@dataclass(frozen=True)
class Frozen:
    """A forecast as it was frozen, roubles, and what it was made of."""

    amount: Decimal
    details: Mapping[str, Any]


def frozen_forecasts(*, department_id: int, spans: Iterable[Span]) -> dict[Span, dict[int | None, Frozen]]:
    """What was frozen for each of the periods, by user id (None: the department). One query."""
    found: dict[Span, dict[int | None, Frozen]] = {span: {} for span in spans}
    by_start = {(str(span.period.kind), span.period.starts_on): span for span in found}
    starts = {f"start_{at}": starts_on for at, (_kind, starts_on) in enumerate(by_start)}
    rows = _frozen_of(tuple(kind for kind, _starts_on in by_start), department=department_id, **starts) if found else []
    for kind, starts_on, user_id, *frozen in rows:
        found[by_start[kind, starts_on]][user_id] = Frozen(*frozen)
    return found


def _snapshots(kinds: tuple[str, ...], *, department: int, **starts: date) -> QuerySet:
    wanted = Q(pk__in=[])
    for at, kind in enumerate(kinds):
        wanted |= Q(period=kind, starts_on=starts[f"start_{at}"])
    rows = ForecastSnapshot.objects.filter(wanted, department_id=department).order_by()
    return rows.values_list("period", "starts_on", "user_id", "amount", "details")


_frozen_of = Prepared(_snapshots)


def verify_period(*, department_id: int, span: Span) -> PeriodVerification:
    """V of a finished period. Two queries."""
    frozen: dict[int | None, Decimal] = dict(
        _amounts(str(span.period.kind), department=department_id, starts_on=span.period.starts_on)
    )
    if not frozen:
        return PeriodVerification(span, {}, None, {})
    paid: dict[int, Decimal] = dict(_credits((), department=department_id, first=span.facts_from, last=span.facts_to))
    return verified(span, frozen, paid)


def _frozen_amounts(kind: str, *, department: int, starts_on: date) -> QuerySet:
    rows = ForecastSnapshot.objects.filter(department_id=department, period=kind, starts_on=starts_on)
    return rows.values_list("user_id", "amount")


def _credited(_shape: tuple[()], *, department: int, first: date, last: date) -> QuerySet:
    rows = PaymentCredit.objects.filter(department_id=department, is_void=False, paid_on__gte=first, paid_on__lte=last)
    return rows.order_by().values_list("user_id").annotate(total=Sum("amount"))


_amounts, _credits = Prepared(_frozen_amounts), Prepared(_credited)


def verified(span: Span, frozen: Mapping[int | None, Decimal], paid: Mapping[int, Decimal]) -> PeriodVerification:
    """V by what was frozen (None: the department) and what was paid. Who was paid without a forecast was forecast at 0."""
    if not frozen:
        return PeriodVerification(span, {}, None, {})
    people = {user_id for user_id in frozen if user_id is not None} | paid.keys()
    nothing = Decimal("0.00")
    pairs = {
        user_id: ForecastAndFact(frozen.get(user_id, nothing), paid.get(user_id, nothing)) for user_id in sorted(people)
    }
    of_people = {user_id: verify_manager(pair) for user_id, pair in pairs.items()}
    return PeriodVerification(span, of_people, verify_department(pairs.values()), pairs)


@dataclass(frozen=True)
class PeriodCheck:
    """How one frozen forecast came true; roubles, parts of 1, client ids.

    `verification` is None when nothing was frozen; `people` tells whose funnel held each forecast client, `paid` what
    every client brought in the period. `has_clients`: whether the forecast was frozen with its clients.
    """

    span: Span
    verification: Verification | None = None
    forecast: Decimal = Decimal("0.00")
    fact: Decimal = Decimal("0.00")
    people: Mapping[int, int] = field(default_factory=dict)
    paid: Mapping[int, Decimal] = field(default_factory=dict)
    has_clients: bool = False

    @property
    def forecast_clients(self) -> frozenset[int]:
        return frozenset(self.people)

    @property
    def paid_clients(self) -> frozenset[int]:
        return frozenset(client_id for client_id, amount in self.paid.items() if amount > 0)

    @property
    def hit_rate(self) -> Fraction | None:
        return hit_rate(self.forecast_clients, self.paid_clients)

    @property
    def coverage(self) -> Fraction | None:
        return coverage(self.forecast_clients, self.paid_clients) if self.has_clients else None


# Person (None: the department), roubles, cycles of the forecast (None: frozen without them).
_Frozen = tuple[int | None, Decimal, list[int] | None]


def check_periods(
    *, department_id: int, user_id: int | None, spans: Mapping[PeriodKind, Span]
) -> dict[PeriodKind, PeriodCheck]:
    """V, hit rate and coverage of the frozen forecasts of these periods, of a department or one person. Three queries."""
    frozen = _frozen(department_id, user_id, spans)
    paid = _paid_by_client(department_id, user_id, spans)
    cycle_ids = {cycle_id for rows in frozen.values() for _user, _amount, cycles in rows for cycle_id in cycles or ()}
    clients = dict(SalesCycle.objects.filter(pk__in=cycle_ids).values_list("pk", "client_id"))
    return {kind: _check(span, frozen[kind], paid[kind], clients, user_id) for kind, span in spans.items()}


def _check(
    span: Span,
    frozen: list[_Frozen],
    paid: Mapping[tuple[int, int], Decimal],
    clients: Mapping[int, int],
    user_id: int | None,
) -> PeriodCheck:
    nothing = Decimal("0.00")
    by_person: dict[int, Decimal] = {}
    by_client: dict[int, Decimal] = {}
    for (person, client_id), amount in paid.items():
        by_person[person] = by_person.get(person, nothing) + amount
        by_client[client_id] = by_client.get(client_id, nothing) + amount
    fact = sum(by_person.values(), nothing)
    if not frozen:
        return PeriodCheck(span, fact=fact, paid=by_client)
    forecasts = {person: amount for person, amount, _cycles in frozen if person is not None}
    pairs = [
        ForecastAndFact(forecasts.get(person, nothing), by_person.get(person, nothing))
        for person in sorted(forecasts.keys() | by_person.keys())
    ]
    has_clients = any(cycles is not None for _person, _amount, cycles in frozen)
    people = {
        clients[cycle_id]: person
        for person, _amount, cycles in frozen
        if person is not None
        for cycle_id in cycles or ()
        if cycle_id in clients
    }
    verification = verify_department(pairs) if user_id is None else verify_manager(pairs[0])
    return PeriodCheck(span, verification, sum(forecasts.values(), nothing), fact, people, by_client, has_clients)


def _frozen(
    department_id: int, user_id: int | None, spans: Mapping[PeriodKind, Span]
) -> dict[PeriodKind, list[_Frozen]]:
    """Rows frozen for each period: person (None: the department), roubles, cycles."""
    wanted = Q(pk__in=[])
    for kind, span in spans.items():
        wanted |= Q(period=str(kind), starts_on=span.period.starts_on)
    rows = ForecastSnapshot.objects.filter(wanted, department_id=department_id)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    found: dict[PeriodKind, list[_Frozen]] = {kind: [] for kind in spans}
    for period, person, amount, details in rows.values_list("period", "user_id", "amount", "details"):
        found[PeriodKind(period)].append((person, amount, details.get("cycles")))
    return found


def _paid_by_client(
    department_id: int, user_id: int | None, spans: Mapping[PeriodKind, Span]
) -> dict[PeriodKind, dict[tuple[int, int], Decimal]]:
    """(person, client) → roubles of each period."""
    sums = {
        str(kind): Sum("amount", filter=Q(paid_on__gte=span.facts_from, paid_on__lte=span.facts_to))
        for kind, span in spans.items()
    }
    credits = PaymentCredit.objects.filter(
        department_id=department_id,
        is_void=False,
        paid_on__gte=min(span.facts_from for span in spans.values()),
        paid_on__lte=max(span.facts_to for span in spans.values()),
    )
    if user_id is not None:
        credits = credits.filter(user_id=user_id)
    found: dict[PeriodKind, dict[tuple[int, int], Decimal]] = {kind: {} for kind in spans}
    rows: Any = credits.order_by().values("user_id", "payment__client_id").annotate(**sums)
    for row in rows:
        for kind in spans:
            if row[str(kind)] is not None:
                found[kind][row["user_id"], row["payment__client_id"]] = row[str(kind)]
    return found

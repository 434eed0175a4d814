"""How far the frozen forecasts were from what came (R-S0-P6, section 3.1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from deals.models import PaymentCredit
from planning.calculator import ForecastAndFact, Verification, verify_department, verify_manager
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


def verify_period(*, department_id: int, span: Span) -> PeriodVerification:
    """V of a finished period. Two queries. Who was paid without a forecast was forecast at 0."""
    frozen = dict(
        ForecastSnapshot.objects.filter(
            department_id=department_id, period=str(span.period.kind), starts_on=span.period.starts_on
        ).values_list("user_id", "amount")
    )
    if not frozen:
        return PeriodVerification(span, {}, None, {})
    paid: dict[int, Decimal] = dict(
        PaymentCredit.objects.filter(
            department_id=department_id, is_void=False, paid_on__gte=span.facts_from, paid_on__lte=span.facts_to
        )
        .order_by()
        .values_list("user_id")
        .annotate(total=Sum("amount"))
    )
    people = {user_id for user_id in frozen if user_id is not None} | paid.keys()
    nothing = Decimal("0.00")
    pairs = {
        user_id: ForecastAndFact(frozen.get(user_id, nothing), paid.get(user_id, nothing)) for user_id in sorted(people)
    }
    verified = {user_id: verify_manager(pair) for user_id, pair in pairs.items()}
    return PeriodVerification(span, verified, verify_department(pairs.values()), pairs)

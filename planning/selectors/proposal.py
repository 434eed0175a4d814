"""What «make it the plan» would write: targets by person and norms of a day, against what stands now (R-S0-P11, R-S4-1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.money import round_kopecks
from common.workdays import PeriodKind, month_end
from planning.calculator import Decomposition, PlanInput, Step, decompose
from planning.models import MonthNorms, MonthTarget
from planning.rules import span_of
from planning.selectors.figures import NOTHING, department_figures
from planning.selectors.forecast import forecast_for, forecast_inputs
from planning.selectors.norms import acts_of, current_norms


@dataclass(frozen=True)
class Share:
    """One person's target (`user` None: of the department as a whole), roubles; `version` 0: there is none yet."""

    user: User | None
    amount: Decimal
    current: Decimal | None = None
    version: int = 0

    @property
    def is_change(self) -> bool:
        return self.current is not None and self.current != self.amount


@dataclass(frozen=True)
class Proposal:
    """`kept`: targets of those who no longer plan here, which stay and count. `is_by_forecast`: else by capacity.

    `too_little`: what is kept exceeds the target already; nothing can be divided.
    """

    department: Department
    month: date
    plan: PlanInput
    chain: Decomposition
    shares: tuple[Share, ...]
    kept: tuple[Share, ...]
    is_by_forecast: bool
    too_little: bool
    norms: Mapping[Step, int] | None
    old_norms: MonthNorms | None

    @property
    def is_in_force(self) -> bool:
        """All of it stands already: writing it again changes nothing."""
        same = self.old_norms is not None and self.norms == acts_of(self.old_norms) and self._same_base(self.old_norms)
        return same and all(one.current == one.amount for one in self.shares)

    @property
    def needs_reason(self) -> bool:
        return self.old_norms is not None or any(one.is_change for one in self.shares)

    @property
    def mark(self) -> str:
        """What a person saw, in a word: another person's plan, a payment or a newcomer gives another mark."""
        seen = [(one.user.pk if one.user else 0, one.amount, one.version) for one in (*self.shares, *self.kept)]
        version = self.old_norms.version if self.old_norms else 0
        norms = sorted((str(step), number) for step, number in (self.norms or {}).items())
        text = repr((self.department.pk, self.month, self.plan, seen, norms, version))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _same_base(self, row: MonthNorms) -> bool:
        now = (self.plan.target, self.plan.average_cheque, self.plan.managers, self.plan.working_days)
        return now == (row.target, row.average_cheque, row.managers, row.working_days)


def propose(*, department: Department, month: date, plan: PlanInput, day: date) -> Proposal:
    """The target divided by individual forecasts (by capacity without any), and the norms of its chain.

    WrongInput of the calculator. Eleven queries, whatever the numbers.
    """
    chain = decompose(plan)
    # A forecast needs people who plan: active managers. Whoever left keeps what was approved for him.
    people = {user.pk: user for user in User.objects.active().managers().filter(department=department).order_by("pk")}
    rows = MonthTarget.objects.filter(department=department, month=month, is_current=True).select_related("user")
    current = {row.user_id: row for row in rows}
    kept = tuple(
        Share(row.user, row.amount, row.amount, row.version)
        for user_id, row in sorted(current.items(), key=lambda item: item[0] or 0)
        if user_id is not None and user_id not in people and row.amount
    )
    left = round_kopecks(plan.target) - sum((one.amount for one in kept), NOTHING)
    is_by_forecast, plans = False, dict[int | None, Decimal]()
    if left >= 0 and people:
        is_by_forecast, plans = _divided(department, month, left, set(people), day)
    elif left >= 0 and not kept:
        plans = {None: left}
    shares = tuple(
        Share(
            people[user_id] if user_id is not None else None,
            amount,
            current[user_id].amount if user_id in current else None,
            current[user_id].version if user_id in current else 0,
        )
        for user_id, amount in plans.items()
    )
    norms = {step: line.norm for step, line in chain.lines.items() if line.norm is not None}
    return Proposal(
        department=department,
        month=month,
        plan=plan,
        chain=chain,
        shares=shares,
        kept=kept,
        is_by_forecast=is_by_forecast,
        too_little=left < 0 or (not people and bool(kept)),
        norms=norms if len(norms) == len(Step) else None,
        old_norms=current_norms(department=department, month=month),
    )


def _divided(
    department: Department, month: date, target: Decimal, people: set[int], day: date
) -> tuple[bool, dict[int | None, Decimal]]:
    inputs = forecast_inputs(department_id=department.pk, day=day)
    inputs = replace(
        inputs,
        people={pk: user for pk, user in inputs.people.items() if pk in people},
        lines=[line for line in inputs.lines if line.user_id in people],
    )
    span = span_of(PeriodKind.MONTH, month, production_calendar())
    until = min(day - timedelta(days=1), month_end(month.year, month.month))
    figures = department_figures(department_id=department.pk, day=month, as_of=until, kinds=[PeriodKind.MONTH])
    paid = {pk: one[PeriodKind.MONTH].fact for pk, one in figures.people.items() if pk in people}
    made = forecast_for(inputs=inputs, span=span, paid=paid, target=target).department
    return made.amount > 0, dict[int | None, Decimal](made.plans.items())

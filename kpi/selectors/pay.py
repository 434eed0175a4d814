"""The month's pay of people as it stands, and as it was frozen (section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from django.db.models import QuerySet

from accounts.choices import MANAGER_ROLES
from accounts.models import Department, User
from accounts.selectors import calendar as production_calendar
from common.snapshots import snapshot
from common.workdays import PeriodKind, month_end
from kpi.calculator import DEFAULT_SCHEME, Indicator, Kpi, Kpis, NextStep, Pay, kpi_of, next_steps, pay
from kpi.calculator import PayScheme as Terms
from kpi.models import PayScheme, PayStatement
from kpi.selectors.counts import done_between
from kpi.selectors.funnels import Expected, expected_moves, open_cycles
from kpi.selectors.lines import person_norm, working_days
from kpi.selectors.references import references_on
from planning.rules import span_of
from planning.selectors import department_figures, figures_of, frozen_forecasts

# What a scheme may weigh: leading indicators that are counted of one person.
WEIGHED: Final = (
    Kpi.PRODUCTIVE_CALLS,
    Kpi.PRODUCTIVE_MEETINGS,
    Kpi.UPGRADES,
    Kpi.HELD_MEETINGS,
    Kpi.OFFERS,
    Kpi.RESOLUTIONS,
    Kpi.WARM_CONTACTS,
    Kpi.VISITS,
)


@dataclass(frozen=True)
class MonthPay:
    """One person's month: money, indicators to date with their norms, the pay and the steps still ahead."""

    user: User
    indicators: Mapping[str, Indicator]
    kpis: Kpis
    pay: Pay
    steps: tuple[NextStep, ...]


@dataclass(frozen=True)
class MonthPays:
    """Everybody's pay of one month, counted to the end of `as_of` by the terms in force."""

    department: Department
    month: date
    as_of: date
    scheme: PayScheme | None
    terms: Terms
    people: tuple[MonthPay, ...]

    @property
    def is_over(self) -> bool:
        return self.as_of == month_end(self.month.year, self.month.month)


def scheme_of(month: date) -> PayScheme | None:
    """The version in force in a month; None = the defaults of the method."""
    return PayScheme.objects.in_force(month).select_related("created_by").first()


def terms_of(scheme: PayScheme | None) -> Terms:
    if scheme is None:
        return DEFAULT_SCHEME
    return Terms(
        rate=Fraction(scheme.rate),
        steps=tuple((Fraction(start), Fraction(times)) for start, times in scheme.steps),
        weights={name: Fraction(weight) for name, weight in scheme.weights.items()},
        cap=Fraction(scheme.cap),
        kpi_least=Fraction(scheme.kpi_least),
        kpi_most=Fraction(scheme.kpi_most),
    )


@snapshot()
def month_pays(*, department: Department, month: date, today: date, user: User | None = None) -> MonthPays:
    """The pay as it stands: money and acts to the end of today (of the month, once it is over). Twelve queries.

    While the month runs, acts are held against the norm of the working days gone by, money against the whole plan.
    """
    calendar = production_calendar()
    span = span_of(PeriodKind.MONTH, month, calendar)
    as_of = min(today, span.facts_to)
    found = department_figures(
        department_id=department.pk,
        day=month,
        as_of=as_of,
        kinds=[PeriodKind.MONTH],
        user_id=user.pk if user else None,
    )
    scheme = scheme_of(month)
    terms = terms_of(scheme)
    people = _people(department, user, set(found.people))
    references = references_on(department_id=department.pk, day=max(month, as_of))
    done = done_between(department_id=department.pk, first=month, last=max(month, as_of))
    frozen = frozen_forecasts(department_id=department.pk, spans=[span])[span]
    funnels = open_cycles(department.pk).funnels
    expected = expected_moves(people=people, frozen=frozen, starts_on=month, references=references, now=funnels)
    # Today's acts are not over: the norm speaks of the days that are.
    judged = as_of if as_of < today else today - timedelta(days=1)
    nothing = figures_of(span, as_of, {}, {}, calendar)
    lines = []
    for pk, person in people.items():
        figures = found.people.get(pk, {}).get(PeriodKind.MONTH, nothing)
        days = working_days(person, month, judged)
        indicators = {
            str(kpi): Indicator(
                done.of(kpi, month, judged, {pk}),
                person_norm(person, kpi, days, references, expected.get(pk, Expected())),
            )
            for kpi in WEIGHED
            if Fraction(terms.weights.get(kpi, 0))
        }
        kpis = kpi_of(indicators, terms)
        fact, plan, kpi = figures.fact, figures.plan, kpis.value.value
        now = pay(fact=fact, plan=plan, kpi=kpi, scheme=terms)
        ahead = next_steps(fact=fact, plan=plan, kpi=kpi, scheme=terms)
        lines.append(MonthPay(person, indicators, kpis, now, ahead))
    return MonthPays(department, month, as_of, scheme, terms, tuple(lines))


def _people(department: Department, user: User | None, with_money: set[int]) -> dict[int, User]:
    """Those who are paid by the scheme: active managers, and whoever left but has plan or money in the month."""
    if user is not None:
        return {user.pk: user}
    rows = User.objects.filter(role__in=MANAGER_ROLES, department=department).order_by("last_name", "first_name", "pk")
    return {one.pk: one for one in rows if one.is_active or one.pk in with_money}


def statements(*, viewer: User, department: Department, month: date) -> QuerySet[PayStatement]:
    rows = PayStatement.objects.visible_to(viewer).filter(department=department, month=month)
    return rows.select_related("user", "scheme", "closed_by", "department")


def statement_of(*, viewer: User, user: User, month: date) -> PayStatement | None:
    """The frozen pay of one person, whatever department closed it."""
    rows = PayStatement.objects.visible_to(viewer).filter(user=user, month=month)
    return rows.select_related("user", "scheme", "closed_by", "department").first()


def is_closed(*, department: Department, month: date) -> bool:
    return PayStatement.objects.filter(department=department, month=month).exists()


def own_statements(*, viewer: User, user: User, most: int = 12) -> list[PayStatement]:
    """The closed months of one person, newest first."""
    rows = PayStatement.objects.visible_to(viewer).filter(user=user).select_related("department")
    return list(rows.order_by("-month", "-pk")[:most])

"""A year's plan divided into the plans of its parts: departments, people, segments (R-S0-P13, R-S0-P11)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, User
from clients.models import Segment
from common.errors import Conflict
from common.money import Exact, split_exact
from planning.calculator import WrongInput, split_between
from planning.models import YearPlan
from planning.services.problems import invalid_of
from planning.services.year_plans import (
    PlanData,
    PlanScope,
    check_draft,
    guard_scope,
    lock_draft,
    write_draft,
)

Part = Department | User | Segment


@transaction.atomic
def split_year_plan(
    *, plan: YearPlan, weights: Mapping[User, Exact] | Mapping[Department, Exact] | Mapping[Segment, Exact], actor: User
) -> list[YearPlan]:
    """Drafts of the parts: every month in proportion to `weights`, Σ parts = the month to the kopeck.

    The company's plan goes to departments, a department's to its people, any that is not of one segment to segments.
    Leads are shared the same way, but people answer for none. Drafts these parts have are replaced. NotAllowed, Conflict
    (the plan has no such parts), Invalid: weights, user.
    """
    guard_scope(PlanScope(plan.year, plan.department, plan.user, plan.segment), actor)
    by_id: dict[int, Part] = {part.pk: part for part in weights}
    scopes = {pk: scope_of_part(plan, part) for pk, part in by_id.items()}
    months = {row.month.month: row.amount for row in plan.months.all()}
    try:
        shares = split_between(months, {part.pk: weight for part, weight in weights.items()})
    except WrongInput as error:
        raise invalid_of(error) from error
    leads = _leads(plan, {part.pk: weight for part, weight in weights.items()})
    drafts = []
    for pk, of_part in shares.items():
        scope = scopes[pk]
        guard_scope(scope, actor)
        draft = lock_draft(scope, None)
        data = PlanData(
            amount=sum(of_part.values(), Decimal("0.00")),
            season={int(month): Decimal(value) for month, value in plan.season.items()},
            leads=None if scope.user is not None else leads.get(pk),
            average_cheque=plan.average_cheque,
            rates={name: Decimal(value) for name, value in plan.rates.items()},
            reason=plan.reason or _("Share of version %(version)s") % {"version": plan.version},
        )
        check_draft(scope, data)
        drafts.append(write_draft(scope, data, of_part, draft, actor))
    return drafts


def scope_of_part(plan: YearPlan, part: Part) -> PlanScope:
    """Whose plan the part of this plan is. Conflict when the plan has no such parts."""
    if isinstance(part, Department) and plan.department is None:
        return PlanScope(plan.year, part, None, plan.segment)
    if isinstance(part, User):
        if plan.department is None or plan.user_id is not None:
            raise Conflict(_("Only the plan of a department is divided between people."))
        return PlanScope(plan.year, plan.department, part, plan.segment)
    if isinstance(part, Segment) and plan.segment is None:
        return PlanScope(plan.year, plan.department, plan.user, part)
    raise Conflict(_("This plan is not divided this way."))


def _leads(plan: YearPlan, weights: Mapping[int, Exact]) -> dict[int, int]:
    """Leads by part, whole numbers that sum to the plan's."""
    if plan.leads is None:
        return {}
    order = sorted(weights)
    # A lead is as indivisible as a kopeck, and is shared by the same rule.
    shared = split_exact(Decimal(plan.leads).scaleb(-2), [weights[pk] for pk in order])
    return {pk: int(part.scaleb(2)) for pk, part in zip(order, shared, strict=True)}

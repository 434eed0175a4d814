"""«Make it the plan»: targets of a month and norms of its acts from the calculator, in one act (R-S0-P11, R-S4-1)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Department, User
from common import clock
from common.errors import Invalid, NotAllowed, StaleVersion
from common.workdays import month_end
from journal.services import record
from planning.calculator import PlanInput, Step, WrongInput, missing_for_approval
from planning.calculator.decompose import RATE_TO_NEXT
from planning.models import MonthNorms
from planning.selectors import may_set_targets
from planning.selectors.proposal import Proposal, propose
from planning.services.locks import lock_figures
from planning.services.problems import invalid_of
from planning.services.targets import plain_reason, set_month_target

MOST_ACTS_A_DAY: Final = 10_000  # beyond it a norm is a slip of the keyboard, not a plan


@transaction.atomic
def make_month_plan(
    *, department: Department, month: date, plan: PlanInput, actor: User, seen: str, reason: str = ""
) -> MonthNorms:
    """Approves the individual targets of the month and writes its norms; what stands already is left alone.

    `seen` is the mark of the proposal the person confirmed: if payments, people or another's plan have changed it
    since, nothing is written. NotAllowed (director all, head his department), StaleVersion, Invalid by field: month,
    target, managers, working_days, average_cheque, the conversions, reason.
    """
    if not may_set_targets(actor, department):
        raise NotAllowed(_("Targets are set by the director, or by the head for his department."))
    # Two people who make plans at once stand in line, payments too.
    lock_figures(department.pk)
    reason = plain_reason(reason)
    try:
        proposal = propose(department=department, month=month, plan=plan, day=clock.today())
    except WrongInput as error:
        raise invalid_of(error) from error
    check_proposal(proposal)
    if proposal.is_in_force and proposal.old_norms is not None:
        return proposal.old_norms
    if proposal.mark != seen:
        raise StaleVersion(_("The numbers changed meanwhile: look at the plan once more."))
    if proposal.needs_reason and not reason:
        raise Invalid({"reason": _("Say why the approved target changes.")})
    for share in proposal.shares:
        set_month_target(
            department=department,
            user=share.user,
            month=month,
            amount=share.amount,
            actor=actor,
            reason=reason,
            version=share.version,
        )
    return _write_norms(proposal, actor, reason)


def check_proposal(proposal: Proposal) -> None:
    """Whether it may become a plan at all. Invalid by field."""
    plan, errors = proposal.plan, {}
    if month_end(proposal.month.year, proposal.month.month) < clock.today():
        errors["month"] = _("The month is over: its target stays as it was approved.")
    if not plan.target:
        errors["target"] = _("A plan of 0 cannot be approved.")
    elif proposal.too_little:
        errors["target"] = _("The targets of people who do not plan here any more are more than that already.")
    if not plan.managers:
        errors["managers"] = _("There are no managers.")
    if not plan.working_days:
        errors["working_days"] = _("There is no working time in the period.")
    if plan.target and not errors:
        calls = proposal.chain.lines[Step.PRODUCTIVE_CALLS].month
        rates = {step: getattr(plan.rates, name) for step, name in RATE_TO_NEXT.items()}
        for name in missing_for_approval(leads=calls, average_cheque=plan.average_cheque, rates=rates):
            if name != "leads" or not any(rate <= 0 for rate in rates.values()):
                field = "target" if name == "leads" else name
                errors[field] = _("A plan is approved with leads, the average cheque and every conversion.")
        if proposal.norms is not None and max(proposal.norms.values()) > MOST_ACTS_A_DAY:
            errors["target"] = _("The norm of a day is more than anybody can do: correct the numbers.")
    if errors:
        raise Invalid(errors)


def _write_norms(proposal: Proposal, actor: User, reason: str) -> MonthNorms:
    plan = proposal.plan
    assert proposal.norms is not None  # noqa: S101 - check_proposal refuses a chain with a missing step
    rows = MonthNorms.objects.filter(department=proposal.department, month=proposal.month)
    version = (rows.aggregate(last=Max("version"))["last"] or 0) + 1
    rows.filter(is_current=True).update(is_current=False)
    norms = MonthNorms.objects.create(
        department=proposal.department,
        month=proposal.month,
        version=version,
        target=plan.target,
        average_cheque=plan.average_cheque,
        managers=plan.managers,
        working_days=plan.working_days,
        rates={one.name: str(Fraction(getattr(plan.rates, one.name))) for one in fields(plan.rates)},
        reason=reason,
        created_by=actor,
        created_at=clock.now(),
        **{step.value: number for step, number in proposal.norms.items()},
    )
    record(
        action="norms.set",
        obj=norms,
        actor=actor,
        before={"version": proposal.old_norms.version} if proposal.old_norms else {},
        after={
            "amount": plan.target,
            "month": proposal.month,
            "department": proposal.department.pk,
            "average_cheque": plan.average_cheque,
            "version": version,
            "reason": reason,
            **{step.value: number for step, number in proposal.norms.items()},
        },
    )
    return norms

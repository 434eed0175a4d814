"""Year plans: drafts and approval; an approved version is never edited (R-S0-P13, R-S4-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from accounts.selectors import calendar
from clients.models import Segment
from common import clock
from common.errors import Conflict, Invalid, NotAllowed, StaleVersion
from common.workdays import month_end
from journal.services import record
from planning.calculator import WrongInput, missing_for_approval, revise_year
from planning.calculator.decompose import RATE_TO_NEXT
from planning.calculator.inputs import Checks, Code
from planning.choices import PlanStatus
from planning.constants import StepRates
from planning.models import PlanMonth, YearPlan
from planning.selectors import may_set_targets
from planning.selectors.year_plans import kept_months
from planning.services.locks import lock_figures
from planning.services.problems import invalid_of
from planning.services.targets import plain_reason, set_month_target

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_RATE_NAMES = tuple(one.name for one in fields(StepRates))


@dataclass(frozen=True)
class PlanScope:
    """Whose year: nothing set is the company; a segment narrows any of them."""

    year: int
    department: Department | None = None
    user: User | None = None
    segment: Segment | None = None


@dataclass(frozen=True)
class PlanData:
    """What a draft says: roubles of the year, season by month, and what the plan is made of (R-S4-1).

    `rates`: parts of 1 by the names of `StepRates`; `reason` is asked for from the second version on. `months` are the
    twelve as somebody has planned them by hand: they stand instead of the split by season.
    """

    amount: Decimal
    season: Mapping[int, Decimal] | None = None
    leads: int | None = None
    average_cheque: Decimal | None = None
    rates: Mapping[str, Decimal] | None = None
    reason: str = ""
    months: Mapping[int, Decimal] | None = None


@transaction.atomic
def draft_year_plan(*, scope: PlanScope, data: PlanData, actor: User, edition: int | None = None) -> YearPlan:
    """Writes the draft of the next version, or edits the one there is; months that are over keep their approved plan.

    `edition` is the one the person saw (0: no draft yet). NotAllowed (director all, head his department), StaleVersion,
    Invalid by field: year, user, total, month_N, season_N, leads, average_cheque, rates, reason.
    """
    guard_scope(scope, actor)
    draft = lock_draft(scope, edition)
    approved = YearPlan.objects.of_scope(**_keys(scope)).filter(status=PlanStatus.APPROVED).first()
    check_draft(scope, data)
    try:
        months = _months(scope, data, kept_months(approved, today=clock.today()))
    except WrongInput as error:
        raise invalid_of(error) from error
    if approved is not None and not plain_reason(data.reason):
        raise Invalid({"reason": _("Say why the approved target changes.")})
    return write_draft(scope, data, months, draft, actor)


@transaction.atomic
def approve_year_plan(*, plan: YearPlan, actor: User, edition: int) -> YearPlan:
    """Approves a draft: the version before is superseded, month targets of its department or person follow from it.

    A plan without leads, average cheque and every conversion is refused, a part of another plan (person) needs no leads
    of its own (R-S4-1). A whole department or company is approved by the director. Months that are over keep their
    targets. NotAllowed, StaleVersion, Conflict (no draft any more), Invalid by field.
    """
    scope = PlanScope(plan.year, plan.department, plan.user, plan.segment)
    guard_scope(scope, actor)
    if scope.user is None and actor.role != Role.DIRECTOR:
        raise NotAllowed(_("The plan of a whole department is approved by the director."))
    draft = lock_draft(scope, edition)
    if draft is None or draft.pk != plan.pk:
        raise Conflict(_("This version is not a draft any more."))
    _check_complete(draft)
    before = YearPlan.objects.of_scope(**_keys(scope)).filter(status=PlanStatus.APPROVED)
    old = before.first()
    replaced = {"version": old.version, "amount": old.amount} if old else {}
    before.update(status=PlanStatus.SUPERSEDED)
    draft.status = PlanStatus.APPROVED
    draft.approved_by, draft.approved_at = actor, clock.now()
    draft.save(update_fields=["status", "approved_by", "approved_at"])
    _set_targets(scope, draft, actor)
    record(
        action="plan.approve",
        obj=draft,
        actor=actor,
        before=replaced,
        after={"version": draft.version, "amount": draft.amount, "reason": draft.reason, **_said(scope)},
    )
    return draft


@transaction.atomic
def drop_year_draft(*, plan: YearPlan, actor: User, edition: int) -> None:
    """Forgets a draft. NotAllowed, StaleVersion, Conflict (no draft any more)."""
    scope = PlanScope(plan.year, plan.department, plan.user, plan.segment)
    guard_scope(scope, actor)
    draft = lock_draft(scope, edition)
    if draft is None or draft.pk != plan.pk:
        raise Conflict(_("This version is not a draft any more."))
    record(action="plan.drop", obj=draft, actor=actor, before={"version": draft.version, "amount": draft.amount})
    draft.delete()


def guard_scope(scope: PlanScope, actor: User) -> None:
    """NotAllowed: the director plans everybody, a head his department."""
    if scope.department is None:
        allowed = actor.is_active and actor.role == Role.DIRECTOR
    else:
        allowed = may_set_targets(actor, scope.department)
    if not allowed:
        raise NotAllowed(_("Targets are set by the director, or by the head for his department."))


def _keys(scope: PlanScope) -> dict[str, Any]:
    return {"department": scope.department, "person": scope.user, "segment": scope.segment, "year": scope.year}


def _said(scope: PlanScope) -> dict[str, object]:
    return {
        "year": scope.year,
        "department": scope.department.pk if scope.department else None,
        "user": scope.user.pk if scope.user else None,
        "segment": scope.segment.pk if scope.segment else None,
    }


def lock_draft(scope: PlanScope, edition: int | None) -> YearPlan | None:
    """The draft of the scope, under the department's lock; StaleVersion when the person saw another edition."""
    lock_figures(scope.department.pk if scope.department else 0)
    draft = YearPlan.objects.of_scope(**_keys(scope)).filter(status=PlanStatus.DRAFT).select_for_update().first()
    seen = draft.edition if draft else 0
    if edition is not None and edition != seen:
        raise StaleVersion(_("The target was changed meanwhile."), current={"edition": seen})
    return draft


def _months(scope: PlanScope, data: PlanData, kept: Mapping[int, Decimal]) -> dict[int, Decimal]:
    if data.months is None:
        return revise_year(data.amount, calendar(), scope.year, season=data.season, kept=kept)
    checks = Checks()
    for month, amount in data.months.items():
        first = date(scope.year, month, 1)
        if checks.money(f"month_{month}", amount) and (
            amount and not calendar().working_days(first, month_end(scope.year, month))
        ):
            checks.add(f"month_{month}", Code.NO_WORKING_DAY)
    checks.done()
    return {month: kept.get(month, data.months.get(month, Decimal("0.00"))) for month in range(1, 13)}


def check_draft(scope: PlanScope, data: PlanData) -> None:
    """What may not stand in a draft. Invalid by field."""
    checks = Checks()
    if data.leads is not None:
        checks.whole("leads", data.leads, most=2**31 - 1)
    if data.average_cheque is not None:
        checks.money("average_cheque", data.average_cheque, positive=True)
    for rate in (data.rates or {}).values():
        if not checks.share("rates", rate):
            break
    try:
        checks.done()
    except WrongInput as error:
        raise invalid_of(error) from error
    errors = {}
    if not _FIRST_YEAR <= scope.year <= _LAST_YEAR:
        errors["year"] = _("There is no such year in the calendar.")
    if set(data.rates or {}) - set(_RATE_NAMES):
        errors["rates"] = _("There is no such conversion.")
    if (set(data.season or {}) | set(data.months or {})) - set(range(1, 13)):
        errors["season"] = _("A year has twelve months.")
    user = scope.user
    if user is not None and (
        scope.department is None
        or user.department_id != scope.department.pk
        or user.role not in MANAGER_ROLES | {Role.HEAD}
        or not user.is_active
    ):
        errors["user"] = _("Choose an active manager of the department.")
    if errors:
        raise Invalid(errors)


def write_draft(
    scope: PlanScope, data: PlanData, months: Mapping[int, Decimal], draft: YearPlan | None, actor: User
) -> YearPlan:
    """The draft with these months, and its audit entry; the caller holds the lock."""
    if draft is None:
        last = YearPlan.objects.of_scope(**_keys(scope)).aggregate(last=Max("version"))["last"] or 0
        draft = YearPlan(
            department=scope.department, user=scope.user, segment=scope.segment, year=scope.year, version=last + 1
        )
        before = {}
    else:
        before = {"amount": draft.amount, "edition": draft.edition}
        draft.edition += 1
    draft.amount = sum(months.values(), Decimal("0.00"))
    draft.season = {str(month): str(value) for month, value in (data.season or {}).items()}
    draft.leads, draft.average_cheque = data.leads, data.average_cheque
    draft.rates = {name: str(value) for name, value in (data.rates or {}).items()}
    draft.reason = plain_reason(data.reason)
    draft.created_by, draft.created_at = actor, clock.now()
    draft.save()
    draft.months.all().delete()
    PlanMonth.objects.bulk_create(
        PlanMonth(plan=draft, month=date(scope.year, month, 1), amount=amount) for month, amount in months.items()
    )
    after = {"version": draft.version, "edition": draft.edition, "amount": draft.amount, **_said(scope)}
    record(action="plan.draft", obj=draft, actor=actor, before=before, after=after)
    return draft


def _check_complete(draft: YearPlan) -> None:
    rates = {step: Decimal(draft.rates[name]) for step, name in RATE_TO_NEXT.items() if name in draft.rates}
    # A person's plan is a share of his department's: the leads are counted there.
    leads = draft.leads if draft.user_id is None else 1
    missing = missing_for_approval(leads=leads, average_cheque=draft.average_cheque, rates=rates)
    if missing:
        text = _("A plan is approved with leads, the average cheque and every conversion.")
        raise Invalid({name if name in {"leads", "average_cheque"} else "rates": text for name in missing})


def _set_targets(scope: PlanScope, plan: YearPlan, actor: User) -> None:
    """Day plans follow from month targets; a plan of the company or of one segment has none of its own."""
    if scope.department is None or scope.segment is not None:
        return
    today = clock.today()
    reason = plan.reason or _("Version %(version)s of the year's plan") % {"version": plan.version}
    for row in plan.months.order_by("month"):
        if month_end(row.month.year, row.month.month) >= today:
            set_month_target(
                department=scope.department,
                user=scope.user,
                month=row.month,
                amount=row.amount,
                actor=actor,
                reason=reason,
            )

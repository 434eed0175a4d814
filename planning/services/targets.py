from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Department, User
from accounts.selectors import calendar
from common import clock
from common.errors import Invalid, NotAllowed, StaleVersion
from common.money import MAX_MONEY
from common.text import TextError, clean_text
from common.workdays import month_end
from journal.services import record
from planning.models import MonthTarget
from planning.selectors import may_set_targets
from planning.selectors.targets import days_of_month
from planning.services.locks import lock_figures
from planning.signals import target_changed


@transaction.atomic
def set_month_target(
    *,
    department: Department,
    user: User | None,
    month: date,
    amount: Decimal,
    actor: User,
    reason: str = "",
    version: int | None = None,
) -> MonthTarget:
    """Approves the money target of a person (None: of the department as a whole) for a month; roubles.

    A target is never edited: another sum is a new version with a reason; the same sum changes nothing. `version` is the
    one the person saw (0: none yet). NotAllowed (director all, head his department), StaleVersion, Invalid by field:
    amount, month, user, reason.
    """
    if not may_set_targets(actor, department):
        raise NotAllowed(_("Targets are set by the director, or by the head for his department."))
    # One lock per department: two people who set targets at once stand in line.
    lock_figures(department.pk)
    reason = plain_reason(reason)
    _check(department, user, month, amount)
    versions = MonthTarget.objects.filter(department=department, user=user, month=month)
    current = versions.filter(is_current=True).first()
    seen = current.version if current else 0
    if version is not None and version != seen:
        raise StaleVersion(
            _("The target was changed meanwhile."), current={"amount": current.amount if current else None}
        )
    if current is not None and current.amount == amount:
        return current
    if current is not None and not reason:
        raise Invalid({"reason": _("Say why the approved target changes.")})
    if current is not None and month_end(month.year, month.month) < clock.today():
        raise Invalid({"month": _("The month is over: its target stays as it was approved.")})
    versions.filter(is_current=True).update(is_current=False)
    target = MonthTarget.objects.create(
        department=department,
        user=user,
        month=month,
        amount=amount,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        reason=reason,
        created_by=actor,
        created_at=clock.now(),
    )
    record(
        action="target.set",
        obj=target,
        actor=actor,
        before={"amount": current.amount, "version": current.version} if current else {},
        after={
            "amount": amount,
            "version": target.version,
            "month": month,
            "user": user.pk if user else None,
            "department": department.pk,
            "reason": reason,
        },
    )
    target_changed.send(sender=MonthTarget, department=department, month=month)
    return target


def plain_reason(reason: str) -> str:
    """The reason as it is kept, at most 300 characters. Invalid: reason."""
    try:
        return clean_text(reason or "", 300)
    except TextError as error:
        raise Invalid({"reason": _("At most 300 characters.")}) from error


def _check(department: Department, user: User | None, month: date, amount: Decimal) -> None:
    errors = {}
    if month.day != 1:
        errors["month"] = _("A target belongs to a whole month.")
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        errors["amount"] = _("An amount in roubles and kopecks is needed.")
    elif not 0 <= amount <= MAX_MONEY:
        errors["amount"] = _("From 0 to 999,999,999,999.99.")
    if user is not None and (
        user.department_id != department.pk or user.role not in MANAGER_ROLES | {Role.HEAD} or not user.is_active
    ):
        errors["user"] = _("Choose an active manager of the department.")
    if not errors and amount and sum(days_of_month(amount, month, calendar()).values()) != amount:
        # A calendar without a working day in the month: the money would be on no day.
        errors["month"] = _("The month has no working day to put the plan on.")
    if errors:
        raise Invalid(errors)

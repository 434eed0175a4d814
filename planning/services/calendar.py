"""An edited production calendar moves the future of plans and leaves the days gone by (R-S0-P13)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.selectors import calendar as production_calendar
from accounts.selectors import forget_calendar
from common import clock
from common.errors import Invalid
from common.workdays import Calendar, DayKind, month_end
from common.writing import write_over
from planning.models import MonthTarget
from planning.selectors.targets import InForce, days_in_force
from planning.services.locks import lock_figures


@transaction.atomic
def keep_elapsed_days(*, day: date, before: str) -> int:
    """Writes down the day plans of the month before today, as they were while `day` was `before`; returns targets kept.

    A month that has not begun is simply split anew. Invalid (kind): no working day would be left for the rest of a plan.
    """
    month, today = day.replace(day=1), clock.today()
    if month > today:
        return 0
    since = min(today, month_end(month.year, month.month) + timedelta(days=1))
    current = MonthTarget.objects.filter(is_current=True, month=month).order_by("department_id", "pk")
    for department_id in sorted(set(current.values_list("department_id", flat=True))):
        lock_figures(department_id)
    new = production_calendar()
    old = Calendar({**new.kinds, day: DayKind(before)}, new.pause_on_public_holidays)
    targets = list(current.select_for_update())
    for target in targets:
        days = days_in_force(_in_force(target), month, old)
        target.elapsed = {at.isoformat(): str(plan) for at, plan in days.items() if at < since}
        target.elapsed_before = since
        if sum(days_in_force(_in_force(target), month, new).values()) != sum(days.values()):
            # The edit is rolled back: what this process has just read must not outlive it.
            forget_calendar()
            raise Invalid({"kind": _("There is no working day to put the plan on.")})
    write_over(targets, ["elapsed", "elapsed_before"])
    return len(targets)


def _in_force(target: MonthTarget) -> InForce:
    return InForce(target.amount, target.elapsed, target.elapsed_before)

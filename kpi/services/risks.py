"""What a head does about a manager whose plan is red two control weeks in a row (R-S0-B3)."""

from __future__ import annotations

from datetime import time

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, User
from accounts.selectors import calendar, head_of
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.choices import TaskKind
from funnels.models import Task
from funnels.services import create_task
from journal.services import record
from kpi.choices import RiskAct
from kpi.selectors.references import may_approve


@transaction.atomic
def act_on_risk(*, department: Department, user: User, act: str, actor: User) -> Task:
    """A task of the department's head for the next working day; the same act in one month finds the task of the first.

    NotAllowed: head of the department, director. Invalid: act, user. Conflict: the department has no head.
    """
    if not may_approve(actor, department):
        raise NotAllowed(_("Risks are dealt with by the head of the department or the director."))
    if act not in RiskAct.values:
        raise Invalid({"act": _("There is no such act.")})
    if user.department_id != department.pk or not user.is_manager or not user.is_active:
        raise Invalid({"user": _("Choose an active manager of the department.")})
    head = head_of(department)
    if head is None:
        raise Conflict(_("The department has no head to give the task to."))
    today = clock.today()
    key = f"risk:{user.pk}:{act}:{today:%Y-%m}"
    known = Task.objects.filter(key=key).first()
    if known is not None:
        return known
    texts = {
        RiskAct.TRAINING: _("Training of %(name)s: the plan is red two control weeks in a row"),
        RiskAct.JOINT: _("Joint meetings with %(name)s: the plan is red two control weeks in a row"),
        RiskAct.REASSIGN: _("Look which clients of %(name)s to hand over: the plan is red two control weeks in a row"),
    }
    task = create_task(
        kind=TaskKind.OTHER,
        text=texts[RiskAct(act)] % {"name": user.short_name},
        due_at=clock.local_moment(calendar().next_working_day(today), time(18, 0)),
        assignee=head,
        actor=actor,
        key=key,
    )
    record(action="risk.act", obj=user, actor=actor, after={"act": act, "task": task.pk})
    return task

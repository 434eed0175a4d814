"""The next action of a client, set apart from a contact."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Invalid
from funnels.models import SalesCycle, Task
from funnels.services.access import ensure_may_work, ensure_open, lock_cycle
from funnels.services.states import advance_when_ready
from funnels.services.tasks import put_next_step
from journal.services import record


@transaction.atomic
def set_next_step(*, cycle: SalesCycle, at: datetime, text: str, actor: User, has_time: bool = False) -> Task:
    """Sets or replaces the next action; the date of a task resets no clock (2.4)."""
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    if clock.day_of(at) < clock.today():
        raise Invalid({"next_step_at": _("The next step cannot be in the past.")})
    assert cycle.owner is not None  # noqa: S101 - the database keeps an owner for every open cycle
    before = {"at": cycle.next_step_at, "text": cycle.next_step_text}
    task = put_next_step(cycle=cycle, owner=cycle.owner, at=at, text=text, actor=actor, has_time=has_time)
    advance_when_ready(cycle=cycle, day=clock.today(), at=clock.now(), actor=actor)
    record(action="cycle.next_step", obj=cycle, actor=actor, before=before, after={"at": at, "text": task.text})
    return task

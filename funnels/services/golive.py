"""A department's rotation starts on a date; until then the night only shows what it would do (section «Go-live»)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import calendar
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.constants import CLOCK_FLAG_DAYS, Colour, CycleKind
from funnels.models import Ownership, SalesCycle
from funnels.rules import Choice, StagnationAction, age, plan_queue, stagnation_outcome
from funnels.selectors import Moving, binding_cycle_ids, candidates, rule_orders
from funnels.services.clocks import recompute_clocks
from journal.services import record


@dataclass(frozen=True)
class DryRunRow:
    """One client that would be flagged. `choice` is None where the third stagnation would take it out of the funnel."""

    ownership: Ownership
    age: int
    action: str
    choice: Choice | None = None
    recipient: User | None = None


@transaction.atomic
def set_rotation_start(*, department: Department, on: date, actor: User) -> Department:
    """Sets or moves the date; once it has come it stays (section «Go-live»). Every stored clock is computed anew.

    Raises NotAllowed unless the actor is the director, Invalid for a date in the past, Conflict once rotation runs.
    """
    if actor.role != Role.DIRECTOR or not actor.is_active:
        raise NotAllowed(_("Only the director sets the start of rotation."))
    department = Department.objects.select_for_update(of=("self",)).filter(pk=department.pk).get()
    today, before = clock.today(), department.rotation_starts_on
    if before is not None and before <= today:
        raise Conflict(_("Rotation has already started in this department."), code="rotation_runs")
    if on < today:
        raise Invalid({"rotation_starts_on": _("The date cannot be in the past.")})
    if on == before:
        return department
    department.rotation_starts_on = on
    department.save(update_fields=["rotation_starts_on"])
    recompute_clocks(department=department)
    record(
        action="department.rotation_start",
        obj=department,
        actor=actor,
        before={"rotation_starts_on": before},
        after={"rotation_starts_on": on},
    )
    return department


def preview_dry_run(department: Department, day: date) -> list[DryRunRow]:
    """What a night would flag and rotate, by the clocks' own starts as if rotation were running; touches nothing."""
    newest = calendar().latest_start_with_age(day, CLOCK_FLAG_DAYS)
    rows = list(
        Ownership.objects.open()
        .with_cycle()
        .filter(client__department=department, cycle__closed_at__isnull=True, clock_started_on__lte=newest)
        .select_related("client", "cycle__client", "cycle__segment", "user")
        .order_by("pk")
    )
    bound = binding_cycle_ids([row.cycle_id for row in rows])
    actions = {row.pk: _action(row, row.cycle_id in bound) for row in rows}
    ages = {row.pk: age(row.clock_started_on, None, day, calendar()) for row in rows}
    moving = [
        Moving(
            id=row.pk,
            cycle=cast(SalesCycle, row.cycle),
            owner_id=row.user_id,
            department_id=department.pk,
            age=ages[row.pk],
            is_for_head=actions[row.pk] == StagnationAction.HEAD_RESERVE,
        )
        for row in rows
        if actions[row.pk] != StagnationAction.EXPIRE
    ]
    execute_on = calendar().working_day_on_or_after(day)
    planned = plan_queue(rule_orders(moving, execute_on), candidates(department.pk, execute_on)) if moving else []
    choices = {choice.order_id: choice for choice in planned}
    people = {user.pk: user for user in User.objects.filter(pk__in=[each.user_id for each in planned])}
    by_id = {row.pk: row for row in rows}
    in_order = [choice.order_id for choice in planned] + [row.pk for row in rows if row.pk not in choices]
    found = []
    for pk in in_order:
        choice = choices.get(pk)
        recipient = people.get(choice.user_id) if choice and choice.user_id else None
        found.append(DryRunRow(by_id[pk], ages[pk], str(actions[pk]), choice, recipient))
    return found


def _action(row: Ownership, has_binding: bool) -> StagnationAction:
    cycle = cast(SalesCycle, row.cycle)
    outcome = stagnation_outcome(cycle.stagnation_count + 1, Colour(cycle.colour), CycleKind(cycle.kind), has_binding)
    return outcome.action

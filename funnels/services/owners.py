"""Change of owner: one function ends an ownership and opens the next; a decreed transfer decides what the clock does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import calendar
from clients.models import RetakeBan
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from funnels.choices import Colour as ColourChoice
from funnels.choices import CycleKind, OrderKind, OrderStatus, OwnershipReason, ViolationKind
from funnels.constants import RETAKE_BAN_DAYS, Colour
from funnels.models import Ownership, RotationOrder, SalesCycle, Violation
from funnels.rules import TransferEffect, TransferReason, age, transfer_effect
from funnels.services.access import ensure_open, is_head_of, lock_cycle, ownership_of
from funnels.services.clocks import fill_clock
from funnels.services.tasks import move_tasks
from journal.services import record
from notifications.services import ring

RULE_REASONS = {
    OwnershipReason.TRANSFER: TransferReason.DECREE,
    OwnershipReason.ABSENCE: TransferReason.ABSENCE,
    OwnershipReason.DISMISSAL: TransferReason.DISMISSAL,
    OwnershipReason.HANDOVER: TransferReason.DISMISSAL,
    OwnershipReason.INTERN: TransferReason.INTERN_HANDOVER,
}


def change_owner(
    *,
    cycle: SalesCycle,
    to: User,
    reason: str,
    at: datetime,
    day: date,
    actor: User | None = None,
    carry_clock: bool = False,
    ownership: Ownership | None = None,
) -> Ownership:
    """Ends the open ownership of a locked cycle and opens one for `to`; colour, facts and term stay (2.4, 2.5).

    `ownership`: the open one, where the caller has locked it. The new clock starts at 0 unless `carry_clock`.
    Open tasks move along, the client moves to the department of its owner. Writes no audit row: the act that calls does.
    """
    client = cycle.client
    old = ownership or ownership_of(cycle)
    at = max(at, old.started_at)
    old.ended_on, old.ended_at, old.end_reason = day, at, reason
    old.save(update_fields=["ended_on", "ended_at", "end_reason"])
    new = Ownership(
        client=client,
        cycle=cycle,
        user=to,
        reason=reason,
        started_on=day,
        started_at=at,
        best_rank=old.best_rank if carry_clock else Colour(cycle.colour).rank,
        clock_started_on=old.clock_started_on if carry_clock else day,
        state_started_on=old.state_started_on if carry_clock else day,
    )
    if to.department_id != client.department_id and to.department is not None:
        client.department = to.department
    fill_clock(new, client.department.rotation_starts_on)
    new.save()
    move_tasks(client=client, from_id=old.user_id, to=to)
    cycle.owner = to
    cycle.version += 1
    cycle.save(update_fields=["owner", "version"])
    client.owner, client.updated_at = to, at
    client.version += 1
    client.save(update_fields=["owner", "department", "updated_at", "version"])
    return new


def ban_retake(*, client_id: int, user_id: int, day: date) -> None:
    """Who lost the client by rotation or by term may not have it for 180 days (1.2)."""
    ban = RetakeBan(client_id=client_id, user_id=user_id, until_on=day + timedelta(days=RETAKE_BAN_DAYS))
    RetakeBan.objects.bulk_create(
        [ban], update_conflicts=True, unique_fields=["client", "user"], update_fields=["until_on"]
    )


@transaction.atomic
def transfer(*, cycle: SalesCycle, to: User, actor: User, reason: str = "transfer", note: str = "") -> Ownership:
    """A transfer decreed by the head (2.4): age ≥ 7 is executed as a rotation, younger keeps its clock.

    `reason` absence, dismissal, handover, intern: the clock starts anew, no violation. Raises NotAllowed unless the
    actor is the head, Invalid for the recipient, Conflict while a rotation is queued.
    """
    cycle = lock_cycle(cycle)
    ensure_open(cycle)
    if not is_head_of(actor, cycle.client):
        raise NotAllowed(_("Only the head transfers clients."))
    if reason not in RULE_REASONS:
        raise Invalid({"reason": _("Choose the reason of the transfer.")})
    same_department = to.department_id == cycle.client.department_id
    if not to.is_active or not (to.is_manager or to.is_head) or not (same_department or actor.is_director):
        raise Invalid({"to": _("Choose an active manager of the department.")})
    if to.pk == cycle.owner_id:
        raise Invalid({"to": _("The client already belongs to this manager.")})
    if to.role == "intern" and cycle.colour != ColourChoice.RED:
        raise Invalid({"to": _("An intern works red clients only.")})
    if RotationOrder.objects.open().filter(cycle=cycle).exists():
        raise Conflict(_("A rotation is queued: change its recipient instead."), code="rotation_queued")
    _ensure_room(to, cycle)
    day, at = clock.today(), clock.now()
    ownership = ownership_of(cycle)
    old_owner = ownership.user
    go_live = cycle.client.department.rotation_starts_on
    colour_age = age(ownership.clock_started_on, go_live, day, calendar())
    effect = transfer_effect(colour_age, RULE_REASONS[OwnershipReason(reason)])
    if effect == TransferEffect.ROTATION:
        _record_as_rotation(cycle, ownership, to, actor, colour_age, day, at)
    new = change_owner(
        cycle=cycle, to=to, reason=reason, at=at, day=day, actor=actor, carry_clock=effect == TransferEffect.CARRY
    )
    record(
        action="cycle.transfer",
        obj=cycle,
        actor=actor,
        before={"owner": old_owner.pk},
        after={"owner": to.pk, "reason": reason, "note": note, "effect": str(effect)},
    )
    ring(
        recipient=to,
        key=f"transfer:{new.pk}",
        text=_("%(client)s was given to you") % {"client": cycle.client.name},
        url=f"/clients/{cycle.client_id}/",
    )
    return new


def _ensure_room(to: User, cycle: SalesCycle) -> None:
    if cycle.kind != CycleKind.NEW or to.is_head:
        return
    User.objects.select_for_update(of=("self",)).filter(pk=to.pk).first()
    have = SalesCycle.objects.in_worklist().filter(owner=to).count()
    if have >= to.worklist_cap:
        raise Conflict(
            _("The work list is full: %(have)s of %(cap)s") % {"have": have, "cap": to.worklist_cap},
            code="worklist_full",
        )


def _record_as_rotation(
    cycle: SalesCycle, ownership: Ownership, to: User, actor: User, colour_age: int, day: date, at: datetime
) -> None:
    """A transfer at age ≥ 7 leaves what a rotation leaves: violation, history, stagnation count, 180 days (2.4)."""
    cycle.stagnation_count += 1
    cycle.save(update_fields=["stagnation_count"])
    RotationOrder.objects.create(
        kind=OrderKind.TRANSFER,
        department=cycle.client.department,
        client=cycle.client,
        cycle=cycle,
        ownership=ownership,
        old_owner=ownership.user,
        colour=cycle.colour,
        amount=cycle.expected_amount or 0,
        age=colour_age,
        stagnation_no=cycle.stagnation_count,
        flagged_on=day,
        execute_on=day,
        status=OrderStatus.EXECUTED,
        suggested=to,
        recipient=to,
        chosen_by=actor,
        chosen_at=at,
        outcome_code="decreed",
        executed_at=at,
        closed_at=at,
        created_at=at,
    )
    Violation.objects.get_or_create(
        kind=ViolationKind.COLOUR_10_DAYS,
        ownership=ownership,
        since_on=ownership.clock_started_on,
        defaults={"user": ownership.user, "cycle": cycle, "on": day, "recorded_at": at},
    )
    ban_retake(client_id=cycle.client_id, user_id=ownership.user_id, day=day)

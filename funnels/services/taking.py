"""Taking a client into work (1.2, R-S2-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from clients.choices import Section, SizeLabel
from clients.models import Client, RetakeBan, Segment
from clients.services import fill_gaps
from common import clock
from common.errors import Conflict, GuardFailed, Invalid, NotAllowed
from funnels.choices import CycleKind, OwnershipReason, State
from funnels.constants import RETAKE_BAN_DAYS
from funnels.models import Ownership, SalesCycle, StateChange
from funnels.rules import TakeContext, can_take
from funnels.services.access import lock_client
from funnels.services.clocks import fill_clock, fill_term
from funnels.services.colours import write_first_colour
from funnels.services.texts import missing_list, missing_text
from journal.services import record

CONFLICTS = ("already_in_work", "section_closed", "retake_ban", "worklist_full")


@transaction.atomic
def take_into_work(
    *,
    client: Client,
    owner: User,
    actor: User,
    kind: str = CycleKind.NEW,
    at: datetime | None = None,
    card: Mapping[str, Any] | None = None,
) -> SalesCycle:
    """Opens a sales cycle for `owner`: section «В работе», colour RED, both clocks and the term start.

    A manager takes for himself, a head gives to his people. `card`: size label and category, written where the card
    has none. Raises Conflict (taken by somebody faster, list full, ban
    of 180 days, recall not due), GuardFailed with the missing card fields, NotAllowed, Invalid for the owner.
    """
    client = lock_client(client.pk)
    moment = at or clock.now()
    day = clock.day_of(moment)
    # Locked, so that two takes do not pass the cap together and nobody leaves the company meanwhile.
    owner = User.objects.select_for_update(of=("self",)).filter(pk=owner.pk).get()
    _ensure_may_take(client, owner, actor, kind)
    if card:
        fill_gaps(client=client, data=card, actor=actor)
    ban = RetakeBan.objects.filter(client=client, user=owner).first()
    found = can_take(
        TakeContext(
            day=day,
            section=client.section,
            worklist=SalesCycle.objects.in_worklist().filter(owner=owner).count(),
            cap=owner.worklist_cap,
            kind=kind,
            has_open_cycle=SalesCycle.objects.open().filter(client=client).exists(),
            lost_on=ban.until_on - timedelta(days=RETAKE_BAN_DAYS) if ban else None,
            has_name=bool(client.name.strip()),
            has_phone_or_email=client.phones.exists() or client.emails.exists(),
            has_size=bool(client.size) and client.size != SizeLabel.NOT_OURS,
            has_category=client.category_id is not None,
        )
    )
    refused = next((item for item in found if item.code in CONFLICTS), None)
    if refused is not None:
        if refused.code == "already_in_work" and client.owner is not None:
            text = _("Already in work with %(name)s") % {"name": client.owner.short_name}
            raise Conflict(text, code="already_in_work")
        raise Conflict(missing_text(refused), code=refused.code)
    if found:
        raise GuardFailed(_("Fill in the card before taking the client into work."), missing_list(found))
    if (
        actor.role in MANAGER_ROLES
        and client.section in (Section.SOFT_REFUSAL, Section.STRATEGIC)
        and (client.recall_on is None or client.recall_on > day)
    ):
        raise Conflict(_("The recall date has not come."), code="recall_not_due")
    return _open(client, owner, actor, kind, moment)


def _ensure_may_take(client: Client, owner: User, actor: User, kind: str) -> None:
    if actor.role in MANAGER_ROLES:
        if actor.pk != owner.pk or client.department_id != actor.department_id:
            raise NotAllowed(_("A manager takes clients of his department for himself."))
    elif actor.role == Role.HEAD:
        if client.department_id != actor.department_id:
            raise NotAllowed(_("This is a client of another department."))
    elif actor.role != Role.DIRECTOR:
        raise NotAllowed(_("Your role takes no clients into work."))
    if not owner.is_active or owner.role not in {*MANAGER_ROLES, Role.HEAD}:
        raise Invalid({"owner": _("Choose an active manager.")})
    if owner.department_id != client.department_id:
        raise Invalid({"owner": _("Choose a manager of the client's department.")})
    if kind == CycleKind.REPEAT and owner.role not in (Role.FARMER, Role.HEAD):
        raise Invalid({"owner": _("A repeat sale is worked by a farmer.")})
    if kind == CycleKind.REPEAT and client.owner_id not in (None, owner.pk):
        raise Conflict(_("The customer belongs to another employee."))


def _open(client: Client, owner: User, actor: User, kind: str, moment: datetime) -> SalesCycle:
    day = clock.day_of(moment)
    segment = client.segment or Segment.objects.filter(size=client.size, is_active=True).first()
    if segment is None:
        raise Conflict(_("No segment serves this size label: ask the administrator."), code="no_segment")
    before = {"section": client.section, "owner": client.owner_id}
    previous = Ownership.objects.open().filter(client=client).first()
    if previous is not None:
        moment = max(moment, previous.started_at)
        previous.ended_on, previous.ended_at, previous.end_reason = day, moment, OwnershipReason.TAKE
        previous.save(update_fields=["ended_on", "ended_at", "end_reason"])
    if kind == CycleKind.NEW:
        client.section = Section.IN_WORK
    client.owner, client.state, client.recall_on, client.segment = owner, State.NEW, None, segment
    client.updated_at = moment
    client.version += 1
    client.save()
    cycle = SalesCycle(
        client=client, kind=kind, segment=segment, owner=owner, opened_on=day, opened_at=moment, state_since=day
    )
    go_live = client.department.rotation_starts_on
    fill_term(cycle, go_live)
    cycle.save()
    ownership = Ownership(
        client=client,
        cycle=cycle,
        user=owner,
        reason=OwnershipReason.TAKE,
        started_on=day,
        started_at=moment,
        clock_started_on=day,
        state_started_on=day,
    )
    fill_clock(ownership, go_live)
    ownership.save()
    StateChange.objects.create(cycle=cycle, from_state="", to_state=State.NEW, on=day, at=moment, user=actor)
    write_first_colour(cycle=cycle, ownership=ownership, day=day, at=moment)
    record(
        action="client.take",
        obj=client,
        actor=actor,
        before=before,
        after={
            "section": client.section,
            "owner": owner.pk,
            "cycle": cycle.pk,
            "kind": kind,
            "size": client.size,
            "category": client.category_id,
        },
    )
    return cycle

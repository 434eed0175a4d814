"""How a client leaves the funnel: won, refused, parked, expired. One function closes a cycle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import calendar, head_of
from clients.choices import Section
from clients.models import Client
from common import clock
from common.errors import Conflict, GuardFailed, Invalid, NotAllowed
from funnels.choices import (
    CycleKind,
    FactKind,
    MovementKind,
    Outcome,
    OwnershipReason,
    RefusalReason,
    State,
    TaskKind,
)
from funnels.constants import RECALL_AFTER_REFUSAL_DAYS
from funnels.models import Fact, Movement, Ownership, SalesCycle, StateChange
from funnels.rules import allowed_targets, missing_for, refusal_section
from funnels.services.access import ensure_may_work, ensure_open, is_head_of, lock_client, lock_cycle, ownership_of
from funnels.services.colours import write_last_colour
from funnels.services.orders import cancel_by_exit
from funnels.services.states import is_fully_paid, step_context
from funnels.services.tasks import cancel_tasks, create_task
from funnels.services.texts import missing_list
from journal.services import record

HANDOVER_WORKING_DAYS = 5  # R-S3-3


def close_cycle(
    *,
    cycle: SalesCycle,
    outcome: str,
    section: str,
    state: str,
    day: date,
    at: datetime,
    actor: User | None = None,
    exit_on: date | None = None,
    recall_on: date | None = None,
    reason: str = "",
    note: str = "",
    code: str = "",
    fact_ids: Sequence[int] = (),
) -> None:
    """Closes a locked open cycle: colour none, clocks stop, tasks and a queued rotation end; the one door out.

    `exit_on` is the date of the evidence (default `day`): it decides whether a violation stays. A client that remains
    in «Клиентская база» keeps its person with an ownership without a cycle.
    """
    client = cycle.client
    ownership = ownership_of(cycle)
    at = max(at, ownership.started_at)
    cancel_by_exit(cycle=cycle, ownership=ownership, exit_on=exit_on or day, at=at, code=code or outcome)
    rule = "R3" if outcome == Outcome.WON else "R1" if section != Section.CUSTOMERS else "R2"
    write_last_colour(cycle=cycle, ownership=ownership, day=day, at=at, rule=rule, fact_ids=fact_ids)
    StateChange.objects.create(
        cycle=cycle, from_state=cycle.state, to_state=state, on=day, at=at, user=actor, fact_ids=list(fact_ids)
    )
    cancel_tasks(client=client, at=at)
    owner_id = ownership.user_id
    ownership.ended_on, ownership.ended_at, ownership.end_reason = day, at, outcome
    ownership.save(update_fields=["ended_on", "ended_at", "end_reason"])
    cycle.outcome, cycle.closed_on, cycle.closed_at = outcome, exit_on or day, at
    cycle.state, cycle.state_since, cycle.owner = state, day, None
    cycle.refusal_reason, cycle.close_note = reason, note[:500]
    cycle.next_step_at, cycle.next_step_text = None, ""
    cycle.version += 1
    cycle.save()
    keeps_person = section == Section.CUSTOMERS
    client.section, client.state, client.recall_on = section, state, recall_on
    client.owner_id = owner_id if keeps_person else None
    client.updated_at = at
    client.version += 1
    client.save(update_fields=["section", "state", "recall_on", "owner", "updated_at", "version"])
    if keeps_person:
        hold_customer(client=client, user_id=owner_id, day=day, at=at)


def hold_customer(*, client: Client, user_id: int, day: date, at: datetime, reason: str = "handover") -> Ownership:
    """The ownership of a customer between two cycles."""
    return Ownership.objects.create(
        client=client,
        cycle=None,
        user_id=user_id,
        reason=reason,
        started_on=day,
        started_at=at,
        clock_started_on=day,
        state_started_on=day,
    )


@transaction.atomic
def refuse(*, cycle: SalesCycle, actor: User, reason: str, note: str = "", recall_on: date | None = None) -> SalesCycle:
    """Refusal with a reason; the reason decides the section (R-S2-6): not ours → hard, else soft with «Обзвон».

    Raises Invalid for the reason or a recall date not in the future, Conflict when the cycle is closed.
    """
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    if reason not in RefusalReason.values:
        raise Invalid({"refusal_reason": _("Choose the reason of the refusal.")})
    day, at = clock.today(), clock.now()
    if State.REFUSAL not in allowed_targets(cycle.state):
        raise Conflict(_("A client in this state cannot be refused."))
    section = str(refusal_section(reason, cycle.kind))
    if section == Section.SOFT_REFUSAL:
        recall_on = recall_on or day + timedelta(days=RECALL_AFTER_REFUSAL_DAYS)
        if recall_on <= day:
            raise Invalid({"recall_on": _("The recall date must be in the future.")})
    else:
        recall_on = None
    if section == Section.HARD_REFUSAL:
        cycle.client.size = "not_ours"
        cycle.client.save(update_fields=["size"])
    state = State.CUSTOMER if section == Section.CUSTOMERS else State.REFUSAL
    close_cycle(
        cycle=cycle,
        outcome=Outcome.LOST,
        section=section,
        state=state,
        day=day,
        at=at,
        actor=actor,
        recall_on=recall_on,
        reason=reason,
        note=note,
        code="refusal",
    )
    record(
        action="cycle.refuse",
        obj=cycle,
        actor=actor,
        after={"reason": reason, "section": section, "recall_on": recall_on, "note": note},
    )
    return cycle


@transaction.atomic
def park(*, cycle: SalesCycle, actor: User, contact_on: date, note: str = "") -> SalesCycle:
    """«Готов вести диалог, сроки не определены»: to the strategic archive with a date in the future (1.2)."""
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    ensure_open(cycle)
    day, at = clock.today(), clock.now()
    if contact_on <= day:
        raise Invalid({"contact_on": _("The date of the next talk must be in the future.")})
    if State.RESERVE not in allowed_targets(cycle.state):
        found = missing_for(State.NEW, State.C1, step_context(cycle, day)) if cycle.state == State.NEW else []
        raise GuardFailed(_("A client in this state cannot be put into the reserve."), missing_list(found))
    section = Section.CUSTOMERS if cycle.kind == CycleKind.REPEAT else Section.STRATEGIC
    state = State.CUSTOMER if section == Section.CUSTOMERS else State.RESERVE
    close_cycle(
        cycle=cycle,
        outcome=Outcome.PARKED,
        section=section,
        state=state,
        day=day,
        at=at,
        actor=actor,
        recall_on=contact_on,
        note=note,
        code="reserve",
    )
    record(action="cycle.park", obj=cycle, actor=actor, after={"contact_on": contact_on, "note": note})
    return cycle


def win_cycle(
    *, cycle: SalesCycle, day: date, at: datetime, actor: User | None, facts: Sequence[Fact] = (), reason: str = ""
) -> None:
    """Full payment: a movement, the clocks stop, the client becomes a customer, a farmer is asked to take over (R-S3-3).

    `reason`: why the head holds that nothing more will be paid; then the act that is signed is his.
    """
    ownership = ownership_of(cycle)
    paid_on = max((fact.effective_on for fact in facts), default=day)
    fact_ids = [fact.pk for fact in facts]
    Movement.objects.create(
        cycle=cycle,
        ownership=ownership,
        user_id=ownership.user_id,
        kind=MovementKind.FULL_PAYMENT,
        from_colour=cycle.colour,
        to_colour="none",
        ranks=0,
        on=paid_on,
        at=at,
        fact_ids=fact_ids,
    )
    close_cycle(
        cycle=cycle,
        outcome=Outcome.WON,
        section=Section.CUSTOMERS,
        state=State.SUPPORT,
        day=day,
        at=at,
        actor=actor,
        exit_on=paid_on,
        code="paid",
        fact_ids=fact_ids,
    )
    record(
        action="cycle.no_more" if reason else "cycle.win",
        obj=cycle,
        actor=actor,
        before={"owner": ownership.user_id},
        after={"state": cycle.state, **({"reason": reason} if reason else {})},
    )
    _ask_farmer(cycle, day)


@transaction.atomic
def confirm_no_more(*, cycle: SalesCycle, actor: User, reason: str) -> SalesCycle:
    """The head confirms «больше не будет»: what is paid is all that will be paid (1.2)."""
    cycle = lock_cycle(cycle)
    ensure_open(cycle)
    if not is_head_of(actor, cycle.client):
        raise NotAllowed(_("Only the head confirms this."))
    if not reason.strip():
        raise Invalid({"reason": _("Give the reason.")})
    if cycle.paid_amount <= 0:
        raise Conflict(_("Nothing has been paid yet."))
    cycle.closed_as_paid_reason = reason.strip()[:300]
    cycle.save(update_fields=["closed_as_paid_reason"])
    if is_fully_paid(cycle):
        win_cycle(cycle=cycle, day=clock.today(), at=clock.now(), actor=actor, reason=reason)
    else:
        record(action="cycle.no_more", obj=cycle, actor=actor, after={"reason": reason})
    return cycle


@transaction.atomic
def sign_closing(*, client: Client, actor: User, on: date) -> SalesCycle:
    """Closing documents signed: «Сопровождение сделки» → «Клиент» (1.2)."""
    client = lock_client(client.pk)
    ensure_may_work(actor, client)
    cycle = SalesCycle.objects.select_for_update(of=("self",)).filter(client=client, state=State.SUPPORT).first()
    if cycle is None:
        raise Conflict(_("There is no deal in support."))
    if on > clock.today():
        raise Invalid({"on": _("The date cannot be in the future.")})
    day, at = clock.today(), clock.now()
    fact = Fact.objects.create(
        cycle=cycle,
        kind=FactKind.CLOSING_SIGNED,
        on=on,
        evidence_type="cycle",
        evidence_id=cycle.pk,
        effective_on=on,
        recorded_at=at,
        recorded_by=actor,
    )
    StateChange.objects.create(
        cycle=cycle, from_state=cycle.state, to_state=State.CUSTOMER, on=day, at=at, user=actor, fact_ids=[fact.pk]
    )
    cycle.state, cycle.state_since = State.CUSTOMER, day
    cycle.version += 1
    cycle.save(update_fields=["state", "state_since", "version"])
    client.state = State.CUSTOMER
    client.save(update_fields=["state"])
    record(action="cycle.closing_signed", obj=cycle, actor=actor, after={"on": on})
    return cycle


@transaction.atomic
def accept_handover(*, client: Client, actor: User) -> Ownership:
    """A farmer takes a won customer over from the hunter who won it (R-S3-3)."""
    client = lock_client(client.pk)
    if actor.role != Role.FARMER or actor.department_id != client.department_id or not actor.is_active:
        raise NotAllowed(_("Only a farmer of the department accepts a customer."))
    ownership = Ownership.objects.open().select_for_update(of=("self",)).filter(client=client).first()
    if client.section != Section.CUSTOMERS or (ownership is not None and ownership.cycle_id is not None):
        raise Conflict(_("This client is not waiting for a hand-over."))
    if ownership is not None and ownership.user_id == actor.pk:
        return ownership
    day, at = clock.today(), clock.now()
    before = ownership.user_id if ownership else None
    if ownership is not None:
        at = max(at, ownership.started_at)
        ownership.ended_on, ownership.ended_at, ownership.end_reason = day, at, OwnershipReason.HANDOVER
        ownership.save(update_fields=["ended_on", "ended_at", "end_reason"])
    client.owner = actor
    client.version += 1
    client.save(update_fields=["owner", "version"])
    taken = hold_customer(client=client, user_id=actor.pk, day=day, at=at)
    client.tasks.open().filter(kind=TaskKind.HANDOVER).update(done_at=at, done_by=actor)
    record(action="client.handover", obj=client, actor=actor, before={"owner": before}, after={"owner": actor.pk})
    return taken


def _ask_farmer(cycle: SalesCycle, day: date) -> None:
    farmers = User.objects.active().filter(role=Role.FARMER, department_id=cycle.client.department_id).order_by("pk")
    counts = dict.fromkeys((farmer.pk for farmer in farmers), 0)
    for owner_id in Client.objects.filter(owner__in=farmers, section=Section.CUSTOMERS).values_list(
        "owner_id", flat=True
    ):
        counts[owner_id] += 1
    chosen = min(farmers, key=lambda farmer: (counts[farmer.pk], farmer.pk), default=None)
    assignee = chosen or head_of(cycle.client.department)
    if assignee is None:
        return
    due_on = calendar().add_working_days(day, HANDOVER_WORKING_DAYS)
    create_task(
        kind=TaskKind.HANDOVER,
        text=_("Accept the customer %(client)s") % {"client": cycle.client.name},
        due_at=clock.local_moment(due_on, time(18, 0)),
        assignee=assignee,
        client=cycle.client,
        cycle=cycle,
        key=f"handover:{cycle.pk}",
    )

"""Steps of the state machine: made by the server when the facts are there, refused with the list when not (1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import clock
from common.errors import Conflict, GuardFailed, Invalid, NotAllowed
from funnels.choices import FactKind, State
from funnels.models import SalesCycle, StateChange
from funnels.rules import FactRow, StepContext, allowed_targets, fully_paid, missing_for, next_forward_state
from funnels.services.access import ensure_may_work, ensure_open, is_head_of, lock_cycle, ownership_of
from funnels.services.clocks import CLOCK_FIELDS, fill_clock
from funnels.services.colours import fact_rows
from funnels.services.texts import missing_list
from journal.services import record

WORKING_STATES = (State.NEW, State.C1, State.C2, State.C3, State.DEAL)


def step_context(cycle: SalesCycle, day: date, rows: Sequence[FactRow] | None = None) -> StepContext:
    """The recorded facts of a cycle as the guards ask for them."""
    rows = rows if rows is not None else fact_rows(cycle)
    kinds = {row.kind for row in rows if not row.revoked and row.on <= day}
    return StepContext(
        day=day,
        has_productive_contact=FactKind.FIRST_CONTACT in kinds,
        has_next_action=cycle.next_step_at is not None,
        questionnaire_full=FactKind.QUESTIONNAIRE_FULL in kinds,
        offer_sent=FactKind.OFFER_SENT in kinds,
        offer_discussed=FactKind.OFFER_DISCUSSED in kinds,
        terms_discussed=FactKind.TERMS_DISCUSSED in kinds,
        invoice_issued=FactKind.INVOICE_ISSUED in kinds,
        calculation_accepted=FactKind.CALCULATION_ACCEPTED in kinds,
        contract_signed=FactKind.CONTRACT_SIGNED in kinds,
        fully_paid=is_fully_paid(cycle),
        closing_signed=FactKind.CLOSING_SIGNED in kinds,
        section=cycle.client.section,
    )


def is_fully_paid(cycle: SalesCycle) -> bool:
    """Σ payments ≥ max(Σ not cancelled invoices, signed contract), else the expected amount (guard deal → support)."""
    return fully_paid(
        [cycle.paid_amount],
        [cycle.invoiced_amount],
        cycle.contract_amount,
        cycle.expected_amount,
        bool(cycle.closed_as_paid_reason),
    )


def advance_when_ready(*, cycle: SalesCycle, day: date, at: datetime, actor: User | None) -> list[str]:
    """Makes every forward step up to «Сделка» whose guard is met now; returns the states entered (R-S0-P12)."""
    entered: list[str] = []
    rows = fact_rows(cycle)
    while cycle.state in WORKING_STATES and cycle.state != State.DEAL:
        context = step_context(cycle, day, rows)
        following = next_forward_state(cycle.state)
        targets = [following] if following is not None else []
        targets += [target for target in allowed_targets(cycle.state) if target == State.DEAL and target != following]
        ready = next((target for target in targets if not missing_for(cycle.state, target, context)), None)
        if ready is None:
            break
        _enter(cycle, str(ready), day, at, actor, fact_ids=[row.id for row in rows if not row.revoked])
        entered.append(str(ready))
    return entered


@transaction.atomic
def advance(*, cycle: SalesCycle, to_state: str, actor: User) -> SalesCycle:
    """Makes one forward step on demand (R-S2-6, R-S0-P10).

    A step already made is no error. Raises GuardFailed with the list of missing facts (also of every skipped step),
    Conflict for a closed cycle, Invalid for an unknown state.
    """
    if to_state not in State.values:
        raise Invalid({"state": _("There is no such state.")})
    cycle = lock_cycle(cycle)
    ensure_may_work(actor, cycle.client)
    if cycle.state == to_state:
        return cycle
    ensure_open(cycle)
    day, at = clock.today(), clock.now()
    if to_state in (State.REFUSAL, State.RESERVE, State.RECALL):
        raise Conflict(_("Leaving the funnel is an act of its own: refusal or reserve."))
    found = missing_for(cycle.state, to_state, step_context(cycle, day))
    if found:
        target = State(to_state).label
        raise GuardFailed(_("Not enough for the step to “%(state)s”.") % {"state": target}, missing_list(found))
    before = cycle.state
    _enter(cycle, to_state, day, at, actor, fact_ids=[])
    record(action="cycle.advance", obj=cycle, actor=actor, before={"state": before}, after={"state": to_state})
    return cycle


@transaction.atomic
def correct_state(*, cycle: SalesCycle, to_state: str, actor: User, reason: str) -> SalesCycle:
    """The head's correction, forward or back, with a reason; resets no clock (1.2, 2.4)."""
    cycle = lock_cycle(cycle)
    ensure_open(cycle)
    if not is_head_of(actor, cycle.client):
        raise NotAllowed(_("Only the head corrects a state."))
    if not reason.strip():
        raise Invalid({"reason": _("Give the reason of the correction.")})
    if to_state not in WORKING_STATES:
        raise Invalid({"state": _("There is no such state in the funnel.")})
    before = cycle.state
    if before == to_state:
        return cycle
    day, at = clock.today(), clock.now()
    _write_step(cycle, to_state, day, at, actor, [], is_correction=True, reason=reason)
    cycle.state = to_state
    cycle.version += 1
    cycle.save(update_fields=["state", "version"])
    _cache_state(cycle)
    record(
        action="cycle.correct_state",
        obj=cycle,
        actor=actor,
        before={"state": before},
        after={"state": to_state, "reason": reason},
    )
    return cycle


def _enter(
    cycle: SalesCycle, to_state: str, day: date, at: datetime, actor: User | None, fact_ids: Sequence[int]
) -> None:
    _write_step(cycle, to_state, day, at, actor, fact_ids)
    cycle.state, cycle.state_since = to_state, day
    cycle.version += 1
    cycle.save(update_fields=["state", "state_since", "version"])
    _cache_state(cycle)
    ownership = ownership_of(cycle)
    ownership.state_started_on = day
    fill_clock(ownership, cycle.client.department.rotation_starts_on)
    ownership.save(update_fields=CLOCK_FIELDS)


def _write_step(
    cycle: SalesCycle,
    to_state: str,
    day: date,
    at: datetime,
    actor: User | None,
    fact_ids: Sequence[int],
    is_correction: bool = False,
    reason: str = "",
) -> None:
    StateChange.objects.create(
        cycle=cycle,
        from_state=cycle.state,
        to_state=to_state,
        on=day,
        at=at,
        user=actor,
        fact_ids=list(fact_ids),
        is_correction=is_correction,
        reason=reason[:300],
    )


def _cache_state(cycle: SalesCycle) -> None:
    cycle.client.state = cycle.state
    cycle.client.save(update_fields=["state"])

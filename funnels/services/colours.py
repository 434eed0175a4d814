"""The only author of colours: asks the rules, stores the verdict, keeps history and clocks (R-S0-P4, R-S0-P15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import head_of, heads_of
from clients.models import Client
from common.writing import write_over
from funnels.choices import FactKind, MovementKind
from funnels.constants import COLOUR_RULES_VERSION, Colour
from funnels.models import ColourChange, Fact, Movement, Ownership, SalesCycle
from funnels.rules import (
    Cause,
    ColourEvent,
    FactRow,
    PaymentStep,
    Situation,
    Verdict,
    assess_change,
    colour_on,
    is_replacement,
)
from funnels.rules import Movement as RuleMovement
from funnels.services.access import ownership_of
from funnels.services.clocks import CLOCK_FIELDS, fill_clock
from funnels.services.orders import cancel_by_movement
from notifications.models import Notice
from notifications.services import bell, ring_all

_VERDICT = ["colour", "colour_rule", "colour_fact_ids", "recheck_on", "best_rank"]


@dataclass(frozen=True)
class ColourResult:
    """What one asking changed."""

    before: str
    after: str
    is_movement: bool


@dataclass(frozen=True)
class _Asking:
    """One asking of the rules about one cycle, before anything of it is stored."""

    cycle: SalesCycle
    ownership: Ownership
    before: Colour
    verdict: Verdict
    movement: RuleMovement | None
    by_calendar: bool

    @property
    def is_changed(self) -> bool:
        return self.verdict.colour != self.before

    @property
    def is_newly_green(self) -> bool:
        return self.is_changed and self.verdict.colour == Colour.GREEN

    @property
    def moves(self) -> RuleMovement | None:
        """The movement that restarts the clock."""
        return self.movement if self.movement is not None and self.movement.resets_clock else None

    @property
    def result(self) -> ColourResult:
        return ColourResult(str(self.before), str(self.verdict.colour), self.moves is not None)


def fact_rows(cycle: SalesCycle, facts: Iterable[Fact] | None = None) -> list[FactRow]:
    """The facts of a cycle as the rules read them; rows that take another back are folded into it."""
    rows = list(facts if facts is not None else Fact.objects.filter(cycle=cycle).order_by("pk"))
    revoked = {row.revokes_id for row in rows if row.revokes_id}
    settled = set(cycle.settled_invoice_ids)
    return [
        FactRow(
            id=row.pk,
            kind=row.kind,
            on=row.on,
            until=row.until,
            amount=row.amount,
            issued_on=row.on if row.kind == FactKind.INVOICE_ISSUED else None,
            revoked=row.pk in revoked,
            closed=row.kind == FactKind.INVOICE_ISSUED and row.evidence_id in settled,
            evidence_dated=row.is_evidence_dated,
        )
        for row in rows
        if row.revokes_id is None
    ]


def situation_of(cycle: SalesCycle, client: Client) -> Situation:
    return Situation(
        section=client.section,
        has_open_cycle=cycle.is_open,
        has_owner=client.owner_id is not None,
        fully_paid=cycle.outcome == "won",
    )


def verdict_of(cycle: SalesCycle, day: date) -> Verdict:
    """What the rules say of the cycle on `day`; nothing is stored."""
    return colour_on(fact_rows(cycle), day, situation_of(cycle, cycle.client))


def highest_paid(facts: Iterable[Fact], before_id: int | None = None) -> Decimal:
    """The highest paid sum the cycle ever had, so that a payment entered again does not count twice (R-S0-P14)."""
    total = highest = Decimal(0)
    amounts = {row.pk: row.amount or Decimal(0) for row in facts if row.kind == FactKind.PAYMENT}
    for row in sorted(facts, key=lambda row: row.pk):
        if row.kind != FactKind.PAYMENT or (before_id is not None and row.pk >= before_id):
            continue
        total += -amounts.get(row.revokes_id, Decimal(0)) if row.revokes_id else row.amount or Decimal(0)
        highest = max(highest, total)
    return highest


def refresh_colour(
    *,
    cycle: SalesCycle,
    day: date,
    at: datetime,
    facts: Sequence[Fact] = (),
    by_calendar: bool = False,
    is_correction: bool = False,
    payment: PaymentStep | None = None,
) -> ColourResult:
    """Asks the rules anew for a locked open cycle and stores verdict, history, movement and clock.

    `facts` were recorded just now and may cause a movement; without them the asking is a correction of what is known,
    or the calendar's (`by_calendar`). Only a movement restarts the ten-day clock (section 2.4).
    """
    asking = _ask(
        cycle,
        ownership_of(cycle),
        fact_rows(cycle),
        day,
        facts=facts,
        by_calendar=by_calendar,
        is_correction=is_correction,
        payment=payment,
    )
    change = _change_of(asking, day, at)
    if change is not None:
        change.save(force_insert=True)
    if asking.moves:
        _move(asking, facts, day, at)
    _put(asking)
    cycle.save(update_fields=_VERDICT)
    invitation = _invitation(asking, head_of(cycle.client.department), at) if asking.is_newly_green else None
    if invitation is not None:
        ring_all([invitation])
    return asking.result


def refresh_by_calendar(*, cycles: Sequence[SalesCycle], day: date, at: datetime) -> list[ColourResult]:
    """`refresh_colour` of the calendar for a batch of locked open cycles with their clients' departments loaded, in
    a constant number of queries. The calendar records no fact, and without one nothing moves (section 2.4).
    """
    ids = [cycle.pk for cycle in cycles]
    owned = Ownership.objects.open().select_for_update(of=("self",)).filter(cycle__in=ids).order_by("pk")
    ownerships = {ownership.cycle_id: ownership for ownership in owned}
    facts: dict[int, list[Fact]] = defaultdict(list)
    for fact in Fact.objects.filter(cycle__in=ids).order_by("pk"):
        facts[fact.cycle_id].append(fact)
    askings = [
        _ask(cycle, ownerships[cycle.pk], fact_rows(cycle, facts[cycle.pk]), day, by_calendar=True) for cycle in cycles
    ]
    changes = [_change_of(asking, day, at) for asking in askings]
    ColourChange.objects.bulk_create(change for change in changes if change is not None)
    for asking in askings:
        _put(asking)
    write_over(cycles, _VERDICT)
    green = [asking for asking in askings if asking.is_newly_green]
    heads = heads_of({asking.cycle.client.department for asking in green}) if green else {}
    invitations = [_invitation(asking, heads[asking.cycle.client.department_id], at) for asking in green]
    ring_all([invitation for invitation in invitations if invitation is not None])
    return [asking.result for asking in askings]


def write_first_colour(*, cycle: SalesCycle, ownership: Ownership, day: date, at: datetime) -> None:
    """The colour a cycle opens with (RED by R10)."""
    verdict = colour_on([], day, situation_of(cycle, cycle.client))
    _change(cycle, ownership, Colour.NONE, verdict, day, at, is_movement=False, by_calendar=False).save(
        force_insert=True
    )
    cycle.colour, cycle.colour_rule, cycle.recheck_on = str(verdict.colour), verdict.rule, verdict.recheck_on
    cycle.save(update_fields=["colour", "colour_rule", "recheck_on"])


def write_last_colour(
    *, cycle: SalesCycle, ownership: Ownership, day: date, at: datetime, rule: str, fact_ids: Sequence[int] = ()
) -> None:
    """A cycle that closes has no colour (R1 refused or parked, R2 nobody's, R3 fully paid)."""
    before = Colour(cycle.colour)
    if before != Colour.NONE:
        verdict = Verdict(Colour.NONE, rule, None, tuple(fact_ids))
        _change(cycle, ownership, before, verdict, day, at, False, False).save(force_insert=True)
    cycle.colour, cycle.colour_rule = str(Colour.NONE), rule
    cycle.colour_fact_ids, cycle.recheck_on = list(fact_ids), None


def _ask(
    cycle: SalesCycle,
    ownership: Ownership,
    rows: Sequence[FactRow],
    day: date,
    *,
    facts: Sequence[Fact] = (),
    by_calendar: bool = False,
    is_correction: bool = False,
    payment: PaymentStep | None = None,
) -> _Asking:
    """What the rules say of the cycle and of the clock; nothing is stored."""
    verdict = colour_on(rows, day, situation_of(cycle, cycle.client))
    before = Colour(cycle.colour)
    cause = Cause.CALENDAR if by_calendar else Cause.FACT if facts and not is_correction else Cause.CORRECTION
    new_ids = tuple(fact.pk for fact in facts)
    movement = assess_change(
        ColourEvent(
            previous=before,
            verdict=verdict,
            best=Colour.of_rank(ownership.best_rank),
            cause=cause,
            fact_ids=new_ids,
            fact_is_replacement=_are_replacements(rows, new_ids, verdict, ownership),
            payment=payment,
        )
    )
    return _Asking(cycle, ownership, before, verdict, movement, by_calendar)


def _change_of(asking: _Asking, day: date, at: datetime) -> ColourChange | None:
    if not asking.is_changed:
        return None
    return _change(
        asking.cycle,
        asking.ownership,
        asking.before,
        asking.verdict,
        day,
        at,
        is_movement=asking.moves is not None,
        by_calendar=asking.by_calendar,
    )


def _put(asking: _Asking) -> None:
    cycle, verdict = asking.cycle, asking.verdict
    cycle.colour, cycle.colour_rule = str(verdict.colour), verdict.rule
    cycle.colour_fact_ids, cycle.recheck_on = list(verdict.fact_ids), verdict.recheck_on
    cycle.best_rank = max(cycle.best_rank, verdict.colour.rank)


def _are_replacements(rows: Sequence[FactRow], new_ids: Sequence[int], verdict: Verdict, ownership: Ownership) -> bool:
    """Are all the new causes of this verdict later pay dates or replacing invoices?"""
    causes = [row for row in rows if row.id in new_ids and row.id in verdict.supporting_ids]
    return bool(causes) and all(is_replacement(row, rows, ownership.started_on) for row in causes)


def _change(
    cycle: SalesCycle,
    ownership: Ownership,
    before: Colour,
    verdict: Verdict,
    day: date,
    at: datetime,
    is_movement: bool,
    by_calendar: bool,
) -> ColourChange:
    return ColourChange(
        cycle=cycle,
        ownership=ownership,
        owner_id=ownership.user_id,
        from_colour=str(before),
        to_colour=str(verdict.colour),
        rule=verdict.rule,
        rules_version=COLOUR_RULES_VERSION,
        fact_ids=list(verdict.fact_ids),
        on=day,
        at=at,
        is_movement=is_movement,
        is_by_calendar=by_calendar,
    )


def _move(asking: _Asking, facts: Sequence[Fact], day: date, at: datetime) -> None:
    cycle, ownership, movement = asking.cycle, asking.ownership, asking.moves
    if movement is None:
        return
    counted = [fact.effective_on for fact in facts if fact.pk in movement.fact_ids] or [day]
    moved_on = max(counted)
    cancel_by_movement(cycle=cycle, ownership=ownership, movement_on=moved_on, at=at)
    Movement.objects.create(
        cycle=cycle,
        ownership=ownership,
        user_id=ownership.user_id,
        kind=MovementKind(str(movement.kind)),
        from_colour=str(asking.before),
        to_colour=str(asking.verdict.colour),
        ranks=movement.ranks,
        on=moved_on,
        at=at,
        fact_ids=list(movement.fact_ids),
    )
    ownership.best_rank = movement.best.rank
    ownership.clock_started_on = max(ownership.clock_started_on, moved_on)
    fill_clock(ownership, cycle.client.department.rotation_starts_on)
    ownership.save(update_fields=["best_rank", *CLOCK_FIELDS])


def _invitation(asking: _Asking, head: User | None, at: datetime) -> Notice | None:
    cycle = asking.cycle
    if head is None or head.pk == cycle.owner_id:
        return None
    return bell(
        recipient=head,
        key=f"green:{cycle.pk}:{at:%Y%m%d%H%M%S%f}",
        text=_("%(client)s turned green: join the negotiations") % {"client": cycle.client.name},
        url=f"/clients/{cycle.client_id}/",
    )

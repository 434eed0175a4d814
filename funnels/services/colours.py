"""The only author of colours: asks the rules, stores the verdict, keeps history and clocks (R-S0-P4, R-S0-P15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.selectors import head_of
from clients.models import Client
from common import clock
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
from funnels.services.access import lock_client, open_cycle_of, ownership_of
from funnels.services.clocks import CLOCK_FIELDS, fill_clock
from funnels.services.orders import cancel_by_movement
from journal.models import JobRun
from journal.services import do_rows, record
from notifications.services import ring

BATCH = 50


@dataclass(frozen=True)
class ColourResult:
    """What one asking changed."""

    before: str
    after: str
    is_movement: bool


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
    ownership = ownership_of(cycle)
    rows = fact_rows(cycle)
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
    changed = verdict.colour != before
    counts = movement is not None and movement.resets_clock
    if changed:
        _write_change(cycle, ownership, before, verdict, day, at, is_movement=counts, by_calendar=by_calendar)
    if movement is not None and counts:
        _move(cycle, ownership, before, verdict, movement, facts, day, at)
    cycle.colour, cycle.colour_rule = str(verdict.colour), verdict.rule
    cycle.colour_fact_ids, cycle.recheck_on = list(verdict.fact_ids), verdict.recheck_on
    cycle.best_rank = max(cycle.best_rank, verdict.colour.rank)
    cycle.save(update_fields=["colour", "colour_rule", "colour_fact_ids", "recheck_on", "best_rank"])
    if changed and verdict.colour == Colour.GREEN:
        _invite_head(cycle, at)
    return ColourResult(str(before), str(verdict.colour), counts)


def write_first_colour(*, cycle: SalesCycle, ownership: Ownership, day: date, at: datetime) -> None:
    """The colour a cycle opens with (RED by R10)."""
    verdict = colour_on([], day, situation_of(cycle, cycle.client))
    _write_change(cycle, ownership, Colour.NONE, verdict, day, at, is_movement=False, by_calendar=False)
    cycle.colour, cycle.colour_rule, cycle.recheck_on = str(verdict.colour), verdict.rule, verdict.recheck_on
    cycle.save(update_fields=["colour", "colour_rule", "recheck_on"])


def write_last_colour(
    *, cycle: SalesCycle, ownership: Ownership, day: date, at: datetime, rule: str, fact_ids: Sequence[int] = ()
) -> None:
    """A cycle that closes has no colour (R1 refused or parked, R2 nobody's, R3 fully paid)."""
    before = Colour(cycle.colour)
    if before != Colour.NONE:
        _write_change(
            cycle, ownership, before, Verdict(Colour.NONE, rule, None, tuple(fact_ids)), day, at, False, False
        )
    cycle.colour, cycle.colour_rule = str(Colour.NONE), rule
    cycle.colour_fact_ids, cycle.recheck_on = list(fact_ids), None


def recheck_colours(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Asks again the cycles whose `recheck_on` has come, in batches of 50 (job 00:10); returns checked and changed."""
    counts = Counter({"checked": 0, "changed": 0})
    moment = at or clock.now()
    last_pk = 0
    while True:
        due = list(
            SalesCycle.objects.to_recheck(day)
            .filter(pk__gt=last_pk)
            .order_by("pk")
            .values_list("pk", "client_id")[:BATCH]
        )
        if not due:
            return counts
        last_pk = due[-1][0]
        clients = sorted(client for _cycle, client in due)
        counts.update(
            do_rows(run, what="clients.client", ids=clients, size=BATCH, act=lambda ids: _recheck(ids, day, moment))
        )


def _recheck(client_ids: Iterable[int], day: date, moment: datetime) -> dict[str, int]:
    counts = {"checked": 0, "changed": 0}
    for client_id in client_ids:
        cycle = open_cycle_of(lock_client(client_id))
        if cycle is None or cycle.recheck_on is None or cycle.recheck_on > day:
            continue
        result = refresh_colour(cycle=cycle, day=day, at=moment, by_calendar=True)
        counts["checked"] += 1
        if result.before != result.after:
            counts["changed"] += 1
            record(
                action="cycle.colour_by_calendar",
                obj=cycle,
                before={"colour": result.before},
                after={"colour": result.after, "rule": cycle.colour_rule},
            )
    return counts


def _are_replacements(rows: Sequence[FactRow], new_ids: Sequence[int], verdict: Verdict, ownership: Ownership) -> bool:
    """Are all the new causes of this verdict later pay dates or replacing invoices?"""
    causes = [row for row in rows if row.id in new_ids and row.id in verdict.supporting_ids]
    return bool(causes) and all(is_replacement(row, rows, ownership.started_on) for row in causes)


def _write_change(
    cycle: SalesCycle,
    ownership: Ownership,
    before: Colour,
    verdict: Verdict,
    day: date,
    at: datetime,
    is_movement: bool,
    by_calendar: bool,
) -> None:
    ColourChange.objects.create(
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


def _move(
    cycle: SalesCycle,
    ownership: Ownership,
    before: Colour,
    verdict: Verdict,
    movement: RuleMovement,
    facts: Sequence[Fact],
    day: date,
    at: datetime,
) -> None:
    counted = [fact.effective_on for fact in facts if fact.pk in movement.fact_ids] or [day]
    moved_on = max(counted)
    cancel_by_movement(cycle=cycle, ownership=ownership, movement_on=moved_on, at=at)
    Movement.objects.create(
        cycle=cycle,
        ownership=ownership,
        user_id=ownership.user_id,
        kind=MovementKind(str(movement.kind)),
        from_colour=str(before),
        to_colour=str(verdict.colour),
        ranks=movement.ranks,
        on=moved_on,
        at=at,
        fact_ids=list(movement.fact_ids),
    )
    ownership.best_rank = movement.best.rank
    ownership.clock_started_on = max(ownership.clock_started_on, moved_on)
    fill_clock(ownership, cycle.client.department.rotation_starts_on)
    ownership.save(update_fields=["best_rank", *CLOCK_FIELDS])


def _invite_head(cycle: SalesCycle, at: datetime) -> None:
    head = head_of(cycle.client.department)
    if head is not None and head.pk != cycle.owner_id:
        ring(
            recipient=head,
            key=f"green:{cycle.pk}:{at:%Y%m%d%H%M%S%f}",
            text=_("%(client)s turned green: join the negotiations") % {"client": cycle.client.name},
            url=f"/clients/{cycle.client_id}/",
        )

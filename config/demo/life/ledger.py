"""What is written down: contacts with their credit, facts, colours, states, owners, the end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from clients.models import RetakeBan
from config.demo.life.scene import REQUIRED_ANSWERS, Life, Scene
from funnels.constants import COLOUR_RULES_VERSION, RETAKE_BAN_DAYS, Colour, FactKind
from funnels.models import (
    ColourChange,
    Contact,
    Fact,
    Movement,
    Ownership,
    SalesCycle,
    StateChange,
)
from funnels.rules import (
    Cause,
    ColourEvent,
    ContactInput,
    FactRow,
    Situation,
    assess_change,
    colour_on,
    credit,
    is_replacement,
)
from funnels.services import fill_clock


class Ledger:
    """Draws the conclusions of an act with the rules themselves."""

    def __init__(self, scene: Scene, life: Life) -> None:
        self.scene, self.life = scene, life
        self.rng, self.calendar = scene.rng, scene.calendar
        self.go_live = scene.department.rotation_starts_on

    @property
    def cycle(self) -> SalesCycle:
        assert self.life.cycle is not None  # noqa: S101 - made by _take
        return self.life.cycle

    @property
    def ownership(self) -> Ownership:
        return self.life.ownerships[-1]

    def _own(self, user: User, reason: str, day: date, at: datetime, rank: int) -> None:
        row = Ownership(
            client=self.life.client,
            cycle=self.cycle,
            user=user,
            reason=reason,
            started_on=day,
            started_at=at,
            best_rank=rank,
            clock_started_on=day,
            state_started_on=day,
        )
        fill_clock(row, self.go_live, self.calendar)
        self.life.ownerships.append(row)

    def _ban(self, user: User, day: date) -> None:
        self.life.bans.append(
            RetakeBan(client=self.life.client, user=user, until_on=day + timedelta(days=RETAKE_BAN_DAYS))
        )

    def _contact(self, day: date, at: datetime, **values: object) -> Contact:
        life, owner = self.life, self.ownership.user
        contact = Contact(
            client=life.client,
            cycle=self.cycle,
            user=owner,
            at=at,
            day=day,
            recorded_at=at,
            is_manual=values.get("talk_seconds") is None,
            questionnaire_percent=life.answered * 100 // REQUIRED_ANSWERS,
            **values,
        )
        score = credit(
            ContactInput(
                kind=contact.kind,
                on=day,
                answered=contact.result == "talked",
                talk_seconds=contact.talk_seconds,
                is_dm=contact.person.is_dm,
                has_name=True,
                has_position=bool(contact.person.position),
                is_personal=True,
                questionnaire_answered=life.answered,
                questionnaire_required=REQUIRED_ANSWERS,
                interest=contact.has_interest,
                progress_due=contact.progress_due_on,
                is_customer=life.client.section == "customers",
                by_farmer=owner.role == "farmer",
                had_productive_today=any(
                    row.day == day and row.person is contact.person and row.is_productive_call for row in life.contacts
                ),
            )
        )
        contact.is_productive_call, contact.is_held_meeting = bool(score.productive_call), bool(score.held_meeting)
        contact.is_productive_meeting, contact.is_warm_contact = (
            bool(score.productive_meeting),
            bool(score.warm_contact),
        )
        contact.reason = score.reason or ""
        contact.reason_detail = {"value": score.detail} if score.detail is not None else {}
        life.contacts.append(contact)
        self.cycle.last_contact_at, self.cycle.last_contact_kind = at, contact.kind
        return contact

    def _knows(self, kind: str) -> bool:
        return any(row.kind == kind for row in self.life.fact_rows)

    def _fact(
        self, kind: str, day: date, until: date | None, evidence: object, at: datetime, amount: Decimal | None
    ) -> Fact:
        life = self.life
        fact = Fact(
            cycle=self.cycle,
            kind=kind,
            on=day,
            until=until,
            amount=amount,
            evidence_type=type(evidence).__name__.lower().replace("salescycle", "cycle"),
            evidence_id=0,
            is_evidence_dated=True,
            effective_on=day,
            recorded_at=at,
            recorded_by=self.ownership.user,
        )
        life.facts.append(fact)
        life.evidence.append((fact, evidence))
        life.fact_rows.append(
            FactRow(
                id=len(life.facts),
                kind=kind,
                on=day,
                until=until,
                amount=amount,
                issued_on=day if kind == FactKind.INVOICE_ISSUED else None,
            )
        )
        return fact

    def _record(
        self,
        day: date,
        at: datetime,
        kinds: list[tuple[str, date | None]],
        evidence: object,
        amount: Decimal | None = None,
        step: object = None,
    ) -> None:
        if not kinds:
            return
        first = len(self.life.facts) + 1
        for kind, until in kinds:
            self._fact(kind, day, until, evidence, at, amount)
        new_ids = list(range(first, len(self.life.facts) + 1))
        moved = self._ask(day, at, new_ids, Cause.FACT, step)
        stepped = self._advance(day, at)
        if isinstance(evidence, Contact):
            evidence.is_advancing = moved or stepped or any(kind == FactKind.PROGRESS for kind, _until in kinds)

    def _ask(self, day: date, at: datetime, new_ids: list[int], cause: Cause, step: object = None) -> bool:
        cycle, ownership, rows = self.cycle, self.ownership, self.life.fact_rows
        verdict = colour_on(rows, day, Situation(self.life.client.section, True, True))
        causes = [row for row in rows if row.id in new_ids and row.id in verdict.supporting_ids]
        replaced = bool(causes) and all(is_replacement(row, rows, ownership.started_on) for row in causes)
        before = Colour(cycle.colour)
        movement = assess_change(
            ColourEvent(
                previous=before,
                verdict=verdict,
                best=Colour.of_rank(ownership.best_rank),
                cause=cause,
                fact_ids=tuple(new_ids),
                fact_is_replacement=replaced,
                payment=step,  # type: ignore[arg-type]
            )
        )
        counts = movement is not None and movement.resets_clock
        if verdict.colour != before:
            self._colour_row(before, verdict.colour, verdict.rule, list(verdict.fact_ids), day, at, counts, cause)
        if movement is not None and counts:
            self.life.movements.append(
                self._movement(
                    str(movement.kind),
                    str(before),
                    str(verdict.colour),
                    movement.ranks,
                    day,
                    at,
                    list(movement.fact_ids),
                )
            )
            ownership.best_rank, ownership.clock_started_on = movement.best.rank, day
            fill_clock(ownership, self.go_live, self.calendar)
        cycle.colour, cycle.colour_rule = str(verdict.colour), verdict.rule
        cycle.colour_fact_ids, cycle.recheck_on = list(verdict.fact_ids), verdict.recheck_on
        cycle.best_rank = max(cycle.best_rank, verdict.colour.rank)
        return counts

    def _movement(
        self, kind: str, before: str, after: str, ranks: int, day: date, at: datetime, fact_ids: list[int]
    ) -> Movement:
        return Movement(
            cycle=self.cycle,
            ownership=self.ownership,
            user=self.ownership.user,
            kind=kind,
            from_colour=before,
            to_colour=after,
            ranks=ranks,
            on=day,
            at=at,
            fact_ids=fact_ids,
        )

    def _advance(self, day: date, at: datetime) -> bool:
        known = {row.kind for row in self.life.fact_rows}
        need = FactKind.QUESTIONNAIRE_FULL in known or {FactKind.OFFER_SENT, FactKind.OFFER_DISCUSSED} <= known
        bound = {FactKind.INVOICE_ISSUED, FactKind.CONTRACT_SIGNED} & known
        entered = False
        for state, following, is_ready in (
            ("new", "c1", FactKind.FIRST_CONTACT in known),
            ("c1", "c2", need),
            ("c2", "c3", {FactKind.OFFER_SENT, FactKind.TERMS_DISCUSSED} <= known),
            ("c3", "deal", bool(bound)),
        ):
            if self.cycle.state == state and is_ready:
                self._enter(following, day, at)
                entered = True
        if bound and self.cycle.state in ("c1", "c2"):
            self._enter("deal", day, at)
            entered = True
        return entered

    def _enter(self, state: str, day: date, at: datetime) -> None:
        self._state(self.cycle.state, state, day, at, self.ownership.user)
        self.cycle.state, self.cycle.state_since, self.life.client.state = state, day, state
        self.ownership.state_started_on = day
        fill_clock(self.ownership, self.go_live, self.calendar)

    def _state(self, before: str, after: str, day: date, at: datetime, user: User) -> None:
        self.life.state_changes.append(
            StateChange(cycle=self.cycle, from_state=before, to_state=after, on=day, at=at, user=user)
        )

    def _colour_row(
        self,
        before: Colour,
        after: Colour,
        rule: str,
        fact_ids: list[int],
        day: date,
        at: datetime,
        is_movement: bool = False,
        cause: Cause = Cause.FACT,
    ) -> None:
        self.life.colour_changes.append(
            ColourChange(
                cycle=self.cycle,
                ownership=self.ownership,
                owner=self.ownership.user,
                from_colour=str(before),
                to_colour=str(after),
                rule=rule,
                rules_version=COLOUR_RULES_VERSION,
                fact_ids=fact_ids,
                on=day,
                at=at,
                is_movement=is_movement,
                is_by_calendar=cause == Cause.CALENDAR,
            )
        )

    def _close(
        self,
        outcome: str,
        section: str,
        state: str,
        day: date,
        at: datetime,
        recall_on: date | None = None,
        facts: list[Fact] | None = None,
    ) -> None:
        cycle, client, life = self.cycle, self.life.client, self.life
        rule = "R3" if outcome == "won" else "R1"
        fact_ids = [life.facts.index(fact) + 1 for fact in facts or []]
        self._colour_row(Colour(cycle.colour), Colour.NONE, rule, fact_ids, day, at)
        self._state(cycle.state, state, day, at, self.ownership.user)
        last = self.ownership
        last.ended_on, last.ended_at, last.end_reason = day, at, outcome
        cycle.outcome, cycle.closed_on, cycle.closed_at, cycle.owner = outcome, day, at, None
        cycle.state, cycle.state_since, cycle.colour, cycle.colour_rule = state, day, "none", rule
        cycle.colour_fact_ids, cycle.recheck_on = fact_ids, None
        client.section, client.state, client.recall_on = section, state, recall_on
        client.owner = None
        if section == "customers":
            keeper = self.scene.farmer or last.user
            client.owner = keeper
            life.ownerships.append(
                Ownership(
                    client=client,
                    cycle=None,
                    user=keeper,
                    reason="handover",
                    started_on=day,
                    started_at=at,
                    clock_started_on=day,
                    state_started_on=day,
                )
            )

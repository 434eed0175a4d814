"""The life of one client, played forward day by day with the rules themselves. Nothing is saved here.

Rows are unsaved model instances that point at each other; `write.py` saves them in bulk. Facts are numbered from 1
inside a life, because their real ids are not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from accounts.models import Department, User
from clients.models import Client, ContactPerson, RetakeBan, Segment
from common import clock
from common.workdays import Calendar
from config.demo import words
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
from funnels.choices import OrderStatus
from funnels.constants import COLOUR_RULES_VERSION, RETAKE_BAN_DAYS, Colour, FactKind
from funnels.models import (
    ColourChange,
    Contact,
    Fact,
    Movement,
    Ownership,
    RotationOrder,
    SalesCycle,
    StateChange,
    Task,
    Violation,
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
    old_owner_percent,
    payment_step,
    payment_target,
    term_exit,
)
from funnels.services import fill_clock, fill_term

REQUIRED_ANSWERS = 20


@dataclass
class Scene:
    """What all lives of a department share."""

    rng: Random
    calendar: Calendar
    department: Department
    sellers: list[User]
    farmer: User | None
    accountant: User
    today: date


@dataclass
class Life:
    """One client with everything that happened to it; lists hold unsaved rows in the order they came about."""

    client: Client
    people: list[ContactPerson]
    segment: Segment
    cycle: SalesCycle | None = None
    ownerships: list[Ownership] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    fact_rows: list[FactRow] = field(default_factory=list)
    state_changes: list[StateChange] = field(default_factory=list)
    colour_changes: list[ColourChange] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    orders: list[RotationOrder] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    bans: list[RetakeBan] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    credits: list[PaymentCredit] = field(default_factory=list)
    evidence: list[tuple[Fact, object]] = field(default_factory=list)
    answered: int = 0
    share: tuple[User, int] | None = None  # the old owner of a client rotated green, and his per cent

    @property
    def is_open(self) -> bool:
        return self.cycle is not None and self.cycle.closed_at is None


class Player:
    """Plays one new cycle of a client from the day it is taken to `until`."""

    def __init__(self, scene: Scene, life: Life, owner: User, opened_on: date, zeal: float, scale: float = 1) -> None:
        self.scene, self.life, self.zeal, self.scale = scene, life, zeal, scale
        self.rng, self.calendar = scene.rng, scene.calendar
        self.go_live = scene.department.rotation_starts_on
        self._take(owner, opened_on)

    @property
    def cycle(self) -> SalesCycle:
        assert self.life.cycle is not None  # noqa: S101 - made by _take
        return self.life.cycle

    @property
    def ownership(self) -> Ownership:
        return self.life.ownerships[-1]

    def play(self, until: date) -> Life:
        day = self.cycle.opened_on
        self._work(day, time(11, 0))
        while self.life.is_open and day < until:
            day += timedelta(days=1)
            self._night(day)
            if self.life.is_open and self.calendar.is_working(day):
                self._morning(day, until)
                if self.life.is_open and self.rng.random() < self.zeal:
                    self._work(day, time(10 + self.rng.randrange(8), self.rng.randrange(60)))
        if self.life.is_open:
            self._plan_next(until)
        return self.life

    # --- what the system does by itself ---

    def _take(self, owner: User, day: date) -> None:
        life, at = self.life, clock.local_moment(day, time(10, self.rng.randrange(60)))
        client = life.client
        amount = _cheque(self.rng, life.segment, self.scale)
        life.cycle = SalesCycle(
            client=client,
            segment=life.segment,
            owner=owner,
            opened_on=day,
            opened_at=at,
            state_since=day,
            expected_amount=amount,
        )
        fill_term(life.cycle, self.go_live, self.calendar)
        client.section, client.owner, client.state, client.segment = "in_work", owner, "new", life.segment
        self._own(owner, "take", day, at, rank=1)
        self._state("", "new", day, at, owner)
        self._colour_row(Colour.NONE, Colour.RED, "R10", [], day, at)

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

    def _night(self, day: date) -> None:
        at = clock.local_moment(day, time(0, 10))
        if self.cycle.recheck_on is not None and self.cycle.recheck_on <= day:
            self._ask(day, at, [], Cause.CALENDAR)
        binding = bool(self.life.invoices or self.life.contracts or self.life.payments)
        term = self.cycle.term_ends_on
        if term is not None and term < day:
            leave = term_exit(self.cycle.best_rank > 1, False, binding, self.cycle.state)
            if leave is not None:
                recall = day + timedelta(days=leave.recall_days) if leave.recall_days else None
                self._ban(self.ownership.user, day)
                self._close("expired", str(leave.section), "refusal", day, at, recall_on=recall)
                return
        flag_on = self.ownership.flag_on
        if flag_on is not None and flag_on == day and self.cycle.stagnation_count >= 2 and not binding:
            self.cycle.stagnation_count += 1
            self._violation(day, at)
            self._close("expired", "soft_refusal", "refusal", day, at, recall_on=day + timedelta(days=90))

    def _morning(self, day: date, until: date) -> None:
        """Executes a rotation at 09:20; those of the last day are left to the real jobs."""
        flag_on = self.ownership.flag_on
        if flag_on is None or flag_on > day or day >= until:
            return
        previous = {row.user_id for row in self.life.ownerships}
        eligible = [
            user
            for user in self.scene.sellers
            if user.pk not in previous and (user.role == "hunter" or self.cycle.colour == "red")
        ]
        if not eligible:
            return
        to = self.rng.choice(eligible)
        at = clock.local_moment(day, time(9, 20))
        self.cycle.stagnation_count += 1
        old = self.ownership
        self._violation(flag_on, clock.local_moment(flag_on, time(0, 20)))
        pay_on = max(
            (row.until for row in self.life.fact_rows if row.kind == FactKind.TERMS_AGREED and row.until), default=None
        )
        due_on = max((row.due_on for row in self.life.invoices), default=None)
        share = old_owner_percent(Colour(self.cycle.colour), day, pay_on, due_on)
        if share:
            self.life.share = (old.user, share)
        self.life.orders.append(
            RotationOrder(
                department=self.scene.department,
                client=self.life.client,
                cycle=self.cycle,
                ownership=old,
                old_owner=old.user,
                colour=self.cycle.colour,
                amount=self.cycle.expected_amount or 0,
                age=self.calendar.counted_days(old.clock_started_on, flag_on),
                stagnation_no=self.cycle.stagnation_count,
                flagged_on=flag_on,
                execute_on=day,
                status=OrderStatus.EXECUTED,
                suggested=to,
                recipient=to,
                choice={"action": "rotate", "outcome": "chosen"},
                share_percent=share,
                executed_at=at,
                closed_at=at,
                created_at=clock.local_moment(flag_on, time(0, 20)),
            )
        )
        self._ban(old.user, day)
        old.ended_on, old.ended_at, old.end_reason = day, at, "rotation"
        self._own(to, "rotation", day, at, rank=Colour(self.cycle.colour).rank)
        self.cycle.owner = self.life.client.owner = to

    def _violation(self, day: date, at: datetime) -> None:
        old = self.ownership
        self.life.violations.append(
            Violation(
                kind="10_days",
                user=old.user,
                cycle=self.cycle,
                ownership=old,
                since_on=old.clock_started_on,
                on=day,
                recorded_at=at,
            )
        )

    def _ban(self, user: User, day: date) -> None:
        self.life.bans.append(
            RetakeBan(client=self.life.client, user=user, until_on=day + timedelta(days=RETAKE_BAN_DAYS))
        )

    # --- what people do ---

    def _work(self, day: date, clock_time: time) -> None:
        at = clock.local_moment(day, clock_time)
        state, roll = self.cycle.state, self.rng.random()
        if state != "new" and roll < 0.03:
            self._refuse(day, at)
        elif state == "new":
            self._call(day, at, reached=roll < 0.62)
        elif state == "c1":
            self._first_steps(day, at, roll)
        elif state in ("c2", "c3"):
            self._negotiate(day, at, roll)
        elif state == "deal":
            self._close_deal(day, at, roll)

    def _first_steps(self, day: date, at: datetime, roll: float) -> None:
        if roll < 0.40:
            self.life.answered = REQUIRED_ANSWERS
            self._meet(day, at)
        elif roll < 0.65:
            self.life.answered = max(self.life.answered, 6 + self.rng.randrange(12))
            self._call(day, at, reached=True)
        else:
            self._call(day, at, reached=self.rng.random() < 0.5)

    def _negotiate(self, day: date, at: datetime, roll: float) -> None:
        has_offer = bool(self.life.offers)
        if not has_offer:
            self._offer(day, at)
        elif roll < 0.40:
            self._invoice(day, at)
        elif roll < 0.50:
            self._terms(day, at)
        elif roll < 0.58:
            self._contract(day, at)
        else:
            self._call(day, at, reached=True, discusses_offer=True)

    def _close_deal(self, day: date, at: datetime, roll: float) -> None:
        if roll < 0.50:
            self._pay(day, at, self._owed())
        elif roll < 0.62:
            self._pay(day, at, (self._owed() * Decimal("0.3")).quantize(Decimal("1.00")))
        else:
            self._call(day, at, reached=True)

    def _call(self, day: date, at: datetime, *, reached: bool, discusses_offer: bool = False) -> None:
        person = self.life.people[0] if reached else self.rng.choice(self.life.people)
        talked = reached or self.rng.random() < 0.3
        seconds = 40 + self.rng.randrange(420) if reached else self.rng.randrange(8, 28)
        due = day + timedelta(days=5 + self.rng.randrange(20)) if discusses_offer else None
        contact = self._contact(
            day,
            at,
            kind="call",
            person=person,
            result="talked" if talked else "no_answer",
            talk_seconds=seconds if talked else 0,
            text=self.rng.choice(words.CALLS if reached else words.MISSES),
            is_offer_discussed=discusses_offer,
            is_terms_discussed=discusses_offer,
            progress_kind="survey" if due else "",
            progress_due_on=due,
        )
        kinds: list[tuple[str, date | None]] = []
        if contact.is_productive_call and not self._knows(FactKind.FIRST_CONTACT):
            kinds.append((FactKind.FIRST_CONTACT, None))
        if discusses_offer and due is not None:
            kinds.append((FactKind.PROGRESS, due))
            if contact.is_productive_call:
                kinds.append((FactKind.OFFER_DISCUSSED, None))
            kinds.append((FactKind.TERMS_DISCUSSED, None))
        self._record(day, at, kinds, contact)

    def _meet(self, day: date, at: datetime) -> None:
        due = day + timedelta(days=6 + self.rng.randrange(22))
        contact = self._contact(
            day,
            at,
            kind="meeting",
            person=self.life.people[0],
            result="talked",
            talk_seconds=None,
            text=self.rng.choice(words.MEETINGS),
            has_interest=True,
            place="client",
            progress_kind=self.rng.choice(["survey", "offer_preparation", "repeat_meeting"]),
            progress_due_on=due,
        )
        kinds: list[tuple[str, date | None]] = [(FactKind.QUESTIONNAIRE_FULL, None)]
        if contact.is_held_meeting:
            kinds.append((FactKind.INTEREST, None))
        kinds.append((FactKind.PROGRESS, due))
        self._record(
            day, at, [item for item in kinds if item[0] == FactKind.PROGRESS or not self._knows(item[0])], contact
        )

    def _offer(self, day: date, at: datetime) -> None:
        offer = Offer(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            status="sent",
            sent_on=day,
        )
        self.life.offers.append(offer)
        self._record(day, at, [(FactKind.OFFER_SENT, None)], offer, amount=offer.amount)

    def _invoice(self, day: date, at: datetime) -> None:
        invoice = Invoice(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            issued_on=day,
            due_on=day + timedelta(days=5 + self.rng.randrange(10)),
            vat_rate="22" if day.year >= 2026 else "20",
            subject="Поставка по спецификации",
        )
        self.life.invoices.append(invoice)
        self.cycle.invoiced_amount = self.cycle.expected_amount or Decimal(0)
        self.cycle.has_open_invoice = True
        self._record(day, at, [(FactKind.INVOICE_ISSUED, invoice.due_on)], invoice, amount=invoice.amount)

    def _terms(self, day: date, at: datetime) -> None:
        pay_on = day + timedelta(days=10 + self.rng.randrange(25))
        self.cycle.planned_pay_on, self.cycle.planned_at = pay_on, at
        self._record(day, at, [(FactKind.TERMS_AGREED, pay_on)], self.cycle, amount=self.cycle.expected_amount)

    def _contract(self, day: date, at: datetime) -> None:
        contract = Contract(
            client=self.life.client,
            cycle=self.cycle,
            amount=self.cycle.expected_amount,
            created_at=at,
            created_by=self.ownership.user,
            number=f"{day:%d%m}-{self.rng.randrange(100, 999)}",
            status="signed",
            signed_by_us_on=day,
            signed_by_client_on=day,
            file="contracts/demo.pdf",
            file_name="Договор.pdf",
        )
        self.life.contracts.append(contract)
        self.cycle.contract_amount = self.cycle.expected_amount or Decimal(0)
        self._record(day, at, [(FactKind.CONTRACT_SIGNED, None)], contract, amount=contract.amount)

    def _owed(self) -> Decimal:
        return max((self.cycle.expected_amount or Decimal(0)) - self.cycle.paid_amount, Decimal("100.00"))

    def _pay(self, day: date, at: datetime, amount: Decimal) -> None:
        cycle, life = self.cycle, self.life
        if not life.invoices:
            self._invoice(day, at)
        invoice = life.invoices[-1]
        payment = Payment(
            client=life.client,
            cycle=cycle,
            invoice=invoice,
            amount=amount,
            paid_on=day,
            source="accountant",
            document=f"п/п {self.rng.randrange(100, 999)}",
            entered_by=self.scene.accountant,
            entered_at=at,
        )
        life.payments.append(payment)
        self._credit_payment(payment)
        before = cycle.paid_amount
        cycle.paid_amount += amount
        target = payment_target([cycle.invoiced_amount], cycle.contract_amount, cycle.expected_amount)
        if target is not None and cycle.paid_amount >= target:
            fact = self._fact(FactKind.PAYMENT, day, None, payment, at, amount)
            invoice.status, cycle.has_open_invoice = "paid", False
            life.movements.append(self._movement("full_payment", cycle.colour, "none", 0, day, at, [len(life.facts)]))
            self._close("won", "customers", "support", day, at, facts=[fact])
            return
        step = payment_step(before, cycle.paid_amount, target)
        self._record(day, at, [(FactKind.PAYMENT, None)], payment, amount=amount, step=step)

    def _credit_payment(self, payment: Payment) -> None:
        owner, rest = self.ownership.user, payment.amount
        if self.life.share is not None:
            old, percent = self.life.share
            part = (payment.amount * percent / 100).quantize(Decimal("0.01"))
            rest -= part
            self._credit_row(payment, old, part)
        self._credit_row(payment, owner, rest)

    def _credit_row(self, payment: Payment, user: User, amount: Decimal) -> None:
        self.life.credits.append(
            PaymentCredit(
                payment=payment, user=user, department=self.scene.department, amount=amount, paid_on=payment.paid_on
            )
        )

    def _refuse(self, day: date, at: datetime) -> None:
        reason = self.rng.choice(["no_money", "crisis", "other", "competitor", "not_ours"])
        section = "hard_refusal" if reason == "not_ours" else "soft_refusal"
        if section == "hard_refusal":
            self.life.client.size = "not_ours"
        self.cycle.refusal_reason = reason
        recall = day + timedelta(days=90) if section == "soft_refusal" else None
        self._close("lost", section, "refusal", day, at, recall_on=recall)

    # --- conclusions ---

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
                had_productive_today=any(
                    row.day == day and row.person is contact.person and row.is_productive_call for row in life.contacts
                ),
            )
        )
        contact.is_productive_call, contact.is_held_meeting = bool(score.productive_call), bool(score.held_meeting)
        contact.is_productive_meeting = bool(score.productive_meeting)
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
        verdict = colour_on(rows, day, Situation("in_work", True, True))
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

    def _plan_next(self, today: date) -> None:
        """The next step of an open cycle: some overdue, a few forgotten, the rest in the coming days."""
        roll = self.rng.random()
        if roll < 0.04:
            return
        if roll < 0.16:
            day = today - timedelta(days=1 + self.rng.randrange(6))
        elif roll < 0.55:
            day = today
        else:
            day = self.calendar.working_day_on_or_after(today + timedelta(days=1 + self.rng.randrange(6)))
        day = max(day, self.cycle.opened_on)
        due = clock.local_moment(day, time(9 + self.rng.randrange(9), self.rng.choice([0, 15, 30, 45])))
        text = self.rng.choice(words.STEPS)
        self.cycle.next_step_at, self.cycle.next_step_text = due, text
        self.life.tasks.append(
            Task(
                kind="next_step",
                client=self.life.client,
                cycle=self.cycle,
                assignee=self.ownership.user,
                text=text,
                due_at=due,
                has_time=True,
                created_at=self.cycle.last_contact_at or self.cycle.opened_at,
                created_by=self.ownership.user,
            )
        )


def _cheque(rng: Random, segment: Segment, scale: float) -> Decimal:
    factor = min(max(rng.lognormvariate(0, 0.6), 0.25), 6) * scale
    return (Decimal(str(round(float(segment.average_cheque) * factor / 500))) * 500).quantize(Decimal("1.00"))

"""What people do in a life: calls, meetings, refusals, the next step."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from common import clock
from config.demo import words
from config.demo.life.papers import Papers
from config.demo.life.scene import REQUIRED_ANSWERS
from funnels.constants import FactKind
from funnels.models import (
    Task,
)


class Work(Papers):
    """One act of the owner, chosen by the state of the sale."""

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

    def _refuse(self, day: date, at: datetime) -> None:
        reason = self.rng.choice(["no_money", "crisis", "other", "competitor", "not_ours"])
        section = "hard_refusal" if reason == "not_ours" else "soft_refusal"
        if section == "hard_refusal":
            self.life.client.size = "not_ours"
        self.cycle.refusal_reason = reason
        recall = day + timedelta(days=90) if section == "soft_refusal" else None
        self._close("lost", section, "refusal", day, at, recall_on=recall)

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

"""Days passing over one client: nights, mornings with their rotations, and the work of the owner."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from clients.models import Segment
from common import clock
from config.demo.life.scene import Life, Scene
from config.demo.life.work import Work
from funnels.choices import OrderStatus
from funnels.constants import Colour, FactKind
from funnels.models import (
    RotationOrder,
    SalesCycle,
    Violation,
)
from funnels.rules import (
    Cause,
    old_owner_percent,
    term_exit,
)
from funnels.services import fill_term


class Player(Work):
    """Plays one cycle of a client from the day it is taken to `until`."""

    def __init__(
        self, scene: Scene, life: Life, owner: User, opened_on: date, zeal: float, scale: float = 1, kind: str = "new"
    ) -> None:
        super().__init__(scene, life)
        self.zeal, self.scale = zeal, scale
        self._take(owner, opened_on, kind)

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

    def _take(self, owner: User, day: date, kind: str) -> None:
        life, at = self.life, clock.local_moment(day, time(10, self.rng.randrange(60)))
        client = life.client
        amount = _cheque(self.rng, life.segment, self.scale)
        life.cycle = SalesCycle(
            client=client,
            kind=kind,
            segment=life.segment,
            owner=owner,
            opened_on=day,
            opened_at=at,
            state_since=day,
            expected_amount=amount,
        )
        fill_term(life.cycle, self.go_live, self.calendar)
        # A repeat sale leaves its customer in the customer base.
        client.section = "in_work" if kind == "new" else "customers"
        client.owner, client.state, client.segment = owner, "new", life.segment
        self._own(owner, "take", day, at, rank=1)
        self._state("", "new", day, at, owner)
        self._colour_row(Colour.NONE, Colour.RED, "R10", [], day, at)

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
        to, first = self.rng.choice(eligible), min(eligible, key=lambda user: user.pk)
        decided = "only_candidate" if len(eligible) == 1 else "user_id"
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
                suggested=first,
                recipient=to,
                chosen_by=None if to == first else self.scene.head,
                choice={"action": "rotate", "outcome": "chosen", "decided_by": decided},
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


def _cheque(rng: Random, segment: Segment, scale: float) -> Decimal:
    factor = min(max(rng.lognormvariate(0, 0.6), 0.25), 6) * scale
    return (Decimal(str(round(float(segment.average_cheque) * factor / 500))) * 500).quantize(Decimal("1.00"))

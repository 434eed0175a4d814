"""What a life is made of: the department it is played in and the rows that come about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from accounts.models import Department, User
from clients.models import Client, ContactPerson, RetakeBan, Segment
from common.workdays import Calendar
from deals.models import Contract, Invoice, Offer, Payment, PaymentCredit
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
    FactRow,
)

REQUIRED_ANSWERS = 20


@dataclass
class Scene:
    """What all lives of a department share."""

    rng: Random
    calendar: Calendar
    department: Department
    sellers: list[User]
    farmer: User | None
    head: User | None
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

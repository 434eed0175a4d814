"""Reads of the rotation pages: the queue, the history, the recipients of one order, what the night asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Case, Count, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast

from accounts.choices import Role
from accounts.models import Absence, Department, User
from accounts.selectors import calendar
from clients.models import Client
from common.paging import KeysetPage, keyset_page
from funnels.choices import OPEN_ORDER_STATUSES, Colour, FactKind, OrderStatus
from funnels.constants import LONG_ABSENCE_DAYS
from funnels.models import Fact, RotationOrder, SalesCycle
from funnels.rules import Candidate, Order, deficit, exclusion, standing_before
from funnels.selectors.candidates import candidates, moving_of, open_queue, rule_orders
from funnels.selectors.rotation_texts import (
    destination_text,
    excluded_texts,
    exclusion_text,
    outcome_text,
    participant_text,
    why_text,
)

PAGE = 50
_KEY = DecimalField(max_digits=40, decimal_places=2)


@dataclass(frozen=True)
class RotationFilter:
    """What the address of the page asks for; ids outside the viewer's scope find nothing."""

    department: int | None = None
    manager: int | None = None
    colour: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None

    def narrow(self, orders: QuerySet[RotationOrder]) -> QuerySet[RotationOrder]:
        if self.department:
            orders = orders.filter(department_id=self.department)
        if self.manager:
            who = self.manager
            orders = orders.filter(Q(old_owner_id=who) | Q(suggested_id=who) | Q(recipient_id=who))
        if self.colour:
            orders = orders.filter(colour=self.colour)
        if self.status:
            orders = orders.filter(status=self.status)
        if self.since:
            orders = orders.filter(flagged_on__gte=self.since)
        if self.until:
            orders = orders.filter(flagged_on__lte=self.until)
        return orders


@dataclass(frozen=True)
class RotationRow:
    """One line of the queue or of the history, in words. `is_linked`: the viewer may open the card."""

    order: RotationOrder
    is_linked: bool
    destination: str
    why: str
    participant: str
    excluded: list[tuple[str, str]]
    outcome: str
    can_change: bool = False


@dataclass(frozen=True)
class QueueSummary:
    """Figures above the queue."""

    total: int = 0
    amount: Decimal = Decimal(0)
    green: int = 0
    yellow: int = 0
    red: int = 0
    reserve: int = 0
    leaving: int = 0


@dataclass(frozen=True)
class Recipient:
    """One candidate of an order as it stands before it in the queue. `reason` is empty for the eligible."""

    user: User
    deficit: int
    worklist: int
    cap: int
    reason: str = ""
    is_chosen: bool = False


@dataclass(frozen=True)
class Recipients:
    eligible: list[Recipient] = field(default_factory=list)
    excluded: list[Recipient] = field(default_factory=list)


def sees_whole_queue(user: User) -> bool:
    return user.role in (Role.HEAD, Role.DIRECTOR)


def queue_orders(user: User, day: date) -> QuerySet[RotationOrder]:
    """Open orders and those the coming execution day has already taken out of the funnel."""
    next_day = calendar().working_day_on_or_after(day)
    leaving = Q(outcome_code="third_stagnation", execute_on=next_day)
    return RotationOrder.objects.visible_to(user).filter(Q(status__in=OPEN_ORDER_STATUSES) | leaving)


def history_orders(user: User) -> QuerySet[RotationOrder]:
    return RotationOrder.objects.visible_to(user).exclude(status__in=OPEN_ORDER_STATUSES)


def queue_page(user: User, day: date, wanted: RotationFilter, cursor: str = "", size: int = PAGE) -> KeysetPage:
    """GREEN, YELLOW, RED; inside by amount, age and client; one page of orders with everything a row shows."""
    rank = Case(*(When(colour=name, then=Value(place)) for place, name in enumerate(("green", "yellow", "red"))))
    key = (
        Cast(rank, _KEY) * Value(Decimal(10**24), _KEY)
        - Cast(F("amount"), _KEY) * Value(Decimal(10**4), _KEY)
        - Cast(F("age"), _KEY)
    )
    orders = wanted.narrow(queue_orders(user, day)).annotate(place=Cast(key, _KEY))
    return keyset_page(_with_all(orders), field="place", cursor=cursor, size=size)


def history_page(user: User, wanted: RotationFilter, cursor: str = "", size: int = PAGE) -> KeysetPage:
    """Closed orders, newest first."""
    orders = _with_all(wanted.narrow(history_orders(user)))
    return keyset_page(orders, field="flagged_on", cursor=cursor, size=size, is_descending=True)


def history_export(user: User, wanted: RotationFilter) -> Iterator[RotationOrder]:
    """The whole filtered history, read in portions: it may be long."""
    orders = _with_all(wanted.narrow(history_orders(user))).order_by("-flagged_on", "-pk")
    return orders.iterator(chunk_size=500)


def rotation_rows(
    user: User, orders: Iterable[RotationOrder], now: datetime, execute_at: Callable
) -> list[RotationRow]:
    """Rows in words; one query for all. `execute_at(order)` is the moment until which the recipient may change."""
    orders = list(orders)
    ids = [order.client_id for order in orders]
    readable = set(Client.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    decides = sees_whole_queue(user)
    return [
        RotationRow(
            order=order,
            is_linked=order.client_id in readable,
            destination=destination_text(order),
            why=why_text(order),
            participant=participant_text(order),
            # Loads and absences of colleagues are the head's knowledge.
            excluded=excluded_texts(order) if decides else [],
            outcome=outcome_text(order),
            can_change=decides and is_changeable(order, now, execute_at(order)),
        )
        for order in orders
    ]


def is_changeable(order: RotationOrder, now: datetime, until: datetime) -> bool:
    if order.status not in OPEN_ORDER_STATUSES or order.choice.get("action") != "rotate":
        return False
    return order.status == OrderStatus.HELD or now < until


def queue_summary(user: User, day: date, wanted: RotationFilter) -> QueueSummary:
    """One aggregate over the whole filtered queue."""
    leaving = Q(choice__action="expire")
    found = wanted.narrow(queue_orders(user, day)).aggregate(
        total=Count("pk"),
        amount=Sum("amount"),
        green=Count("pk", filter=Q(colour=Colour.GREEN)),
        yellow=Count("pk", filter=Q(colour=Colour.YELLOW)),
        red=Count("pk", filter=Q(colour=Colour.RED)),
        reserve=Count("pk", filter=Q(is_reserve=True)),
        leaving=Count("pk", filter=leaving),
    )
    return QueueSummary(**{**found, "amount": found["amount"] or Decimal(0)})


def held_departments(user: User) -> list[tuple[Department, int]]:
    """Departments in scope whose orders the flood guard holds, with their number."""
    held = RotationOrder.objects.visible_to(user).filter(status=OrderStatus.HELD).order_by()
    counts = dict(held.values_list("department_id").annotate(n=Count("pk")))
    return [(department, counts[department.pk]) for department in Department.objects.filter(pk__in=counts)]


def dry_departments(user: User, day: date) -> list[Department]:
    """Departments in scope whose rotation has not started."""
    return list(_departments(user).filter(Q(rotation_starts_on__isnull=True) | Q(rotation_starts_on__gt=day)))


@dataclass(frozen=True)
class LongAbsence:
    """Somebody away for more than 28 calendar days whose list nobody has distributed yet."""

    user: User
    ends_on: date | None
    clients: int


def long_absences(user: User, day: date) -> list[LongAbsence]:
    """In scope, with clients; the longest list first."""
    absences = (
        Absence.objects.visible_to(user)
        .covering(day)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on") + timedelta(days=LONG_ABSENCE_DAYS)))
        .select_related("user__department")
    )
    away = {absence.user_id: absence for absence in absences}
    owned = Client.objects.live().filter(owner__in=away).order_by().values_list("owner_id").annotate(n=Count("pk"))
    rows = [LongAbsence(away[who].user, away[who].ends_on, n) for who, n in owned]
    return sorted(rows, key=lambda row: (-row.clients, row.user.pk))


def rotation_departments(user: User) -> list[Department]:
    return list(_departments(user))


def rotation_managers(user: User) -> list[User]:
    """Who can be filtered by: the sellers in scope."""
    return list(User.objects.visible_to(user).with_clients().select_related(None).order_by("last_name", "first_name"))


def recipients_of(order: RotationOrder, day: date) -> Recipients:
    """Who could receive the client, in the rule's own words, as the orders before it leave everybody (section 2.5).

    Ten queries, whatever the length of the queue. The order must be open.
    """
    execute_on = max(order.execute_on, calendar().working_day_on_or_after(day))
    same_day = [
        each
        for each in open_queue(order.department_id)
        if each.pk == order.pk or (each.execute_on == order.execute_on and each.choice.get("action") != "expire")
    ]
    asked = rule_orders([moving_of(each) for each in same_day], execute_on)
    mine = next(each for each in asked if each.id == order.pk)
    people = standing_before(order.pk, asked, candidates(order.department_id, execute_on))
    users = {user.pk: user for user in User.objects.filter(pk__in=[each.user_id for each in people])}
    rows = [_recipient(each, mine, users[each.user_id], order) for each in people if each.user_id in users]
    eligible = sorted(
        (row for row in rows if not row.reason), key=lambda row: (-row.deficit, row.worklist / (row.cap or 1))
    )
    return Recipients(eligible, [row for row in rows if row.reason])


def _recipient(person: Candidate, order: Order, user: User, row: RotationOrder) -> Recipient:
    code = exclusion(person, order)
    is_repeat = order.kind == "repeat"
    return Recipient(
        user=user,
        deficit=deficit(person, order.segment_id, order.colour),
        worklist=person.repeat_load if is_repeat else person.worklist,
        cap=90 if is_repeat else person.cap,
        reason=exclusion_text(code) if code else "",
        is_chosen=row.suggested_id == user.pk,
    )


# --- what the services of the night ask ---


def live_departments(day: date) -> list[Department]:
    """Departments whose rotation has started (section «Go-live»)."""
    return list(Department.objects.filter(rotation_starts_on__lte=day, is_active=True).order_by("pk"))


def binding_cycle_ids(cycle_ids: Iterable[int]) -> set[int]:
    """Cycles with a signed contract, an open invoice or a payment: no job closes them (section 2.5)."""
    contract = Fact.objects.standing().filter(kind=FactKind.CONTRACT_SIGNED)
    bound = Q(has_open_invoice=True) | Q(paid_amount__gt=0) | Q(contract_amount__gt=0)
    bound |= Q(pk__in=contract.filter(cycle__in=cycle_ids).values("cycle_id"))
    return set(SalesCycle.objects.filter(bound, pk__in=cycle_ids).values_list("pk", flat=True))


def payment_horizons(cycle_ids: Iterable[int]) -> dict[int, tuple[date | None, date | None]]:
    """Per cycle the agreed pay date and the latest due date of an invoice, as the standing facts say."""
    found: dict[int, tuple[date | None, date | None]] = {}
    facts = Fact.objects.standing().filter(
        cycle__in=cycle_ids, kind__in=[FactKind.TERMS_AGREED, FactKind.INVOICE_ISSUED], until__isnull=False
    )
    for cycle_id, kind, until in facts.order_by("pk").values_list("cycle_id", "kind", "until"):
        if until is None:
            continue
        pay_on, due_on = found.get(cycle_id, (None, None))
        if kind == FactKind.TERMS_AGREED:
            pay_on = until
        elif due_on is None or until > due_on:
            due_on = until
        found[cycle_id] = (pay_on, due_on)
    return found


def _departments(user: User) -> QuerySet[Department]:
    departments = Department.objects.filter(is_active=True)
    if user.role == Role.DIRECTOR:
        return departments
    return departments.filter(pk=user.department_id) if user.role == Role.HEAD else departments.none()


def _with_all(orders: QuerySet[RotationOrder]) -> QuerySet[RotationOrder]:
    return orders.select_related("client", "cycle__segment", "old_owner", "suggested", "recipient", "chosen_by")

"""Everything «Мой день» shows of one manager, read in a fixed number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.choices import Role
from accounts.models import Department, User
from accounts.selectors import ScopeShape, calendar, scope_of, viewer_of
from clients.choices import Section
from clients.models import Client
from clients.querysets import free_to_take_q, own_or_deputised_q
from common import clock
from common.paging import CappedCount, capped, numbers_up_to
from common.prepared import Prepared
from common.workdays import PeriodKind, norm_week
from deals.models import Offer
from desk.constants import COUNT_LIMIT, TIME_TABLES, TimeBlock
from desk.selectors.rows import Work, age_of
from desk.selectors.shell import end_of
from funnels.choices import OrderStatus, OwnershipReason
from funnels.constants import CLOCK_WARN_DAYS
from funnels.models import Contact, Ownership, RotationOrder, Task
from kpi.calculator import Kpi
from kpi.selectors.acts import acts_asked, acts_references
from kpi.selectors.references import PERSON_KPIS
from planning.calculator import Counts
from planning.selectors import Figures, plan_fact_for
from planning.selectors.ratio import Ratio, floors_of, is_newcomer, ratio_of
from planning.selectors.references import every_segment

PERIODS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)


@dataclass(frozen=True)
class Norm:
    """One norm of the week: what is counted, how much, of how much."""

    name: str
    done: int
    norm: int


@dataclass
class Day:
    user: User
    department: Department | None
    today: date
    now: datetime
    colours: Counter[str] = field(default_factory=Counter)
    worklist: int = 0
    ratio: Ratio | None = None
    owners: dict[int, str] = field(default_factory=dict)  # short names of those the person deputises for
    ages: dict[int, int] = field(default_factory=dict)  # ownership id → counted days
    received: list[Work] = field(default_factory=list)
    pinned: list[Work] = field(default_factory=list)
    queue: list[Work] = field(default_factory=list)
    deal: list[Work] = field(default_factory=list)
    timed: set[int] = field(default_factory=set)  # cycles whose next step is due at an hour of today
    gone: list[RotationOrder] = field(default_factory=list)
    greens: list[Work] = field(default_factory=list)
    figures: dict[PeriodKind, Figures] = field(default_factory=dict)
    norms: list[Norm] = field(default_factory=list)
    week: tuple[date, date] = (date.min, date.min)
    calls_norm: int = 0  # productive calls asked for today
    calls_today: int = 0
    uncredited_today: int = 0
    productive_today: int = 0
    free: CappedCount | None = None
    blocks: tuple[TimeBlock, ...] = ()

    @property
    def late(self) -> list[Work]:
        start = clock.local_moment(self.today, time(0))
        return [row for row in self.queue if row.next_step_at and row.next_step_at < start]

    @property
    def block(self) -> TimeBlock | None:
        """The block of the present moment; None before, after and on days off."""
        at = self.now.astimezone(clock.zone()).time()
        return next((block for block in self.blocks if block.start <= at < block.end), None)


def day_of(user: User) -> Day:
    """The day of a manager: his clients and those of the people he deputises for today."""
    now, today = clock.now(), clock.today()
    day = Day(user, user.department, today, now, week=norm_week(today))
    if calendar().is_working(today):
        table = TIME_TABLES.get(Role(user.role))
        # A working Saturday follows Friday's table.
        day.blocks = table[min(today.weekday(), 4)] if table else ()
    starts = clock.local_moment(today, time(0))
    rows = [Work(*row) for row in _works(None, user=user.pk, today=today, starts=starts, until=end_of(today))]
    _sort_out(day, rows)
    others = {row.user_id for row in rows} - {user.pk}
    day.owners = {one.pk: one.short_name for one in User.objects.filter(pk__in=others)} if others else {}
    day.ratio = _ratio(day, rows)
    day.gone = _gone.models(None, user=user.pk, starts=starts)
    day.figures = plan_fact_for(user, day=today, kinds=PERIODS, today=today)
    _norms(day)
    day.free = _free_to_take(user, today)
    return day


def _sort_out(day: Day, rows: list[Work]) -> None:
    until = end_of(day.today)
    for row in rows:
        if row.user_id == day.user.pk:
            day.colours[row.colour] += 1
            day.worklist += row.kind == "new"
            if row.colour == "green":
                day.greens.append(row)
        age = day.ages[row.pk] = age_of(row, row.go_live, day.today)
        is_new = row.reason == OwnershipReason.ROTATION and (
            row.last_contact_at is None or row.last_contact_at < row.started_at
        )
        if is_new:
            day.received.append(row)
        elif age >= CLOCK_WARN_DAYS:
            day.pinned.append(row)
        elif row.next_step_at is not None and row.next_step_at < until:
            day.queue.append(row)
        if row.state == "deal":
            day.deal.append(row)
    far = until + timedelta(days=3650)
    day.received.sort(key=lambda row: (row.next_step_at or far, row.pk))
    day.pinned.sort(key=lambda row: (-day.ages[row.pk], row.next_step_at or far, row.pk))
    day.queue.sort(key=lambda row: (row.next_step_at, row.pk))
    day.deal.sort(key=lambda row: (row.next_step_at or far, row.pk))
    day.greens.sort(key=lambda row: (-(row.amount or Decimal(0)), row.pk))
    queued = {row.cycle_id for row in day.queue}
    day.timed = {row.cycle_id for row in rows if row.is_timed and row.cycle_id in queued}


def _ratio(day: Day, rows: list[Work]) -> Ratio:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.user_id == day.user.pk:
            found[row.segment_id][row.colour] += 1
    by_segment = {pk: Counts(green=n["green"], yellow=n["yellow"], red=n["red"]) for pk, n in found.items()}
    floors = floors_of(every_segment().values())
    return ratio_of(by_segment, floors, newcomer=is_newcomer(day.user, day.today))


_CALLS = Q(is_productive_call=True) | Q(is_walk=True)
_CREDITED = _CALLS | Q(is_held_meeting=True) | Q(is_warm_contact=True) | Q(is_visit=True) | Q(is_incoming_call=True)
_COUNTED = ("calls", "held", "productive", "warm", "visits", "today", "uncredited", "productive_today")


def _contacts_counted(_shape: None, *, user: int, first: date, last: date, today: date) -> QuerySet:
    """The person's contacts between two days by kind, in the order of `_COUNTED`; no row where there are none."""
    of_today = Q(day=today)
    kinds = {
        "calls": _CALLS,
        "held": Q(is_held_meeting=True),
        "productive": Q(is_productive_meeting=True),
        "warm": Q(is_warm_contact=True),
        "visits": Q(is_visit=True),
        "today": of_today & Q(kind="call"),
        "uncredited": of_today & ~_CREDITED,
        "productive_today": of_today & _CALLS,
    }
    rows = Contact.objects.filter(user_id=user, day__gte=first, day__lte=last).order_by().values("user_id")
    counts = {f"n_{name}": Count("pk", filter=kinds[name]) for name in _COUNTED}
    return rows.annotate(**counts).values_list(*counts)


def _offers_counted(_shape: None, *, user: int, first: date, last: date) -> QuerySet:
    rows = Offer.objects.filter(created_by_id=user, sent_on__gte=first, sent_on__lte=last)
    return rows.order_by().values("created_by_id").annotate(number=Count("pk")).values_list("number")


# In the order of `Work`: ninety rows that are no objects.
_READ: Final = (
    *("pk", "user_id", "client_id", "cycle_id", "reason", "started_at", "clock_started_on", "flag_on", "state_flag_on"),
    *("client__name", "cycle__kind", "cycle__state", "cycle__segment_id", "cycle__colour", "cycle__colour_rule"),
    *("cycle__expected_amount", "cycle__next_step_at", "cycle__next_step_text"),
    *("cycle__last_contact_at", "cycle__last_contact_kind", "client__department__rotation_starts_on", "is_timed"),
)


def _works_of(_shape: None, *, user: int, today: date, starts: datetime, until: datetime) -> QuerySet:
    """Open ownerships of the person and of those he deputises for, with the cycle, the client and what the day asks."""
    timed = Task.objects.open().filter(kind="next_step", has_time=True, due_at__gte=starts, due_at__lt=until)
    return (
        Ownership.objects.open()
        .with_cycle()
        .filter(own_or_deputised_q("user_id", user, today), cycle__closed_at__isnull=True)
        # The same of the sale, whose owner this is: else the planner reads everybody's open sales to find ninety.
        .filter(own_or_deputised_q("cycle__owner_id", user, today))
        .annotate(is_timed=Exists(timed.filter(cycle=OuterRef("cycle_id"))))
        .order_by("pk")
        .values_list(*_READ)
    )


def _gone_of(_shape: None, *, user: int, starts: datetime) -> QuerySet:
    left = RotationOrder.objects.filter(old_owner_id=user, status=OrderStatus.EXECUTED, executed_at__gte=starts)
    return left.select_related("client", "recipient").order_by("-amount", "pk")


def _free_counted(shape: ScopeShape, *, user: int, department: int, today: date) -> QuerySet:
    """How many clients the person may take: of the base and of those whose day has come, in one row."""
    viewer = viewer_of(shape, user, department)
    sections = {"base": (Section.CALL_BASE,), "due": (Section.SOFT_REFUSAL, Section.STRATEGIC)}
    free = {
        name: Client.objects.visible_to(viewer, those).live().filter(free_to_take_q(today, sections=those))
        for name, those in sections.items()
    }
    return numbers_up_to(free, COUNT_LIMIT)


_contacts, _offers, _free = Prepared(_contacts_counted), Prepared(_offers_counted), Prepared(_free_counted)
_works, _gone = Prepared(_works_of), Prepared(_gone_of)


def _free_to_take(user: User, today: date) -> CappedCount:
    shape, values = scope_of(user)
    rows = _free(shape, today=today, **values)
    return capped(sum(number or 0 for number in rows[0]) if rows else 0, COUNT_LIMIT)


def _norms(day: Day) -> None:
    """Credited acts of the calendar week against what is asked for on its working days, as indicators ask (R-S3-4)."""
    first, last = day.week
    rows = _contacts(None, user=day.user.pk, first=first, last=last, today=day.today)
    found = dict(zip(_COUNTED, rows[0] if rows else (0,) * len(_COUNTED), strict=True))
    references = acts_references(day.user, first, last)
    asked = acts_asked(day.user, references, first, last)
    found["offers"] = 0
    if Kpi.OFFERS in asked:
        offers = _offers(None, user=day.user.pk, first=first, last=last)
        found["offers"] = offers[0][0] if offers else 0
    day.norms = [Norm(PERSON_KPIS[kpi], found[PERSON_KPIS[kpi]], norm) for kpi, norm in asked.items()]
    day.calls_norm = acts_asked(day.user, references, day.today, day.today).get(Kpi.PRODUCTIVE_CALLS, 0)
    day.calls_today, day.uncredited_today = found["today"], found["uncredited"]
    day.productive_today = found["productive_today"]

"""What the staffing calculator is fed with: plan, cheque and conversions of the segments, working days, people, customers.

Own statistics where there is enough of them, else the usual numbers; each says which. Numbers are rounded here as a page
shows them, so that the page and the night count with the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Avg, Count, Q, QuerySet, Sum

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import Absence, Department, User
from accounts.selectors import calendar as production_calendar
from clients.models import Segment
from common.money import MAX_MONEY, Exact, round_kopecks, split_exact
from common.prepared import Prepared
from common.workdays import month_end
from funnels.choices import Outcome
from funnels.constants import CONVERSION_DAYS
from funnels.models import SalesCycle
from funnels.selectors.conversions import finished_between
from planning.calculator import stage_rates
from planning.constants import Colour, PerColour, Reference
from planning.rules import LEAST_RATE
from planning.selectors.forecast import finished_passages
from planning.selectors.references import SegmentDefault, every_segment, references_in_force
from planning.selectors.targets import InForce, current_targets
from staffing.calculator import CustomerGroup, Employee, SegmentDemand, WorkTime, employment_month, ramp_of_month
from staffing.choices import StaffRole
from staffing.constants import (
    ABSENCE_SHARE,
    CUSTOMER_NORMS,
    LEAST_DEALS,
    LEAST_STAFF,
    LOOK_BACK_DAYS,
    USUAL_ATTRITION,
    CustomerSize,
)
from staffing.selectors.customers import customer_base

ROLE_OF = {Role.HUNTER: StaffRole.HUNTER, Role.INTERN: StaffRole.HUNTER, Role.FARMER: StaffRole.FARMER}


@dataclass(frozen=True)
class Person:
    """One seller as he is counted: month of employment on the day, part of a full day, what he is worth of a full one."""

    user: User
    role: StaffRole
    month: int
    part_time: Fraction

    @property
    def employee(self) -> Employee:
        return Employee(self.month, self.part_time)

    @property
    def fte(self) -> Fraction:
        return self.part_time * ramp_of_month(self.month)


@dataclass(frozen=True)
class SegmentInput:
    """The demand of one segment, and which of its numbers are the department's own."""

    segment: Segment
    plan: Decimal
    cheque: Decimal
    reference: Reference
    default: SegmentDefault
    has_own_cheque: bool
    own_stages: frozenset[Colour]

    @property
    def demand(self) -> SegmentDemand:
        return SegmentDemand(self.plan, self.cheque, self.reference)


@dataclass(frozen=True)
class Share:
    """A part of 1 and whether it is the department's own."""

    value: Fraction
    is_own: bool


@dataclass
class StaffInputs:
    """Everything the calculator needs of one department on one day; `month` is the first day of the month judged."""

    department: Department
    day: date
    month: date
    has_plan: bool = False
    plan: Decimal = Decimal(0)
    segments: list[SegmentInput] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    customers: dict[CustomerSize, int] = field(default_factory=dict)
    working_days: int = 0
    absence: Share = Share(ABSENCE_SHARE, is_own=False)
    attrition: Share = Share(USUAL_ATTRITION, is_own=False)

    @property
    def time(self) -> WorkTime:
        return WorkTime(self.working_days, self.absence.value)

    @property
    def demands(self) -> list[SegmentDemand]:
        """Segments with a plan; one without an average cheque cannot be planned in deals."""
        return [one.demand for one in self.segments if one.plan and one.cheque]

    @property
    def groups(self) -> list[CustomerGroup]:
        return [
            CustomerGroup(number, CUSTOMER_NORMS[size].contacts, CUSTOMER_NORMS[size].visits)
            for size, number in self.customers.items()
        ]

    def of_role(self, role: StaffRole | str) -> list[Person]:
        return [one for one in self.people if one.role == role]


def staff_inputs(department: Department, day: date) -> StaffInputs:
    """Plan of the month that holds `day`, statistics of the days before it, people as they are. Eleven queries at most."""
    calendar = production_calendar()
    month = day.replace(day=1)
    last = month_end(month.year, month.month)
    found = StaffInputs(department, day, month, working_days=len(calendar.working_days(month, last)))
    targets = current_targets(department_id=department.pk, first_month=month, last_month=last)
    users = _users(department, [user_id for user_id, _month in targets if user_id is not None])
    sellers = [user for user in users.values() if user.is_active and user.department_id == department.pk]
    sellers = [user for user in sellers if user.role in MANAGER_ROLES]
    found.people = [_person(user, day) for user in sellers]
    found.has_plan = bool(targets)
    found.plan = _plan_of_hunters(targets, users)
    found.segments = _segments(department, found.plan, day)
    found.customers = _customers(department)
    found.absence = _absence(department, sellers, day)
    found.attrition = _attrition(department, sellers, day)
    return found


def _users(department: Department, planned: Iterable[int]) -> dict[int, User]:
    """The department's sellers, and whoever has a plan there although he has left."""
    rows = _sellers.models((), department=department.pk, planned=sorted(planned))
    return {user.pk: user for user in rows}


def _sellers_of(_shape: tuple[()], *, department: int, planned: list[int]) -> QuerySet[User]:
    asked = Q(department_id=department, role__in=MANAGER_ROLES, is_active=True) | Q(pk__in=planned)
    return User.objects.filter(asked)


_sellers = Prepared(_sellers_of)


def _person(user: User, day: date) -> Person:
    month = employment_month(user.employed_on, day)
    return Person(user, ROLE_OF[Role(user.role)], month, Fraction(user.part_time_percent, 100))


def _plan_of_hunters(targets: Mapping[tuple[int | None, date], InForce], users: Mapping[int, User]) -> Decimal:
    """Money that hunters are to bring: their own targets, else the department's as a whole; at most what is one amount."""
    personal = {user_id: target.amount for (user_id, _month), target in targets.items() if user_id is not None}
    if not personal:
        return min(sum((target.amount for target in targets.values()), Decimal(0)), MAX_MONEY)
    hunters = {pk for pk, user in users.items() if ROLE_OF.get(Role(user.role)) == StaffRole.HUNTER}
    return min(sum((amount for user_id, amount in personal.items() if user_id in hunters), Decimal(0)), MAX_MONEY)


def _segments(department: Department, plan: Decimal, day: date) -> list[SegmentInput]:
    """The plan divided by the money of the hunters' open cycles; evenly while there are none."""
    segments = [segment for _pk, segment in sorted(every_segment().items()) if segment.is_active]
    if not segments:
        return []
    passages = finished_passages(department.pk, day)
    cheques = _own_cheques(department, day)
    money = _open_money(department, {one.pk: one.average_cheque for one in segments})
    weights = [money.get(one.pk, Decimal(0)) for one in segments]
    plans = split_exact(plan, weights if any(weights) else [Decimal(1)] * len(segments))
    defaults = references_in_force(department_id=department.pk, segments=segments, day=day)
    rows = []
    for segment, part in zip(segments, plans, strict=True):
        default = defaults[segment.pk]
        rates = stage_rates(passages.get(segment.pk, {}).values(), default.reference.conversion)
        conversion = PerColour(*(max(_fine(rates[colour].rate, 4), LEAST_RATE) for colour in Colour))
        rows.append(
            SegmentInput(
                segment=segment,
                plan=part,
                cheque=cheques.get(segment.pk, segment.average_cheque),
                reference=Reference(conversion, default.reference.days),
                default=default,
                has_own_cheque=segment.pk in cheques,
                own_stages=frozenset(colour for colour in Colour if rates[colour].is_own),
            )
        )
    return rows


def _own_cheques(department: Department, day: date) -> dict[int, Decimal]:
    """Mean of what the deals won in ninety days have paid, by segment, where there are enough of them."""
    until = day - timedelta(days=1)
    rows = _won((), department=department.pk, after=until - timedelta(days=CONVERSION_DAYS), until=until)
    return {segment_id: round_kopecks(mean) for segment_id, mean, deals in rows if deals >= LEAST_DEALS}


def _won_in(_shape: tuple[()], *, department: int, after: date, until: date) -> QuerySet:
    won = finished_between(after, until).filter(client__department_id=department, outcome=Outcome.WON)
    return won.filter(paid_amount__gt=0).values_list("segment_id").annotate(mean=Avg("paid_amount"), deals=Count("pk"))


def _open_sums(_shape: tuple[()], *, department: int) -> QuerySet:
    open_now = SalesCycle.objects.coloured().filter(owner__department_id=department).exclude(owner__role=Role.FARMER)
    return (
        open_now.order_by()
        .values_list("segment_id")
        .annotate(money=Sum("expected_amount"), unpriced=Count("pk", filter=Q(expected_amount__isnull=True)))
    )


_won, _expected = Prepared(_won_in), Prepared(_open_sums)


def _open_money(department: Department, cheques: Mapping[int, Decimal]) -> dict[int, Decimal]:
    return {
        segment_id: (money or Decimal(0)) + unpriced * cheques[segment_id]
        for segment_id, money, unpriced in _expected((), department=department.pk)
        if segment_id in cheques
    }


def _customers(department: Department) -> dict[CustomerSize, int]:
    """Customers of the base by size; one without a label is kept as a small one."""
    counted = dict.fromkeys(CustomerSize, 0)
    for size, number in _sized((), department=department.pk):
        counted[CustomerSize(size) if size in set(CustomerSize) else CustomerSize.SMALL] += number
    return counted


def _by_size(_shape: tuple[()], *, department: int) -> QuerySet:
    return customer_base(department).order_by().values_list("size").annotate(number=Count("pk"))


def _away_of(_shape: tuple[()], *, department: int, since: date, until: date, sellers: list[int]) -> QuerySet:
    rows = Absence.objects.overlapping(since, until).filter(user__department_id=department, user__in=sellers)
    return rows.order_by().values_list("user_id", "starts_on", "ends_on")


def _left_since(_shape: tuple[()], *, department: int, since: date) -> QuerySet:
    left = User.objects.filter(
        department_id=department, role__in=MANAGER_ROLES, is_active=False, deactivated_at__date__gte=since
    )
    return left.values_list("employed_on")


_sized, _away, _left = Prepared(_by_size), Prepared(_away_of), Prepared(_left_since)


def _absence(department: Department, sellers: list[User], day: date) -> Share:
    """Working days of the last year that the present sellers were away, of those they were employed."""
    calendar = production_calendar()
    since, until = day - timedelta(days=LOOK_BACK_DAYS), day - timedelta(days=1)
    firsts = {user.pk: max(since, user.employed_on or since) for user in sellers}
    worked: dict[date, int] = {}
    for first in set(firsts.values()):
        worked[first] = len(calendar.working_days(first, until)) if first <= until else 0
    total = sum(worked[first] for first in firsts.values())
    away: dict[int, set[date]] = {}
    for user_id, starts_on, ends_on in _away(
        (), department=department.pk, since=since, until=until, sellers=list(firsts)
    ):
        first, last = max(starts_on, firsts[user_id]), min(ends_on or until, until)
        if first <= last:
            away.setdefault(user_id, set()).update(calendar.working_days(first, last))
    missed = sum(len(days) for days in away.values())
    if not missed or not total:
        return Share(ABSENCE_SHARE, is_own=False)
    return Share(_fine(Fraction(missed, total), 3), is_own=True)


def _attrition(department: Department, sellers: list[User], day: date) -> Share:
    """Sellers switched off in the last year, of the mean of those present now and a year ago."""
    since = day - timedelta(days=LOOK_BACK_DAYS)
    leavers = [employed_on for (employed_on,) in _left((), department=department.pk, since=since)]
    before = sum(1 for one in [*(user.employed_on for user in sellers), *leavers] if one is None or one < since)
    mean = Fraction(len(sellers) + before, 2)
    if mean < LEAST_STAFF:
        return Share(USUAL_ATTRITION, is_own=False)
    return Share(_fine(len(leavers) / mean, 3), is_own=True)


def _fine(value: Exact, places: int) -> Fraction:
    """As many digits as a page shows."""
    return Fraction(round(Fraction(value) * 10**places), 10**places)

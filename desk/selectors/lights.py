"""The department's lights: managers × colours, floors, deviations, stagnation, movement and plan, in a fixed number
of queries. The department is the sum of its rows, never a figure of its own (R-S0-P8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Min, Q

from accounts.models import Department, User
from accounts.selectors import calendar
from clients.models import Segment
from common import clock
from common.snapshots import snapshot
from common.workdays import PeriodKind
from desk.selectors import lights_rows
from desk.selectors.status import last_calculation
from desk.selectors.words import ROTATION_TIME
from funnels.constants import CLOCK_FLAG_DAYS, CLOCK_LIMIT_DAYS, CLOCK_WARN_DAYS
from funnels.models import DepartmentReview, RotationOrder
from funnels.rules import Conversion
from funnels.rules import age as counted_age
from funnels.selectors import conversions, whole_of
from journal.models import JobRun
from planning.calculator import Counts, Floors, Moves, deviation, is_deviating, moves_to, upgrades_norm
from planning.constants import FLOOR_GREEN, FLOOR_YELLOW, NEWCOMER_DAYS, Zone
from planning.selectors import department_figures
from planning.selectors.ratio import Ratio, add_up, floors_of, is_newcomer, ratio_of
from planning.selectors.references import every_segment, references_in_force
from staffing.selectors import StaffLight, staff_light

RANK = {"none": 0, "red": 1, "yellow": 2, "green": 3}


@dataclass(frozen=True)
class Stagnant:
    """One client at the age of seven counted days or more."""

    client_id: int
    client: str
    owner: str  # last name
    colour: str
    amount: Decimal | None
    flag_on: date | None
    age: int


@dataclass
class Line:
    """One funnel: a manager's, the reserve's of a head, or the department's (`user` is None).

    `amount` in roubles; `deviation` in parts of 1; `aged`: clients by age 7–9, 10 and 11+; `rises`, `falls`: movements
    of the span and how many fell; `rises_norm` is what the conversions promise of it.
    """

    user: User | None
    ratio: Ratio
    amounts: dict[str, Decimal] = field(default_factory=dict)
    repeat: int = 0
    deviation: Fraction | None = None
    aged: Counter[str] = field(default_factory=Counter)
    rises: int = 0
    falls: int = 0
    rises_norm: int = 0
    attainment: Fraction | None = None
    zone: Zone | None = None
    conversion: Conversion = field(default_factory=Conversion)

    @property
    def counts(self) -> Counts:
        return self.ratio.counts

    @property
    def is_deviating(self) -> bool:
        return self.ratio.is_judged and is_deviating(self.deviation)

    @property
    def is_reserve(self) -> bool:
        return self.user is not None and self.user.is_head

    @property
    def shortage(self) -> int:
        return self.ratio.need_green + self.ratio.need_yellow

    @property
    def moves(self) -> Moves:
        floors = Floors(max(FLOOR_GREEN, self.ratio.green_floor), max(FLOOR_YELLOW, self.ratio.yellow_floor))
        return moves_to(self.counts, Counts(green=0, yellow=0, red=0), floors)


@dataclass
class Lights:
    department: Department
    today: date
    now: datetime
    lines: list[Line] = field(default_factory=list)
    whole: Line | None = None
    changes: Counter[str] = field(default_factory=Counter)  # colour → now minus a week ago
    stagnant: list[Stagnant] = field(default_factory=list)
    next_day: date = date.min  # the next working day
    soon: int = 0  # will be over ten days by then
    lapsing: int = 0  # yellow clients whose progress ends by then
    stepless: int = 0  # red clients without a next step
    span: tuple[date, date] = (date.min, date.min)
    orders: int = 0
    executes_at: datetime | None = None
    review: DepartmentReview | None = None
    calculated: JobRun | None = None
    staff: StaffLight | None = None
    segments: dict[int, Segment] = field(default_factory=dict)
    by_segment: dict[int, Counts] = field(default_factory=dict)
    owned: dict[int, dict[int, Counts]] = field(default_factory=dict)  # user → segment → coloured clients


@snapshot()
def lights_of(department: Department) -> Lights:
    """The board as it stands now. Fourteen queries, whatever the number of managers and clients."""
    today, plain = clock.today(), calendar()
    board = Lights(department, today, clock.now())
    board.next_day = plain.next_working_day(today)
    board.span = _span(today)
    board.segments = every_segment()
    _count(board)
    _ages(board)
    _movement(board)
    _money(board)
    _conversion(board)
    _rest(board)
    board.lines.sort(key=_worst_first)
    return board


def _span(today: date) -> tuple[date, date]:
    """The days whose movements are counted: Monday to yesterday; on a Monday the week before."""
    monday = today - timedelta(days=today.weekday())
    return (
        (monday - timedelta(days=7), monday - timedelta(days=1)) if monday == today else (monday, today - timedelta(1))
    )


def _worst_first(line: Line) -> tuple:
    user = line.user
    name = (user.last_name, user.first_name, user.pk) if user else ("", "", 0)
    return (line.is_reserve, line.ratio.is_newcomer, not line.shortage, -line.shortage, -line.counts.total, name)


def _count(board: Lights) -> None:
    rows = lights_rows.counted(None, department=board.department.pk, today=board.today, next_day=board.next_day)
    counted: dict[int, dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    amounts: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    repeat: Counter[int] = Counter()
    whole: dict[int, Counter[str]] = defaultdict(Counter)
    for owner, segment, colour, kind, number, amount, lapsing, stepless in rows:
        counted[owner][segment][colour] += number
        whole[segment][colour] += number
        amounts[owner][colour] += amount
        repeat[owner] += number if kind == "repeat" else 0
        board.lapsing += lapsing
        board.stepless += stepless
    board.owned = {owner: _counts(segments) for owner, segments in counted.items()}
    people = {
        user.pk: user
        for user in User.objects.with_clients().filter(
            Q(pk__in=counted) | Q(department=board.department, is_active=True)
        )
    }
    floors = floors_of(board.segments.values())
    board.by_segment = _counts(whole)
    young = {pk for pk, one in board.segments.items() if board.today < one.started_on + timedelta(days=NEWCOMER_DAYS)}
    total: dict[str, Decimal] = defaultdict(Decimal)
    for owner in set(people) | set(counted):
        user = people.get(owner)
        if user is not None and user.is_head and owner not in counted:
            continue  # an empty reserve is no row
        ratio = _judged(board.owned.get(owner, {}), young, floors, is_new=is_newcomer(user, board.today))
        for colour, amount in amounts[owner].items():
            total[colour] += amount
        board.lines.append(Line(user, ratio, dict(amounts[owner]), repeat[owner]))
    judged = _judged(board.by_segment, young, floors)
    board.whole = Line(None, judged, dict(total), sum(repeat.values()))
    for line in board.lines:
        line.deviation = deviation(line.counts, judged.counts) if not line.is_reserve else None


def _plain(ratio: Ratio) -> dict:
    return {name: getattr(ratio, name) for name in ratio.__dataclass_fields__}


def _judged(
    parts: dict[int, Counts], young: set[int], floors: Mapping[int, tuple[Fraction, Fraction]], *, is_new: bool = False
) -> Ratio:
    """All clients are shown; needs come from segments of more than thirty days. While there is none it is «набор»."""
    settled = {pk: part for pk, part in parts.items() if pk not in young}
    ratio = ratio_of(settled, floors, newcomer=is_new or (bool(parts) and not settled))
    return Ratio(**{**_plain(ratio), "counts": add_up(parts.values())})


def _counts(found: dict[int, Counter[str]]) -> dict[int, Counts]:
    return {pk: Counts(green=n["green"], yellow=n["yellow"], red=n["red"]) for pk, n in found.items()}


def _lines_by_owner(board: Lights) -> dict[int, Line]:
    return {line.user.pk: line for line in board.lines if line.user is not None}


def _ages(board: Lights) -> None:
    """Everybody at seven counted days and older, oldest first; one query."""
    rows = lights_rows.aging(None, department=board.department.pk, until=board.next_day)
    by_owner = _lines_by_owner(board)
    go_live, plain = board.department.rotation_starts_on, calendar()
    for started_on, user_id, client_id, name, owner, colour, amount, flag_on in rows:
        if flag_on is not None and board.today < flag_on <= board.next_day:
            board.soon += 1
        age = counted_age(started_on, go_live, board.today, plain)
        if age < CLOCK_WARN_DAYS:
            continue
        board.stagnant.append(Stagnant(client_id, name, owner, colour, amount, flag_on, age))
        for line in (by_owner.get(user_id), board.whole):
            if line is not None:
                line.aged[bucket(age)] += 1


def bucket(age: int) -> str:
    """Which of the three columns a counted age stands in."""
    return "over" if age >= CLOCK_FLAG_DAYS else "last" if age == CLOCK_LIMIT_DAYS else "warn"


def _movement(board: Lights) -> None:
    first, last = board.span
    by_owner = _lines_by_owner(board)
    for user_id, number in lights_rows.moved(None, people=list(by_owner), first=first, last=last):
        by_owner[user_id].rises += number
    since = min(first, board.today - timedelta(days=6))
    starts = clock.local_moment(since, time(0))
    changes = lights_rows.changed(None, department=board.department.pk, since=since, starts=starts)
    for owner_id, old, new, on, number in changes:
        if on > board.today - timedelta(days=7):
            board.changes[new] += number
            board.changes[old] -= number
        if first <= on <= last and owner_id in by_owner and RANK[new] and RANK[new] < RANK[old]:
            by_owner[owner_id].falls += number
    days = len(calendar().working_days(first, last))
    references = references_in_force(
        department_id=board.department.pk, segments=board.segments.values(), day=board.today
    )
    for owner_id, line in by_owner.items():
        owned = board.owned.get(owner_id, {})
        promised = (upgrades_norm(counts, references[pk].reference) for pk, counts in owned.items())
        line.rises_norm = _half_up(sum(promised, Fraction(0)) * days)
    whole = board.whole
    if whole is not None:
        judged = [line for line in board.lines if not line.is_reserve]
        whole.rises = sum(line.rises for line in board.lines)
        whole.falls = sum(line.falls for line in board.lines)
        whole.rises_norm = sum(line.rises_norm for line in judged)


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def _money(board: Lights) -> None:
    as_of = board.today - timedelta(days=1)
    found = department_figures(
        department_id=board.department.pk, day=board.today, as_of=as_of, kinds=[PeriodKind.MONTH], today=board.today
    )
    for owner_id, line in _lines_by_owner(board).items():
        if owner_id in found.people:
            figures = found.people[owner_id][PeriodKind.MONTH]
            line.attainment, line.zone = figures.attainment, figures.zone
    if board.whole is not None:
        figures = found.whole[PeriodKind.MONTH]
        board.whole.attainment, board.whole.zone = figures.attainment, figures.zone


def _conversion(board: Lights) -> None:
    """Finished cycles of ninety days and what was paid of them; one query (R-S1-5)."""
    people = conversions(board.today, [board.department.pk]).get(board.department.pk, {})
    for owner_id, line in _lines_by_owner(board).items():
        line.conversion = people.get(owner_id, Conversion())
    if board.whole is not None:
        board.whole.conversion = whole_of(people)


def _rest(board: Lights) -> None:
    orders = RotationOrder.objects.open().filter(department=board.department)
    queue = orders.aggregate(number=Count("pk"), first=Min("execute_on"))
    board.orders = queue["number"]
    if queue["first"] is not None:
        day = calendar().working_day_on_or_after(max(queue["first"], board.today))
        board.executes_at = clock.local_moment(day, ROTATION_TIME)
    board.review = (
        DepartmentReview.objects.filter(department=board.department, day=board.today)
        .select_related("signed_by")
        .first()
    )
    board.calculated = last_calculation()
    board.staff = staff_light(board.department)

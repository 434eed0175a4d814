"""What was done by whom on which day: one source per indicator, so that a number and its list are the same rows.

Facts are dated by their fact date (3.1.4) and counted for who did them; every source is read once, whatever the number
of people and days.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from common.prepared import Prepared
from deals.models import Offer
from funnels.choices import MovementKind, Outcome, State, ViolationKind
from funnels.models import Contact, DepartmentReview, Movement, Ownership, StateChange, Task, Violation
from funnels.selectors import day_moments
from funnels.selectors.conversions import finished_cycles
from kpi.calculator import Kpi
from kpi.constants import FIRST_REACTION_MINUTES
from telephony.models import MissedCall

_CREDITED: Final = (
    Q(is_productive_call=True)
    | Q(is_walk=True)
    | Q(is_held_meeting=True)
    | Q(is_warm_contact=True)
    | Q(is_visit=True)
    | Q(is_incoming_call=True)
)
UNCREDITED: Final = "uncredited"
STEPS, STEPS_IN_ORDER, MOVES, EXITS, REVIEWS = "steps", "steps_in_order", "moves", "exits", "reviews"

# Contacts by what they were credited as (table 1.4).
CONTACTS: Final[dict[str, Q]] = {
    Kpi.PRODUCTIVE_CALLS: Q(is_productive_call=True) | Q(is_walk=True),
    Kpi.HELD_MEETINGS: Q(is_held_meeting=True),
    Kpi.PRODUCTIVE_MEETINGS: Q(is_productive_meeting=True),
    Kpi.WARM_CONTACTS: Q(is_warm_contact=True),
    Kpi.VISITS: Q(is_visit=True),
    UNCREDITED: ~_CREDITED,
}
_FORWARD: Final = (State.C1, State.C2, State.C3, State.DEAL, State.SUPPORT)


@dataclass(frozen=True)
class Rows:
    """Rows behind a number: `user`, `day` and `client` are the names of their columns; `user` holds an id."""

    rows: QuerySet[Any]
    user: str
    day: str
    client: str = "client"


def _contacts(name: str) -> Callable[[int, date, date], Rows]:
    def found(department_id: int, first: date, last: date) -> Rows:
        rows = Contact.objects.filter(user__department_id=department_id, day__gte=first, day__lte=last)
        return Rows(rows.filter(CONTACTS[name]), "user_id", "day")

    return found


def _offers(department_id: int, first: date, last: date) -> Rows:
    rows = Offer.objects.filter(created_by__department_id=department_id, sent_on__gte=first, sent_on__lte=last)
    return Rows(rows, "created_by_id", "sent_on")


def _moves(department_id: int, first: date, last: date) -> Rows:
    rows = Movement.objects.filter(user__department_id=department_id, on__gte=first, on__lte=last)
    return Rows(rows, "user_id", "on", "cycle__client")


def _upgrades(department_id: int, first: date, last: date) -> Rows:
    moves = _moves(department_id, first, last)
    return Rows(moves.rows.filter(kind=MovementKind.UPGRADE), moves.user, moves.day, moves.client)


def _exits(department_id: int, first: date, last: date) -> Rows:
    """Clients let go by a decision: refusal or reserve; a term that ran out is none (glossary, Resolution)."""
    rows = Ownership.objects.filter(
        user__department_id=department_id,
        ended_on__gte=first,
        ended_on__lte=last,
        cycle__outcome__in=(Outcome.LOST, Outcome.PARKED),
        ended_at__gte=F("cycle__closed_at"),
    )
    return Rows(rows, "user_id", "ended_on")


def _violations(department_id: int, first: date, last: date) -> Rows:
    rows = Violation.objects.filter(
        user__department_id=department_id, on__gte=first, on__lte=last, withdrawn_at__isnull=True
    )
    return Rows(rows, "user_id", "on", "cycle__client")


def _steps(department_id: int, first: date, last: date) -> Rows:
    """Forward steps of the algorithm; `is_in_order` is False for a head's correction and for one after ten days."""
    before = StateChange.objects.filter(cycle=OuterRef("cycle"), pk__lt=OuterRef("pk")).order_by("-pk")
    late = Violation.objects.filter(
        cycle=OuterRef("cycle"),
        kind=ViolationKind.STATE_10_DAYS,
        withdrawn_at__isnull=True,
        on__lte=OuterRef("on"),
        since_on__gte=OuterRef("before_on"),
    )
    rows = StateChange.objects.filter(
        user__department_id=department_id, on__gte=first, on__lte=last, to_state__in=_FORWARD
    ).annotate(before_on=Coalesce(Subquery(before.values("on")[:1]), F("cycle__opened_on")))
    return Rows(rows.annotate(is_late=Exists(late)), "user_id", "on", "cycle__client")


def _unorderly(department_id: int, first: date, last: date) -> Rows:
    steps = _steps(department_id, first, last)
    return Rows(steps.rows.filter(Q(is_correction=True) | Q(is_late=True)), steps.user, steps.day, steps.client)


def _in_order(department_id: int, first: date, last: date) -> Rows:
    steps = _steps(department_id, first, last)
    return Rows(steps.rows.filter(is_correction=False, is_late=False), steps.user, steps.day, steps.client)


def _reviews(department_id: int, first: date, last: date) -> Rows:
    """Morning reviews of the department, by who signed them."""
    rows = DepartmentReview.objects.filter(department_id=department_id, day__gte=first, day__lte=last)
    return Rows(rows, "signed_by_id", "day")


def overdue(department_id: int, day: date) -> Rows:
    """Tasks that were late as the day ended."""
    return _overdue_at(department_id, *day_moments(day))


def _overdue_at(department_id: int, starts: datetime, ends: datetime) -> Rows:
    rows = Task.objects.filter(
        assignee__department_id=department_id, is_cancelled=False, created_at__lt=ends, due_at__lt=starts
    ).filter(Q(done_at__isnull=True) | Q(done_at__gte=ends))
    return Rows(rows, "assignee_id", "due_at")


def _overdue(department_id: int, _first: date, last: date) -> Rows:
    return overdue(department_id, last)


def _answered(department_id: int, first: date, last: date) -> Rows:
    """Missed calls that were called back, by whose task it was."""
    return _answered_at(department_id, day_moments(first)[0], day_moments(last)[1])


def _answered_at(department_id: int, starts: datetime, ends: datetime) -> Rows:
    rows = MissedCall.objects.filter(
        task__assignee__department_id=department_id, first_at__gte=starts, first_at__lt=ends, closed_at__isnull=False
    )
    return Rows(rows, "task__assignee_id", "first_at")


def _finished(department_id: int, _first: date, last: date) -> Rows:
    """The sales of ninety days that a conversion is made of."""
    rows = finished_cycles(last).filter(client__department_id=department_id, last_owner__isnull=False)
    return Rows(rows, "last_owner", "closed_on")


def _won(department_id: int, first: date, last: date) -> Rows:
    found = _finished(department_id, first, last)
    return Rows(found.rows.filter(outcome=Outcome.WON), found.user, found.day)


# Counted without conditions, and opened as they are counted.
_PLAIN: Final[dict[str, Callable[[int, date, date], Rows]]] = {
    str(Kpi.OFFERS): _offers,
    str(Kpi.UPGRADES): _upgrades,
    MOVES: _moves,
    EXITS: _exits,
    str(Kpi.VIOLATIONS): _violations,
    STEPS: _steps,
}

# What a number of /kpi/ opens; a resolution is a movement or an exit: two lists.
SOURCES: Final[dict[str, Callable[[int, date, date], Rows]]] = {
    **{str(name): _contacts(name) for name in CONTACTS},
    **_PLAIN,
    str(Kpi.TECHNOLOGY): _unorderly,
    str(Kpi.OVERDUE_TASKS): _overdue,
    str(Kpi.FIRST_REACTION): _answered,
    str(Kpi.CONVERSION): _finished,
    str(Kpi.AVERAGE_CHEQUE): _won,
}

# Sources of a board that are counted without conditions.
ONE_NUMBER: Final[dict[str, Callable[[int, date, date], Rows]]] = {
    **_PLAIN,
    STEPS_IN_ORDER: _in_order,
    REVIEWS: _reviews,
}


# The dear ones, asked for in the period that is judged and not in those it is compared with.
_JUDGED: Final = frozenset({STEPS, STEPS_IN_ORDER, REVIEWS})


@dataclass
class Done:
    """Numbers of acts by name, person and day."""

    by_name: dict[str, dict[int, Counter[date]]] = field(default_factory=dict)

    def add(self, name: str, user_id: int, day: date, number: int) -> None:
        if number:
            people = self.by_name.setdefault(name, {})
            days = people.get(user_id)
            if days is None:
                days = people[user_id] = Counter()
            days[day] += number

    def days(self, name: str, first: date, last: date) -> set[date]:
        """On which days anybody did it."""
        return {day for days in self.by_name.get(name, {}).values() for day in days if first <= day <= last}

    def of(self, name: str, first: date, last: date, people: Collection[int]) -> int:
        """How many these people did between the two days, both included."""
        found = self.by_name.get(name, {})
        return sum([n for pk in people if pk in found for day, n in found[pk].items() if first <= day <= last])


def done_between(*, department_id: int, first: date, last: date, judged_from: date | None = None) -> Done:
    """Every counted act of the department's people between the two days. Two queries.

    `judged_from`: steps, their order and reviews from that day on alone, where nobody asks for the days before.
    """
    done = Done()
    asked: dict[str, int | date] = {"department": department_id, "first": first, "last": last}
    names = tuple(CONTACTS)
    for user_id, day, *numbers in _contacted((), **asked):
        for name, number in zip(names, numbers, strict=True):
            if number:
                done.add(name, user_id, day, number)
    for name, user_id, day, number in _counted((), **asked, judged=judged_from or first):
        done.add(name, user_id, day, number)
        if name in (MOVES, EXITS):
            done.add(Kpi.RESOLUTIONS, user_id, day, number)
    return done


def _of_one_number(_shape: tuple[()], *, department: int, first: date, last: date, judged: date) -> QuerySet[Any]:
    """Name of the source, who, day, number: one statement for the sources that tell one number each."""
    parts = []
    for name, source in ONE_NUMBER.items():
        found = source(department, judged if name in _JUDGED else first, last)
        rows = found.rows.order_by().annotate(of=Value(name, output_field=CharField()))
        parts.append(rows.values_list("of", found.user, found.day).annotate(number=Count("pk")))
    return parts[0].union(*parts[1:], all=True)


def _of_contacts(_shape: tuple[()], *, department: int, first: date, last: date) -> QuerySet[Any]:
    """Who, day, and a number for each name of CONTACTS."""
    contacts = Contact.objects.filter(user__department_id=department, day__gte=first, day__lte=last).order_by()
    flags = {str(name): Count("pk", filter=q) for name, q in CONTACTS.items()}
    return contacts.values_list("user_id", "day").annotate(**flags)


_counted, _contacted = Prepared(_of_one_number), Prepared(_of_contacts)


def _late(_shape: tuple[()], *, department: int, starts: datetime, ends: datetime) -> QuerySet[Any]:
    rows = _overdue_at(department, starts, ends).rows
    return rows.order_by().values_list("assignee_id").annotate(number=Count("pk"))


def _called_back(_shape: tuple[()], *, department: int, starts: datetime, ends: datetime) -> QuerySet[Any]:
    rows = _answered_at(department, starts, ends).rows
    return rows.order_by("pk").values_list("task__assignee_id", "first_at", "due_at", "closed_at")


_overdue_counted, _times = Prepared(_late), Prepared(_called_back)


def overdue_by_person(*, department_id: int, day: date) -> Counter[int]:
    """Late tasks as the day ended, by assignee."""
    starts, ends = day_moments(day)
    return Counter(dict(_overdue_counted((), department=department_id, starts=starts, ends=ends)))


def reactions(*, department_id: int, first: date, last: date) -> dict[int, list[Fraction]]:
    """Working minutes from a missed call to the call back, by whose task it was; what is still open counts nowhere.

    The due moment is fifteen working minutes after the call (4.4), so the night and the days off are left out.
    """
    found: dict[int, list[Fraction]] = defaultdict(list)
    starts, ends = day_moments(first)[0], day_moments(last)[1]
    for user_id, first_at, due_at, closed_at in _times((), department=department_id, starts=starts, ends=ends):
        assert closed_at is not None  # noqa: S101 - filtered
        working = closed_at - (due_at - timedelta(minutes=FIRST_REACTION_MINUTES))
        plain = closed_at - first_at
        took = min(plain, working) if working >= timedelta() else plain
        found[user_id].append(Fraction(round(took.total_seconds()), 60))
    return dict(found)

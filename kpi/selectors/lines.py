"""Facts against norms: the lines of a person, of several together, of a segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from accounts.choices import MANAGER_ROLES, Role
from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common.money import round_kopecks, split_exact
from kpi.calculator import Held, Kpi, Trend, held_against, median, scaled_norm, technology_index, trend
from kpi.selectors.counts import STEPS, STEPS_IN_ORDER, Done
from kpi.selectors.funnels import Expected, Funnels
from kpi.selectors.outcomes import Outcomes, added
from kpi.selectors.references import PERSON_KPIS, SEGMENT_KPIS, References
from kpi.selectors.shapes import Board, Line, Numbers, SegmentRow
from planning.calculator import Pipeline, PipelineInput, pipeline_of
from planning.constants import VERIFICATION_GREEN_FROM
from planning.rules import Span
from planning.selectors import Frozen, Paid, Targets, paid_between, verified

MOVED = (Kpi.RESOLUTIONS, Kpi.UPGRADES)
COUNTED = (*PERSON_KPIS, *MOVED)
_NOTHING_EXPECTED = Expected()


@dataclass
class Read:
    """What was read, before anything is judged."""

    spans: list[Span]  # oldest first, the asked one last
    targets: Targets  # of the period and of this month and the one before
    paid: Paid  # of the period, of the one that is verified, of this month and the one before
    frozen: Mapping[Span, Mapping[int | None, Frozen]]
    done: Done
    references: References
    now: Funnels
    expected: Mapping[int, Expected]
    overdue: Mapping[int, int]
    reactions: Mapping[int, list[Fraction]]
    complete: Mapping[int, tuple[int, int]]
    outcomes: Mapping[int, Mapping[int, Outcomes]]


def working_days(user: User, first: date, last: date) -> int:
    """Of the stretch, since he was employed."""
    start = max(first, user.employed_on) if user.employed_on else first
    return len(production_calendar().working_days(start, last)) if start <= last else 0


def person_norm(user: User, kpi: Kpi, days: int, references: References, expected: Expected) -> int:
    """What one person is asked for on so many working days, a whole number."""
    if kpi is Kpi.RESOLUTIONS:
        return int(expected.resolutions * days + Fraction(1, 2))
    if kpi is Kpi.UPGRADES:
        return int(expected.upgrades * days + Fraction(1, 2))
    if user.role not in MANAGER_ROLES:
        return 0  # a head keeps the reserve, nobody counts his calls
    a_day = references.of_plan(kpi, user.role)
    return a_day * days if a_day is not None else scaled_norm(references.value(kpi, user.role).value, days)


def leading(board: Board, read: Read, people: Set[int]) -> list[Line]:
    persons = [board.people[pk] for pk in people]
    lines = [
        Line(kpi, Fraction(done), Fraction(norm), held_against(kpi, done, norm), _trend(kpi, read, board.as_of, people))
        for kpi, done, norm in _counted(board, read, persons)
    ]
    lines += [
        _median_reaction(read, people, persons),
        _plain(Kpi.OVERDUE_TASKS, sum(read.overdue.get(pk, 0) for pk in people)),
        _completeness(read, people, persons),
        _technology(board, read, people, persons),
    ]
    broken = read.done.of(Kpi.VIOLATIONS, board.first, board.as_of, people)
    lines.append(_plain(Kpi.VIOLATIONS, broken, _trend(Kpi.VIOLATIONS, read, board.as_of, people)))
    return lines


def numbers_of(board: Board, read: Read, person: User) -> dict[Kpi, Numbers]:
    """What one person did and was asked for; late tasks and violations have no norm but none."""
    pk = person.pk
    broken = read.done.of(Kpi.VIOLATIONS, board.first, board.as_of, {pk})
    counted = [
        *_counted(board, read, [person]),
        (Kpi.OVERDUE_TASKS, read.overdue.get(pk, 0), 0),
        (Kpi.VIOLATIONS, broken, 0),
    ]
    return {kpi: Numbers(kpi, Fraction(done), Fraction(norm)) for kpi, done, norm in counted}


def _counted(board: Board, read: Read, persons: Sequence[User]) -> Iterator[tuple[Kpi, int, int]]:
    """Acts and moves done, and how many were asked for; what nobody is asked for and nobody did is left out."""
    people = {one.pk for one in persons}
    days = {one.pk: working_days(one, board.first, board.as_of) for one in persons}
    for kpi in COUNTED:
        done = read.done.of(kpi, board.first, board.as_of, people)
        norm = sum(
            person_norm(one, kpi, days[one.pk], read.references, read.expected.get(one.pk, _NOTHING_EXPECTED))
            for one in persons
        )
        if norm or done or kpi in MOVED:
            yield kpi, done, norm


def _plain(kpi: Kpi, number: int, going: Trend | None = None) -> Line:
    """A fault: none is the norm."""
    return Line(kpi, Fraction(number), Fraction(0), held_against(kpi, number, 0), going)


def _trend(kpi: Kpi, read: Read, as_of: date, people: Set[int]) -> Trend | None:
    """A running period is compared at the pace of its working days: acts a day, not half a month with a whole one."""
    calendar = production_calendar()
    values: list[Fraction | None] = []
    for span in read.spans:
        last = min(as_of, span.facts_to)
        days = len(calendar.working_days(span.facts_from, last)) if span.facts_from <= last else 0
        number = read.done.of(kpi, span.facts_from, last, people)
        values.append(Fraction(number, days) if days else None)
    return trend(kpi, values) if values[-1] is not None else None


def _set_norm(kpi: Kpi, read: Read, persons: list[User]) -> tuple[Fraction, str]:
    """Of one role; where roles differ, the one most people of the scope have."""
    roles = [person.role for person in persons] or [Role.HUNTER]
    role = max(sorted(set(roles)), key=roles.count)
    found = read.references.value(kpi, role)
    return found.value, found.source


def _median_reaction(read: Read, people: Set[int], persons: list[User]) -> Line:
    took = [minutes for pk in people for minutes in read.reactions.get(pk, ())]
    norm, source = _set_norm(Kpi.FIRST_REACTION, read, persons)
    fact = median(took) if took else None
    held = held_against(Kpi.FIRST_REACTION, fact, norm)
    return Line(Kpi.FIRST_REACTION, fact, norm, held, source=source, counted=len(took))


def _completeness(read: Read, people: Set[int], persons: list[User]) -> Line:
    whole = [read.complete.get(pk, (0, 0)) for pk in people]
    clients = sum(pair[1] for pair in whole)
    fact = Fraction(sum(pair[0] for pair in whole), clients) if clients else None
    norm, source = _set_norm(Kpi.CARD_COMPLETENESS, read, persons)
    held = held_against(Kpi.CARD_COMPLETENESS, fact, norm)
    return Line(Kpi.CARD_COMPLETENESS, fact, norm, held, source=source, counted=clients)


def _technology(board: Board, read: Read, people: Set[int], persons: list[User]) -> Line:
    steps = read.done.of(STEPS, board.first, board.as_of, people)
    in_order = read.done.of(STEPS_IN_ORDER, board.first, board.as_of, people)
    fact = technology_index(in_order=in_order, done=steps).figure.value
    norm, source = _set_norm(Kpi.TECHNOLOGY, read, persons)
    return Line(Kpi.TECHNOLOGY, fact, norm, held_against(Kpi.TECHNOLOGY, fact, norm), source=source, counted=steps)


def verified_span(board: Board, spans: list[Span]) -> Span:
    """The period when it is over, the one before while it runs."""
    return spans[-2] if board.is_running else spans[-1]


def results(board: Board, read: Read) -> list[Line]:
    """V of the last period that is over."""
    span = verified_span(board, read.spans)
    amounts = {user_id: one.amount for user_id, one in read.frozen[span].items()}
    found = verified(span, amounts, paid_between(read.paid, span.facts_from, span.facts_to))
    one = found.department if board.user is None else found.people.get(board.user.pk)
    norm = VERIFICATION_GREEN_FROM
    fact = one.value if one is not None else None
    held = Held(None, None) if one is None else Held(one.value / norm, one.zone)
    return [Line(Kpi.VERIFICATION, fact, norm, held)]


def segments(board: Board, read: Read) -> list[SegmentRow]:
    """Every segment with clients or finished sales; the plan is divided between them by the money they hold."""
    role = board.user.role if board.user is not None else Role.HUNTER
    lines: dict[int, dict[Kpi, Line]] = {}
    clients: dict[int, int] = {}
    for segment_id in read.references.segments:
        people = read.outcomes.get(segment_id, {})
        whole = added(part for pk, part in people.items() if board.user is None or pk == board.user.pk)
        number = sum(
            funnel[segment_id].total
            for pk, funnel in read.now.items()
            if segment_id in funnel and (board.user is None or pk == board.user.pk)
        )
        if number or whole:
            clients[segment_id] = number
            lines[segment_id] = {
                kpi: _segment_line(kpi, whole, segment_id, role, read.references) for kpi in SEGMENT_KPIS
            }
    held = [clients[pk] * _known(lines[pk][Kpi.AVERAGE_CHEQUE]) for pk in lines]
    plans = split_exact(board.figures.plan, held) if any(held) else [Decimal("0.00")] * len(held)
    return [
        SegmentRow(pk, lines[pk], clients[pk], _pipeline(lines[pk], clients[pk], plan))
        for pk, plan in zip(lines, plans, strict=True)
    ]


def _segment_line(kpi: Kpi, whole: Outcomes, segment_id: int, role: str, references: References) -> Line:
    norm = references.value(kpi, role, segment_id)
    fact = whole.value(kpi)
    held = held_against(kpi, fact, norm.value)
    return Line(kpi, fact, norm.value, held, source=norm.source, counted=whole.counted(kpi))


def _known(line: Line) -> Fraction:
    """The fact; what nobody has shown yet is taken from the norm."""
    return line.fact if line.fact is not None else line.norm or Fraction(0)


def _pipeline(lines: Mapping[Kpi, Line], clients: int, plan: Decimal) -> Pipeline:
    """Velocity and coverage (3.4)."""
    stays = (Kpi.DAYS_RED, Kpi.DAYS_YELLOW, Kpi.DAYS_GREEN)
    return pipeline_of(
        PipelineInput(
            clients=clients,
            win_rate=min(_known(lines[Kpi.CONVERSION]), Fraction(1)),
            average_cheque=round_kopecks(_known(lines[Kpi.AVERAGE_CHEQUE])),
            cycle_days=sum((_known(lines[kpi]) for kpi in stays), Fraction(0)),
            plan=plan,
        )
    )

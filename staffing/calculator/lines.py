"""Answering incoming lines: Erlang C. Decimals of forty digits, for the formula has a power of e."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import floor
from typing import Final

from common.money import Exact
from planning.calculator import Checks
from staffing.constants import MOST_ERLANGS, SERVICE_LEVEL, SERVICE_SECONDS

_DIGITS: Final = 40
_MOST_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Queue:
    """Calls of one hour, seconds of an average call with its after-work (AHT), seconds within which to answer."""

    calls_an_hour: Exact
    handling_seconds: Exact
    answer_seconds: Exact = SERVICE_SECONDS

    @property
    def load(self) -> Fraction:
        """a: erlangs, the employees that the calls alone keep busy."""
        return Fraction(self.calls_an_hour) * Fraction(self.handling_seconds) / 3600


@dataclass(frozen=True)
class Answering:
    """`waits`: the part of calls that wait; `level`: the part answered in time. At or above `agents` the queue only grows."""

    agents: int
    load: Fraction
    waits: Decimal
    level: Decimal
    is_growing: bool


def answering(queue: Queue, agents: int) -> Answering:
    """P_wait and the service level of `agents` employees on the lines.

    No calls: nobody waits. As many erlangs as agents or more: everybody waits and nothing is answered in time.
    WrongInput by field: calls_an_hour, handling_seconds, answer_seconds, agents, load.
    """
    _check(queue)
    checks = Checks()
    checks.whole("agents", agents, most=10 * MOST_ERLANGS)
    checks.done()
    load = queue.load
    if not load:
        return Answering(agents, load, Decimal(0), Decimal(1), is_growing=False)
    if agents <= load:
        return Answering(agents, load, Decimal(1), Decimal(0), is_growing=True)
    with localcontext() as context:
        context.prec = _DIGITS
        return _judged(queue, agents, _blocking(_decimal(load), agents))


def agents_needed(queue: Queue, *, level: Exact = SERVICE_LEVEL) -> Answering:
    """The fewest employees with at least that service level. WrongInput by field; `level` is below 1."""
    _check(queue)
    checks = Checks()
    if checks.share("level", level) and level == 1:
        checks.number("level", level, most=Fraction(99_999, 100_000))
    checks.done()
    load = queue.load
    if not load:
        return answering(queue, 0)
    with localcontext() as context:
        context.prec = _DIGITS
        offered, wanted = _decimal(load), _decimal(Fraction(level))
        agents = floor(load) + 1
        blocking = _blocking(offered, agents)
        while (found := _judged(queue, agents, blocking)).level < wanted:
            agents += 1
            blocking = offered * blocking / (agents + offered * blocking)
        return found


def _check(queue: Queue) -> None:
    checks = Checks()
    sane = checks.number("calls_an_hour", queue.calls_an_hour, most=10**6)
    sane &= checks.number("handling_seconds", queue.handling_seconds, most=_MOST_SECONDS)
    checks.number("answer_seconds", queue.answer_seconds, most=_MOST_SECONDS)
    if sane:
        checks.number("load", queue.load, most=MOST_ERLANGS)
    checks.done()


def _blocking(load: Decimal, agents: int) -> Decimal:
    """Erlang B by its recursion: no factorial, no power grows."""
    blocking = Decimal(1)
    for number in range(1, agents + 1):
        blocking = load * blocking / (number + load * blocking)
    return blocking


def _judged(queue: Queue, agents: int, blocking: Decimal) -> Answering:
    load = _decimal(queue.load)
    waits = agents * blocking / (agents - load * (1 - blocking))
    patience = (agents - load) * _decimal(Fraction(queue.answer_seconds)) / _decimal(Fraction(queue.handling_seconds))
    return Answering(agents, queue.load, waits, 1 - waits * (-patience).exp(), is_growing=False)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)

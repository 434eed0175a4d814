"""Movement, the two ten-day clocks, the deal-term clock (R-S0-P7, R-S0-P14, R-S0-P16, R-S2-8)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from clients.constants import Section
from funnels.constants import (
    CLOCK_FLAG_DAYS,
    CLOCK_LIMIT_DAYS,
    CLOCK_WARN_DAYS,
    DEAL_TERM_WARN_BEFORE_DAYS,
    DEAL_TERMS,
    LATE_FACT_COUNTED_DAYS,
    RECALL_AFTER_REFUSAL_DAYS,
    RECALL_FROM_ARCHIVE_DAYS,
    STAGNATION_LIMIT,
    Colour,
    CycleKind,
    State,
)

_ONE_DAY = timedelta(days=1)


class CountedCalendar(Protocol):
    """What the clocks ask of `common.workdays.Calendar`. Counted days: all but public holidays and transferred days."""

    def is_counted(self, d: date, /) -> bool: ...

    def is_working(self, d: date, /) -> bool: ...

    def counted_days(self, start: date, end: date, /) -> int:
        """Counted days d with start < d ≤ end."""
        ...

    def nth_counted_day(self, start: date, n: int, /) -> date:
        """The n-th counted day after `start` (n ≥ 1)."""
        ...


# --- the ten-day clocks ---


@dataclass(frozen=True, slots=True)
class ClockDates:
    """Days of age 7, 10 and 11 of a clock that runs from `start`."""

    start: date
    warn_on: date
    last_day_on: date
    flag_on: date


def running_start(start: date, rotation_starts_on: date | None) -> date:
    """Every clock starts at max(its start, the department's go-live); no go-live yet = the dry run's own start."""
    return start if rotation_starts_on is None else max(start, rotation_starts_on)


def clock_dates(start: date, rotation_starts_on: date | None, calendar: CountedCalendar) -> ClockDates:
    """Stored dates of a colour or state clock (R-S0-P7, R-S0-P16)."""
    begin = running_start(start, rotation_starts_on)
    return ClockDates(
        start=begin,
        warn_on=calendar.nth_counted_day(begin, CLOCK_WARN_DAYS),
        last_day_on=calendar.nth_counted_day(begin, CLOCK_LIMIT_DAYS),
        flag_on=calendar.nth_counted_day(begin, CLOCK_FLAG_DAYS),
    )


def age(start: date, rotation_starts_on: date | None, day: date, calendar: CountedCalendar) -> int:
    """Counted days d with start < d ≤ day; 0 before the clock runs (R-S0-P7)."""
    begin = running_start(start, rotation_starts_on)
    return calendar.counted_days(begin, day) if day > begin else 0


def state_clock_start(last_forward_step_on: date, ownership_started_on: date) -> date:
    """The state age counts from the later of the last forward step and the start of the ownership (R-S0-P7)."""
    return max(last_forward_step_on, ownership_started_on)


def is_announced_as_last_day(last_day_on: date, today: date, calendar: CountedCalendar) -> bool:
    """Does the digest of the working day `today` announce this client as «последний рабочий день» (R-S0-P16)?

    Day 10 itself; before a non-working stretch also every day 10 up to and including the next working day.
    """
    if last_day_on == today:
        return True
    if last_day_on < today or calendar.is_working(today + _ONE_DAY):
        return False
    probe = today + _ONE_DAY
    while probe < last_day_on:
        if calendar.is_working(probe):
            return False
        probe += _ONE_DAY
    return True


def effective_day(fact_on: date, entered_on: date, evidence_dated: bool, calendar: CountedCalendar) -> date:
    """The day a fact counts for the clock (R-S0-P15).

    The fact date when its evidence carries it and it was entered at most three counted days later; else the entry date.
    """
    if not evidence_dated or fact_on > entered_on:
        return entered_on
    late = calendar.counted_days(fact_on, entered_on) if fact_on < entered_on else 0
    return fact_on if late <= LATE_FACT_COUNTED_DAYS else entered_on


# --- change of owner ---


class TransferReason(StrEnum):
    DECREE = "decree"
    ABSENCE = "absence"
    DISMISSAL = "dismissal"
    INTERN_HANDOVER = "intern_handover"


class TransferEffect(StrEnum):
    """`ROTATION`: executed as one, clock 0. `CARRY`: start and best colour go over. `RESET`: clock 0, no violation."""

    ROTATION = "rotation"
    CARRY = "carry"
    RESET = "reset"


def transfer_effect(colour_age: int, reason: TransferReason) -> TransferEffect:
    """What a transfer decreed by the head does to the clock (R-S0-P16)."""
    if reason != TransferReason.DECREE:
        return TransferEffect.RESET
    return TransferEffect.ROTATION if colour_age >= CLOCK_WARN_DAYS else TransferEffect.CARRY


class StagnationAction(StrEnum):
    ROTATE = "rotate"
    HEAD_RESERVE = "head_reserve"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class StagnationOutcome:
    """`section` and `recall_days` (calendar days) speak only for EXPIRE; recall_days is None for customers."""

    action: StagnationAction
    section: Section | None = None
    recall_days: int | None = None


def stagnation_outcome(
    nth: int, colour: Colour, kind: CycleKind, has_binding_document: bool, third_is_final: int = STAGNATION_LIMIT
) -> StagnationOutcome:
    """What the nth stagnation of one cycle leads to (R-S0-P16).

    The first two rotate. From the third: GREEN, and any cycle with a signed contract, open invoice or payment, goes to
    the head's reserve; a repeat cycle closes and the client stays a customer; else soft refusal with a recall.
    """
    if nth < third_is_final:
        return StagnationOutcome(StagnationAction.ROTATE)
    if colour == Colour.GREEN or has_binding_document:
        return StagnationOutcome(StagnationAction.HEAD_RESERVE)
    if kind == CycleKind.REPEAT:
        return StagnationOutcome(StagnationAction.EXPIRE, Section.CUSTOMERS)
    return StagnationOutcome(StagnationAction.EXPIRE, Section.SOFT_REFUSAL, RECALL_AFTER_REFUSAL_DAYS)


# --- the deal term ---


@dataclass(frozen=True, slots=True)
class TermDates:
    """Days of age T−3, T and T+1 of the deal term."""

    warn_on: date
    last_day_on: date
    exit_on: date


@dataclass(frozen=True, slots=True)
class TermExit:
    """Where an expired `new` cycle goes; `recall_days` are calendar days, None = never called again."""

    section: Section
    recall_days: int | None


def term_dates(
    opened_on: date, term_days: int, calendar: CountedCalendar, rotation_starts_on: date | None = None
) -> TermDates:
    """Stored dates of the deal-term clock, start day = 0 (R-S2-8). ValueError unless the term is 14, 30 or 40."""
    if term_days not in DEAL_TERMS:
        raise ValueError(f"deal term must be one of {DEAL_TERMS}, got {term_days}")
    begin = running_start(opened_on, rotation_starts_on)
    return TermDates(
        warn_on=calendar.nth_counted_day(begin, term_days - DEAL_TERM_WARN_BEFORE_DAYS),
        last_day_on=calendar.nth_counted_day(begin, term_days),
        exit_on=calendar.nth_counted_day(begin, term_days + 1),
    )


def term_exit(
    ever_yellow: bool,
    is_not_ours: bool,
    has_binding_document: bool,
    state: str = State.NEW,
    kind: str = CycleKind.NEW,
) -> TermExit | None:
    """Where the client goes on day T+1; None where the deal term does not apply (R-S2-8).

    It does not apply to repeat cycles, in state deal, nor with a signed contract, open invoice or payment
    (`has_binding_document`). `ever_yellow`: YELLOW or GREEN at any time in this cycle.
    """
    if has_binding_document or state == State.DEAL or kind == CycleKind.REPEAT:
        return None
    if is_not_ours:
        return TermExit(Section.HARD_REFUSAL, None)
    if ever_yellow:
        return TermExit(Section.STRATEGIC, RECALL_FROM_ARCHIVE_DAYS)
    return TermExit(Section.SOFT_REFUSAL, RECALL_AFTER_REFUSAL_DAYS)

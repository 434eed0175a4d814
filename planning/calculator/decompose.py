"""From the target of a month to the acts of a day, and whether there is time for them (R-S4-1, R-S1-3b, 3.1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from common.money import Exact, round_kopecks
from planning.calculator.inputs import MOST_DAYS, Checks, Figure, Why
from planning.calculator.zones import attainment_zone
from planning.constants import DEFAULT_STEP_RATES, MEETING_SLOTS_A_WEEK, WORKING_DAYS_A_WEEK, StepRates, Zone


class Step(StrEnum):
    """The chain of the active funnel, from the money down to the telephone."""

    PAYMENTS = "payments"
    INVOICES = "invoices"
    OFFERS = "offers"
    PRODUCTIVE_MEETINGS = "productive_meetings"
    HELD_MEETINGS = "held_meetings"
    APPOINTED_MEETINGS = "appointed_meetings"
    PRODUCTIVE_CALLS = "productive_calls"


RATE_TO_NEXT = {
    Step.INVOICES: "invoice_to_payment",
    Step.OFFERS: "offer_to_invoice",
    Step.PRODUCTIVE_MEETINGS: "productive_to_offer",
    Step.HELD_MEETINGS: "held_to_productive",
    Step.APPOINTED_MEETINGS: "appointed_to_held",
    Step.PRODUCTIVE_CALLS: "call_to_appointed",
}


@dataclass(frozen=True)
class PlanInput:
    """A month's target in roubles, the average cheque, whole working days and whole managers; slots of one week.

    A conversion of 0 is allowed and explained; 0 managers and 0 working days too.
    """

    target: Decimal
    average_cheque: Decimal
    working_days: int
    managers: int
    rates: StepRates = DEFAULT_STEP_RATES
    meeting_slots_a_week: int = MEETING_SLOTS_A_WEEK

    def check(self) -> None:
        """WrongInput by field, every problem at once."""
        checks = Checks()
        checks.money("target", self.target)
        checks.money("average_cheque", self.average_cheque, positive=True)
        checks.whole("working_days", self.working_days, most=MOST_DAYS)
        checks.whole("managers", self.managers)
        checks.whole("meeting_slots_a_week", self.meeting_slots_a_week)
        for one in fields(self.rates):
            checks.share(one.name, getattr(self.rates, one.name))
        checks.done()


@dataclass(frozen=True)
class StepLine:
    """One step: `month` whole acts of everybody, `rate` to the step above, `per_manager` and `per_day` exact.

    `norm` is the whole number of acts that one manager owes every working day. None where `why` says why not.
    """

    step: Step
    rate: Fraction | None
    month: int | None
    per_manager: Fraction | None
    per_day: Fraction | None
    norm: int | None
    why: Why | None = None


@dataclass(frozen=True)
class MeetingTime:
    """Held meetings against the slots of the time table.

    `slots` and `slots_per_day` are of one manager; `managers_needed` exact people, `headcount` whole ones; `cover` the
    slots there are over the meetings needed; `affordable` roughly the target for which the present slots are enough.
    """

    slots: Fraction
    slots_per_day: Figure
    managers_needed: Figure
    headcount: int | None
    cover: Figure
    zone: Zone | None
    affordable: Decimal | None

    @property
    def is_enough(self) -> bool:
        return self.zone is Zone.GREEN


@dataclass(frozen=True)
class Decomposition:
    """The chain of acts, the plan of a working day (department and one manager, kopecks) and the time for meetings."""

    lines: Mapping[Step, StepLine]
    day_plan: Decimal | None
    manager_day_plan: Decimal | None
    meetings: MeetingTime


def decompose(plan: PlanInput) -> Decomposition:
    """deals = ⌈target / cheque⌉, each step up ⌈lower / conversion⌉; per manager and working day, the norm rounded up.

    Where a conversion is 0 while something is needed, that step and those above it are «not computable».
    WrongInput by field.
    """
    plan.check()
    plan = replace(
        plan,
        working_days=int(plan.working_days),
        managers=int(plan.managers),
        meeting_slots_a_week=int(plan.meeting_slots_a_week),
    )
    lines: dict[Step, StepLine] = {}
    needed: int | None = ceil(Fraction(plan.target) / Fraction(plan.average_cheque))
    for step in Step:
        rate = Fraction(getattr(plan.rates, RATE_TO_NEXT[step])) if step in RATE_TO_NEXT else None
        if rate is not None and needed:
            needed = ceil(needed / rate) if rate else None
        lines[step] = _line(plan, step, rate, needed)
    return Decomposition(
        lines=lines,
        day_plan=_per(plan.target, plan.working_days),
        manager_day_plan=_per(plan.target, plan.working_days * plan.managers),
        meetings=_meeting_time(plan, lines[Step.HELD_MEETINGS].month),
    )


def _per(money: Decimal, parts: int) -> Decimal | None:
    return round_kopecks(Fraction(money) / parts) if parts else None


def _line(plan: PlanInput, step: Step, rate: Fraction | None, month: int | None) -> StepLine:
    if month is None:
        return StepLine(step, rate, None, None, None, None, Why.NO_CONVERSION)
    if not plan.managers:
        return StepLine(step, rate, month, None, None, None, Why.NO_PEOPLE)
    per_manager = Fraction(month, plan.managers)
    if not plan.working_days:
        return StepLine(step, rate, month, per_manager, None, None, Why.NO_WORKING_DAYS)
    per_day = per_manager / plan.working_days
    return StepLine(step, rate, month, per_manager, per_day, ceil(per_day))


def _meeting_time(plan: PlanInput, held: int | None) -> MeetingTime:
    slots = Fraction(plan.meeting_slots_a_week * plan.working_days, WORKING_DAYS_A_WEEK)
    per_day = Figure.ratio(slots, plan.working_days, Why.NO_WORKING_DAYS)
    if held is None:
        absent = Figure.absent(Why.NO_CONVERSION)
        return MeetingTime(slots, per_day, absent, None, absent, None, None)
    if not held:
        return MeetingTime(
            slots, per_day, Figure.of(0), 0, Figure.absent(Why.NOTHING_REQUIRED), Zone.GREEN, round_kopecks(plan.target)
        )
    people = Figure.ratio(held, slots, Why.NO_WORKING_DAYS)
    cover = plan.managers * slots / held
    return MeetingTime(
        slots=slots,
        slots_per_day=per_day,
        managers_needed=people,
        headcount=ceil(people.value) if people.value is not None else None,
        cover=Figure.of(cover),
        zone=attainment_zone(cover),
        affordable=round_kopecks(Fraction(plan.target) * cover),
    )


def missing_for_approval(
    *, leads: int | None, average_cheque: Decimal | None, rates: Mapping[Step, Exact | None]
) -> tuple[str, ...]:
    """What a plan lacks before it may be approved: leads, the cheque, the conversion of every step (R-S4-1).

    Names of fields: leads, average_cheque, and the conversion's name for each step that has none above 0.
    """
    missing = []
    if not leads or leads < 0:
        missing.append("leads")
    if not average_cheque or average_cheque <= 0:
        missing.append("average_cheque")
    for step, name in RATE_TO_NEXT.items():
        rate = rates.get(step)
        if not rate or rate <= 0 or rate > 1:
            missing.append(name)
    return tuple(missing)

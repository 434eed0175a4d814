"""The state machine and its guards: what is missing for a step, who may take a client (R-S2-6, R-S2-7, R-S0-P10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from clients.constants import Section
from funnels.constants import RETAKE_BAN_DAYS, WORKLIST_CAP, CycleKind, RefusalReason, State

_FORWARD: Final = (State.NEW, State.C1, State.C2, State.C3, State.DEAL, State.SUPPORT, State.CUSTOMER)
_TARGETS: Final[dict[State, tuple[State, ...]]] = {
    State.NEW: (State.C1, State.REFUSAL),
    State.C1: (State.C2, State.DEAL, State.REFUSAL, State.RESERVE),
    State.C2: (State.C3, State.DEAL, State.REFUSAL, State.RESERVE),
    State.C3: (State.DEAL, State.REFUSAL, State.RESERVE),
    State.DEAL: (State.SUPPORT, State.REFUSAL),
    State.SUPPORT: (State.CUSTOMER,),
    State.CUSTOMER: (State.NEW,),
    State.REFUSAL: (State.RECALL,),
    State.RECALL: (State.NEW, State.REFUSAL),
    State.RESERVE: (State.NEW,),
}
_TAKEABLE: Final = frozenset({Section.CALL_BASE, Section.STRATEGIC, Section.SOFT_REFUSAL, Section.CUSTOMERS})


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing missing for a step. `detail` carries the figures of the text (cap, date, states)."""

    code: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepContext:
    """Recorded facts of one cycle, asked by the guards.

    `calculation_accepted`: a calculation or measurement made and accepted. `fully_paid`: see `fully_paid`.
    `contact_on`: agreed date of the next talk for the reserve. `recall_on`: date of «Обзвон» of a soft refusal.
    """

    day: date
    has_productive_contact: bool = False
    has_next_action: bool = False
    questionnaire_full: bool = False
    offer_sent: bool = False
    offer_discussed: bool = False
    terms_discussed: bool = False
    invoice_issued: bool = False
    calculation_accepted: bool = False
    contract_signed: bool = False
    fully_paid: bool = False
    closing_signed: bool = False
    refusal_reason: str | None = None
    contact_on: date | None = None
    recall_on: date | None = None
    section: str = Section.IN_WORK


@dataclass(frozen=True, slots=True)
class TakeContext:
    """What is asked before a client is taken into work by `worklist` of `cap` and with `lost_on` of that employee.

    `worklist`: open `new` cycles of the employee. `lost_on`: the day he last lost this client by rotation or deal term.
    """

    day: date
    section: str
    worklist: int
    cap: int = WORKLIST_CAP
    kind: str = CycleKind.NEW
    has_open_cycle: bool = False
    lost_on: date | None = None
    has_name: bool = True
    has_phone_or_email: bool = True
    has_size: bool = True
    has_category: bool = True


def allowed_targets(state: str) -> tuple[State, ...]:
    """States reachable in one step; corrections by the head are another act (R-S2-6)."""
    return _TARGETS[State(state)]


def next_forward_state(state: str) -> State | None:
    """The next step of the buyer's way, None at its end or outside of it (R-S2-6)."""
    here = State(state)
    if here not in _FORWARD or here == State.CUSTOMER:
        return None
    return _FORWARD[_FORWARD.index(here) + 1]


def missing_for(from_state: str, to_state: str, context: StepContext) -> list[Missing]:
    """Everything missing for the step; empty = the step may be made (R-S2-6, R-S0-P10).

    A forward step that skips states is refused with `step_skipped` and the missing facts of every step on the way.
    Codes: first_contact, next_action, questionnaire_or_offer, offer_sent, terms_discussed, binding_step, full_payment,
    closing_documents, refusal_reason, contact_date_future, recall_not_due, hard_refusal_section, step_skipped,
    step_backward, step_not_allowed.
    """
    start, target = State(from_state), State(to_state)
    if target in _TARGETS[start]:
        return _missing_of_step(start, target, context)
    if start in _FORWARD and target in _FORWARD:
        here, there = _FORWARD.index(start), _FORWARD.index(target)
        if there <= here:
            return [Missing("step_backward", (start, target))]
        found = [Missing("step_skipped", (start, target))]
        for step in range(here, there):
            for missing in _missing_of_step(_FORWARD[step], _FORWARD[step + 1], context):
                if missing not in found:
                    found.append(missing)
        return found
    return [Missing("step_not_allowed", (start, target))]


def _missing_of_step(start: State, target: State, context: StepContext) -> list[Missing]:
    checks: list[tuple[str, bool]] = []
    if target == State.C1:
        checks = [("first_contact", context.has_productive_contact), ("next_action", context.has_next_action)]
    elif target == State.C2:
        need_known = context.questionnaire_full or (context.offer_sent and context.offer_discussed)
        checks = [("questionnaire_or_offer", need_known), ("next_action", context.has_next_action)]
    elif target == State.C3:
        checks = [("offer_sent", context.offer_sent), ("terms_discussed", context.terms_discussed)]
    elif target == State.DEAL:
        bound = context.invoice_issued or context.calculation_accepted or context.contract_signed
        checks = [("binding_step", bound)]
    elif target == State.SUPPORT:
        checks = [("full_payment", context.fully_paid)]
    elif target == State.CUSTOMER:
        checks = [("closing_documents", context.closing_signed)]
    elif target == State.REFUSAL:
        checks = [("refusal_reason", context.refusal_reason in set(RefusalReason))]
    elif target == State.RESERVE:
        checks = [("contact_date_future", context.contact_on is not None and context.contact_on > context.day)]
    elif target == State.RECALL:
        due = context.recall_on is not None and context.recall_on <= context.day
        checks = [("hard_refusal_section", context.section == Section.SOFT_REFUSAL), ("recall_not_due", due)]
    return [Missing(code) for code, is_there in checks if not is_there]


def can_take(context: TakeContext) -> list[Missing]:
    """Reasons why this employee may not take this client now; empty = he may (R-S2-7, R-S2-6).

    Codes: already_in_work, section_closed, missing_name, missing_phone_or_email, missing_size, missing_category,
    retake_ban (detail: last day of the ban, ISO), worklist_full (detail: worklist, cap). Repeat cycles fill no list.
    """
    found: list[Missing] = []
    if context.has_open_cycle:
        found.append(Missing("already_in_work"))
    elif context.section not in _TAKEABLE or (context.kind == CycleKind.REPEAT) != (
        context.section == Section.CUSTOMERS
    ):
        found.append(Missing("section_closed", (str(context.section),)))
    fields = (
        ("missing_name", context.has_name),
        ("missing_phone_or_email", context.has_phone_or_email),
        ("missing_size", context.has_size),
        ("missing_category", context.has_category),
    )
    found.extend(Missing(code) for code, is_filled in fields if not is_filled)
    banned_until = retake_banned_until(context.lost_on)
    if banned_until is not None and context.day <= banned_until:
        found.append(Missing("retake_ban", (banned_until.isoformat(),)))
    if context.kind == CycleKind.NEW and context.worklist >= context.cap:
        found.append(Missing("worklist_full", (str(context.worklist), str(context.cap))))
    return found


def retake_banned_until(lost_on: date | None) -> date | None:
    """Last day on which the one who lost the client may not have it again: day 180, included (R-S0-P16)."""
    return None if lost_on is None else lost_on + timedelta(days=RETAKE_BAN_DAYS)


def refusal_section(reason: str, kind: str = CycleKind.NEW) -> Section:
    """The section a refusal leads to; a customer's repeat cycle leaves him a customer (R-S2-6). ValueError: reason."""
    known = RefusalReason(reason)
    if kind == CycleKind.REPEAT:
        return Section.CUSTOMERS
    return Section.HARD_REFUSAL if known == RefusalReason.NOT_OURS else Section.SOFT_REFUSAL


def payment_target(
    invoices: Iterable[Decimal], contract_amount: Decimal | None, expected: Decimal | None
) -> Decimal | None:
    """What full payment means: max(Σ not cancelled invoices, signed contract amount), else the expected amount.

    Sums in roubles; None when nothing says how much is owed (R-S2-6).
    """
    documented = max(sum(invoices, Decimal(0)), contract_amount or Decimal(0))
    if documented > 0:
        return documented
    return expected if expected is not None and expected > 0 else None


def fully_paid(
    payments: Iterable[Decimal],
    invoices: Iterable[Decimal],
    contract_amount: Decimal | None,
    expected: Decimal | None,
    no_more_expected: bool = False,
) -> bool:
    """The guard deal → support (R-S2-6). `no_more_expected`: the head confirmed «больше не будет» with a reason.

    Nothing paid is never fully paid. Refunds are negative payments.
    """
    paid = sum(payments, Decimal(0))
    if paid <= 0:
        return False
    target = payment_target(invoices, contract_amount, expected)
    return no_more_expected or (target is not None and paid >= target)

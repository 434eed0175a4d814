"""The colour of a client: decision table `COLOUR_RULES_VERSION` 1, first match wins (R-S0-P4, R-S0-P15)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.constants import Section
from funnels.constants import INVOICE_LOOK_DAYS, PAY_HORIZON_DAYS, Colour, FactKind

_ONE_DAY = timedelta(days=1)
_OUT_OF_FUNNEL = frozenset({Section.HARD_REFUSAL, Section.SOFT_REFUSAL, Section.STRATEGIC})


@dataclass(frozen=True, slots=True)
class FactRow:
    """One recorded fact of one cycle.

    `on` is the fact date: it speaks from that day. `until` is the last day it speaks: progress due, agreed pay date,
    invoice due date. `issued_on` is the invoice's issue date (default `on`). `revoked`: cancelled by a later row.
    `closed`: true but no longer in force (invoice paid in full, contract terminated). `amount` in roubles.
    """

    id: int
    kind: str
    on: date
    until: date | None = None
    amount: Decimal | None = None
    issued_on: date | None = None
    revoked: bool = False
    closed: bool = False
    contact_id: int | None = None
    evidence_dated: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the client beside the facts. `fully_paid` is the guard deal → support of this cycle."""

    section: str
    has_open_cycle: bool
    has_owner: bool
    fully_paid: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A colour with its reason.

    `fact_ids` cause the matched rule. `supporting_ids` cause any satisfied rule of the same colour: the answer to
    "is this fact among the causes of such a verdict". `recheck_on` is the first day on which the calendar alone
    changes the verdict. `by_calendar_only`: on the day of its last cause the rule was not yet satisfied.
    """

    colour: Colour
    rule: str
    recheck_on: date | None = None
    fact_ids: tuple[int, ...] = ()
    supporting_ids: tuple[int, ...] = ()
    by_calendar_only: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One rule that would give the next colour and the codes still missing for it."""

    colour: Colour
    rule: str
    missing: tuple[str, ...]


def invoice_speaks_until(fact: FactRow) -> date:
    """Last day an open invoice makes GREEN: min(due, issue date + 30) (colour rule R5)."""
    horizon = (fact.issued_on or fact.on) + timedelta(days=INVOICE_LOOK_DAYS)
    return min(fact.until, horizon) if fact.until else horizon


def colour_on(facts: Iterable[FactRow], day: date, situation: Situation) -> Verdict:
    """The colour on `day` with its rule, causes and the next day the calendar changes it (R-S0-P4, R-S0-P7, R-S0-P15).

    Facts dated after `day` do not speak yet. `recheck_on` is exact: the verdict stays the same on every day from `day`
    up to the day before it, as long as no fact is added or revoked; None means that the calendar changes nothing.
    """
    rows = tuple(facts)
    now = _evaluate(rows, day, situation)
    recheck_on = None
    for turn in _turning_days(rows, day):
        later = _evaluate(rows, turn, situation)
        if (later.colour, later.rule, later.fact_ids, later.supporting_ids, later.by_calendar_only) != (
            now.colour,
            now.rule,
            now.fact_ids,
            now.supporting_ids,
            now.by_calendar_only,
        ):
            recheck_on = turn
            break
    return Verdict(now.colour, now.rule, recheck_on, now.fact_ids, now.supporting_ids, now.by_calendar_only)


def what_would_turn_it(facts: Iterable[FactRow], day: date, situation: Situation) -> tuple[Way, ...]:
    """Ways to the next colour, the shortest first: RED → R8, R9; YELLOW → R4, R5, R6, R7; otherwise none.

    Codes: questionnaire_full, interest, progress, progress_lapsed, offer_sent, offer_discussed, contract_signed,
    invoice_issued, invoice_expired, payment, terms_agreed, pay_date_past, pay_date_too_far.
    """
    rows = tuple(facts)
    colour = _evaluate(rows, day, situation).colour
    seen = _Evidence(rows, day)
    ways: list[Way]
    if colour == Colour.RED:
        ways = [Way(Colour.YELLOW, "R8", seen.missing_r8()), Way(Colour.YELLOW, "R9", seen.missing_r9())]
    elif colour == Colour.YELLOW:
        ways = [
            Way(Colour.GREEN, "R4", ("contract_signed",)),
            Way(Colour.GREEN, "R5", ("invoice_expired" if seen.last(FactKind.INVOICE_ISSUED) else "invoice_issued",)),
            Way(Colour.GREEN, "R6", ("payment",)),
            Way(Colour.GREEN, "R7", seen.missing_r7()),
        ]
    else:
        return ()
    return tuple(sorted(ways, key=lambda way: len(way.missing)))


class _Evidence:
    """Facts in force on one day, asked by the rules of the table."""

    def __init__(self, facts: tuple[FactRow, ...], day: date) -> None:
        self.day = day
        self._by_kind: dict[str, list[FactRow]] = {}
        for fact in facts:
            if fact.on <= day and not fact.revoked:
                self._by_kind.setdefault(fact.kind, []).append(fact)
        for rows in self._by_kind.values():
            rows.sort(key=lambda fact: (fact.on, fact.id))

    def last(self, kind: FactKind) -> FactRow | None:
        rows = self._by_kind.get(kind)
        return rows[-1] if rows else None

    def contract(self) -> tuple[FactRow, ...] | None:
        rows = [fact for fact in self._by_kind.get(FactKind.CONTRACT_SIGNED, ()) if not fact.closed]
        return (rows[-1],) if rows else None

    def open_invoice(self) -> tuple[FactRow, ...] | None:
        rows = [
            fact
            for fact in self._by_kind.get(FactKind.INVOICE_ISSUED, ())
            if not fact.closed and invoice_speaks_until(fact) >= self.day
        ]
        # The invoice that speaks longest is the cause, so that the reason does not jump between two open ones.
        return (max(rows, key=lambda fact: (invoice_speaks_until(fact), fact.id)),) if rows else None

    def partly_paid(self) -> tuple[FactRow, ...] | None:
        rows = self._by_kind.get(FactKind.PAYMENT, [])
        return tuple(rows) if sum((fact.amount or Decimal(0) for fact in rows), Decimal(0)) > 0 else None

    def terms(self) -> tuple[FactRow, ...] | None:
        return self._joined(FactKind.TERMS_AGREED, FactKind.OFFER_SENT) if not self.missing_r7() else None

    def need_confirmed(self) -> tuple[FactRow, ...] | None:
        if self.missing_r8():
            return None
        return (*self._joined(FactKind.QUESTIONNAIRE_FULL, FactKind.INTEREST), *self._progress())

    def offer_in_talks(self) -> tuple[FactRow, ...] | None:
        if self.missing_r9():
            return None
        return (*self._joined(FactKind.OFFER_SENT, FactKind.OFFER_DISCUSSED), *self._progress())

    def missing_r7(self) -> tuple[str, ...]:
        missing = []
        terms = self.last(FactKind.TERMS_AGREED)
        if terms is None or terms.until is None:
            missing.append("terms_agreed")
        elif terms.until < self.day:
            missing.append("pay_date_past")
        elif terms.until > self.day + timedelta(days=PAY_HORIZON_DAYS):
            missing.append("pay_date_too_far")
        return (*missing, *self._absent(FactKind.OFFER_SENT))

    def missing_r8(self) -> tuple[str, ...]:
        return (*self._absent(FactKind.QUESTIONNAIRE_FULL, FactKind.INTEREST), *self._missing_progress())

    def missing_r9(self) -> tuple[str, ...]:
        return (*self._absent(FactKind.OFFER_SENT, FactKind.OFFER_DISCUSSED), *self._missing_progress())

    def _missing_progress(self) -> tuple[str, ...]:
        if self._progress():
            return ()
        return ("progress_lapsed",) if self.last(FactKind.PROGRESS) else ("progress",)

    def _progress(self) -> tuple[FactRow, ...]:
        rows = [f for f in self._by_kind.get(FactKind.PROGRESS, ()) if f.until is not None and f.until >= self.day]
        return (max(rows, key=lambda fact: (fact.until or fact.on, fact.id)),) if rows else ()

    def _absent(self, *kinds: FactKind) -> tuple[str, ...]:
        return tuple(str(kind) for kind in kinds if kind not in self._by_kind)

    def _joined(self, *kinds: FactKind) -> tuple[FactRow, ...]:
        return tuple(fact for kind in kinds if (fact := self.last(kind)) is not None)


_Rule = tuple[str, Colour, Callable[[_Evidence], tuple[FactRow, ...] | None]]
_RULES: tuple[_Rule, ...] = (
    ("R4", Colour.GREEN, _Evidence.contract),
    ("R5", Colour.GREEN, _Evidence.open_invoice),
    ("R6", Colour.GREEN, _Evidence.partly_paid),
    ("R7", Colour.GREEN, _Evidence.terms),
    ("R8", Colour.YELLOW, _Evidence.need_confirmed),
    ("R9", Colour.YELLOW, _Evidence.offer_in_talks),
)


def _evaluate(facts: tuple[FactRow, ...], day: date, situation: Situation) -> Verdict:
    if situation.section in _OUT_OF_FUNNEL:
        return Verdict(Colour.NONE, "R1")
    if not (situation.has_open_cycle and situation.has_owner) and not situation.fully_paid:
        return Verdict(Colour.NONE, "R2")
    if situation.fully_paid:
        return Verdict(Colour.NONE, "R3")
    seen = _Evidence(facts, day)
    satisfied = [(rule, colour, causes) for rule, colour, ask in _RULES if (causes := ask(seen)) is not None]
    if not satisfied:
        return Verdict(Colour.RED, "R10")
    rule, colour, causes = satisfied[0]
    supporting = {fact.id for _, same, rows in satisfied if same == colour for fact in rows}
    return Verdict(
        colour,
        rule,
        None,
        tuple(sorted(fact.id for fact in causes)),
        tuple(sorted(supporting)),
        rule == "R7" and _window_opened_later(causes),
    )


def _window_opened_later(causes: tuple[FactRow, ...]) -> bool:
    pay_date = next(fact.until for fact in causes if fact.kind == FactKind.TERMS_AGREED)
    return pay_date is not None and pay_date > max(fact.on for fact in causes) + timedelta(days=PAY_HORIZON_DAYS)


def _turning_days(facts: tuple[FactRow, ...], day: date) -> list[date]:
    """Every later day on which the answer of some rule can differ from the day before."""
    turns: set[date] = set()
    for fact in facts:
        if fact.revoked:
            continue
        turns.add(fact.on)
        if fact.kind == FactKind.INVOICE_ISSUED:
            turns.add(invoice_speaks_until(fact) + _ONE_DAY)
        elif fact.kind == FactKind.TERMS_AGREED and fact.until:
            turns.update((fact.until - timedelta(days=PAY_HORIZON_DAYS), fact.until + _ONE_DAY))
        elif fact.kind == FactKind.PROGRESS and fact.until:
            turns.add(fact.until + _ONE_DAY)
    return sorted(turn for turn in turns if turn > day)

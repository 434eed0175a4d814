"""The nightly audit of a work list: what is wrong with a client, and the index of the whole list (R-S2-10b)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from funnels.constants import State

WORKLIST_INDEX_PERCENT: Final = Decimal(95)  # R-S2-10b: below it the head is told

# A state behind which these facts must stand; a head's correction can lead to it without them.
_FACTS_BEHIND: Final[dict[State, frozenset[str]]] = {
    State.C1: frozenset({"first_contact"}),
    State.C2: frozenset({"first_contact"}),
    State.C3: frozenset({"first_contact", "offer_sent"}),
    State.DEAL: frozenset({"first_contact"}),
}
FACTS_ASKED: Final[frozenset[str]] = frozenset().union(*_FACTS_BEHIND.values())  # no other matters to the audit


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One client of the list. `fact_kinds`: kinds of the facts of its cycle that still stand, of FACTS_ASKED at least."""

    client_id: int
    state: str
    has_next_action: bool = True
    has_overdue_task: bool = False
    has_required_fields: bool = True
    fact_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WorklistIndex:
    """`percent`: clients without flags of all clients, two decimals; 100 for an empty list. `flagged`: by flag code."""

    clients: int
    clean: int
    percent: Decimal
    flagged: dict[str, int]

    @property
    def is_below(self) -> bool:
        return self.percent < WORKLIST_INDEX_PERCENT


def flags_of(row: WorklistRow) -> tuple[str, ...]:
    """Codes of one client: no_next_action, overdue_task, missing_required, step_order (R-S2-10b)."""
    behind = _FACTS_BEHIND.get(State(row.state), frozenset())
    checks = (
        ("no_next_action", not row.has_next_action),
        ("overdue_task", row.has_overdue_task),
        ("missing_required", not row.has_required_fields),
        ("step_order", not behind <= row.fact_kinds),
    )
    return tuple(code for code, is_wrong in checks if is_wrong)


def worklist_index(rows: Iterable[WorklistRow]) -> WorklistIndex:
    """Clients without flags / clients: 66 of 70 = 94.29 % (R-S2-10b)."""
    clients = clean = 0
    flagged: dict[str, int] = {}
    for row in rows:
        clients += 1
        codes = flags_of(row)
        clean += not codes
        for code in codes:
            flagged[code] = flagged.get(code, 0) + 1
    share = Decimal(clean * 100) / clients if clients else Decimal(100)
    return WorklistIndex(clients, clean, share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP), flagged)

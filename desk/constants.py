"""Time tables of the roles, exactly as the method gives them; what the desk's screens may show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from accounts.choices import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    _Block = tuple[_StrPromise, str]

# How many rows of a queue the day shows before it leads to the list.
DAY_QUEUE_ROWS: Final = 12
DAY_PINNED_ROWS: Final = 12
# Cards of one column of the board.
BOARD_CARDS: Final = 20
# Clients named in one column of the stagnation board.
STAGNATION_ROWS: Final = 3
# Counters of tabs and chips count no further: «1000+».
COUNT_LIMIT: Final = 1000
# Clients of one bulk act.
BULK_LIMIT: Final = 500
EXPORT_ROWS: Final = 100_000


@dataclass(frozen=True)
class TimeBlock:
    """One block of the working day: `kind` calls, meetings, documents, lists or other decides its queue (R-S3-17)."""

    start: time
    end: time
    label: _StrPromise
    kind: str = "other"
    is_rest: bool = False


_BRIEFING = (time(9, 0), time(9, 20))
_FIRST = (time(9, 20), time(11, 0))
_SECOND = (time(11, 0), time(13, 0))
_LUNCH = (time(13, 0), time(14, 0))
_THIRD = (time(14, 0), time(15, 30))
_FOURTH = (time(15, 30), time(17, 0))
_LAST = (time(17, 0), time(18, 0))

_CALLS = (_("Telemarketing"), "calls")
_STUDY = (_("Study of the customers"), "calls")
_REPORTS = (_("Reporting"), "documents")
_PAPERS = (_("Documents"), "documents")
_TRAINING = (_("In-house training"), "other")
_LISTS = (_("Lists for the week"), "lists")
_WEEKLY = (_("Weekly meeting"), "other")


def _meeting(number: int) -> _Block:
    return (_MEETINGS[number - 1], "meetings")


_MEETINGS = (
    _("Meetings 1"),
    _("Meetings 2"),
    _("Meetings 3"),
    _("Meetings 4"),
    _("Meetings 5"),
    _("Meetings 6"),
    _("Meetings 7"),
    _("Meetings 8"),
    _("Meetings 9"),
    _("Meetings 10"),
    _("Meetings 11"),
    _("Meetings 12"),
)


def _day(*blocks: _Block) -> tuple[TimeBlock, ...]:
    spans = (_FIRST, _SECOND, _THIRD, _FOURTH, _LAST)
    rows = [TimeBlock(*_BRIEFING, _("Morning briefing"))]
    rows += [TimeBlock(*span, *block) for span, block in zip(spans, blocks, strict=True)]
    rows.append(TimeBlock(*_LUNCH, _("Lunch"), is_rest=True))
    return tuple(sorted(rows, key=lambda row: row.start))


# R-S3-18, Monday to Friday. An intern works cold calls by the hunter's table.
HUNTER_WEEK: Final = (
    _day(_CALLS, _REPORTS, _meeting(1), _meeting(2), _PAPERS),
    _day(_CALLS, _meeting(3), _meeting(4), _meeting(5), _PAPERS),
    _day(_CALLS, _meeting(6), _meeting(7), _meeting(8), _PAPERS),
    _day(_CALLS, _meeting(9), _meeting(10), _meeting(11), _PAPERS),
    _day(_CALLS, _meeting(12), _TRAINING, _LISTS, _WEEKLY),
)
FARMER_WEEK: Final = (
    _day(_STUDY, _CALLS, _meeting(1), _meeting(2), _PAPERS),
    _day(_STUDY, _CALLS, _meeting(3), _meeting(4), _PAPERS),
    _day(_STUDY, _CALLS, _meeting(5), _meeting(6), _PAPERS),
    _day(_STUDY, _CALLS, _meeting(7), _meeting(8), _PAPERS),
    _day(_STUDY, _CALLS, _TRAINING, _LISTS, _WEEKLY),
)
TIME_TABLES: Final = {Role.HUNTER: HUNTER_WEEK, Role.INTERN: HUNTER_WEEK, Role.FARMER: FARMER_WEEK}

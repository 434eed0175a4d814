"""What an interaction is credited as: the one decision table of productive activity (R-S1-4, R-S3-5…8, R-S3-13…15)."""

import calendar
from dataclasses import dataclass
from datetime import date

from funnels.constants import MIN_INCOMING_SECONDS, MIN_TALK_SECONDS, PROGRESS_MONTHS, ContactKind


@dataclass(frozen=True, slots=True)
class ContactInput:
    """One interaction with a client.

    `answered`: the call was answered, the meeting or visit took place. `talk_seconds` None = entered by hand without
    telephony. `had_…_today`: an earlier contact of that local day, by any employee, met the row's other conditions:
    for `had_productive_today` a call or visit credited for this decision maker (rows 1 and 5a share it), for the other
    two a warm contact or a visit of this contact person. `by_farmer`: the employee develops existing customers.
    """

    kind: str
    on: date
    answered: bool = True
    incoming: bool = False
    talk_seconds: int | None = None
    is_dm: bool = False
    has_name: bool = False
    has_position: bool = False
    is_personal: bool = False
    in_open_cycle: bool = True
    is_customer: bool = False
    by_farmer: bool = False
    questionnaire_answered: int = 0
    questionnaire_required: int = 0
    interest: bool = False
    progress_due: date | None = None
    had_productive_today: bool = False
    had_warm_today: bool = False
    had_visit_today: bool = False
    caused_step_forward: bool = False
    caused_upgrade: bool = False
    created_progress: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """Rows are cumulative. `reason`: why the row of this kind was not fully credited; `detail`: its number.

    Codes: no_open_cycle, not_dm, no_name, no_position, not_answered, too_short (seconds talked), second_today,
    not_personal, questionnaire_incomplete (percent, rounded down), no_interest, no_progress, progress_in_past,
    progress_too_late (days ahead), kind_not_counted. `by_hand`: counted without telephony evidence, marked so.
    """

    productive_call: int = 0
    walk: int = 0
    held_meeting: int = 0
    productive_meeting: int = 0
    warm_contact: int = 0
    visit: int = 0
    incoming_call: int = 0
    advancing: bool = False
    by_hand: bool = False
    reason: str | None = None
    detail: int | None = None

    @property
    def is_productive(self) -> bool:
        """Credited by row 1, 2 or 5a: the productive contact of the guards (R-S2-6)."""
        return bool(self.productive_call or self.walk or self.held_meeting)

    @property
    def is_credited(self) -> bool:
        return bool(self.is_productive or self.warm_contact or self.visit or self.incoming_call)


def credit(contact: ContactInput) -> Credit:
    """Credit one interaction by the table of productive activity; never edited by people (R-S1-4, R-S3-5…8)."""
    call = walk = held = productive = 0
    reason: str | None
    detail: int | None = None
    if contact.kind == ContactKind.CALL:
        reason, detail = _call_failure(contact)
        call = int(reason is None)
    elif contact.kind == ContactKind.VISIT and not contact.is_customer:
        reason = _person_failure(contact) or _first_failure(contact)
        walk = int(reason is None)
    elif contact.kind in (ContactKind.MEETING, ContactKind.VISIT):
        reason, detail = _held_failure(contact)
        held = int(reason is None)
        if held:
            reason, detail = _productive_failure(contact)
            productive = int(reason is None)
    else:
        reason = "kind_not_counted"
    warm, visit = _customer_rows(contact)
    incoming = int(
        contact.kind == ContactKind.CALL
        and contact.incoming
        and contact.answered
        and (contact.talk_seconds is None or contact.talk_seconds >= MIN_INCOMING_SECONDS)
    )
    if reason == "no_open_cycle" and (warm or incoming):
        reason = None  # a customer between two cycles: the call is credited in full by the row meant for it
    return Credit(
        productive_call=call,
        walk=walk,
        held_meeting=held,
        productive_meeting=productive,
        warm_contact=warm,
        visit=visit,
        incoming_call=incoming,
        advancing=contact.caused_step_forward or contact.caused_upgrade or contact.created_progress,
        by_hand=contact.kind == ContactKind.CALL and contact.talk_seconds is None and bool(call or warm or incoming),
        reason=reason,
        detail=detail,
    )


def latest_progress_due(day: date) -> date:
    """One calendar month ahead; a missing day is the month's last day (R-S3-8)."""
    month = day.month + PROGRESS_MONTHS
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def progress_failure(held_on: date, due: date | None) -> str | None:
    """Why a progress due on this day is refused: no_progress, progress_in_past, progress_too_late (R-S3-7, R-S3-8)."""
    if due is None:
        return "no_progress"
    if due < held_on:
        return "progress_in_past"
    return "progress_too_late" if due > latest_progress_due(held_on) else None


def questionnaire_percent(answered: int, required: int) -> int:
    """Completeness rounded down, so that 100 means every required answer is there (R-S3-6). No questions = 0."""
    return 100 * min(answered, required) // required if required > 0 else 0


def _person_failure(contact: ContactInput) -> str | None:
    if not contact.is_dm:
        return "not_dm"
    if not contact.has_name:
        return "no_name"
    if not contact.has_position:
        return "no_position"
    return None if contact.answered else "not_answered"


def _first_failure(contact: ContactInput) -> str | None:
    return "second_today" if contact.had_productive_today else None


def _call_failure(contact: ContactInput) -> tuple[str | None, int | None]:
    if not contact.in_open_cycle:
        return "no_open_cycle", None
    if (reason := _person_failure(contact)) is not None:
        return reason, None
    if contact.talk_seconds is not None and contact.talk_seconds < MIN_TALK_SECONDS:
        return "too_short", contact.talk_seconds
    return _first_failure(contact), None


def _held_failure(contact: ContactInput) -> tuple[str | None, int | None]:
    if not contact.answered:
        return "not_answered", None
    if not contact.is_personal:
        return "not_personal", None
    if not contact.is_dm:
        return "not_dm", None
    percent = questionnaire_percent(contact.questionnaire_answered, contact.questionnaire_required)
    return (None, None) if percent == 100 else ("questionnaire_incomplete", percent)


def _productive_failure(contact: ContactInput) -> tuple[str | None, int | None]:
    if not contact.interest:
        return "no_interest", None
    reason = progress_failure(contact.on, contact.progress_due)
    if reason == "progress_too_late" and contact.progress_due is not None:
        return reason, (contact.progress_due - contact.on).days
    return reason, None


def _customer_rows(contact: ContactInput) -> tuple[int, int]:
    """Row 4: (warm contact, visit). A visit after a call is a visit, not a second warm contact (R-S3-13, R-S3-14)."""
    if not (contact.is_customer and contact.by_farmer and contact.answered):
        return 0, 0
    if contact.kind not in (ContactKind.CALL, ContactKind.MEETING, ContactKind.VISIT):
        return 0, 0
    warm = int(not contact.had_warm_today)
    visit = int(contact.kind != ContactKind.CALL and not contact.had_visit_today)
    return warm, visit

"""What a row about a client in work shows, in words: lists of fifty rows are formatted here, not in templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.choices import Role
from accounts.models import User
from accounts.selectors import calendar
from clients.models import ContactPerson, Phone
from common import clock, formats, markup
from common.addresses import address
from common.prepared import Prepared
from common.workdays import Calendar
from desk.selectors.words import ROTATION_TIME
from funnels.constants import CLOCK_LIMIT_DAYS
from funnels.rules import age as counted_age

KIND_ICONS: Final = {
    "call": "phone",
    "meeting": "handshake",
    "visit": "map-pin",
    "letter": "mail",
    "message": "message-circle",
}

# The rule that gave the colour, short enough for a hint; the card tells the facts.
_RULES: Final = {
    "R4": gettext_lazy("The contract is signed."),
    "R5": gettext_lazy("An invoice is open."),
    "R6": gettext_lazy("Paid in part."),
    "R7": gettext_lazy("Amount and pay date are agreed."),
    "R8": gettext_lazy("Questionnaire complete, interest, a progress agreed."),
    "R9": gettext_lazy("The offer is discussed, a progress agreed."),
    "R10": gettext_lazy("In work; nothing is confirmed yet."),
}
_NEXT: Final = {
    "red": gettext_lazy("Turns yellow: questionnaire or offer discussed, interest and an agreed progress."),
    "yellow": gettext_lazy("Turns green: an invoice, a signed contract, agreed terms or the first payment."),
}


@dataclass(frozen=True)
class Reach:
    """The person to talk to and his number; empty strings when the card has none."""

    person: str = ""
    phone: str = ""


def reaches(client_ids: Iterable[int], viewer: User) -> dict[int, Reach]:
    """Whom to call at each client: the first active decision maker and his number, else any. Two queries.

    The accountant calls nobody: he has requisites and documents only (section 1.1).
    """
    ids = list(client_ids)
    if viewer.role == Role.ACCOUNTANT:
        return {pk: Reach() for pk in ids}
    people: dict[int, tuple[int, str]] = {}
    for client_id, pk, name in _people(None, ids=ids):
        people.setdefault(client_id, (pk, name))
    phones: dict[int, str] = {}
    for client_id, person_id, number in _phones(None, ids=ids):
        if client_id not in phones or (client_id in people and person_id == people[client_id][0]):
            phones[client_id] = number
    return {pk: Reach(short_person(people[pk][1]) if pk in people else "", phones.get(pk, "")) for pk in ids}


def _people_of(_shape: None, *, ids: list[int]) -> QuerySet:
    active = ContactPerson.objects.active().filter(client__in=ids).order_by("-is_dm", "pk")
    return active.values_list("client_id", "pk", "full_name")


def _phones_of(_shape: None, *, ids: list[int]) -> QuerySet:
    live = Phone.objects.filter(client__in=ids, is_live=True).exclude(e164="").order_by("pk")
    return live.values_list("client_id", "person_id", "e164")


_people, _phones = Prepared(_people_of), Prepared(_phones_of)


def short_person(full_name: str) -> str:
    """«Котова Ольга Ивановна» → «О. Котова»; one word stays."""
    words = full_name.split()
    return f"{words[1][0]}. {words[0]}" if len(words) > 1 else full_name


@markup.remembered
def colour_why(colour: str, rule: str) -> str:
    """Which rule gave the colour and what would turn it next."""
    return " ".join(str(part) for part in (_RULES.get(rule), _NEXT.get(colour)) if part)


class HasFlag(Protocol):
    """The day a client is stagnant from, of an open ownership or of what of it has been read."""

    @property
    def flag_on(self) -> date | None: ...


class HasClock(Protocol):
    """A clock of a colour: an open ownership, or what of it has been read."""

    @property
    def clock_started_on(self) -> date: ...


def clock_why(ownership: HasFlag, plain: Calendar) -> str:
    """What resets the clock and what does not, and when the client would leave."""
    text = _("A rise of the colour or a payment starts the clock anew; calls, tasks and edits do not.")
    if ownership.flag_on is None:
        return text
    rotates = plain.working_day_on_or_after(ownership.flag_on)
    return text + " " + _("Rotation: %(day)s, 09:20.") % {"day": formats.date_num(rotates)}


def age_of(ownership: HasClock, go_live: date | None, day: date) -> int:
    return counted_age(ownership.clock_started_on, go_live, day, calendar())


def age_chip(ownership: HasFlag, days: int, *, short: bool = False, last: bool = True) -> SafeString:
    plain = calendar()
    at = None
    if ownership.flag_on is not None:
        at = clock.local_moment(plain.working_day_on_or_after(ownership.flag_on), ROTATION_TIME)
    return markup.age(days, last=last, short=short, rotation_at=at, why=clock_why(ownership, plain))


def last_contact(kind: str, at: Any) -> SafeString:
    """The icon of the kind and the day: «☎ 18.11»; a dash without any contact."""
    return SafeString(formats.DASH) if at is None else _contact_on(kind, formats.date_num(at))


@markup.remembered
def _contact_on(kind: str, day: str) -> SafeString:
    return markup.piece("{} {}", markup.icon(KIND_ICONS.get(kind, "phone"), size="s"), day)


@markup.remembered
def state_word(state: str | None) -> str:
    """The state in a narrow column: «1 контакт», «Сделка»."""
    words = {
        "new": pgettext("state in a column", "New"),
        "c1": _("Contact 1"),
        "c2": _("Contact 2"),
        "c3": _("Contact 3"),
        "deal": _("Deal"),
        "refusal": _("Refusal"),
        "reserve": pgettext("state in a column", "Reserve"),
        "recall": _("Recall"),
        "support": pgettext("state in a column", "Support"),
        "customer": _("Customer"),
    }
    return words.get(state or "", formats.DASH)


def card_address(pk: int, list_query: str = "") -> str:
    """The card of a client; `list_query` is the list the reader comes from: J and K walk it."""
    return address("client_card", pk) + (f"?{urlencode({'list': list_query})}" if list_query else "")


def stale_mark(flag_on: date | None, day: date) -> SafeString:
    """The red mark of a client older than ten counted days in one state (R-S0-P7); empty before."""
    if flag_on is None or day < flag_on:
        return SafeString("")
    return markup.piece('<span class="tag tag-bad">{}</span>', _("Stagnant in the state"))


class Work(NamedTuple):
    """An open ownership with what of its client and cycle a day shows: a manager has ninety."""

    pk: int
    user_id: int
    client_id: int
    cycle_id: int
    reason: str
    started_at: datetime
    clock_started_on: date
    flag_on: date | None
    state_flag_on: date | None
    name: str
    kind: str
    state: str
    segment_id: int
    colour: str
    colour_rule: str
    amount: Decimal | None
    next_step_at: datetime | None
    next_step_text: str
    last_contact_at: datetime | None
    last_contact_kind: str
    go_live: date | None
    is_timed: bool


def step_cell(client_id: int, due: SafeString, text: str) -> SafeString:
    """When the next step is due and what it is; without one, the way to set it."""
    if due:
        return markup.piece('{}<span class="sub">{}</span>', due, text)
    return markup.piece(
        '<a class="chip chip-add" href="{0}" hx-get="{0}" hx-target="#dialog-body">{1}{2}</a>',
        address("client_next_step", client_id),
        markup.icon("plus", size="s"),
        _("Set the step"),
    )


def work_row(
    work: Work, reach: Reach, *, day: date, days: int, owner: str = "", list_query: str = ""
) -> dict[str, Any]:
    """One line of «Мой день». `owner` names whose client it is when the reader works for somebody else."""
    due = markup.due(work.next_step_at, today=day) if work.next_step_at else SafeString("")
    return {
        "id": work.client_id,
        "name": work.name,
        "url": card_address(work.client_id, list_query),
        "contact_url": address("contact_form", work.client_id),
        "person": reach.person,
        "tel": markup.tel(reach.phone),
        "lamp": markup.lamp(work.colour, why=colour_why(work.colour, work.colour_rule)),
        "age": age_chip(work, days),
        "is_over": days > CLOCK_LIMIT_DAYS,
        "due": due,
        "step": work.next_step_text,
        "next": step_cell(work.client_id, due, work.next_step_text),
        "state": state_word(work.state),
        "stale": stale_mark(work.state_flag_on, day),
        "last": last_contact(work.last_contact_kind, work.last_contact_at),
        "sum": formats.money_short(work.amount),
        "owner": owner,
    }

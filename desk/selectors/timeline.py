"""One history of a client: contacts, colours, states, owners, facts, calls; newest first, paged by keyset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from clients.models import Client
from common import clock, formats, markup
from common.ids import LARGEST_ID
from common.prepared import Prepared
from desk.selectors import card_rows
from desk.selectors.card_rows import PAGE_SIZE
from funnels.choices import ContactKind, ContactResult, Direction, EvidenceType, FactKind, OwnershipReason
from funnels.models import ColourChange, Contact, Fact, Ownership, StateChange
from funnels.selectors.credits import credit_names
from funnels.services.texts import reason_text
from telephony.models import Call

KINDS: Final = ("all", "contacts", "credited", "facts")
CREDITED: Final = (
    Q(is_productive_call=True)
    | Q(is_walk=True)
    | Q(is_held_meeting=True)
    | Q(is_warm_contact=True)
    | Q(is_visit=True)
    | Q(is_incoming_call=True)
)
# What a contact proves is told by the contact itself; the filter «facts and colour» lists it too.
_TOLD_BY_CONTACT: Final = frozenset(
    {
        FactKind.FIRST_CONTACT,
        FactKind.INTEREST,
        FactKind.PROGRESS,
        FactKind.OFFER_DISCUSSED,
        FactKind.TERMS_DISCUSSED,
    }
)
_ICONS: Final[dict[str, str]] = {
    ContactKind.CALL: "phone",
    ContactKind.MEETING: "handshake",
    ContactKind.VISIT: "map-pin",
    ContactKind.LETTER: "mail",
    ContactKind.MESSAGE: "message-circle",
}
_FACT_ICONS: Final[dict[str, str]] = {
    EvidenceType.OFFER: "file-text",
    EvidenceType.INVOICE: "receipt",
    EvidenceType.CONTRACT: "file-check",
    EvidenceType.PAYMENT: "banknote",
    EvidenceType.QUESTIONNAIRE: "clipboard-check",
}
# Within one moment the cause stands above nothing: contact, fact, state, colour, owner; newest first turns it round.
OWNER, CONTACT, CALL, FACT, STATE, COLOUR = range(6)

Place = tuple[datetime, int, int]


@dataclass(frozen=True)
class Entry:
    """One event, formatted. `tags`: (css class, words)."""

    place: Place
    mark: SafeString
    title: str
    more: str = ""
    text: str = ""
    note: str = ""
    tags: list[tuple[str, str]] = field(default_factory=list)

    @property
    def day(self) -> date:
        return clock.day_of(self.place[0])

    @property
    def time(self) -> str:
        return formats.time(self.place[0])


@dataclass(frozen=True)
class Source:
    """What the card has already read and the timeline shows again."""

    facts: list[Fact]
    states: list[StateChange]
    ownerships: list[Ownership]
    owner_id: int | None
    numbers: dict[tuple[str, int], str]


@dataclass(frozen=True)
class Timeline:
    """One page: (day, entries) groups; `next_cursor` empty at the end."""

    days: list[tuple[date, list[Entry]]]
    next_cursor: str


def timeline(*, client: Client, viewer: User, kind: str, source: Source, cursor: str = "") -> Timeline:
    """A page of the history. `cursor` comes from the page before; a broken one gives the first page."""
    after = _decode(cursor)
    sources: list[Iterator[Entry]] = []
    if kind in ("all", "contacts", "credited"):
        sources.append(_contacts(client, kind, source, after))
    if kind in ("all", "contacts"):
        sources.append(_calls(client, viewer, after))
    if kind in ("all", "facts"):
        sources.append(_colours(client, source, after))
        sources.append(_before(after, FACT, "recorded_at", _facts_of(source, kind), lambda row: _fact(row, source)))
    if kind == "all":
        sources.append(_before(after, STATE, "at", source.states, _state))
        sources.append(_before(after, OWNER, "started_at", source.ownerships, _owner))
    found = list(islice(merge(*sources, key=lambda entry: entry.place, reverse=True), PAGE_SIZE + 1))
    shown = found[:PAGE_SIZE]
    days: list[tuple[date, list[Entry]]] = []
    for entry in shown:
        if not days or days[-1][0] != entry.day:
            days.append((entry.day, []))
        days[-1][1].append(entry)
    return Timeline(days, _encode(shown[-1].place) if len(found) > PAGE_SIZE else "")


def counts(client: Client, source: Source) -> dict[str, int]:
    """Numbers of the filters, in one query."""
    ((contact, credited, colour, call),) = _numbers(None, client=client.pk)
    everything = contact + call + colour + len(_facts_of(source, "all")) + len(source.states) + len(source.ownerships)
    facts = colour + len(_facts_of(source, "facts"))
    return {"all": everything, "contacts": contact + call, "credited": credited, "facts": facts}


def _numbers_of(_shape: None, *, client: int) -> QuerySet[Any]:
    contacts = Contact.objects.filter(client=OuterRef("pk"))
    return Client.objects.filter(pk=client).values_list(
        _number(contacts, "client"),
        _number(contacts.filter(CREDITED), "client"),
        _number(ColourChange.objects.filter(cycle__client=OuterRef("pk")), "cycle__client"),
        _number(Call.objects.filter(client=OuterRef("pk"), contact__isnull=True), "client"),
    )


_numbers = Prepared(_numbers_of)


def _number(rows: QuerySet[Any], of: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(of).annotate(n=Count("pk")).values("n")), Value(0))


def _page(rows: QuerySet[Any], rank: int, moment: str, after: Place | None) -> QuerySet[Any]:
    """Rows before the place, newest first, one more than a page."""
    if after is not None:
        at, place_rank, pk = after
        rows = rows.filter(**{f"{moment}__lte": at})
        if rank > place_rank:
            rows = rows.filter(**{f"{moment}__lt": at})
        elif rank == place_rank:
            rows = rows.filter(Q(**{f"{moment}__lt": at}) | Q(pk__lt=pk))
    return card_rows.newest(rows, moment)


def _before(after: Place | None, rank: int, moment: str, rows: Iterable[Any], show: Any) -> Iterator[Entry]:
    """The same for rows the card has read whole."""
    placed = sorted(((getattr(row, moment), rank, row.pk) for row in rows), reverse=True)
    by_pk = {row.pk: row for row in rows}
    return (show(by_pk[place[2]]) for place in placed if after is None or place < after)


def _contacts(client: Client, kind: str, source: Source, after: Place | None) -> Iterator[Entry]:
    if kind != "credited" and after is None:
        return (_contact(row, source) for row in card_rows.first_contacts(client))
    rows = card_rows.contacts_of(client.pk)
    if kind == "credited":
        rows = rows.filter(CREDITED)
    return (_contact(row, source) for row in _page(rows, CONTACT, "at", after))


def _contact(row: Contact, source: Source) -> Entry:
    title = markup.label_of(row, "kind")
    if row.kind == ContactKind.CALL:
        title = _("Incoming call") if row.direction == Direction.IN else _("Outgoing call")
    if row.talk_seconds is not None:
        title = f"{title}, {formats.duration(row.talk_seconds)}"
    if row.result != ContactResult.TALKED:
        title = f"{title}: {_inside(markup.label_of(row, 'result'))}"
    who = ""
    if row.person is not None:
        who = ", ".join(
            part for part in (row.person.full_name, _("DM") if row.person.is_dm else row.person.position) if part
        )
    tags = []
    names = credit_names(row)
    if names:
        tags.append(("tag-ok", ", ".join(names)))
    if row.reason:
        why = reason_text(row.reason, row.reason_detail.get("value"))
        words = _("not fully: %(why)s") if names else _("not credited: %(why)s")
        tags.append(("tag-no", words % {"why": why}))
    notes = []
    if row.progress_kind and row.progress_due_on:
        progress = _inside(markup.label_of(row, "progress_kind"))
        notes.append(
            _("Progress: %(what)s till %(day)s") % {"what": progress, "day": formats.date_num(row.progress_due_on)}
        )
    if row.user_id != source.owner_id:
        notes.append(row.user.short_name)
    icon = (
        "phone-missed" if row.result == ContactResult.NO_ANSWER and row.kind == ContactKind.CALL else _ICONS[row.kind]
    )
    return Entry((row.at, CONTACT, row.pk), markup.icon(icon), title, who, row.text, " · ".join(notes), tags)


def _calls(client: Client, viewer: User, after: Place | None) -> Iterator[Entry]:
    """Calls of the exchange that no contact was written about."""
    if after is None:
        return (_call(row) for row in card_rows.first_calls(client, viewer))
    return (_call(row) for row in _page(card_rows.calls_of(client.pk, viewer), CALL, "created_at", after))


def _call(row: Call) -> Entry:
    title = _("Incoming call") if row.direction == "in" else _("Outgoing call")
    if row.talk_seconds is not None:
        title = f"{title}, {formats.duration(row.talk_seconds)}"
    who = row.person.full_name if row.person else formats.phone(row.e164 or row.client_number)
    tags = [("tag-no", _("not credited: no contact is written about it"))]
    result = markup.label_of(row, "result") if row.result else ""
    icon = "phone-incoming" if row.direction == "in" else "phone-outgoing"
    return Entry(
        (row.created_at, CALL, row.pk),
        markup.icon(icon),
        title,
        who,
        "",
        " · ".join(part for part in (result, row.user.short_name if row.user else "") if part),
        tags,
    )


def _colours(client: Client, source: Source, after: Place | None) -> Iterator[Entry]:
    kinds = {row.pk: _inside(markup.label_of(row, "kind")) for row in source.facts}
    if after is None:
        return (_colour(row, kinds) for row in card_rows.first_colours(client))
    return (_colour(row, kinds) for row in _page(card_rows.colours_of(client.pk), COLOUR, "at", after))


def _colour(row: ColourChange, kinds: dict[int, str]) -> Entry:
    before, after = markup.colour_word(row.from_colour), markup.colour_word(row.to_colour)
    title = _("Colour: %(before)s → %(after)s") % {"before": before, "after": after}
    if row.from_colour in (row.to_colour, "none"):
        title = _("Colour: %(after)s") % {"after": after}
    tags = [("", _("movement, the term starts anew"))] if row.is_movement else []
    causes = [kinds[pk] for pk in row.fact_ids if pk in kinds]
    note = _("By the calendar alone: the term goes on") if row.is_by_calendar else ""
    if causes:
        note = _("Reason: %(facts)s") % {"facts": ", ".join(dict.fromkeys(causes))}
    return Entry(
        (row.at, COLOUR, row.pk),
        markup.lamp(row.to_colour, silent=True),
        title,
        _("rule %(rule)s") % {"rule": row.rule},
        "",
        note,
        tags,
    )


def _facts_of(source: Source, kind: str) -> list[Fact]:
    return [row for row in source.facts if kind == "facts" or row.kind not in _TOLD_BY_CONTACT]


def _fact(row: Fact, source: Source) -> Entry:
    title = markup.label_of(row, "kind")
    number = source.numbers.get((row.evidence_type, row.evidence_id))
    if number:
        title = f"{title} № {number}"
    parts = [formats.money(row.amount)] if row.amount is not None else []
    if row.until:
        parts.append(_("till %(day)s") % {"day": formats.date_num(row.until)})
    if row.on != clock.day_of(row.recorded_at):
        parts.append(_("dated %(day)s") % {"day": formats.date_num(row.on)})
    tags = [("tag-bad", _("taken back"))] if row.revokes_id else [("", _("fact"))]
    icon = markup.icon(_FACT_ICONS.get(row.evidence_type, "badge-check"))
    return Entry((row.recorded_at, FACT, row.pk), icon, title, " · ".join(parts), "", "", tags)


def _state(row: StateChange) -> Entry:
    title = _("State: %(after)s") % {"after": markup.label_of(row, "to_state")}
    if row.from_state:
        words = {"before": markup.label_of(row, "from_state"), "after": markup.label_of(row, "to_state")}
        title = _("State: %(before)s → %(after)s") % words
    tags = [("", _("correction of the head"))] if row.is_correction else []
    return Entry((row.at, STATE, row.pk), markup.icon("arrow-right"), title, "", "", row.reason, tags)


def _owner(row: Ownership) -> Entry:
    icon = "refresh-cw" if row.reason == OwnershipReason.ROTATION else "user-check"
    return Entry(
        (row.started_at, OWNER, row.pk), markup.icon(icon), markup.label_of(row, "reason"), row.user.short_name
    )


@markup.remembered
def _inside(text: str) -> str:
    """A label as it stands inside a sentence: «Подготовка КП» → «подготовка КП», «КП отправлено» as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _encode(place: Place) -> str:
    return f"{place[0].timestamp():.6f}_{place[1]}_{place[2]}"


def _decode(cursor: str) -> Place | None:
    try:
        stamp, rank, pk = cursor.split("_")
        moment = datetime.fromtimestamp(float(stamp), clock.now().tzinfo)
        place = (moment, int(rank), int(pk))
    except (ValueError, OverflowError, OSError):
        return None
    return place if 0 <= place[1] <= COLOUR and 0 <= place[2] <= LARGEST_ID and len(cursor) < 64 else None

"""What was done, counted by the day it was done (3.1.4): calls, meetings, offers, upgrades, payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db.models import CharField, Count, Q, QuerySet, Value

from common.prepared import Prepared
from common.workdays import PeriodKind
from deals.models import Offer, PaymentCredit
from funnels.choices import MovementKind
from funnels.models import Contact, Movement
from planning.rules import Span

Counts = dict[str, int]

# Contacts by what they are credited as: a visit to a prospect is a call's equal (table 1.4, rows 1 and 5a).
CONTACT_ACTS: Final = {
    "calls": Q(is_productive_call=True) | Q(is_walk=True),
    "meetings": Q(is_held_meeting=True),
    "productive": Q(is_productive_meeting=True),
}
SHOWN_ACTS: Final = ("calls", "meetings", "productive", "offers", "upgrades")


def no_counts() -> Counts:
    return dict.fromkeys((*SHOWN_ACTS, "payments"), 0)


def acts_of(name: str, *, department_id: int, user_id: int | None = None) -> tuple[QuerySet[Any], str, str]:
    """The rows behind a count, the column of their day and that of their person. Cancelled money counts for nobody."""
    rows: QuerySet[Any]
    if name in CONTACT_ACTS:
        rows, day, person = Contact.objects.filter(CONTACT_ACTS[name]), "day", "user"
    elif name == "offers":
        rows, day, person = Offer.objects.all(), "sent_on", "created_by"
    else:
        rows, day, person = Movement.objects.filter(kind=MovementKind.UPGRADE), "on", "user"
    rows = rows.filter(**{f"{person}__department_id": department_id})
    return (rows if user_id is None else rows.filter(**{f"{person}_id": user_id})), day, person


def count_acts(
    *, department_id: int, spans: Mapping[PeriodKind, Span], day: date
) -> Mapping[tuple[int | None, PeriodKind], Counts]:
    """(user id, None for the whole department; period) → counts up to and including `day`. Two queries."""
    asked: dict[str, int | date] = {"department": department_id, "last": day}
    asked["first"] = min(span.facts_from for span in spans.values())
    for kind, span in spans.items():
        asked |= {f"{kind}_from": span.facts_from, f"{kind}_to": min(day, span.facts_to)}
    kinds = tuple(str(kind) for kind in spans)
    found: dict[tuple[int | None, PeriodKind], Counts] = defaultdict(no_counts)
    for events, user_id, *numbers in (*_contacts(kinds, **asked), *_others(kinds, **asked)):
        places = ((event, kind) for event in events.split() for kind in spans)
        for (event, kind), number in zip(places, numbers, strict=True):
            found[user_id, kind][event] += number
            found[None, kind][event] += number
    return found


def _of_contacts(kinds: tuple[str, ...], **asked: Any) -> QuerySet[Any]:
    rows = Contact.objects.filter(user__department_id=asked["department"])
    return _counted(rows, "day", "user", CONTACT_ACTS, kinds, asked)


def _of_others(kinds: tuple[str, ...], **asked: Any) -> QuerySet[Any]:
    credits = PaymentCredit.objects.filter(department_id=asked["department"], is_void=False, amount__gt=0)
    single = [
        _counted(*acts_of(name, department_id=asked["department"]), {name: Q()}, kinds, asked)
        for name in ("offers", "upgrades")
    ]
    return _counted(credits, "paid_on", "user", {"payments": Q()}, kinds, asked).union(*single, all=True)


def _counted(
    rows: QuerySet[Any],
    column: str,
    person: str,
    events: Mapping[str, Q],
    kinds: tuple[str, ...],
    asked: Mapping[str, Any],
) -> QuerySet[Any]:
    """A row for each person: the events and who, then the number of each event in each period."""
    numbers = {
        f"{event}_{kind}": Count(
            "pk", filter=condition & Q(**{f"{column}__range": (asked[f"{kind}_from"], asked[f"{kind}_to"])})
        )
        for event, condition in events.items()
        for kind in kinds
    }
    in_time = rows.filter(**{f"{column}__gte": asked["first"], f"{column}__lte": asked["last"]}).order_by()
    named = in_time.annotate(of=Value(" ".join(events), output_field=CharField()))
    return named.values_list("of", f"{person}_id").annotate(**numbers)


_contacts, _others = Prepared(_of_contacts), Prepared(_of_others)

"""What was done, counted by the day it was done (3.1.4): calls, meetings, offers, upgrades, payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db.models import CharField, Count, Q, QuerySet, Value

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
    periods = {kind: (span.facts_from, min(day, span.facts_to)) for kind, span in spans.items()}
    first = min(since for since, _until in periods.values())
    found: dict[tuple[int | None, PeriodKind], Counts] = defaultdict(no_counts)

    def counted(rows: QuerySet[Any], column: str, person: str, events: Mapping[str, Q]) -> QuerySet[Any]:
        """A row for each person: the events and who, then the number of each event in each period."""
        numbers = {
            f"{event}_{kind}": Count("pk", filter=condition & Q(**{f"{column}__range": period}))
            for event, condition in events.items()
            for kind, period in periods.items()
        }
        in_time = rows.filter(**{f"{column}__gte": first, f"{column}__lte": day}).order_by()
        named = in_time.annotate(of=Value(" ".join(events), output_field=CharField()))
        return named.values_list("of", f"{person}_id").annotate(**numbers)

    contacts = Contact.objects.filter(user__department_id=department_id)
    credits = PaymentCredit.objects.filter(department_id=department_id, is_void=False, amount__gt=0)
    single = [counted(*acts_of(name, department_id=department_id), {name: Q()}) for name in ("offers", "upgrades")]
    for events, user_id, *numbers in (
        *counted(contacts, "day", "user", CONTACT_ACTS),
        *counted(credits, "paid_on", "user", {"payments": Q()}).union(*single, all=True),
    ):
        places = ((event, kind) for event in events.split() for kind in periods)
        for (event, kind), number in zip(places, numbers, strict=True):
            found[user_id, kind][event] += number
            found[None, kind][event] += number
    return found

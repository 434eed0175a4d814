"""/kpi/list/: the rows a number of /kpi/ was made of, and no others."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, cast

from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from clients.models import Client, Segment
from common import formats
from common.paging import keyset_page
from deals.models import Offer
from funnels.choices import Outcome
from funnels.models import Contact, Movement, Ownership, SalesCycle, StateChange, Task, Violation
from funnels.selectors.credits import credit_names
from funnels.services.texts import reason_text
from kpi.calculator import Kpi
from kpi.forms import ListForm
from kpi.selectors.counts import EXITS, MOVES, SOURCES, STEPS, UNCREDITED, Rows
from kpi.selectors.people import short_names
from kpi.views.cells import label
from planning.views.calculators import address_of, money_text, share_text
from planning.views.scope import chosen, whole
from telephony.models import MissedCall

BY_CYCLE = (str(Kpi.CONVERSION), str(Kpi.AVERAGE_CHEQUE))


@require_GET
def kpi_list(request: HttpRequest) -> HttpResponse:
    """`?of=&from=&to=` and the scope; resolutions are two lists, movements and exits."""
    viewer = cast(User, request.user)
    scope = chosen(request)
    asked = ListForm(request.GET)
    name = request.GET.get("of", "")
    if not asked.is_valid() or name not in {*SOURCES, str(Kpi.RESOLUTIONS)}:
        raise Http404
    first, last = asked.cleaned_data["from"], asked.cleaned_data["to"]
    names = [MOVES, EXITS] if name == Kpi.RESOLUTIONS else [name]
    part = request.GET.get("part", names[0])
    if part not in names:
        raise Http404
    found = SOURCES[part](scope.department.pk, first, last)
    rows = found.rows if scope.user is None else found.rows.filter(**{found.user: scope.user.pk})
    if part in BY_CYCLE and (segment := whole(request.GET.get("segment", ""))) is not None:
        rows = rows.filter(segment=segment)
    if part in BY_CYCLE and request.GET.get("paid"):
        rows = rows.filter(paid_amount__gt=0)
    count = rows.order_by().count()
    page = keyset_page(
        rows.select_related(*_related(found)), field=found.day, cursor=request.GET.get("cursor", ""), is_descending=True
    )
    people = short_names(_user_id(row, found) for row in page.rows)
    visible = set(
        Client.objects.visible_to(viewer)
        .filter(pk__in={client.pk for row in page.rows if (client := _client(row, found)) is not None})
        .values_list("pk", flat=True)
    )
    kept = {key: value for key, value in request.GET.items() if key not in ("cursor", "part")}
    context = {
        "title": _title(name),
        "lead": _lead(scope.user.full_name if scope.user else scope.department.name, first, last, part),
        "count": count,
        "rows": [_line(row, found, people, visible) for row in page.rows],
        "parts": [
            {"label": _title(one), "url": address_of("/kpi/list/", kept, {"part": one}), "active": one == part}
            for one in names
        ]
        if len(names) > 1
        else [],
        "next_url": address_of("/kpi/list/", kept, {"part": part, "cursor": page.next_cursor}) if page.has_next else "",
        "previous_url": address_of("/kpi/list/", kept, {"part": part, "cursor": page.previous_cursor})
        if page.has_previous
        else "",
        "summary": _("%(count)s in the list") % {"count": formats.number(count)} + _sums(rows, part, count),
        "segment": _segment_name(request) if part in BY_CYCLE else "",
    }
    return render(request, "kpi/list.html", context)


def _sums(rows: QuerySet[Any], part: str, count: int) -> str:
    """What a mean or a share was divided of: the money of the deals, the sales that were paid."""
    if not count or part not in BY_CYCLE:
        return ""
    if part == Kpi.CONVERSION:
        won = rows.order_by().filter(outcome=Outcome.WON).count()
        return ", " + _("paid %(won)s: %(share)s") % {
            "won": formats.number(won),
            "share": share_text(Fraction(won, count), 2),
        }
    paid = rows.order_by().aggregate(paid=Sum("paid_amount"))["paid"]
    return ", " + _("%(money)s altogether, %(mean)s on average") % {
        "money": formats.money(paid),
        "mean": money_text(Fraction(paid) / count),
    }


def _segment_name(request: HttpRequest) -> str:
    asked = whole(request.GET.get("segment", ""))
    return Segment.objects.filter(pk=asked).values_list("name", flat=True).first() or "" if asked is not None else ""


def _title(name: str) -> str:
    return {
        UNCREDITED: _("Not credited contacts"),
        MOVES: _("Movements"),
        EXITS: _("Clients let go by a decision"),
        STEPS: _("Steps done"),
        str(Kpi.TECHNOLOGY): _("Steps out of order or late"),
        str(Kpi.CONVERSION): _("Finished sales of ninety days"),
        str(Kpi.AVERAGE_CHEQUE): _("Sales won in ninety days"),
        str(Kpi.FIRST_REACTION): _("Missed calls that were called back"),
    }.get(name) or label(name)


def _lead(who: str, first: Any, last: Any, part: str) -> str:
    if part in {*BY_CYCLE, str(Kpi.OVERDUE_TASKS)}:
        return _("%(who)s, as of %(day)s") % {"who": who, "day": formats.date_long(last)}
    if first == last:
        return f"{who}, {formats.date_long(first)}"
    return f"{who}, {formats.date_long(first)}{formats.SPACE}– {formats.date_long(last)}"


def _related(found: Rows) -> list[str]:
    """What a line of the list reads beside its row."""
    *person, _id = found.user.split("__")
    return [found.client, *(["__".join(person)] if person else [])]


def _client(row: Any, found: Rows) -> Client | None:
    for name in found.client.split("__"):
        row = getattr(row, name)
    return row


def _user_id(row: Any, found: Rows) -> int:
    *path, last = found.user.split("__")
    for name in path:
        row = getattr(row, name)
    return getattr(row, last)


def _line(row: Any, found: Rows, people: dict[int, str], visible: set[int]) -> dict[str, Any]:
    client = _client(row, found)
    day = getattr(row, found.day)
    return {
        "day": formats.day_time(day) if isinstance(day, datetime) else formats.date_long(day),
        "who": people.get(_user_id(row, found), formats.DASH),
        "client": client.name if client is not None else formats.DASH,
        "url": f"/clients/{client.pk}/" if client is not None and client.pk in visible else "",
        **_told(row),
    }


def _told(row: Any) -> dict[str, str]:
    """What the row is, and for a contact whether it was credited or why not."""
    if isinstance(row, Contact):
        credited = ", ".join(credit_names(row))
        reason = "" if credited else reason_text(row.reason, row.reason_detail.get("value"))
        return {"what": str(row.get_kind_display()), "good": credited, "bad": reason}
    if isinstance(row, Movement):
        return {"what": f"{row.get_kind_display()}: {row.get_from_colour_display()} → {row.get_to_colour_display()}"}
    if isinstance(row, Ownership):
        return {"what": str(row.cycle.get_outcome_display()) if row.cycle else ""}
    if isinstance(row, Violation):
        return {"what": str(row.get_kind_display())}
    if isinstance(row, StateChange):
        late = _("after more than ten days") if getattr(row, "is_late", False) else ""
        why = _("corrected by the head") if row.is_correction else late
        return {"what": f"{row.get_from_state_display()} → {row.get_to_state_display()}", "bad": why}
    if isinstance(row, Task):
        return {"what": row.text}
    if isinstance(row, Offer):
        return {"what": _("offer %(number)s, %(amount)s") % {"number": row.number, "amount": formats.money(row.amount)}}
    if isinstance(row, SalesCycle):
        money = f", {formats.money(row.paid_amount)}" if row.paid_amount else ""
        return {"what": f"{row.get_outcome_display()}{money}"}
    if isinstance(row, MissedCall):
        return {"what": formats.phone(row.e164)}
    return {"what": ""}

"""The calls, meetings, offers and upgrades behind a count of /plan/: day, person, client's name and nothing else of him."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Client
from common import clock, formats, markup
from common.fields import DayField
from common.paging import keyset_page
from deals.models import Offer
from funnels.models import Contact, Movement
from planning.selectors.counts import SHOWN_ACTS, acts_of
from planning.views.cells import ACT_LABELS
from planning.views.scope import Scope, chosen, whole

_LONGEST = timedelta(days=366)


@require_safe
def plan_acts(request: HttpRequest) -> HttpResponse:
    """`?what=&from=&to=&user=|department=&segment=`: the rows of a count, newest first; their number is the count."""
    viewer = cast(User, request.user)
    scope = chosen(request)
    what = request.GET.get("what", SHOWN_ACTS[0])
    if what not in SHOWN_ACTS:
        raise Http404
    first, last = _days(request)
    rows, day, person = acts_of(what, department_id=scope.department.pk, user_id=scope.user.pk if scope.user else None)
    found = rows.filter(**{f"{day}__gte": first, f"{day}__lte": last}).select_related(person, _client_path(what))
    segment = whole(request.GET.get("segment", ""))
    if segment is not None:
        found = found.filter(cycle__segment=segment)
    page: Any = keyset_page(found, field=day, cursor=request.GET.get("cursor", ""), is_descending=True)
    clients = {_client_of(row).pk for row in page.rows}
    open_ids = set(Client.objects.visible_to(viewer).filter(pk__in=clients).values_list("pk", flat=True))
    number = found.order_by().count()
    kept = {"what": what, "from": first.isoformat(), "to": last.isoformat(), **_who(scope)}
    if segment is not None:
        kept["segment"] = segment
    context = {
        "title": ACT_LABELS[what],
        "who": scope.user.full_name if scope.user else scope.department.name,
        "stretch": f"{formats.date_long(first)} – {formats.date_long(last)}",
        "summary": ngettext("%(n)s in the list", "%(n)s in the list", number) % {"n": formats.number(number)},
        "rows": [_line(row, day, person, open_ids) for row in page.rows],
        "chips": [
            {"url": "?" + urlencode(kept | {"what": name}), "label": ACT_LABELS[name], "active": name == what}
            for name in SHOWN_ACTS
        ],
        "next_url": "?" + urlencode(kept | {"cursor": page.next_cursor}) if page.has_next else "",
        "previous_url": "?" + urlencode(kept | {"cursor": page.previous_cursor}) if page.has_previous else "",
        "back_url": f"/plan/?{urlencode(_who(scope) | {'day': last.isoformat()})}",
    }
    return render(request, "planning/acts.html", context)


def _days(request: HttpRequest) -> tuple[date, date]:
    """Both ends included; this month when nothing is said, a year at most."""
    today = clock.today()
    field = DayField(required=False)
    try:
        first, last = (field.clean(request.GET.get(name, "")) for name in ("from", "to"))
    except ValidationError as error:
        raise Http404 from error
    last = last or today
    first = first or last.replace(day=1)
    return max(first, last - _LONGEST), last


def _who(scope: Scope) -> dict[str, int]:
    return {"user": scope.user.pk} if scope.user else {"department": scope.department.pk}


def _client_path(what: str) -> str:
    return "cycle__client" if what == "upgrades" else "client"


def _client_of(row: Contact | Offer | Movement) -> Client:
    return row.cycle.client if isinstance(row, Movement) else row.client


def _line(row: Any, day: str, person: str, open_ids: set[int]) -> dict[str, Any]:
    client, user = _client_of(row), getattr(row, person)
    if isinstance(row, Contact):
        what: Any = row.get_kind_display()
    elif isinstance(row, Offer):
        what = _("Offer %(number)s") % {"number": row.number}
    else:
        what = markup.lamp(row.to_colour)
    return {
        "day": formats.date_num(getattr(row, day)),
        "person": user.short_name if user else formats.DASH,
        "client": client.name,
        "url": f"/clients/{client.pk}/" if client.pk in open_ids else "",
        "what": what,
        "amount": formats.money(row.amount) if isinstance(row, Offer) else "",
    }

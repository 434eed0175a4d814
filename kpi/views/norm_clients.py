"""/kpi/norms/clients/: the clients whose colours make a norm of decisions or upgrades, as they stood when it was taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Client
from common import clock, formats, markup
from common.money import split_exact
from kpi.calculator import Kpi
from kpi.selectors.lines import MOVED
from kpi.selectors.movers import Mover, NormClients, norm_clients
from kpi.views.board import asked_of
from kpi.views.cells import label, shown
from planning.calculator import Counts
from planning.constants import CALENDAR_PER_WORKING_DAY, LONGEST_STAY_DAYS, Colour
from planning.views.calculators import address_of, number_text
from planning.views.calculators.texts import rounded

_SHOWN = 500
_PLACES = 4  # of a client's part of a working day


@require_safe
def kpi_norm_clients(request: HttpRequest) -> HttpResponse:
    """`?of=resolutions|upgrades&user=&period=&day=` as on the board. Http404 for any other, and without a person."""
    viewer = cast(User, request.user)
    scope, kind, day = asked_of(request)
    of = request.GET.get("of", "")
    if scope.user is None or of not in {str(kpi) for kpi in MOVED}:
        raise Http404
    kpi = Kpi(of)
    found = norm_clients(department=scope.department, user=scope.user, kpi=kpi, kind=kind, day=day, today=clock.today())
    rows = list(zip(found.movers, _parts(found), strict=True))[:_SHOWN]
    seen = Client.objects.visible_to(viewer).filter(pk__in={one.client_id for one, _part in rows})
    names: dict[int, str] = dict(seen.values_list("pk", "name"))
    asked = {"of": of, "period": str(kind), "day": day.isoformat(), "user": scope.user.pk}
    context = {
        "title": _("Norm: %(name)s") % {"name": label(kpi)},
        "who": scope.user.full_name,
        "stretch": f"{formats.date_num(found.first)} – {formats.date_num(max(found.first, found.last))}",
        "stood": _stood(found),
        "rows": [_row(one, part, names.get(one.client_id)) for one, part in rows],
        "number": formats.number(len(found.movers)),
        "asked": number_text(found.asked, _PLACES, short=True),
        "say": _say(kpi, found),
        "more": len(found.movers) - len(rows),
        "back_url": address_of("/kpi/norms/", asked),
    }
    return render(request, "kpi/norm_clients.html", context)


def _parts(found: NormClients) -> list[Decimal | None]:
    """What is shown beside every client: the digits sum to those of the whole."""
    weights = [one.asked for one in found.movers if one.asked is not None]
    if not found.is_by_client or not any(weights):
        return [None] * len(found.movers)
    whole = rounded(found.asked, _PLACES).scaleb(_PLACES - 2)
    return [part.scaleb(2 - _PLACES) for part in split_exact(whole, weights)]


def _row(one: Mover, part: Decimal | None, name: str | None) -> dict[str, Any]:
    return {
        "client": _("Client of another manager") if name is None else name,
        "url": f"/clients/{one.client_id}/" if name is not None else "",
        "lamp": markup.lamp(str(one.colour)) if one.colour is not None else formats.DASH,
        "segment": one.segment,
        "asked": number_text(part, _PLACES, short=True),
    }


def _stood(found: NormClients) -> str:
    if found.stood_on is None:
        return _("no funnel was frozen for this period: the norm is counted from the open sales as they stand now")
    day = formats.date_num(found.stood_on)
    return _("open sales as they stood in the morning of %(day)s, when the funnel was frozen") % {"day": day}


def _say(kpi: Kpi, found: NormClients) -> str:
    """From a client's part to the norm, with the numbers of the page."""
    each = number_text(CALENDAR_PER_WORKING_DAY / LONGEST_STAY_DAYS, _PLACES, short=True)
    how = (
        _("A decision on every client at least once in %(limit)s days is %(each)s a working day.")
        if kpi is Kpi.RESOLUTIONS
        else _("A decision on every client at least once in %(limit)s days is %(each)s a working day; of those the "
               "conversion of his colour and segment goes up.")
    ) % {"limit": LONGEST_STAY_DAYS, "each": each}  # fmt: skip
    told = ngettext(
        "%(asked)s a working day × %(days)s working day = %(whole)s, to a whole number %(norm)s.",
        "%(asked)s a working day × %(days)s working days = %(whole)s, to a whole number %(norm)s.",
        found.days,
    ) % {
        "asked": number_text(found.asked, _PLACES, short=True),
        "days": formats.number(found.days),
        "whole": number_text(found.asked * found.days, _PLACES, short=True),
        "norm": shown(kpi, found.norm),
    }
    if found.is_by_client:
        return f"{how} {told}"
    return " ".join([how, _kept(found.counts), told])


def _kept(counts: Counts) -> str:
    by_colour = ", ".join(f"{markup.colour_word(colour).lower()} {formats.number(counts[colour])}" for colour in Colour)
    return _("This snapshot kept how many clients had which colour, not the colour of each: %(counts)s.") % {
        "counts": by_colour
    }

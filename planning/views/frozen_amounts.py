"""/plan/verification/amounts/: one person's frozen forecast by clients: amount × chance × timing, in all what it says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from clients.models import Client
from common import clock, formats, markup
from planning.choices import PeriodKind as PeriodLabel
from planning.rules import previous_day, span_of
from planning.selectors.frozen_parts import FrozenAmounts, FrozenClient, frozen_amounts
from planning.views.calculators.texts import share_text
from planning.views.cells import percent_of
from planning.views.page import period_asked
from planning.views.scope import chosen

_SHOWN = 500


def amounts_url(asked: dict[str, Any]) -> str:
    return "/plan/verification/amounts/?" + urlencode(asked)


@require_safe
def verification_amounts(request: HttpRequest) -> HttpResponse:
    """`?period=&user=&day=`: the period of that kind before the one that holds the day. Http404 without a person."""
    viewer = cast(User, request.user)
    scope, (kind, asked) = chosen(request), period_asked(request)
    if scope.user is None:
        raise Http404
    calendar = production_calendar()
    span = span_of(kind, previous_day(kind, min(asked, clock.today()), calendar), calendar)
    found = frozen_amounts(department_id=scope.department.pk, user_id=scope.user.pk, span=span)
    shown = found.clients[:_SHOWN] if found else []
    seen: dict[int, str] = dict(
        Client.objects.visible_to(viewer).filter(pk__in={one.client_id for one in shown}).values_list("pk", "name")
    )
    first, last = span.period.starts_on, span.period.ends_on
    day = {"day": asked.isoformat()} if request.GET.get("day") else {}
    back = {"user": scope.user.pk, "period": str(kind), **day}
    context = {
        "who": scope.user.full_name,
        "period": PeriodLabel(str(kind)).label,
        "stretch": formats.date_num(first)
        if first == last
        else f"{formats.date_num(first)} – {formats.date_num(last)}",
        "is_known": found is not None,
        "rows": [_row(one, seen.get(one.client_id)) for one in shown],
        "total": formats.money(found.rest) if found else "",
        "unpaid": formats.money(sum((one.amount for one in found.clients), Decimal("0.00"))) if found else "",
        "ramp": _ramp(found),
        "more": len(found.clients) - len(shown) if found else 0,
        "back_url": "/plan/verification/forecast/?" + urlencode(back),
    }
    return render(request, "planning/frozen_amounts.html", context)


def _ramp(found: FrozenAmounts | None) -> str:
    """What a newcomer's clients are counted at; nothing for a full employee."""
    if found is None or found.ramp == 1:
        return ""
    return _("He was still growing into his plan: every client counts at %(ramp)s.") % {
        "ramp": share_text(found.ramp, 0)
    }


def _row(one: FrozenClient, name: str | None) -> dict[str, Any]:
    return {
        "client": _("Client of another manager") if name is None else name,
        "url": f"/clients/{one.client_id}/" if name is not None else "",
        "lamp": markup.lamp(str(one.colour)),
        "segment": one.segment,
        "amount": formats.money(one.amount),
        "chance": formats.percent(percent_of(one.chance), 2),
        "timing": formats.percent(percent_of(one.timing), 1),
        "expected": formats.money(one.expected),
    }

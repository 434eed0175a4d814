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
from common.workdays import PeriodKind
from planning.choices import PeriodKind as PeriodLabel
from planning.rules import Span, previous_day, span_of
from planning.selectors.frozen_parts import FrozenAmounts, FrozenClient, frozen_amounts
from planning.views.calculators.texts import share_text
from planning.views.cells import percent_of
from planning.views.page import period_asked
from planning.views.scope import Scope, chosen

SHOWN = 500


def amounts_url(asked: dict[str, Any]) -> str:
    return "/plan/verification/amounts/?" + urlencode(asked)


def frozen_span(request: HttpRequest) -> tuple[Scope, PeriodKind, Span]:
    """Whose forecast, of which kind: the period of that kind before the one that holds the day."""
    scope, (kind, asked) = chosen(request), period_asked(request)
    calendar = production_calendar()
    return scope, kind, span_of(kind, previous_day(kind, min(asked, clock.today()), calendar), calendar)


def head_of_list(request: HttpRequest, user: User, kind: PeriodKind, span: Span) -> dict[str, Any]:
    """Whose list of which period it is, and the way back to the forecast."""
    _kind, asked = period_asked(request)
    first, last = span.period.starts_on, span.period.ends_on
    back = {"user": user.pk, "period": str(kind)} | ({"day": asked.isoformat()} if request.GET.get("day") else {})
    return {
        "who": user.full_name,
        "period": PeriodLabel(str(kind)).label,
        "stretch": formats.date_num(first)
        if first == last
        else f"{formats.date_num(first)} – {formats.date_num(last)}",
        "back_url": "/plan/verification/forecast/?" + urlencode(back),
    }


@require_safe
def verification_amounts(request: HttpRequest) -> HttpResponse:
    """`?period=&user=&day=`: the period of that kind before the one that holds the day. Http404 without a person."""
    viewer = cast(User, request.user)
    scope, kind, span = frozen_span(request)
    if scope.user is None:
        raise Http404
    found = frozen_amounts(department_id=scope.department.pk, user_id=scope.user.pk, span=span)
    shown = found.clients[:SHOWN] if found else []
    seen: dict[int, str] = dict(
        Client.objects.visible_to(viewer).filter(pk__in={one.client_id for one in shown}).values_list("pk", "name")
    )
    context = {
        **head_of_list(request, scope.user, kind, span),
        "is_known": found is not None,
        "rows": [_row(one, seen.get(one.client_id)) for one in shown],
        "total": formats.money(found.rest) if found else "",
        "unpaid": formats.money(sum((one.amount for one in found.clients), Decimal("0.00"))) if found else "",
        "ramp": _ramp(found),
        "more": len(found.clients) - len(shown) if found else 0,
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

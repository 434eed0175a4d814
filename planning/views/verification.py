"""How the frozen forecasts came true in all seven periods, and the clients behind hit rate and coverage (R-S0-P6)."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from clients.models import Client
from common import clock, formats, markup
from common.workdays import PeriodKind
from planning.choices import PeriodKind as PeriodLabel
from planning.rules import ALL_KINDS, Span, previous_day, span_of
from planning.selectors.verification import PeriodCheck, check_periods
from planning.views.cells import bias_text, payments_between, percent_of, trust
from planning.views.page import period_asked
from planning.views.scope import Scope, chosen

_SHOWN = 500
_SETS = ("forecast", "hit", "missed", "paid", "unforecast")


@require_safe
def plan_verification(request: HttpRequest) -> HttpResponse:
    """`?user=|department=&day=`: the period of each kind before the one that holds the day."""
    scope = chosen(request)
    spans = _spans(request)
    found = check_periods(department_id=scope.department.pk, user_id=scope.user.pk if scope.user else None, spans=spans)
    context = {
        "who": scope.user.full_name if scope.user else scope.department.name,
        "rows": [_row(scope, kind, found[kind], request) for kind in ALL_KINDS],
        "back_url": "/plan/?" + urlencode(_who(scope)),
    }
    return render(request, "planning/verification.html", context)


@require_safe
def verification_clients(request: HttpRequest) -> HttpResponse:
    """`?period=&only=forecast|hit|missed|paid|unforecast`: the clients of one number; their count is the number."""
    viewer = cast(User, request.user)
    scope, (kind, _day) = chosen(request), period_asked(request)
    span = _spans(request)[kind]
    check = check_periods(
        department_id=scope.department.pk, user_id=scope.user.pk if scope.user else None, spans={kind: span}
    )[kind]
    only = request.GET.get("only", "")
    only = only if only in _SETS else _SETS[0]
    wanted = _clients_of(check)[only]
    seen = Client.objects.visible_to(viewer).filter(pk__in=wanted).order_by("name", "pk")
    clients: list[tuple[int, str]] = list(seen.values_list("pk", "name")[:_SHOWN])
    open_ids = {pk for pk, _name in clients}
    # Those that have left the reader's scope count as before; their names are not his any more.
    left = sorted(wanted - set(seen.values_list("pk", flat=True)))[: _SHOWN - len(clients)]
    clients += [(pk, _("Client of another manager")) for pk in left]
    people = User.objects.visible_to(viewer).filter(pk__in=set(check.people.values()))
    names = {user.pk: user.short_name for user in people}
    labels = _labels()
    context = {
        "title": labels[only],
        "who": scope.user.full_name if scope.user else scope.department.name,
        "stretch": _stretch(span),
        "number": formats.number(len(wanted)),
        "chips": [
            {
                "url": _clients_url(scope, kind, request, name),
                "label": labels[name],
                "count": len(_clients_of(check)[name]),
                "active": name == only,
            }
            for name in _SETS
        ],
        "rows": [
            {
                "client": name,
                "url": f"/clients/{pk}/" if pk in open_ids else "",
                "person": names.get(check.people.get(pk, 0), formats.DASH),
                "forecast": _("in the forecast") if pk in check.people else formats.DASH,
                "paid": formats.money(check.paid[pk]) if pk in check.paid else formats.DASH,
            }
            for pk, name in clients
        ],
        "more": max(0, len(wanted) - _SHOWN),
        "back_url": "/plan/verification/?" + urlencode(_who(scope) | _day_pair(request)),
    }
    return render(request, "planning/verification_clients.html", context)


def _spans(request: HttpRequest) -> dict[PeriodKind, Span]:
    """The last period of each kind that was over when the one of `?day=` began."""
    calendar = production_calendar()
    _kind, asked = period_asked(request)
    day = min(asked, clock.today())
    return {kind: span_of(kind, previous_day(kind, day, calendar), calendar) for kind in ALL_KINDS}


def _clients_of(check: PeriodCheck) -> dict[str, frozenset[int]]:
    forecast, paid = check.forecast_clients, check.paid_clients
    return {
        "forecast": forecast,
        "hit": forecast & paid,
        "missed": forecast - paid,
        "paid": paid,
        "unforecast": paid - forecast,
    }


def _labels() -> dict[str, str]:
    return {
        "forecast": _("Forecast clients"),
        "hit": _("Forecast and paid"),
        "missed": _("Forecast, not paid"),
        "paid": _("Clients who paid"),
        "unforecast": _("Paid, not forecast"),
    }


def _row(scope: Scope, kind: PeriodKind, check: PeriodCheck, request: HttpRequest) -> dict[str, Any]:
    verified, sets = check.verification, _clients_of(check)
    span = check.span
    row: dict[str, Any] = {
        "label": PeriodLabel(str(kind)).label,
        "stretch": _stretch(span),
        "fact": formats.money(check.fact),
        "fact_url": payments_between(
            span.facts_from,
            span.facts_to,
            user=scope.user.pk if scope.user else None,
            department=scope.department.pk,
        ),
        "is_known": verified is not None,
    }
    if verified is None:
        return row
    return row | {
        "forecast": formats.money(check.forecast),
        "forecast_url": "/plan/verification/forecast/?"
        + urlencode(_who(scope) | {"period": str(kind)} | _day_pair(request)),
        "light": markup.plan_light(
            percent_of(verified.value), colour=str(verified.zone), word=trust(verified), places=2
        ),
        "bias": bias_text(verified, 2),
        "has_clients": check.has_clients,
        "hit": formats.percent(percent_of(check.hit_rate)),
        "hit_of": _("%(part)s of %(whole)s") % {"part": len(sets["hit"]), "whole": len(sets["forecast"])},
        "hit_url": _clients_url(scope, kind, request, "forecast"),
        "coverage": formats.percent(percent_of(check.coverage)),
        "coverage_of": _("%(part)s of %(whole)s") % {"part": len(sets["hit"]), "whole": len(sets["paid"])},
        "coverage_url": _clients_url(scope, kind, request, "paid"),
    }


def _stretch(span: Span) -> str:
    first, last = span.period.starts_on, span.period.ends_on
    if first == last:
        return formats.date_num(first)
    return f"{formats.date_num(first)} – {formats.date_num(last)}"


def _clients_url(scope: Scope, kind: PeriodKind, request: HttpRequest, only: str) -> str:
    pairs = _who(scope) | {"period": str(kind), "only": only} | _day_pair(request)
    return "/plan/verification/clients/?" + urlencode(pairs)


def _day_pair(request: HttpRequest) -> dict[str, Any]:
    _kind, day = period_asked(request)
    return {"day": day.isoformat()} if request.GET.get("day") else {}


def _who(scope: Scope) -> dict[str, Any]:
    return {"user": scope.user.pk} if scope.user else {"department": scope.department.pk}

"""/plan/verification/forecast/: the frozen forecast of one period by people, and how V and bias come of it (3.1.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import calendar as production_calendar
from common import clock, formats, markup
from planning.calculator import verify_department
from planning.choices import PeriodKind as PeriodLabel
from planning.constants import Colour
from planning.rules import previous_day, span_of
from planning.selectors.frozen import Frozen, FrozenLine, frozen_forecast
from planning.views.cells import bias_text, payments_between, percent_of, trust
from planning.views.frozen_amounts import amounts_url
from planning.views.frozen_paid import paid_url
from planning.views.page import period_asked
from planning.views.scope import Scope, chosen

_COLOURS = (Colour.GREEN, Colour.YELLOW, Colour.RED)


@require_safe
def verification_forecast(request: HttpRequest) -> HttpResponse:
    """`?period=&user=|department=&day=`: the period of that kind before the one that holds the day."""
    scope, (kind, asked) = chosen(request), period_asked(request)
    calendar = production_calendar()
    span = span_of(kind, previous_day(kind, min(asked, clock.today()), calendar), calendar)
    found = frozen_forecast(department_id=scope.department.pk, user_id=scope.user.pk if scope.user else None, span=span)
    day = {"day": asked.isoformat()} if request.GET.get("day") else {}
    who = {"user": scope.user.pk} if scope.user else {"department": scope.department.pk}
    openable = set(User.objects.visible_to(request.user).with_clients().values_list("pk", flat=True))  # type: ignore[arg-type]
    first, last = span.period.starts_on, span.period.ends_on
    context = {
        "who": scope.user.full_name if scope.user else scope.department.name,
        "period": PeriodLabel(str(kind)).label,
        "stretch": formats.date_num(first)
        if first == last
        else f"{formats.date_num(first)} – {formats.date_num(last)}",
        "frozen": _frozen_words(found),
        "rows": [_row(one, span, {"period": str(kind), **day}, is_open=one.user.pk in openable) for one in found.lines],
        "total": _total(scope, found),
        "how": _how(scope, found),
        "lacks_amounts": any(one.is_frozen and not one.has_amounts for one in found.lines),
        "is_bare": any(one.is_frozen and one.clients is None for one in found.lines),
        "back_url": "/plan/verification/?" + urlencode({**who, **day}),
    }
    return render(request, "planning/frozen.html", context)


def _frozen_words(found: Frozen) -> str:
    if found.frozen_at is None:
        return ""
    at = _("frozen %(at)s") % {"at": formats.date_num(found.frozen_at)}
    if found.days_left is None:
        return at
    left = ngettext("%(days)s calendar day was ahead", "%(days)s calendar days were ahead", found.days_left)
    return f"{at}, " + left % {"days": found.days_left}


def _row(one: FrozenLine, span: Any, asked: dict[str, str], *, is_open: bool) -> dict[str, Any]:
    who = {"user": one.user.pk}
    return {
        "name": one.user.full_name,
        "forecast": formats.money(one.forecast),
        "paid_before": formats.money(one.paid_before) if one.paid_before is not None else "",
        "paid_url": paid_url({**who, **asked}) if is_open and one.has_payments else "",
        "rest": formats.money(one.forecast - one.paid_before) if one.paid_before is not None else "",
        "rest_url": amounts_url({**who, **asked}) if is_open and one.has_amounts and one.clients else "",
        "is_frozen": one.is_frozen,
        "counts": [
            {"lamp": markup.lamp(str(colour), silent=True), "n": formats.number(one.counts[colour])}
            for colour in _COLOURS
            if colour in one.counts
        ],
        "clients": "" if one.clients is None else formats.number(one.clients),
        "clients_url": "/plan/verification/clients/?" + urlencode({**who, **asked, "only": "forecast"})
        if is_open and one.clients
        else "",
        "rates": [
            {
                "segment": name,
                "text": " · ".join(
                    formats.percent(percent_of(rates[colour])) for colour in _COLOURS if colour in rates
                ),
            }
            for name, rates in one.rates.items()
        ],
        "fact": formats.money(one.fact),
        "fact_url": payments_between(span.facts_from, span.facts_to, user=one.user.pk) if is_open else "",
        "error": formats.money(one.error),
        "light": markup.plan_light(
            percent_of(one.verification.value),
            colour=str(one.verification.zone),
            word=trust(one.verification),
            places=2,
        ),
        "bias": bias_text(one.verification, 2),
    }


def _total(scope: Scope, found: Frozen) -> dict[str, Any] | None:
    if scope.user is not None or found.check.department is None:
        return None
    nothing = Decimal(0)
    verified = verify_department(found.check.pairs.values())
    return {
        "forecast": formats.money(sum((one.forecast for one in found.lines), nothing)),
        "fact": formats.money(sum((one.fact for one in found.lines), nothing)),
        "error": formats.money(sum((one.error for one in found.lines), nothing)),
        "light": markup.plan_light(
            percent_of(verified.value), colour=str(verified.zone), word=trust(verified), places=2
        ),
        "bias": bias_text(verified, 2),
    }


def _how(scope: Scope, found: Frozen) -> str:
    """The sum behind V, with the numbers of the table."""
    if not found.lines:
        return ""
    if scope.user is not None:
        one = found.lines[0]
        return _("V = 1 − error / the larger of the two = 1 − %(error)s / %(whole)s = %(value)s.") % {
            "error": formats.money(one.error),
            "whole": formats.money(max(one.forecast, one.fact)),
            "value": formats.percent(percent_of(one.verification.value), 2),
        }
    verified = found.check.department
    if verified is None:
        return ""
    return _("V = 1 − Σ errors / Σ facts = 1 − %(error)s / %(fact)s = %(value)s; errors of people do not cancel.") % {
        "error": formats.money(sum((one.error for one in found.lines), Decimal(0))),
        "fact": formats.money(sum((max(one.fact, Decimal(0)) for one in found.lines), Decimal(0))),
        "value": formats.percent(percent_of(verified.value), 2),
    }

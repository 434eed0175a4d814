"""/plan/verification/paid/: the payments that were in when one person's forecast was frozen, in all what it says."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Client
from common import formats
from planning.selectors.frozen_paid import FrozenPaid, FrozenPayment, frozen_paid
from planning.views.frozen_amounts import SHOWN, frozen_span, head_of_list


def paid_url(asked: dict[str, Any]) -> str:
    return "/plan/verification/paid/?" + urlencode(asked)


@require_safe
def verification_paid(request: HttpRequest) -> HttpResponse:
    """`?period=&user=&day=`: the period of that kind before the one that holds the day. Http404 without a person."""
    viewer = cast(User, request.user)
    scope, kind, span = frozen_span(request)
    if scope.user is None:
        raise Http404
    found = frozen_paid(department_id=scope.department.pk, user_id=scope.user.pk, span=span)
    shown = found.payments[:SHOWN] if found else []
    seen = Client.objects.visible_to(viewer).filter(pk__in={one.client_id for one in shown})
    open_ids: set[int] = set(seen.values_list("pk", flat=True))
    context = {
        **head_of_list(request, scope.user, kind, span),
        "is_known": found is not None,
        "rows": [_row(one, is_open=one.client_id in open_ids) for one in shown],
        "total": formats.money(found.listed) if found else "",
        "say": _say(found) if found else "",
        "more": len(found.payments) - len(shown) if found else 0,
    }
    return render(request, "planning/frozen_paid.html", context)


def _row(one: FrozenPayment, *, is_open: bool) -> dict[str, Any]:
    """A former owner reads the client's name beside his share, and nothing else of the client (section 1.1)."""
    cancelled = one.cancelled_at
    return {
        "client": one.client,
        "url": f"/clients/{one.client_id}/" if is_open else "",
        "day": formats.date_num(one.paid_on),
        "amount": formats.money(one.amount),
        "note": _("cancelled %(day)s, after it was frozen") % {"day": formats.date_num(cancelled)} if cancelled else "",
    }


def _say(found: FrozenPaid) -> str:
    """Nothing where the snapshot itself named the payments."""
    if found.is_kept:
        return ""
    if found.listed == found.total:
        return _("This snapshot kept the sum alone; these payments of those days stood when it was frozen.")
    return _(
        "This snapshot kept the sum alone, %(frozen)s; the payments of those days that stood then by their records "
        "make %(listed)s."
    ) % {"frozen": formats.money(found.total), "listed": formats.money(found.listed)}

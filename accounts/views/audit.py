from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.choices import ACT_WORDS
from accounts.forms import AuditFilterForm
from accounts.models import User
from accounts.rules import may_see_audit
from accounts.selectors import audit_events, has_hidden_contents
from accounts.views.requests import only_for, person
from common import clock
from common.paging import keyset_page
from journal.models import AuditEvent

LONGEST_VALUE = 200


@require_GET
@only_for(may_see_audit)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Newest first. A head reads the acts of his people; an administrator no contents of clients (domain 1.1)."""
    viewer = person(request)
    form = AuditFilterForm(request.GET)
    form.is_valid()
    page = keyset_page(
        _filtered(audit_events(viewer), form),
        field="pk",
        cursor=request.GET.get("page", ""),
        is_descending=True,
    )
    context = {"form": form, "rows": [_row(viewer, event) for event in page.rows], "page": page}
    return render(request, "accounts/audit.html", context)


def _filtered(events: QuerySet[AuditEvent], form: AuditFilterForm) -> QuerySet[AuditEvent]:
    wanted = form.cleaned_data
    if actor := wanted.get("actor"):
        # By id: the index of acts begins with it.
        ids = User.objects.filter(login=actor.strip().lower()).values_list("pk", flat=True)
        events = events.filter(actor_id__in=list(ids))
    if action := wanted.get("action"):
        events = events.filter(action__startswith=action.strip().lower())
    if named := wanted.get("object"):
        kind, _colon, pk = named.partition(":")
        events = events.filter(object_type=kind)
        if pk:
            events = events.filter(object_id=int(pk))
    day_from, day_to = form.span()
    if day_from:
        events = events.filter(at__gte=clock.local_moment(day_from, time.min))
    if day_to and day_to.year < 9999:
        events = events.filter(at__lt=clock.local_moment(day_to + timedelta(days=1), time.min))
    return events


def _row(viewer: User, event: AuditEvent) -> dict[str, Any]:
    is_hidden = has_hidden_contents(viewer, event)
    keys = [] if is_hidden else sorted({*event.before, *event.after})
    changes = [(key, _text(event.before.get(key)), _text(event.after.get(key))) for key in keys]
    return {
        "at": event.at,
        "who": event.actor_login,
        "via": event.get_via_display(),
        "act": ACT_WORDS.get(event.action, event.action),
        "code": event.action,
        "type": event.object_type,
        "id": event.object_id,
        "name": "" if is_hidden else event.object_name,
        "is_hidden": is_hidden,
        "changes": [{"key": key, "old": old, "new": new} for key, old, new in changes if old or new],
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:LONGEST_VALUE]

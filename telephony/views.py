"""Calls and missed calls of whoever looks; the administrator's connections and lines."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import MANAGER_ROLES, Role
from accounts.forms import ActForm
from accounts.models import User
from accounts.views.proof import needs_proof
from accounts.views.requests import only_for, person
from common import clock
from common.errors import ActError
from common.htmx import redirect, wants_fragment
from common.paging import keyset_page
from telephony import services
from telephony.forms import CallFilterForm, ConnectionForm, LineForm
from telephony.models import Line, TelephonyConnection
from telephony.selectors import call_rows, callback_figures, callback_rows, callbacks, listed_calls

LISTENERS = (*MANAGER_ROLES, Role.HEAD, Role.DIRECTOR, Role.QUALITY)


def may_listen(role: str) -> bool:
    return role in LISTENERS


def may_connect(role: str) -> bool:
    return role == Role.ADMINISTRATOR


@require_GET
@only_for(may_listen)
def calls(request: HttpRequest) -> HttpResponse:
    user = person(request)
    is_missed = request.GET.get("tab") == "missed"
    form = CallFilterForm(request.GET, user=user, is_missed=is_missed)
    chosen = form.chosen()
    rows = callbacks(user, **chosen) if is_missed else listed_calls(user, **chosen)
    page: Any = keyset_page(rows, field="pk", cursor=request.GET.get("cursor", ""), is_descending=True)
    now = clock.now()
    figures = callback_figures(user, now)
    here = reverse("calls")
    context = {
        "is_missed": is_missed,
        "form": form,
        "is_filtered": bool(chosen),
        "reset_url": f"{here}?tab=missed" if is_missed else here,
        "rows": callback_rows(user, page.rows, now) if is_missed else call_rows(user, page.rows),
        "next_url": _at(request, page.next_cursor),
        "previous_url": _at(request, page.previous_cursor),
        "figures": figures,
        "tabs": [
            {"url": here, "label": _("All calls"), "active": not is_missed},
            {"url": f"{here}?tab=missed", "label": _("Missed ones"), "count": figures.waiting, "active": is_missed},
        ],
    }
    template = "telephony/_calls.html" if wants_fragment(request) else "telephony/calls.html"
    return render(request, template, context)


@require_GET
@only_for(may_connect)
def telephony_settings(request: HttpRequest) -> HttpResponse:
    return _settings(request, person(request))


@never_cache
@require_POST
@only_for(may_connect)
@needs_proof
def connection_new(request: HttpRequest) -> HttpResponse:
    actor = person(request)
    form = ConnectionForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            made = services.create_connection(actor=actor, **form.cleaned_data)
        except ActError as error:
            status = form.add_refusal(error)
        else:
            shown = {"connection": made.connection, "token": made.token, "secret": made.secret}
            return _settings(request, actor, shown=shown)
    return _settings(request, actor, form=form, status=status)


@never_cache
@require_POST
@only_for(may_connect)
@needs_proof
def connection_secret(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    connection = _connection(actor, pk)
    secret = services.rotate_secret(connection=connection, actor=actor)
    return _settings(request, actor, shown={"connection": connection, "secret": secret})


@require_POST
@only_for(may_connect)
def connection_enabled(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    is_enabled = request.POST.get("is_enabled") == "1"
    services.set_enabled(connection=_connection(actor, pk), is_enabled=is_enabled, actor=actor)
    messages.success(request, _("The connection is on.") if is_enabled else _("The connection is off."))
    return redirect(request, reverse("telephony_settings"))


@require_http_methods(["GET", "POST"])
@only_for(may_connect)
def line_new(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    return _line(request, actor, _connection(actor, pk), None)


@require_http_methods(["GET", "POST"])
@only_for(may_connect)
def line_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    line = get_object_or_404(Line.objects.visible_to(actor).select_related("connection"), pk=pk)
    return _line(request, actor, line.connection, line)


def _line(request: HttpRequest, actor: User, connection: TelephonyConnection, line: Line | None) -> HttpResponse:
    initial = {name: getattr(line, name) for name in LineForm.base_fields} if line is not None else {}
    form = LineForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_line(connection=connection, actor=actor, line=line, **form.cleaned_data)
            except ActError as error:
                status = form.add_refusal(error)
            else:
                messages.success(request, _("The line is saved."))
                return redirect(request, reverse("telephony_settings"))
    context = {"form": form, "connection": connection, "line": line}
    return render(request, "telephony/line.html", context, status=status)


def _settings(
    request: HttpRequest,
    actor: User,
    *,
    form: ActForm | None = None,
    shown: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    lines = Line.objects.visible_to(actor).select_related("department", "source")
    connections = TelephonyConnection.objects.visible_to(actor).prefetch_related(Prefetch("lines", queryset=lines))
    context = {
        "connections": connections,
        "form": form or ConnectionForm(),
        "shown": shown,
        "address": request.build_absolute_uri("/api/v1/telephony/"),
        "now": clock.now(),
    }
    return render(request, "telephony/settings.html", context, status=status)


def _connection(actor: User, pk: int) -> TelephonyConnection:
    return get_object_or_404(TelephonyConnection.objects.visible_to(actor), pk=pk)


def _at(request: HttpRequest, cursor: str) -> str:
    if not cursor:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"

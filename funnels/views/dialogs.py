"""One form over the page, or a page of its own without JavaScript: what all acts on a client share."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from clients.models import Client
from common.acts import Refusal, attempt, done
from common.errors import NotAllowed
from common.htmx import wants_fragment
from funnels import services
from funnels.models import SalesCycle
from funnels.services.access import is_head_of
from funnels.views.fetching import (
    CHANGED,
    client_of,
    cycle_of,
    person_of,
    still_visible,
    ways_of,
)
from journal.services import claim_key, keep_answer

Act = Callable[[dict[str, Any]], str]
LONGEST_KEY: Final = 80
get_or_post = require_http_methods(["GET", "POST"])


def dialog(
    request: HttpRequest,
    client: Client,
    *,
    title: str,
    action: str,
    form: forms.Form,
    act: Act,
    hint: str = "",
    is_danger: bool = False,
    refusal: Refusal | None = None,
    stays: bool = True,
) -> HttpResponse:
    """One form, one act. `act` does it and returns what is told; `stays` False leads to the card, as after a take.

    The form carries a key from its opening on: a second press of its button is told the same and does nothing.
    """
    told: list[str] = []
    if request.method == "POST":
        refusal = attempt(form, lambda data: told.append(once(request, act, data)), ways_of(client))
        if refusal is None:
            card = reverse("client_card", args=[client.pk])
            is_visible = still_visible(person_of(request), client)
            return done(request, told[0], card if is_visible else "/", event=CHANGED if stays and is_visible else "")
    context = {
        "client": client,
        "title": title,
        "action": action,
        "form": form,
        "hint": hint,
        "is_danger": is_danger,
        "refusal": refusal,
        "key": key_of(request) or uuid.uuid4().hex,
    }
    template = "funnels/_act.html" if wants_fragment(request) else "funnels/act_page.html"
    status = refusal.status if refusal and request.method == "POST" else 200
    return render(request, template, context, status=status)


def key_of(request: HttpRequest) -> str:
    """The key the form was opened with; empty for a form that carries none."""
    key = request.POST.get("key", "")
    return key if len(key) <= LONGEST_KEY and key.isascii() and key.isprintable() else ""


def once(request: HttpRequest, act: Act, data: dict[str, Any]) -> str:
    """Acts and keeps what is told in one transaction; the same form sent again is only told it.

    Raises Conflict when the key has served another form before.
    """
    key = key_of(request)
    if not key:
        return act(data)
    asked = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")
    digest = sha256(json.dumps([request.path, asked]).encode()).hexdigest()
    with transaction.atomic():
        row = claim_key(user_id=person_of(request).pk, key=key, request_hash=digest)
        if row.status is not None:
            return str(row.response)
        told = act(data)
        keep_answer(row, status=200, response=told)
    return told


def bound(request: HttpRequest, form_class: type[forms.Form], **kwargs: Any) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    return form_class(data, auto_id="act_%s", **kwargs)


def workable(request: HttpRequest, pk: int) -> tuple[Client, SalesCycle, User]:
    client, person = client_of(request, pk), person_of(request)
    services.ensure_may_work(person, client)
    return client, cycle_of(client), person


def of_head(request: HttpRequest, pk: int) -> tuple[Client, SalesCycle, User]:
    client, person = client_of(request, pk), person_of(request)
    if not is_head_of(person, client):
        raise NotAllowed(_("Only the head of the department does this."))
    return client, cycle_of(client), person

"""Pages of one card: new, edit, size label, and the hints while typing."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clients import selectors, services
from clients.forms import ClientEditForm, ClientNewForm, SizeForm, foreign_keys
from clients.models import Client
from clients.views.answers import employee, go
from common.errors import ActError, NotAllowed, StaleVersion

# What a link may put into an empty form: an unknown caller's number, a name typed into the search.
_PREFILLED = ("name", "phone", "inn", "email", "person_name", "city")


@require_http_methods(["GET", "POST"])
def client_new(request: HttpRequest) -> HttpResponse:
    user = employee(request)
    if not selectors.can_create(user):
        raise PermissionDenied
    if request.method == "GET":
        initial: dict[str, Any] = {name: selectors.readable(request.GET.get(name, "")) for name in _PREFILLED}
        form = ClientNewForm(user=user, initial={**initial, "key": uuid.uuid4().hex})
        return render(request, "clients/new.html", {"form": form})
    form = ClientNewForm(request.POST, user=user)
    if not form.is_valid():
        return render(request, "clients/new.html", {"form": form}, status=422)
    data = {**form.cleaned_data, **{name: request.POST[name] for name in foreign_keys(request.POST, form)}}
    key, department = data.pop("key", ""), data.pop("department", None)
    try:
        client = services.create_client(data=data, actor=user, department=department, key=key or None)
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except ActError as problem:
        return render(request, "clients/new.html", {"form": form}, status=form.add_refusal(problem))
    return go(request, client.get_absolute_url(), _("The client is in the base."))


@require_http_methods(["GET", "POST"])
def client_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client = get_object_or_404(Client.objects.visible_to(user), pk=pk)
    allowed = selectors.editable_fields(client=client, user=user)
    if not allowed:
        raise PermissionDenied
    if request.method == "GET":
        initial = {**services.snapshot(client), "version": client.version}
        form = ClientEditForm(allowed=allowed, client=client, initial=initial)
        return render(request, "clients/edit.html", {"form": form, "client": client})
    form = ClientEditForm(request.POST, allowed=allowed, client=client)
    if not form.is_valid():
        return render(request, "clients/edit.html", {"form": form, "client": client}, status=422)
    data = {**form.cleaned_data, **{name: request.POST[name] for name in foreign_keys(request.POST, form)}}
    # A form without its version has seen no version at all.
    version = data.pop("version", None) or 0
    try:
        services.update_client(client=client, data=data, version=version, actor=user)
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except StaleVersion as problem:
        return _merge(request, client, form, problem, allowed)
    except ActError as problem:
        status = form.add_refusal(problem)
        return render(request, "clients/edit.html", {"form": form, "client": client}, status=status)
    return go(request, client.get_absolute_url(), _("Saved."))


def _merge(
    request: HttpRequest, client: Client, form: ClientEditForm, problem: StaleVersion, allowed: frozenset[str]
) -> HttpResponse:
    """Both values of every field that differs; what was typed stays in the form, saved over the present version."""
    current = get_object_or_404(Client.objects.visible_to(employee(request)), pk=client.pk)
    initial = {**services.snapshot(current), "version": current.version}
    posted = request.POST.copy()
    posted["version"] = str(current.version)
    merged = ClientEditForm(posted, allowed=allowed, client=current, initial=initial)
    stands = ClientEditForm(initial=initial, allowed=allowed, client=current)
    differing = [
        {"label": merged[name].label, "mine": _shown(merged, name, posted.get(name)), "theirs": theirs}
        for name in merged.fields
        if name != "version"
        and (theirs := _shown(stands, name, initial.get(name))) != _shown(merged, name, posted.get(name))
    ]
    context = {"form": merged, "client": current, "problem": problem.text, "differing": differing}
    return render(request, "clients/edit.html", context, status=409)


def _shown(form: ClientEditForm, name: str, value: Any) -> str:
    """The value as the person reads it: the label of a choice, the name of an entry."""
    choices = getattr(form.fields[name], "choices", None)
    text = "" if value is None else str(value).strip().replace("\r\n", "\n")
    if choices is None or not text:
        return text
    return next((str(label) for key, label in choices if str(key) == text), text)


@require_POST
def client_size(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client = get_object_or_404(Client.objects.visible_to(user), pk=pk)
    form = SizeForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            services.change_size_label(client=client, size=form.cleaned_data["size"], actor=user)
        except NotAllowed as problem:
            raise PermissionDenied(problem.text) from problem
        except ActError as problem:
            status = form.add_refusal(problem)
        else:
            return go(request, client.get_absolute_url(), _("Saved."))
    return render(request, "clients/_size.html", {"form": form, "client": client}, status=status)


@require_GET
def duplicate_hints(request: HttpRequest) -> HttpResponse:
    user = employee(request)
    if not selectors.can_create(user):
        raise PermissionDenied
    asked = {name: request.GET.get(name, "") for name in ("phone", "inn", "email", "name")}
    exclude = request.GET.get("client", "")
    hints = selectors.duplicate_hints(
        user=user,
        **asked,
        exclude=int(exclude) if exclude.isascii() and exclude.isdigit() and len(exclude) < 19 else None,
    )
    return render(request, "clients/_duplicates.html", {"hints": hints})

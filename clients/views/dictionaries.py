"""Settings: segments with their terms and floors, categories, sources."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import localize_input
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import ActForm
from accounts.models import User
from clients import selectors, services
from clients.forms import EntryForm, EntryNewForm, SegmentForm, ServersForm, foreign_keys
from clients.models import Category, Segment, SegmentServer, Source
from clients.services.dictionaries import FLOORS, SEGMENT_FIELDS
from clients.views.answers import employee, go
from common.errors import ActError, NotAllowed, StaleVersion


def _editor(request: HttpRequest, allowed: Callable[[User], bool] = selectors.can_edit_dictionaries) -> User:
    user = employee(request)
    if not allowed(user):
        raise Http404
    return user


@require_http_methods(["GET"])
def segment_list(request: HttpRequest) -> HttpResponse:
    user = _editor(request, selectors.can_raise_floors)
    segments = Segment.objects.prefetch_related("servers__user")
    context = {"segments": segments, "can_add": selectors.can_edit_dictionaries(user)}
    return render(request, "clients/segments.html", context)


@require_http_methods(["GET", "POST"])
def segment_new(request: HttpRequest) -> HttpResponse:
    user = _editor(request)
    if request.method == "GET":
        fresh = Segment()
        initial = {name: _typed(getattr(fresh, name)) for name in SEGMENT_FIELDS}
        return _segment(request, SegmentForm(initial=initial), None)
    form = SegmentForm(request.POST)
    return _save_segment(request, form, None, lambda data, _version: services.create_segment(data=data, actor=user))


@require_http_methods(["GET", "POST"])
def segment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = _editor(request, selectors.can_raise_floors)
    segment = get_object_or_404(Segment.objects.all(), pk=pk)
    only = None if selectors.can_edit_dictionaries(user) else FLOORS
    if request.method == "GET":
        return _segment(request, SegmentForm(initial=_initial(segment), only=only), segment)
    form = SegmentForm(request.POST, only=only)

    def act(data: dict[str, Any], version: int) -> Segment:
        return services.update_segment(segment=segment, data=data, version=version, actor=user)

    return _save_segment(request, form, segment, act)


def _initial(segment: Segment) -> dict[str, Any]:
    return {**{name: _typed(getattr(segment, name)) for name in SEGMENT_FIELDS}, "version": segment.version}


def _save_segment(
    request: HttpRequest, form: SegmentForm, segment: Segment | None, act: Callable[[dict[str, Any], int], Any]
) -> HttpResponse:
    if not form.is_valid():
        return _segment(request, form, segment, 422)
    data = {**form.cleaned_data, **{name: request.POST[name] for name in foreign_keys(request.POST, form)}}
    version = data.pop("version", None) or 0
    try:
        act(data, version)
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except StaleVersion as problem:
        form.add_error(None, problem.text)
        return _segment(request, form, segment, 409, problem.current)
    except ActError as problem:
        return _segment(request, form, segment, form.add_refusal(problem))
    return go(request, reverse("segment_list"), _("Saved."))


def _segment(
    request: HttpRequest,
    form: SegmentForm,
    segment: Segment | None,
    status: int = 200,
    current: dict[str, Any] | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "segment": segment, "differing": []}
    if segment is not None and current:
        fresh = get_object_or_404(Segment.objects.all(), pk=segment.pk)
        data = request.POST.copy()
        data["version"] = str(fresh.version)
        form.data = data
        context["differing"] = [
            {"label": form[name].label, "mine": form[name].value() or "", "theirs": _plain(current.get(name))}
            for name in form.fields
            if name != "version" and str(form[name].value() or "") != str(_plain(current.get(name)))
        ]
    if segment is not None and selectors.can_edit_dictionaries(employee(request)):
        serving = SegmentServer.objects.filter(segment=segment).values_list("user_id", flat=True)
        context["servers_form"] = ServersForm(initial={"users": list(serving)})
    return render(request, "clients/segment.html", context, status=status)


def _typed(value: Any) -> Any:
    """A number as the person's language writes it; the service reads both marks."""
    return localize_input(value) if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    """As the form would show it."""
    return "" if value is None or value is False else _typed(value)


@require_http_methods(["POST"])
def segment_servers(request: HttpRequest, pk: int) -> HttpResponse:
    user = _editor(request)
    segment = get_object_or_404(Segment.objects.all(), pk=pk)
    form = ServersForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            services.set_segment_servers(segment=segment, users=form.cleaned_data["users"], actor=user)
        except ActError as problem:
            status = form.add_refusal(problem)
        else:
            return go(request, reverse("segment_edit", args=[segment.pk]), _("Saved."))
    context = {"form": SegmentForm(initial=_initial(segment)), "segment": segment, "servers_form": form}
    return render(request, "clients/segment.html", context, status=status)


@require_http_methods(["GET", "POST"])
def category_list(request: HttpRequest) -> HttpResponse:
    return _entries(request, Category, lambda name, user: services.create_category(name=name, actor=user))


@require_http_methods(["POST"])
def category_edit(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Category.objects.all(), pk=pk)
    return _entry(request, Category, lambda user, **data: services.update_category(category=entry, actor=user, **data))


@require_http_methods(["GET", "POST"])
def source_list(request: HttpRequest) -> HttpResponse:
    return _entries(request, Source, lambda name, user: services.create_source(name=name, actor=user))


@require_http_methods(["POST"])
def source_edit(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Source.objects.all(), pk=pk)
    return _entry(request, Source, lambda user, **data: services.update_source(source=entry, actor=user, **data))


def _entries(request: HttpRequest, model: type[Category | Source], create: Callable[[str, Any], Any]) -> HttpResponse:
    user = _editor(request)
    if request.method == "GET":
        return _entries_page(request, model, EntryNewForm())
    form = EntryNewForm(request.POST)
    return _entry_answer(request, model, form, lambda: create(form.cleaned_data["name"], user))


def _entry(request: HttpRequest, model: type[Category | Source], change: Callable[..., Any]) -> HttpResponse:
    user = _editor(request)
    form = EntryForm(request.POST)

    def act() -> Any:
        return change(user, name=form.cleaned_data["name"], is_active=form.cleaned_data["is_active"])

    return _entry_answer(request, model, form, act)


def _entry_answer(
    request: HttpRequest, model: type[Category | Source], form: ActForm, act: Callable[[], Any]
) -> HttpResponse:
    if not form.is_valid():
        return _entries_page(request, model, form, 422)
    try:
        act()
    except ActError as problem:
        return _entries_page(request, model, form, form.add_refusal(problem))
    return go(request, reverse(f"{model.__name__.lower()}_list"), _("Saved."))


def _entries_page(
    request: HttpRequest, model: type[Category | Source], form: ActForm, status: int = 200
) -> HttpResponse:
    name = model.__name__.lower()
    context = {
        "form": EntryNewForm() if isinstance(form, EntryForm) else form,
        "problems": form.errors.values() if isinstance(form, EntryForm) else (),
        "entries": model.objects.order_by("-is_active", "name"),
        "title": _("Categories") if model is Category else _("Sources"),
        "list_name": f"{name}_list",
        "edit_name": f"{name}_edit",
    }
    return render(request, "clients/entries.html", context, status=status)

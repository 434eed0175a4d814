from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.choices import Role
from accounts.forms import DepartmentForm, OrganisationForm
from accounts.models import Department
from accounts.rules import may_change_switches, may_see_settings
from accounts.selectors import organisation
from accounts.services.organisation import SWITCHES
from accounts.views.requests import only_for, person
from common.errors import ActError
from common.htmx import redirect


@require_GET
@only_for(may_see_settings)
def settings_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@only_for(may_change_switches)
def organisation_edit(request: HttpRequest) -> HttpResponse:
    form = OrganisationForm(request.POST, actor=person(request))
    if not form.is_valid():
        return _page(request, status=422, form=form)
    try:
        services.change_organisation(data=form.cleaned_data, actor=person(request))
    except ActError as error:
        return _page(request, status=form.add_refusal(error), form=form)
    messages.success(request, _("Saved."))
    return redirect(request, reverse("settings"))


@require_http_methods(["GET", "POST"])
@only_for(may_see_settings)
def department_new(request: HttpRequest) -> HttpResponse:
    actor = person(request)
    if not actor.is_administrator:
        raise Http404
    form = DepartmentForm(request.POST or None, actor=actor, is_new=True)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.create_department(actor=actor, **form.cleaned_data)
            except ActError as error:
                status = form.add_refusal(error)
            else:
                messages.success(request, _("The department is opened."))
                return redirect(request, reverse("settings"))
    return render(request, "accounts/department.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@only_for(may_see_settings)
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = person(request)
    department = get_object_or_404(Department.objects.visible_to(actor), pk=pk)
    initial = {name: getattr(department, name) for name in DepartmentForm.base_fields}
    form = DepartmentForm(request.POST or None, actor=actor, initial=initial)
    if request.method == "POST":
        # A form of one unticked box posts nothing but the token.
        form = DepartmentForm(request.POST, actor=actor, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change_department(department=department, data=form.cleaned_data, actor=actor)
            except ActError as error:
                status = form.add_refusal(error)
            else:
                messages.success(request, _("Saved."))
                return redirect(request, reverse("settings"))
    return render(request, "accounts/department.html", {"form": form, "department": department}, status=status)


def _page(request: HttpRequest, *, status: int = 200, form: OrganisationForm | None = None) -> HttpResponse:
    actor = person(request)
    present = organisation()
    if form is None and may_change_switches(actor.role):
        form = OrganisationForm(initial={name: getattr(present, name) for name in SWITCHES}, actor=actor)
    context: dict[str, Any] = {
        "organisation": present,
        "form": form,
        "departments": Department.objects.visible_to(actor),
        "is_administrator": actor.is_administrator,
        "links": _links(actor.role),
    }
    return render(request, "accounts/settings.html", context, status=status)


def _links(role: str) -> list[dict[str, str]]:
    """Other pages of settings; those of rooms that are not there are left out."""
    known = [
        ("calendar", "calendar-days", _("Production calendar"), _("Working days, holidays, shortened days")),
        ("segment_list", "layers", _("Segments and categories"), _("Deal term, colour floors, dictionaries")),
        ("jobs", "clock", _("Daily jobs"), _("What is counted and sent by itself, and whether it was")),
        ("audit_log", "file-text", _("Audit log"), _("Who did what, when and through which door")),
    ]
    if role in (Role.HEAD, Role.DIRECTOR):
        known.append(("rotation_settings", "refresh-cw", _("Rotation"), _("From which day clients are handed over")))
    if role in (Role.ADMINISTRATOR, Role.DIRECTOR):
        known.append(
            ("failed_mail", "mail", _("Undelivered letters"), _("What the mail server refused; send it again"))
        )
    if role == Role.ADMINISTRATOR:
        known.append(("telephony_settings", "phone", _("Telephony"), _("Connections of the PBX and their lines")))
    links = []
    for name, icon, label, text in known:
        try:
            links.append({"url": reverse(name), "icon": icon, "label": label, "text": text})
        except NoReverseMatch:
            continue
    return links

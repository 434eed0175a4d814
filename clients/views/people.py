"""People, phones and e-mails of a card: forms that open in their place, as fragments or as plain pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.choices import Role
from accounts.forms import ActForm
from clients import selectors, services
from clients.forms import EmailForm, PersonForm, PhoneForm, foreign_keys
from clients.models import Client, ContactPerson, Email, Phone
from clients.views.answers import employee
from common.errors import ActError, NotAllowed
from common.htmx import redirect, toast, wants_fragment


def _client(request: HttpRequest, pk: int) -> Client:
    """The card, for a person who may edit it: 404 out of scope, 403 for who only reads."""
    client = get_object_or_404(Client.objects.visible_to(employee(request)), pk=pk)
    user = employee(request)
    if "name" not in selectors.editable_fields(client=client, user=user):
        raise PermissionDenied
    return client


def _people(request: HttpRequest, client: Client) -> HttpResponse:
    user = employee(request)
    people = list(
        ContactPerson.objects.visible_to(user).filter(client=client, is_active=True).prefetch_related("phones")
    )
    context = {
        "client": client,
        "people": people,
        "phones": list(Phone.objects.visible_to(user).filter(client=client).select_related("person")),
        "emails": list(Email.objects.visible_to(user).filter(client=client).select_related("person")),
        "can_edit": "name" in selectors.editable_fields(client=client, user=user),
    }
    return render(request, "clients/_people.html", context)


def _form(
    request: HttpRequest, client: Client, form: ActForm, title: str, status: int = 200, **more: Any
) -> HttpResponse:
    name = "clients/_part_form.html" if wants_fragment(request) else "clients/part_form.html"
    return render(request, name, {"client": client, "form": form, "title": title, **more}, status=status)


def _answer(
    request: HttpRequest, client: Client, form: ActForm, title: str, act: Callable[[], Any], **more: Any
) -> HttpResponse:
    """Runs the act of a valid form: the people of the card and a toast, or the form with what was refused."""
    user = employee(request)
    is_valid = form.is_valid()
    try:
        services.refuse_colour(request.POST, actor=user, client=client)
        if is_valid:
            act()
    except NotAllowed as problem:
        raise PermissionDenied(problem.text) from problem
    except ActError as problem:
        return _form(request, client, form, title, form.add_refusal(problem), **more)
    return _done(request, client) if is_valid else _form(request, client, form, title, 422, **more)


def _done(request: HttpRequest, client: Client) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(request, client.get_absolute_url())
    response = _people(request, client)
    # The form stands elsewhere in the card than what it changes.
    response["HX-Retarget"] = "#people"
    response["HX-Reswap"] = "outerHTML"
    response["HX-Trigger"] = "closeDialog"
    return toast(response, _("Saved."))


def _posted(request: HttpRequest, form: ActForm) -> dict[str, Any]:
    return {name: request.POST[name] for name in foreign_keys(request.POST, form)}


def _removed(request: HttpRequest, client: Client, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except ActError as problem:
        # The client went to another owner since the page was drawn.
        raise PermissionDenied(problem.text) from problem
    return _done(request, client)


@require_GET
def people_list(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client = get_object_or_404(Client.objects.visible_to(user), pk=pk)
    if user.role == Role.ACCOUNTANT:
        raise PermissionDenied  # requisites and documents only
    return _people(request, client)


@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client, title = _client(request, pk), _("New person")
    if request.method == "GET":
        return _form(request, client, PersonForm(initial={"key": uuid.uuid4().hex}), title)
    form = PersonForm(request.POST)

    def act() -> None:
        values = {**form.cleaned_data}
        services.add_person(client=client, actor=user, **{**values, "key": values["key"] or None})

    return _answer(request, client, form, title, act)


@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    user = employee(request)
    client = _client(request, pk)
    person = get_object_or_404(ContactPerson.objects.visible_to(user), pk=person_pk, client=client)
    fields = ("full_name", "position", "is_dm", "note")
    if request.method == "GET":
        form = PersonForm(initial={name: getattr(person, name) for name in fields})
        return _form(request, client, form, person.full_name, person=person)
    form = PersonForm(request.POST)

    def act() -> None:
        values = {name: form.cleaned_data[name] for name in fields}
        services.update_person(person=person, data={**values, **_posted(request, form)}, actor=user)

    return _answer(request, client, form, person.full_name, act, person=person)


@require_POST
def person_remove(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    user = employee(request)
    client = _client(request, pk)
    person = get_object_or_404(ContactPerson.objects.visible_to(user), pk=person_pk, client=client)
    return _removed(request, client, lambda: services.deactivate_person(person=person, actor=user))


@require_http_methods(["GET", "POST"])
def phone_new(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client, title = _client(request, pk), _("New phone")
    if request.method == "GET":
        initial = {"key": uuid.uuid4().hex, "phone": selectors.readable(request.GET.get("phone", ""))}
        return _form(request, client, PhoneForm(initial=initial, client=client, user=user), title)
    form = PhoneForm(request.POST, client=client, user=user)

    def act() -> None:
        services.add_phone(
            client=client,
            raw=form.cleaned_data["phone"],
            person=form.cleaned_data["person"],
            is_shared=form.cleaned_data.get("is_shared", False),
            actor=user,
            key=form.cleaned_data["key"] or None,
        )

    return _answer(request, client, form, title, act)


@require_http_methods(["GET", "POST"])
def phone_edit(request: HttpRequest, pk: int, phone_pk: int) -> HttpResponse:
    user = employee(request)
    client = _client(request, pk)
    phone = get_object_or_404(Phone.objects.visible_to(user), pk=phone_pk, client=client)
    if request.method == "GET":
        initial = {"phone": phone.raw, "person": phone.person_id, "is_shared": phone.is_shared}
        form = PhoneForm(initial=initial, client=client, user=user)
        return _form(request, client, form, str(phone), phone=phone)
    form = PhoneForm(request.POST, client=client, user=user)

    def act() -> None:
        services.update_phone(
            phone=phone,
            raw=form.cleaned_data["phone"],
            person=form.cleaned_data["person"],
            is_shared=form.cleaned_data.get("is_shared", phone.is_shared),
            actor=user,
        )

    return _answer(request, client, form, str(phone), act, phone=phone)


@require_POST
def phone_remove(request: HttpRequest, pk: int, phone_pk: int) -> HttpResponse:
    user = employee(request)
    client = _client(request, pk)
    phone = get_object_or_404(Phone.objects.visible_to(user), pk=phone_pk, client=client)
    return _removed(request, client, lambda: services.remove_phone(phone=phone, actor=user))


@require_http_methods(["GET", "POST"])
def email_new(request: HttpRequest, pk: int) -> HttpResponse:
    user = employee(request)
    client, title = _client(request, pk), _("New e-mail")
    if request.method == "GET":
        form = EmailForm(initial={"key": uuid.uuid4().hex}, client=client, user=user)
        return _form(request, client, form, title)
    form = EmailForm(request.POST, client=client, user=user)

    def act() -> None:
        services.add_email(
            client=client,
            address=form.cleaned_data["email"],
            person=form.cleaned_data["person"],
            actor=user,
            key=form.cleaned_data["key"] or None,
        )

    return _answer(request, client, form, title, act)


@require_POST
def email_remove(request: HttpRequest, pk: int, email_pk: int) -> HttpResponse:
    user = employee(request)
    client = _client(request, pk)
    email = get_object_or_404(Email.objects.visible_to(user), pk=email_pk, client=client)
    return _removed(request, client, lambda: services.remove_email(email=email, actor=user))

"""Logging a contact: the form under a row, the one-line log of the card, a page of its own without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.selectors import calendar
from clients.choices import Section
from clients.models import Client, ContactPerson
from common import clock, formats, markup
from common.acts import answers_refusals, attempt, done
from common.errors import Conflict
from common.htmx import wants_fragment
from funnels.choices import ContactResult
from funnels.forms import ContactForm
from funnels.forms.contacts import person_label
from funnels.models import Contact, Ownership, Questionnaire, SalesCycle
from funnels.rules import age, latest_progress_due
from funnels.selectors.credits import credit_names
from funnels.services import ensure_may_work, log_contact, preview_credit, reason_text
from funnels.views.fetching import CHANGED, client_of, find_cycle, person_of, still_visible, ways_of


@require_http_methods(["GET", "POST"])
@answers_refusals
def contact_form(request: HttpRequest, pk: int) -> HttpResponse:
    client, person = client_of(request, pk), person_of(request)
    ensure_may_work(person, client)
    cycle = find_cycle(client)
    if cycle is None and client.section != Section.CUSTOMERS:
        raise Conflict(_("Take the client into work first."), code="not_in_work")
    if request.method == "GET":
        form = ContactForm(client=client, auto_id="contact_%s")
        return _answer(request, client, cycle, form)
    is_line = bool(request.POST.get("line"))
    form = ContactForm(request.POST, client=client, auto_id="log_%s" if is_line else "contact_%s")
    before = _standing(client, cycle)
    saved: list[Contact] = []

    def act(_data: dict[str, Any]) -> None:
        saved.append(log_contact(client=client, actor=person, data=form.data_of_contact(), at=form.at()))

    refusal = attempt(form, act, ways_of(client))
    if refusal is not None:
        return _answer(request, client, cycle, form, refusal=refusal, status=refusal.status, is_line=is_line)
    told, level = _told(saved[0], before, client)
    if still_visible(person, client):
        return done(request, told, reverse("client_card", args=[client.pk]), event=CHANGED, level=level)
    return done(request, told, "/", level=level)


@require_GET
@answers_refusals
def contact_hint(request: HttpRequest, pk: int) -> HttpResponse:
    """What the contact being typed would be credited as."""
    client, person = client_of(request, pk), person_of(request)
    ensure_may_work(person, client)
    form = ContactForm(request.GET, client=client)
    form.is_valid()
    return render(request, "funnels/_contact_hint.html", {"hint": _hint(client, find_cycle(client), form, person)})


def _answer(
    request: HttpRequest,
    client: Client,
    cycle: SalesCycle | None,
    form: ContactForm,
    *,
    refusal: Any = None,
    status: int = 200,
    is_line: bool = False,
) -> HttpResponse:
    context = form_context(client, cycle, form)
    context |= {"refusal": refusal, "hint": _hint(client, cycle, form, person_of(request))}
    if not wants_fragment(request):
        template = "funnels/contact_page.html"
    else:
        template = "funnels/_log_line.html" if is_line else "funnels/_contact_form.html"
    return render(request, template, context, status=status)


# Beside `markup.ANY_PK`, these stand for what differs from card to card in a line that is drawn once.
_ANY_PERSON: Final = markup.ANY_PK + 1
_ANY_KEY, _ANY_TOKEN, _ANY_PEOPLE = "\uffffkey", "\uffffcsrf", "\uffffpeople"


def fresh_line(request: HttpRequest, client: Client, people: Sequence[ContactPerson]) -> SafeString:
    """The one-line log as a card opens it: a form of thirty widgets, drawn once a day and language."""
    today = clock.today()
    line = _line_of_any(_tomorrow(today), bool(people))
    options = (
        markup.piece('<option value="{}"{}>{}</option>', person.pk, "" if place else SafeString(" selected"), label)
        for place, (person, label) in enumerate((person, person_label(person)) for person in people)
    )
    told = {
        str(markup.ANY_PK): str(int(client.pk)),
        _ANY_KEY: uuid.uuid4().hex,
        _ANY_TOKEN: markup.escaped(get_token(request)),
        _ANY_PEOPLE: markup.join(options, ""),  # the last: what people typed is not searched
    }
    for stand_in, real in told.items():
        line = line.replace(stand_in, real)
    return SafeString(line)


@markup.remembered
def _line_of_any(tomorrow: date, has_people: bool) -> str:
    client = Client(pk=markup.ANY_PK)
    people = [ContactPerson(pk=_ANY_PERSON)] if has_people else []
    form = ContactForm(client=client, people=people, auto_id="log_%s", initial={"key": _ANY_KEY})
    context = {"client": client, "form": form, "tomorrow": f"{tomorrow:%Y-%m-%d}", "csrf_token": _ANY_TOKEN}
    drawn = render_to_string("funnels/_log_line.html", context)
    return drawn.replace(f'<option value="{_ANY_PERSON}" selected></option>', _ANY_PEOPLE)


def form_context(client: Client, cycle: SalesCycle | None, form: ContactForm) -> dict[str, Any]:
    """What both shapes of the form need: quick dates, the questionnaire's progress, what is worth asking."""
    today = clock.today()
    answers = Questionnaire.objects.filter(cycle=cycle).first() if cycle is not None else None
    latest = latest_progress_due(today)
    soon = today + timedelta(days=4 if today.weekday() in (3, 4) else 3)
    return {
        "client": client,
        "cycle": cycle,
        "form": form,
        "answers": answers,
        "tomorrow": f"{_tomorrow(today):%Y-%m-%d}",
        "quick_steps": [
            {"on": _tomorrow(today), "label": _("Tomorrow")},
            {"on": _working(soon), "label": formats.date_week(_working(soon), today=today)},
            {"on": today + timedelta(days=7), "label": _("In a week")},
        ],
        "quick_progress": [
            {"on": on, "label": formats.date_num(on, today=today)}
            for on in (today + timedelta(days=7), today + timedelta(days=14), latest)
        ],
        "latest_progress": latest,
    }


def _tomorrow(today: date) -> date:
    return calendar().next_working_day(today)


def _working(day: date) -> date:
    return calendar().working_day_on_or_after(day)


def _hint(client: Client, cycle: SalesCycle | None, form: ContactForm, person: Any) -> str:
    """«Засчитается: результативный звонок. Сам контакт срок не обнуляет: 8 из 10.»"""
    data = getattr(form, "cleaned_data", None)
    if data is None:
        probe = ContactForm(_initial_post(form), client=client)
        probe.is_valid()
        form, data = probe, probe.cleaned_data
    if not {"kind", "result"} <= data.keys():
        return ""
    for name, empty in _EMPTY.items():
        data.setdefault(name, empty)
    if data["result"] == ContactResult.REFUSED:
        return _("The client leaves the funnel; the reason decides the section.")
    score = preview_credit(client=client, actor=person, data=form.data_of_contact())
    names = credit_names(score)
    words = [_("Will be credited: %(what)s.") % {"what": ", ".join(names)}] if names else []
    if score.reason and not names:
        words.append(_("Will not be credited: %(why)s.") % {"why": reason_text(score.reason, score.detail)})
    chip = _age_words(client, cycle)
    if chip:
        words.append(_("A contact alone does not reset the term: %(age)s.") % {"age": chip})
    return " ".join(words)


_EMPTY: dict[str, Any] = {
    "person": None,
    "text": "",
    "direction": "",
    "place": "",
    "is_remote": False,
    "has_interest": "",
    "is_offer_discussed": False,
    "is_terms_discussed": False,
    "progress_kind": "",
    "progress_due_on": None,
    "next_on": None,
    "next_time": None,
    "next_text": "",
    "refusal_reason": "",
    "recall_on": None,
    "key": None,
}


def _initial_post(form: ContactForm) -> dict[str, Any]:
    return {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}


@dataclass(frozen=True)
class _Standing:
    """What the toast compares: before and after."""

    state: str
    colour: str
    clock_started_on: date | None
    is_open: bool


def _standing(client: Client, cycle: SalesCycle | None) -> _Standing:
    if cycle is None or not cycle.is_open:
        return _Standing(client.state or "", "none", None, is_open=False)
    started = Ownership.objects.open().filter(cycle=cycle).values_list("clock_started_on", flat=True).first()
    return _Standing(cycle.state, cycle.colour, started, is_open=True)


def _told(contact: Contact, before: _Standing, client: Client) -> tuple[str, str]:
    """The toast: credited or not and why, then state, colour and age as they stand now."""
    names = credit_names(contact)
    why = reason_text(contact.reason, contact.reason_detail.get("value")) if contact.reason else ""
    level = "success"
    if names:
        words = [_("Credited: %(what)s.") % {"what": ", ".join(names)}]
        if why:
            words.append(_("Not fully: %(why)s.") % {"why": why})
    else:
        words = [_("Saved, not credited: %(why)s.") % {"why": why}] if why else [_("The contact is saved.")]
        level = "info"
    cycle = SalesCycle.objects.filter(pk=contact.cycle_id).first() if contact.cycle_id else None
    after = _standing(client, cycle)
    if cycle is not None and before.is_open and not after.is_open:
        words.append(_("The client has left the funnel."))
        return " ".join(words), level
    if cycle is None:
        return " ".join(words), level
    if after.state != before.state:
        words.append(_("State: %(state)s.") % {"state": cycle.get_state_display()})
    words.append(_colour_words(before, after, _age_words(client, cycle)))
    return " ".join(words), level


def _colour_words(before: _Standing, after: _Standing, age_words: str) -> str:
    became = {
        "red": pgettext("the colour became", "red"),
        "yellow": pgettext("the colour became", "yellow"),
        "green": pgettext("the colour became", "green"),
    }.get(after.colour, pgettext("the colour became", "none"))
    if after.colour == before.colour and after.clock_started_on == before.clock_started_on:
        return _("The colour stayed %(colour)s, %(age)s.") % {"colour": became, "age": age_words}
    if after.clock_started_on != before.clock_started_on:
        return _("The colour became %(colour)s, the term starts anew.") % {"colour": became}
    return _("The colour became %(colour)s, the term goes on: %(age)s.") % {"colour": became, "age": age_words}


def _age_words(client: Client, cycle: SalesCycle | None) -> str:
    if cycle is None:
        return ""
    started = Ownership.objects.open().filter(cycle=cycle).values_list("clock_started_on", flat=True).first()
    if started is None:
        return ""
    days = age(started, client.department.rotation_starts_on, clock.today(), calendar())
    return _("%(days)s of 10") % {"days": days}

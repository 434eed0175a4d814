"""Logging a contact through the browser's door: the form under a row, the one-line log, without JavaScript."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string

from accounts.models import User
from common import clock
from funnels.forms import ContactForm
from funnels.models import Contact, Fact, SalesCycle, Task
from funnels.views.contacts import form_context, fresh_line
from tests.factories.work import answer, call, dm_of, make_client, make_template, offer, on, take

MONDAY = date(2026, 11, 9)
HTMX = {"HTTP_HX_REQUEST": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def cycle(cast):
    User.objects.update(language="en")
    with on(MONDAY):
        make_template(4)
        return take(cast, cast.ivanova)


def form(cycle, **fields):
    return {
        "key": fields.pop("key", "k1"),
        "kind": "call",
        "result": "talked",
        "person": dm_of(cycle.client).pk,
        "text": "Agreed to talk on Friday",
        **fields,
    }


def post(browser, cycle, fragment=True, **fields):
    extra = HTMX if fragment else {}
    return browser.post(f"/clients/{cycle.client_id}/contact/", form(cycle, **fields), **extra)


def events(response):
    return json.loads(response.headers["HX-Trigger"])


def test_a_saved_contact_tells_credit_state_colour_and_age_and_asks_the_page_to_refresh(cast, as_user, cycle):
    with on(MONDAY + timedelta(days=8)):
        response = post(as_user(cast.ivanova), cycle, next_on="2026-11-18", next_text="Send the offer")
    assert response.status_code == 204
    told = events(response)
    assert told["toast"]["text"] == ("Credited: productive call. State: Contact 1. The colour stayed red, 8 of 10.")
    assert {"clientChanged", "closeSlot", "closeDialog"} <= told.keys()
    contact = Contact.objects.get()
    assert (contact.is_productive_call, contact.text) == (True, "Agreed to talk on Friday")
    task = Task.objects.open().get(kind="next_step")
    assert (task.text, task.has_time) == ("Send the offer", False)


def test_a_contact_that_is_not_credited_says_why(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    post(browser, cycle, key="a")
    response = post(browser, cycle, key="b")
    assert "Saved, not credited: second call to this decision maker today." in events(response)["toast"]["text"]
    assert events(response)["toast"]["level"] == "info"


def test_a_contact_that_turns_the_colour_says_that_the_term_starts_anew(cast, as_user, cycle):
    with on(MONDAY + timedelta(days=1)):
        call(cycle)
        answer(cycle, 4)
    with on(MONDAY + timedelta(days=2)):
        response = post(
            as_user(cast.ivanova),
            cycle,
            kind="meeting",
            has_interest="1",
            progress_kind="survey",
            progress_due_on="2026-12-01",
        )
    text = events(response)["toast"]["text"]
    assert "Credited: productive meeting." in text
    assert "The colour became yellow, the term starts anew." in text
    assert SalesCycle.objects.get(pk=cycle.pk).colour == "yellow"


def test_pressing_save_twice_keeps_one_contact(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    assert post(browser, cycle).status_code == post(browser, cycle).status_code == 204
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("line", ["", "1"])
def test_progress_later_than_a_month_is_refused_beside_its_field_with_limit_and_remedy(cast, as_user, cycle, line):
    with on(date(2026, 11, 20)):
        response = post(
            as_user(cast.ivanova), cycle, progress_kind="survey", progress_due_on="2027-01-15", line=line, text="Kept"
        )
    page = response.content.decode()
    assert response.status_code == 422
    if not line:
        assert "Not later than 20.12.2026: progress is an agreement within a month." in page
        assert 'id="contact_progress_due_on"' in page
        assert 'aria-invalid="true"' in page
    assert "Kept" in page
    assert "<html" not in page
    assert not Contact.objects.exists()


def test_a_refusal_needs_its_reason_and_then_leads_away_from_a_client_that_has_left(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    refused = post(browser, cycle, result="refused", key="a")
    assert refused.status_code == 422
    assert "Choose the reason of the refusal." in refused.content.decode()
    response = post(browser, cycle, result="refused", refusal_reason="no_money", key="b")
    assert response.headers["HX-Redirect"] == "/"
    cycle.client.refresh_from_db()
    assert cycle.client.section == "soft_refusal"


def test_without_javascript_the_form_is_a_page_and_saving_leads_to_the_card(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    page = browser.get(f"/clients/{cycle.client_id}/contact/")
    assert "<html" in page.content.decode()
    response = post(browser, cycle, fragment=False)
    assert (response.status_code, response.headers["Location"]) == (303, f"/clients/{cycle.client_id}/")


def test_the_fragment_offers_quick_dates_a_fresh_key_and_the_people_of_this_client(cast, as_user, cycle):
    other = make_client(cast)
    other.people.update(full_name="Чужой Человек")
    with on(date(2026, 11, 20)):
        page = as_user(cast.ivanova).get(f"/clients/{cycle.client_id}/contact/", **HTMX).content.decode()
    assert 'data-set-date="2026-11-23" data-for="next_on"' in page  # the day after Friday is no working day
    assert 'data-sets="next_on=2026-11-23"' in page
    assert 'data-set-date="2026-12-20" data-for="progress_due_on"' in page
    assert "without a contact person" in page
    assert "Чужой" not in page
    assert 'name="key"' in page


def test_the_hint_tells_what_the_contact_would_be_credited_as_and_writes_nothing(cast, as_user, cycle):
    browser = as_user(cast.ivanova)
    url = f"/clients/{cycle.client_id}/contact/hint/"
    good = browser.get(url, form(cycle)).content.decode()
    bad = browser.get(url, form(cycle, person="")).content.decode()
    assert "Will be credited: productive call." in good
    assert "Will not be credited: not a decision maker." in bad
    assert not Contact.objects.exists()


def test_a_person_of_another_client_is_refused(cast, as_user, cycle):
    stranger = dm_of(make_client(cast))
    response = post(as_user(cast.ivanova), cycle, person=stranger.pk)
    assert response.status_code == 422
    assert "Choose a person of this client." in response.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "telepathy"},
        {"result": ""},
        {"on": "2026-13-40"},
        {"on": "9999-12-31"},
        {"on": "2020-01-01"},
        {"text": "я" * 5001},
        {"person": "1 OR 1=1"},
        {"person": "9" * 40},
        {"next_on": "0001-01-01"},
        {"next_time": "25:99"},
        {"key": ""},
        {"key": "x" * 81},
        {"progress_kind": "bribe", "progress_due_on": "2026-12-01"},
        {"progress_kind": "survey"},
    ],
)
def test_wrong_input_is_a_422_and_writes_nothing(cast, as_user, cycle, fields):
    with on(date(2026, 11, 20)):
        assert post(as_user(cast.ivanova), cycle, **fields).status_code == 422
    assert not Contact.objects.exists()


def test_a_contact_of_yesterday_is_dated_yesterday(cast, as_user, cycle):
    with on(MONDAY + timedelta(days=3)):
        post(as_user(cast.ivanova), cycle, on="2026-11-10")
    assert Contact.objects.get().day == date(2026, 11, 10)


def test_discussing_terms_after_an_offer_leaves_the_facts(cast, as_user, cycle):
    with on(MONDAY + timedelta(days=1)):
        call(cycle)
        cycle.refresh_from_db()
        offer(cycle)
    with on(MONDAY + timedelta(days=2)):
        page = as_user(cast.ivanova).get(f"/clients/{cycle.client_id}/contact/", **HTMX).content.decode()
        post(as_user(cast.ivanova), cycle, is_offer_discussed="on", is_terms_discussed="on", next_on="2026-11-12")
    assert "the offer was discussed" in page
    kinds = set(Fact.objects.values_list("kind", flat=True))
    assert {"offer_discussed", "terms_discussed"} <= kinds
    assert SalesCycle.objects.get(pk=cycle.pk).state == "c3"


def test_others_get_404_readers_403_and_strangers_the_login(cast, as_user, client, cycle):
    url = f"/clients/{cycle.client_id}/contact/"
    assert client.get(url).status_code == 302
    assert client.get(url, **HTMX).status_code == 401
    for person in (cast.petrov, cast.boss, cast.accountant, cast.quality, cast.admin):
        assert as_user(person).get(url).status_code == 404
        assert post(as_user(person), cycle).status_code == 404
    cycle.client.has_calls = True
    cycle.client.save()
    assert as_user(cast.quality).get(url).status_code == 403
    assert post(as_user(cast.quality), cycle).status_code == 403
    assert not Contact.objects.exists()


def test_a_free_client_is_taken_before_a_contact_is_logged(cast, as_user, cycle):
    free = make_client(cast)
    response = as_user(cast.ivanova).get(f"/clients/{free.pk}/contact/", **HTMX)
    assert response.status_code == 403
    assert "Take the client into work first." in events(response)["toast"]["text"]


def lines_of(html):
    """Tags and words of the one-line log, whitespace aside."""
    return [part for part in re.split(r"\s*(<[^>]+>)\s*", html.strip()) if part]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_line_of_a_card_is_the_form_drawn_anew(cast, cycle, count, rf):
    """It is drawn once a day and filled in: client, people, key and token are the only things that differ."""
    names = ["Котова Ольга Ивановна", "<b>csrf</b> & key", "Сергей"]
    cycle.client.people.all().delete()
    for name in names[:count]:
        cycle.client.people.create(full_name=name, position="Директор", is_dm=True, created_at=clock.now())
    for day in (MONDAY, MONDAY + timedelta(days=4)):  # the next working day is another
        with on(day):
            request = rf.get("/")
            drawn = fresh_line(request, cycle.client, list(cycle.client.people.active()))
            key = re.search(r'name="key" value="([0-9a-f]{32})"', drawn)[1]
            whole = ContactForm(client=cycle.client, auto_id="log_%s", initial={"key": key})
            context = form_context(cycle.client, cycle, whole)
            expected = render_to_string("funnels/_log_line.html", context | {"csrf_token": "T"})
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', drawn)[1]
        assert lines_of(drawn.replace(token, "T")) == lines_of(expected)
    assert key not in fresh_line(request, cycle.client, [])

"""The client card: what it tells, to whom, at what price."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from common import clock
from funnels.models import ColourChange, Contact, SalesCycle
from funnels.services import agree_terms, refuse, transfer
from tests.factories.work import answer, call, dm_of, invoice, make_client, make_template, offer, on, take

MONDAY = date(2026, 11, 9)
HTMX = {"HTTP_HX_REQUEST": "true"}

pytestmark = pytest.mark.django_db


def card(browser, client, **query):
    return browser.get(f"/clients/{client.pk}/", query)


def text_of(response):
    return response.content.decode()


@pytest.fixture
def english(settings):
    """The words are checked in the source language; the catalogue has its own test."""
    from accounts.models import User

    User.objects.update(language="en")


@pytest.fixture
def worked(cast, english):
    """Taken on Monday the 9th, called at once, offer on Wednesday."""
    with on(MONDAY):
        make_template(4)
        cycle = take(cast, cast.ivanova)
        call(cycle, text="Asked for prices")
    with on(MONDAY + timedelta(days=2)):
        cycle.refresh_from_db()
        offer(cycle)
    return cycle


def test_the_card_tells_colour_rule_age_rotation_day_and_what_resets_the_clock(cast, as_user, worked):
    with on(MONDAY + timedelta(days=8)):
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "rule R10" in page
    assert "8 of 10" in page
    assert "Last day 19.11.2026; without movement the rotation is on 20.11.2026 09:20." in page
    assert "A call, a letter or a moved date do not" in page
    assert "22 days left" in page


def test_the_card_says_what_would_turn_the_colour_by_the_shortest_way(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "Will become yellow by:" in page
    assert "the offer discussed with the decision maker" in page


def test_the_next_step_shows_what_is_there_and_leads_to_the_form_of_what_is_missing(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "For “Contact 2”:" in page
    assert f'href="/clients/{worked.client_id}/questionnaire/"' in page
    assert "the date of the next step" in page


def test_lapsed_evidence_is_named_as_the_reason_of_red(cast, as_user, worked):
    with on(MONDAY + timedelta(days=2)):
        invoice(SalesCycle.objects.get(pk=worked.pk), due=MONDAY + timedelta(days=4))
    from funnels.services import recheck_colours

    with on(MONDAY + timedelta(days=6)):
        recheck_colours(day=clock.today())
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "The invoice ran out on 13.11.2026." in page


def test_a_contact_not_credited_carries_its_reason_in_the_history(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        call(worked, talk_seconds=22, is_manual=False, text="Busy")
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "not credited: talk of 22 s, 30 s needed" in page
    assert "productive call" in page


def test_the_filters_of_the_history_show_only_their_kind(cast, as_user, worked):
    browser = as_user(cast.ivanova)
    with on(MONDAY + timedelta(days=3)):
        call(worked, talk_seconds=22, is_manual=False, text="Busy now")
        credited = text_of(card(browser, worked.client, history="credited"))
        facts = text_of(card(browser, worked.client, history="facts"))
    assert "Asked for prices" in credited
    assert "Busy now" not in credited
    assert "Offer sent" in facts
    assert "Asked for prices" not in facts


def test_the_history_is_paged_without_losing_or_repeating_an_event(cast, as_user, worked):
    at = clock.local_moment(MONDAY, time(12, 0))
    fill_contacts(cast, worked, 75, at=at)
    browser, seen, url = as_user(cast.ivanova), [], f"/clients/{worked.client_id}/?history=contacts&after="
    with on(MONDAY + timedelta(days=3)):
        for _ in range(5):
            page = text_of(browser.get(url, **HTMX))
            seen += re.findall(r"mark-\d+", page)
            if "after=" not in page:
                break
            url = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == 75
    assert len(set(seen)) == 75


def test_a_broken_cursor_gives_the_first_page(cast, as_user, worked):
    browser = as_user(cast.ivanova)
    for cursor in ("x", "1_2", "nan_1_1", "1e400_1_1", "1_9_9", "1_1_99999999999999999999", "1_1_-4"):
        assert browser.get(f"/clients/{worked.client_id}/?after={cursor}", **HTMX).status_code == 200


def fill_contacts(cast, cycle, count, at=None):
    moment = at or clock.now()
    Contact.objects.bulk_create(
        Contact(
            client=cycle.client,
            cycle=cycle,
            user=cast.petrov if number % 2 else cast.ivanova,
            kind="letter",
            at=moment,
            day=clock.day_of(moment),
            result="talked",
            text=f"mark-{number}",
            reason="kind_not_counted",
            recorded_at=moment,
        )
        for number in range(count)
    )
    ColourChange.objects.bulk_create(
        ColourChange(
            cycle=cycle,
            owner=cast.ivanova,
            from_colour="red",
            to_colour="yellow",
            rule="R8",
            rules_version=1,
            on=clock.day_of(moment),
            at=moment,
        )
        for _ in range(count)
    )


def test_the_number_of_queries_does_not_grow_with_the_history(cast, as_user, worked):
    browser = as_user(cast.ivanova)
    with on(MONDAY + timedelta(days=3)):
        card(browser, worked.client)  # warms the calendar and the content types
        with CaptureQueriesContext(
            connection,
        ) as few:
            card(browser, worked.client)
        fill_contacts(cast, worked, 200)
        with CaptureQueriesContext(connection) as many:
            page = text_of(card(browser, worked.client))
    assert len(many) == len(few)
    assert len(many) <= 25, "\n".join(query["sql"][:150] for query in many)
    assert len(page) < 120_000


def test_a_foreign_client_looks_like_an_absent_one(cast, as_user, worked):
    browser = as_user(cast.petrov)
    foreign = card(browser, worked.client)
    absent = browser.get("/clients/999999999/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    told = [page.content.replace(page.wsgi_request.request_id.encode(), b"") for page in (foreign, absent)]
    assert told[0] == told[1]
    assert card(as_user(cast.boss), worked.client).status_code == 404


@pytest.mark.parametrize("number", [0, 2**63 - 1, 2**63, 10**40])
def test_any_number_in_the_address_is_an_absent_client(cast, as_user, number):
    for person in (cast.ivanova, cast.director, cast.accountant):
        assert as_user(person).get(f"/clients/{number}/").status_code == 404


def test_the_accountant_reads_requisites_and_documents_but_no_contact_and_no_person(cast, as_user, worked):
    Client.objects.filter(pk=worked.client_id).update(has_documents=True, inn="6658412075")
    page = text_of(card(as_user(cast.accountant), worked.client))
    assert "6658412075" in page
    assert "Asked for prices" not in page
    assert "Сафонов" not in page
    assert "+7916" not in page
    fragment = text_of(as_user(cast.accountant).get(f"/clients/{worked.client_id}/?after=", **HTMX))
    assert "Asked for prices" not in fragment


def test_quality_control_reads_and_has_no_buttons(cast, as_user, worked):
    Client.objects.filter(pk=worked.client_id).update(has_calls=True)
    page = text_of(card(as_user(cast.quality), worked.client))
    assert "Asked for prices" in page
    for act in ("contact", "plan", "refuse", "take", "next-step", "edit"):
        assert f'/clients/{worked.client_id}/{act}/"' not in page
    assert "<h2>Documents</h2>" not in page


def test_a_free_client_offers_to_be_taken_and_no_contact_form(cast, as_user, english):
    client = make_client(cast)
    page = text_of(card(as_user(cast.ivanova), client))
    assert f'href="/clients/{client.pk}/take/"' in page
    assert "data-contact-log" not in page
    assert "Nobody works with the client." in page


def test_the_head_alone_sees_transfer_and_correction(cast, as_user, worked):
    mine = text_of(card(as_user(cast.ivanova), worked.client))
    heads = text_of(card(as_user(cast.volkov), worked.client))
    for act in ("transfer", "correct"):
        assert f'/clients/{worked.client_id}/{act}/"' not in mine
        assert f'/clients/{worked.client_id}/{act}/"' in heads


def test_owners_before_stay_readable_for_the_new_owner(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        transfer(cycle=worked, to=cast.petrov, actor=cast.volkov)
        page = text_of(card(as_user(cast.petrov), worked.client))
        gone = card(as_user(cast.ivanova), worked.client)
    assert "09.11–12.11" in page
    assert gone.status_code == 404


def test_neighbours_are_those_of_the_owners_list_in_the_order_of_names(cast, as_user, english):
    names = {}
    for name in ("Берёза", "Ясень", "Дуб"):
        names[name] = take(cast, cast.ivanova, name=name).client
    take(cast, cast.petrov, name="Вяз")
    page = text_of(card(as_user(cast.ivanova), names["Дуб"]))
    assert f'href="/clients/{names["Берёза"].pk}/" data-key-previous' in page
    assert f'href="/clients/{names["Ясень"].pk}/" data-key-next' in page


def test_yellow_and_green_carry_their_facts_in_words(cast, as_user, english):
    with on(MONDAY):
        make_template(4)
        cycle = take(cast, cast.ivanova)
        call(cycle)
        answer(cycle, 4)
    with on(MONDAY + timedelta(days=1)):
        call(cycle, kind="meeting", has_interest=True, progress_kind="survey", progress_due_on=date(2026, 12, 1))
        yellow = text_of(card(as_user(cast.ivanova), cycle.client))
        cycle.refresh_from_db()
        offer(cycle)
        agree_terms(cycle=cycle, actor=cast.ivanova, amount=1000, pay_on=date(2026, 11, 30), person=dm_of(cycle.client))
        green = text_of(card(as_user(cast.ivanova), cycle.client))
    assert "Questionnaire 100 %, interest, progress till 01.12.2026." in yellow
    assert "movement, the term starts anew" in yellow
    assert "Will become green by: " in yellow
    assert "Terms agreed on 10.11.2026, payment by 30.11.2026." in green
    assert "Without new facts it changes on 01.12.2026." in green


def test_a_refused_client_tells_why_and_when_to_call_again(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        refuse(cycle=worked, actor=cast.ivanova, reason="no_money", note="Budget cut")
        page = text_of(card(as_user(cast.volkov), worked.client))
    assert "Budget cut" in page
    assert "Call again on" in page


def test_html_in_what_people_wrote_is_shown_as_text(cast, as_user, worked):
    with on(MONDAY + timedelta(days=3)):
        call(worked, text="<script>alert(1)</script>")
        page = text_of(card(as_user(cast.ivanova), worked.client))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_full_contact_form_opens_in_a_slot_under_the_one_line_log(cast, as_user, worked):
    page = text_of(card(as_user(cast.ivanova), worked.client))
    assert 'id="log-slot" data-slot' in page
    assert f'hx-get="/clients/{worked.client_id}/contact/" hx-target="#log-slot"' in page


def test_a_fragment_is_the_card_without_the_shell(cast, as_user, worked):
    page = text_of(as_user(cast.ivanova).get(f"/clients/{worked.client_id}/", **HTMX))
    assert "<html" not in page
    assert worked.client.name in page

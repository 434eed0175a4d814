"""/tasks/: whose, in which order, at what price."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, User
from common import clock
from funnels.models import Task
from tests.factories.work import make_client, on, take

FRIDAY = date(2026, 11, 20)
HTMX = {"HTTP_HX_REQUEST": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(cast):
    User.objects.update(language="en")


def task(assignee, text="Call", days=0, client=None, **fields):
    due = clock.local_moment(FRIDAY + timedelta(days=days), time(18, 0))
    created = clock.local_moment(date(2026, 11, 1), time(9, 0))
    return Task.objects.create(
        assignee=assignee,
        text=text,
        due_at=due,
        client=client,
        created_at=created,
        kind=fields.pop("kind", "other"),
        **fields,
    )


def page_of(browser, **query):
    with on(FRIDAY):
        response = browser.get("/tasks/", query)
    assert response.status_code == 200
    return response.content.decode()


def test_overdue_tasks_come_first_and_say_how_late_they_are(cast, as_user):
    for text, days in (("Later", 3), ("Latest", -6), ("Now", 0)):
        task(cast.ivanova, text, days)
    page = page_of(as_user(cast.ivanova))
    assert page.index("Latest") < page.index("Now") < page.index("Later")
    assert "Overdue by 6 days" in page


def test_a_manager_sees_his_own_and_the_deputised_a_head_the_department(cast, as_user):
    task(cast.ivanova, "Mine")
    task(cast.petrov, "Petrovs")
    task(cast.belov, "Foreign")
    mine = page_of(as_user(cast.ivanova))
    assert ("Mine" in mine, "Petrovs" in mine) == (True, False)
    Absence.objects.create(
        user=cast.petrov, deputy=cast.ivanova, starts_on=FRIDAY, created_at=clock.now(), created_by=cast.volkov
    )
    assert "Petrovs" in page_of(as_user(cast.ivanova))
    heads = page_of(as_user(cast.volkov))
    assert ("Mine" in heads, "Petrovs" in heads, "Foreign" in heads) == (True, True, False)


@pytest.mark.parametrize(
    ("period", "shown"), [("overdue", "Old"), ("today", "Now"), ("week", "Soon"), ("done", "Finished")]
)
def test_periods_show_their_tasks_only(cast, as_user, period, shown):
    task(cast.ivanova, "Old", -1)
    task(cast.ivanova, "Now", 0)
    task(cast.ivanova, "Soon", 6)
    task(cast.ivanova, "Far", 7)
    task(cast.ivanova, "Finished", 0, done_at=clock.now(), done_by=cast.ivanova)
    page = page_of(as_user(cast.ivanova), period=period)
    others = {"Old", "Now", "Soon", "Far", "Finished"} - {shown} - ({"Now"} if period == "week" else set())
    assert shown in page
    assert not [text for text in others if f'scope="row">{text}<' in page]


def test_filters_by_kind_and_for_a_head_by_person(cast, as_user):
    task(cast.ivanova, "Callback", kind="callback")
    task(cast.petrov, "Plain")
    browser = as_user(cast.volkov)
    assert "Plain" not in page_of(browser, kind="callback").split("<tbody>")[1]
    assert "Callback" not in page_of(browser, assignee=cast.petrov.pk).split("<tbody>")[1]
    nonsense = {"kind": "nothing", "assignee": "x", "period": "never", "cursor": "???"}
    assert "Plain" in page_of(browser, **nonsense)


def test_a_task_is_done_once_and_by_who_sees_it(cast, as_user):
    mine, foreign = task(cast.ivanova), task(cast.petrov)
    browser = as_user(cast.ivanova)
    assert browser.post(f"/tasks/{foreign.pk}/done/", **HTMX).status_code == 404
    assert browser.post(f"/tasks/{mine.pk}/done/", **HTMX).status_code == 204
    again = browser.post(f"/tasks/{mine.pk}/done/", **HTMX)
    assert (again.status_code, again.headers["HX-Reswap"]) == (409, "none")
    assert browser.get(f"/tasks/{mine.pk}/done/").status_code == 405
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.done_by, foreign.done_at) == (cast.ivanova, None)


def test_done_without_javascript_leads_back_to_the_list(cast, as_user):
    response = as_user(cast.ivanova).post(f"/tasks/{task(cast.ivanova).pk}/done/")
    assert (response.status_code, response.headers["Location"]) == (303, "/tasks/")


def test_a_manager_sets_himself_a_task_once_however_often_he_presses(cast, as_user):
    browser = as_user(cast.ivanova)
    data = {"key": "k", "text": "Check the contract", "due_on": "2026-11-24", "assignee": cast.petrov.pk}
    with on(FRIDAY):
        for _ in range(2):
            assert browser.post("/tasks/new/", data, **HTMX).status_code == 204
        past = browser.post("/tasks/new/", data | {"due_on": "2026-11-19", "key": "z"}, **HTMX)
    assert past.status_code == 422
    made = Task.objects.get()
    assert (made.assignee, made.text) == (cast.ivanova, "Check the contract")


def test_a_head_gives_a_task_about_a_client_in_scope_only(cast, as_user):
    cycle = take(cast, cast.ivanova)
    browser = as_user(cast.volkov)
    data = {"key": "k", "text": "Visit", "due_on": f"{clock.today():%Y-%m-%d}", "assignee": cast.ivanova.pk}
    assert browser.post(f"/tasks/new/?client={cycle.client_id}", data, **HTMX).status_code == 204
    assert Task.objects.get(text="Visit").client == cycle.client
    foreign = make_client(cast, department=cast.other)
    assert browser.post(f"/tasks/new/?client={foreign.pk}", data, **HTMX).status_code == 404
    assert browser.get("/tasks/new/?client=abc").status_code == 404
    stranger = browser.post("/tasks/new/", data | {"assignee": cast.belov.pk, "key": "b"}, **HTMX)
    assert stranger.status_code == 422


def test_nothing_to_do_is_said_kindly(cast, as_user):
    assert "No open tasks" in page_of(as_user(cast.ivanova))
    assert "Nothing matches these filters" in page_of(as_user(cast.ivanova), period="today")


def test_the_client_of_a_task_is_a_link_only_for_who_sees_it(cast, as_user):
    cycle = take(cast, cast.petrov, name="ООО «Вектор»")
    task(cast.smirnova, "Accept", client=cycle.client, kind="handover")
    page = page_of(as_user(cast.smirnova))
    assert "ООО «Вектор»" in page
    assert f'href="/clients/{cycle.client_id}/"' not in page


def test_pages_of_tasks_cover_all_of_them_and_queries_do_not_grow(cast, as_user):
    browser = as_user(cast.volkov)
    client = take(cast, cast.ivanova).client
    for number in range(3):
        task(cast.ivanova, f"mark-{number}", client=client)
    page_of(browser)
    with CaptureQueriesContext(connection) as few:
        page_of(browser)
    moment = clock.now()
    Task.objects.bulk_create(
        Task(
            assignee=cast.ivanova if number % 2 else cast.petrov,
            text=f"mark-{number}",
            due_at=moment + timedelta(minutes=number % 7),
            client=client,
            created_at=moment,
        )
        for number in range(3, 300)
    )
    with CaptureQueriesContext(connection) as many:
        page = page_of(browser)
    assert len(many) == len(few) <= 15
    assert len(page) < 120_000
    seen, url = set(), "/tasks/"

    with on(FRIDAY):
        for _ in range(10):
            page = browser.get(url).content.decode()
            seen |= set(re.findall(r'scope="row">(mark-\d+)', page))
            following = re.search(r'href="([^"]+)" rel="next"', page)
            if following is None:
                break
            url = following[1].replace("&amp;", "&")
    assert len(seen) == 300

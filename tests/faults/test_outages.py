"""A database that goes away in the middle of a request: come again, in the person's language, nothing half-written."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes

from accounts.models import Department
from common.outages import MOST_ATTEMPTS

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "application/x-www-form-urlencoded"
meeting = Barrier(2)
seen: list[str] = []


def lose_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def dying(request):
    with transaction.atomic():
        Department.objects.create(name="Половина")
        lose_database()


def slow(request):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        cursor.execute("SELECT pg_sleep(5)")


def full(request):
    """Writes to a device that never has room."""
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"a page")


def broken(request):
    raise ZeroDivisionError


@api_view(["POST"])
@authentication_classes([])
@permission_classes([])
def dying_api(request):
    return dying(request)


def crossing(request, first: str, second: str):
    """Locks two departments; the first attempt of both meets in the middle."""
    seen.append(request.POST["note"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
        Department.objects.select_for_update().get(name=first)
        if len(seen) <= 2:
            meeting.wait(10)
        Department.objects.select_for_update().get(name=second)
        Department.objects.create(name=f"{first}{second}")
    return HttpResponse(request.POST["note"])


def hopeless(request):
    """A deadlock with itself as often as it is tried."""
    seen.append("tried")
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")


urlpatterns = [
    path("dying/", dying),
    path("slow/", slow),
    path("broken/", broken),
    path("full/", full),
    path("api/v1/dying/", dying_api),
    path("api/v1/telephony/dying/", dying_api),
    path("crossing/<str:first>/<str:second>/", crossing),
    path("hopeless/", hopeless),
]
handler500 = "desk.views.errors.server_error"


@pytest.fixture(autouse=True)
def _own_pages(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.startswith(("accounts.", "journal.", "axes.", "django_otp."))
    ]
    seen.clear()
    meeting.reset()
    yield
    connection.close()


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_lost_database_is_a_page_that_says_when_to_come_again(visitor, language):
    visitor.cookies["language"] = language
    response = visitor.post("/dying/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) <= 10
    assert f'<html lang="{language}"' in response.content.decode()
    assert ("Back in a few minutes" in response.content.decode()) is (language == "en")
    connection.close()
    assert not Department.objects.exists()


def test_a_lost_database_keeps_what_was_typed_in_a_fragment(visitor):
    response = visitor.post("/dying/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Reswap"], response.content) == (503, "none", b"")
    assert json.loads(response["HX-Trigger"])["toast"]["level"] == "error"


def test_a_lost_database_is_a_problem_for_the_api_and_an_error_for_the_pbx(visitor):
    response = visitor.post("/api/v1/dying/", {}, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response.json()["type"] == "about:blank"
    connection.close()
    response = visitor.post("/api/v1/telephony/dying/", {}, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
    assert response["Retry-After"]


def test_a_statement_that_takes_too_long_is_a_503_and_a_fault_of_ours_is_not(visitor):
    assert visitor.get("/slow/").status_code == 503
    connection.close()
    response = visitor.get("/broken/")
    assert (response.status_code, "Retry-After" in response) == (500, False)


def test_a_full_disk_is_a_503_too(visitor):
    response = visitor.post("/full/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_of_two_acts_in_a_deadlock_the_undone_one_is_made_again_and_both_succeed():
    for name in "AB":
        Department.objects.create(name=name)

    def post(order):
        try:
            return Client(raise_request_exception=False).post(
                f"/crossing/{order[0]}/{order[1]}/", f"note={order}", content_type=FORM
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(post, ["AB", "BA"]))
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"AB"), (200, b"BA")]
    assert len(seen) in (3, 4)  # PostgreSQL undoes one of them, or each before the other has gone
    assert Department.objects.count() == 4


def test_an_act_is_not_tried_for_ever(visitor):
    assert visitor.post("/hopeless/", "", content_type=FORM).status_code == 503
    assert len(seen) == MOST_ATTEMPTS
    seen.clear()
    assert visitor.get("/hopeless/").status_code == 503
    assert len(seen) == 1

"""Pages of trouble say what to do and the number of the request, and nothing about the code."""

from __future__ import annotations

import json
import logging
import re
import uuid

import pytest
from django.db import DataError, OperationalError
from django.test import Client
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401  names of a URLconf


def _lost(request):
    raise OperationalError("server closed the connection: host=10.0.0.5")


def _broken(request):
    raise DataError("secret detail about +7 916 123-45-67")


routes = [path("api/v1/lost/", _lost), path("lost/", _lost), path("broken/", _broken)]


@pytest.fixture
def broken_site(settings, cast, client):
    """The product with two views that fail, asked by a signed-in person; a fault is answered, not raised."""
    settings.ROOT_URLCONF = type("urls", (), globals() | {"urlpatterns": [*routes, *urlpatterns]})
    client.raise_request_exception = False
    client.force_login(cast.director, backend="accounts.backends.EmployeeBackend")
    return client


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_fault_is_500_with_the_number_of_the_request_and_no_detail(broken_site, theme):
    broken_site.cookies["theme"] = theme
    response = broken_site.get("/broken/")
    text = response.content.decode()
    assert response.status_code == 500
    assert response["X-Request-ID"] in text
    assert f'data-theme="{theme}"' in text
    assert "Retry-After" not in response.headers
    for word in ("Traceback", "secret", "+7 916", "123-45-67", "DataError", "OperationalError"):
        assert word not in text


def test_a_lost_database_is_503_with_the_time_to_repeat(broken_site):
    response = broken_site.get("/lost/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "10.0.0.5" not in response.content.decode()
    assert response["X-Request-ID"] in response.content.decode()


def test_the_api_answers_a_lost_database_as_a_problem(broken_site):
    response = broken_site.get("/api/v1/lost/")
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(response.content)["title"] == "Service Unavailable"
    assert response["Retry-After"] == "5"


def test_a_page_that_is_not_there_names_the_request(as_user, cast):
    response = as_user(cast.director).get("/clients/999999/")
    assert response.status_code == 404
    assert response["X-Request-ID"] in response.content.decode()


def test_a_form_without_its_token_is_refused_with_a_way_out(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.director, backend="accounts.backends.EmployeeBackend")
    response = client.post("/logout/")
    assert response.status_code == 403
    assert response["X-Request-ID"] in response.content.decode()


def test_a_foreign_host_name_is_refused(client, db):
    response = client.get("/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    text = response.content.decode()
    assert response["X-Request-ID"] in text and "evil" not in text


def test_a_body_beyond_every_form_is_413_with_the_number_of_the_request(client, db):
    response = client.post("/login/", data=b"", content_type="text/plain", CONTENT_LENGTH=str(28 * 1024 * 1024))
    assert response.status_code == 413
    assert response["X-Request-ID"] in response.content.decode()


def test_every_request_has_a_number_of_its_own_that_nobody_sends_in(client, db):
    sent = "evil\r\nSet-Cookie: a=b".replace("\r\n", " ")
    first, second = (client.get("/login/", headers={"X-Request-ID": sent})["X-Request-ID"] for _ in range(2))
    assert uuid.UUID(first) != uuid.UUID(second)


def test_a_request_leaves_one_line_with_person_path_and_status(as_user, cast, caplog):
    with caplog.at_level(logging.INFO, logger="svetofor.requests"):
        response = as_user(cast.director).get("/clients/?search=79161234567")
    (line,) = [record for record in caplog.records if record.name == "svetofor.requests"]
    assert (line.method, line.path, line.status, line.user_id) == ("GET", "/clients/", 200, cast.director.pk)
    assert line.duration_ms >= 0
    assert "7916" not in line.getMessage()
    assert re.fullmatch(r"[0-9a-f-]{36}", response["X-Request-ID"])


def test_a_watchman_who_is_answered_leaves_no_line(client, db, caplog):
    with caplog.at_level(logging.INFO, logger="svetofor.requests"):
        client.get("/healthz")
    assert not [record for record in caplog.records if record.name == "svetofor.requests"]

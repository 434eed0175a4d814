"""Fragment or page, toasts, redirects."""

import json

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from common.htmx import redirect, toast, wants_fragment

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        (HTMX, True),
        (HTMX | {"HX-Boosted": "true"}, False),
        (HTMX | {"HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_plain_htmx_request_wants_a_fragment(headers: dict[str, str], expected: bool) -> None:
    assert wants_fragment(RequestFactory().get("/", headers=headers)) is expected


def test_toast_is_ascii_and_keeps_other_events() -> None:
    response = HttpResponse()
    response.headers["HX-Trigger"] = "rowSaved, other"
    header = toast(response, "Готово \u2028 🙂\r\nX-Evil: 1", "info").headers["HX-Trigger"]
    assert header.isascii() and "\r" not in header and "\n" not in header
    events = json.loads(header)
    assert events["toast"] == {"text": "Готово \u2028 🙂\r\nX-Evil: 1", "level": "info"}
    assert {"rowSaved", "other"} <= events.keys()


def test_second_toast_joins_the_first_with_the_graver_level() -> None:
    response = toast(toast(HttpResponse(), "раз", "error"), "два", "success")
    assert json.loads(response.headers["HX-Trigger"])["toast"] == {"text": "раз\nдва", "level": "error"}


def test_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        toast(HttpResponse(), "x", "fatal")  # type: ignore[arg-type]


def test_redirect_of_a_fragment_travels_in_a_header() -> None:
    response = redirect(RequestFactory().post("/", headers=HTMX), "/clients/?q=ё")
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/clients/?q=%D1%91"
    assert "Location" not in response.headers


def test_redirect_of_a_page_is_see_other() -> None:
    response = redirect(RequestFactory().post("/"), "/clients/")
    assert (response.status_code, response.headers["Location"]) == (303, "/clients/")


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "javascript:alert(1)",
        "https:evil",
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_redirect_stays_on_this_host(url: str, headers: dict[str, str]) -> None:
    response = redirect(RequestFactory().post("/", headers=headers), url)
    assert (response.headers.get("Location") or response.headers["HX-Redirect"]) == "/"

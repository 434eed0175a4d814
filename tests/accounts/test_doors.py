"""Every address of the product: no act without the token of its form (AU16), the headers of every page (AU17)."""

from __future__ import annotations

import pytest
from django.middleware.csrf import _get_new_csrf_string, _mask_cipher_secret
from django.test import Client

from common.headers import PERMISSIONS_POLICY
from config import settings as product
from tests.accounts.doors import doors
from tests.factories.cast import PASSWORD

pytestmark = pytest.mark.django_db

PAGES = {"account", "second_factor", "client_card", "client_list", "settings", "client_export", "api_clients"}
CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def signed_in(person, **options) -> Client:
    http = Client(raise_request_exception=False, **options)
    http.force_login(person, backend="accounts.backends.EmployeeBackend")
    return http


def token() -> tuple[str, str]:
    """The cookie and the token of a form of the same browser."""
    secret = _get_new_csrf_string()
    return secret, _mask_cipher_secret(secret)


def test_no_session_acts_through_the_api_without_the_token_of_a_form(cast):
    """The pages: tests/access/test_matrix.py::test_no_act_is_done_without_the_token_of_the_form."""
    http = signed_in(cast.director, enforce_csrf_checks=True)
    wrong, refused = [], 0
    for _name, url, entry in doors():
        if not hasattr(entry.callback, "cls"):
            continue
        for method in ("post", "put", "patch", "delete"):
            if not hasattr(entry.callback.cls, method):
                continue
            response = getattr(http, method)(url, {}, "application/json")
            # 401 where no session counts at all: the PBX signs with a secret of its own.
            is_signed_otherwise = url.startswith("/api/v1/telephony/") and response.status_code == 401
            is_refused = response.status_code == 403 and b"CSRF" in response.content
            refused += is_refused
            if not (is_refused or is_signed_otherwise):
                wrong.append(f"{method} {url}: {response.status_code}")
    assert not wrong, "\n".join(wrong)
    assert refused > 15


def test_only_doors_with_a_signature_of_their_own_do_without(cast):
    exempt = {name for name, _url, entry in doors() if getattr(entry.callback, "csrf_exempt", False)}
    views = {name for name, _url, entry in doors() if hasattr(entry.callback, "cls")}
    assert exempt <= views  # of the REST framework, which asks whoever comes with a session


@pytest.mark.parametrize("way", ["another browser's", "from another site", "a wrong referer"])
def test_a_token_of_somebody_else_or_from_elsewhere_is_none(cast, way):
    http = signed_in(cast.ivanova, enforce_csrf_checks=True)
    cookie, mine = token()
    http.cookies["csrftoken"] = cookie
    assert http.post("/account/", {"language": "ru", "csrfmiddlewaretoken": mine}).status_code == 303
    headers, sent, secure = {}, mine, False
    if way == "another browser's":
        sent = token()[1]
    elif way == "from another site":
        headers = {"Origin": "https://evil.example"}
    else:
        headers, secure = {"Referer": "https://evil.example/"}, True
    for url in ("/account/", "/account/tokens/", "/account/password/", "/logout/", "/login/", "/login/reset/"):
        response = http.post(url, {"csrfmiddlewaretoken": sent}, headers=headers, secure=secure)
        assert response.status_code == 403, url
    response = http.patch(
        "/api/v1/users/me/",
        {"language": "en"},
        "application/json",
        headers={"X-CSRFToken": sent, **headers},
        secure=secure,
    )
    assert response.status_code == 403
    cast.ivanova.refresh_from_db()
    assert cast.ivanova.language == "ru"
    assert http.get("/account/").status_code == 200


def test_every_answer_carries_the_headers(cast):
    people = {"anon": Client(raise_request_exception=False), "director": signed_in(cast.director)}
    wrong = []
    for who, http in people.items():
        for name, url, _entry in doors():
            if who == "director" and name not in PAGES:
                continue  # every page of every role: tests/access/test_matrix.py asks for no-store there
            response = http.get(url)
            assert response.status_code < 500, url
            told = {part.split()[0]: part.partition(" ")[2] for part in response["Content-Security-Policy"].split("; ")}
            is_right = (
                all(told.get(key) == value for key, value in CSP.items())
                and "unsafe" not in response["Content-Security-Policy"]
                and response["X-Content-Type-Options"] == "nosniff"
                and response["X-Frame-Options"] == "DENY"
                and response["Referrer-Policy"] == "same-origin"
                and response["Cross-Origin-Opener-Policy"] == "same-origin"
                and response["Permissions-Policy"] == PERMISSIONS_POLICY
            )
            is_kept = who == "director" and "no-store" not in response.get("Cache-Control", "")
            if not is_right or is_kept:
                wrong.append(f"{who} {name} {response.status_code}: {dict(response.items())}")
    assert not wrong, "\n".join(wrong)


def test_the_door_is_never_kept(client):
    for path in ("/login/", "/login/reset/", "/login/reset/1/x/"):
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_cookies_are_for_this_site_and_not_for_scripts(cast, client):
    client.post("/login/", {"username": "ivanova", "password": PASSWORD})
    client.get("/account/")
    for name in ("sessionid", "csrftoken", "device"):
        assert client.cookies[name]["httponly"], name
        assert client.cookies[name]["samesite"] == "Lax", name


def test_over_https_cookies_are_secure_and_the_browser_comes_back_by_https_only(cast, client, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31536000, True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert client.get("/login/")["Location"].startswith("https://")
    response = client.post("/login/", {"username": "ivanova", "password": PASSWORD}, secure=True)
    assert response["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert all(cookie["secure"] for cookie in response.cookies.values())
    assert "__Host-device" in response.cookies
    assert product.SECURE_HSTS_SECONDS in (0, 31536000)


def test_htmx_keeps_no_page_in_the_browser(cast, as_user):
    page = as_user(cast.ivanova).get("/account/").content.decode()
    assert '"historyCacheSize":0' in page
    assert '"allowEval":false' in page
    assert '"selfRequestsOnly":true' in page

"""Browsers that somebody has signed in with before: a lock filled by strangers does not shut their owner out (AU4).

The cookie is no proof of anybody: whoever holds it still needs the password, and has few guesses of his own.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.constants import DEVICE_COOKIE, DEVICE_LASTS, DEVICE_PEOPLE

_SALT = "accounts.device"


def device_of(request: HttpRequest, login: str | None) -> str:
    """The number of this browser for this login; empty for a browser he has never signed in with."""
    return _known(request).get(login, "") if login else ""


def remember_device(request: HttpRequest, response: HttpResponse, login: str) -> None:
    """Tells the browser that this person has signed in with it; a number once given stays."""
    known = _known(request)
    number = known.pop(login, "") or secrets.token_hex(8)
    known = {**dict(list(known.items())[1 - DEVICE_PEOPLE :]), login: number}
    response.set_cookie(
        cookie_name(),
        signing.dumps(known, salt=_SALT, compress=True),
        max_age=DEVICE_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cookie_name() -> str:
    return f"__Host-{DEVICE_COOKIE}" if settings.SESSION_COOKIE_SECURE else DEVICE_COOKIE


def _known(request: HttpRequest) -> dict[str, str]:
    """Login → number, the last person last."""
    try:
        known = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=DEVICE_LASTS)
    except signing.BadSignature:
        return {}
    return known if isinstance(known, dict) else {}

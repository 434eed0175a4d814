"""Signing in: login and password of an active employee, and the lock after too many wrong passwords."""

from __future__ import annotations

import ipaddress
import math
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.constants import COOL_OFF
from accounts.forms import LoginForm
from accounts.models import User
from accounts.selectors import demo_people, login_buckets
from accounts.services import device_of, take_code
from common import clock
from common.prepared import Prepared
from journal.services import record


class EmployeeBackend(BaseBackend):
    """Login in any case; an unknown login costs as much time as a known one; the inactive are refused like strangers."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        user = User.objects.filter(login=username.strip().lower()).first()
        if user is None:
            User().set_password(password)
            return None
        # The password is compared first, so that the time does not tell who is switched off.
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None as soon as he is switched off, so that his sessions die."""
        return next(iter(_people.models(None, user=user_id)), None)


# Asked by every request of everybody.
_people = Prepared(lambda _shape, *, user: User.objects.select_related("department").filter(pk=user, is_active=True))


class SecondFactorBackend(BaseBackend):
    """The code of a person who has given his password; wrong ones fill the same buckets as wrong passwords (AU6)."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, username: str | None = None, code: str | None = None
    ) -> User | None:
        user = User.objects.active().filter(login=username).first()
        return user if user is not None and code is not None and take_code(user=user, code=code) else None

    def get_user(self, user_id: int) -> User | None:
        """Nobody's session names this backend."""
        return None


def client_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """One bucket for «Ivanova» and «ivanova»."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return str(name).strip().lower().replace("\x00", "")[:255] if name else None


def client_address(request: HttpRequest) -> str | None:
    """The peer's address; behind N proxies the N-th forwarded one from the right. IPv6 counts by its /64 network."""
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.PROXY_COUNT and len(forwarded) >= settings.PROXY_COUNT:
        address = forwarded[-settings.PROXY_COUNT]
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is None:
        return str(ipaddress.ip_network((known, 64), strict=False).network_address)
    return str(known)


class BucketHandler(AxesDatabaseHandler):
    """A threshold of its own for each bucket; a success empties the buckets of the person, not those of the address."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The fullest bucket, in units of AXES_FAILURE_LIMIT: at the limit one of them is full."""
        fullest = 0
        for limit, attempts in self._buckets(request, credentials):
            failures = attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0
            fullest = max(fullest, failures * settings.AXES_FAILURE_LIMIT // limit)
        return fullest

    def _buckets(
        self, request: HttpRequest, credentials: dict[str, Any] | None
    ) -> list[tuple[int, QuerySet[AccessAttempt]]]:
        login = client_username(request, credentials)
        return login_buckets(
            login=login,
            device=device_of(request, login),
            address=request.axes_ip_address,  # type: ignore[attr-defined]
            since=request.axes_attempt_time - COOL_OFF,  # type: ignore[attr-defined]
        )

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        was_locked = bool(getattr(request, "axes_locked_out", False))
        if request is not None:
            # Never what the browser says of itself: that would tell rows apart that belong to one bucket.
            device = device_of(request, client_username(request, credentials))
            request.axes_user_agent = device  # type: ignore[attr-defined]
            request.axes_path_info = request.path.replace("\0", "")[:255]  # type: ignore[attr-defined]
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None and request.axes_locked_out and not was_locked:  # type: ignore[attr-defined]
            login = client_username(request, credentials) or ""
            user = User.objects.filter(login=login).first()
            record(
                action="user.lock",
                obj=user,
                object_type=User._meta.label_lower,
                object_name=login,
                after={"address": request.axes_ip_address},  # type: ignore[attr-defined]
            )

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        # Not by address: whoever has one password must not be able to go on guessing others'. And only those of this
        # browser when it is known: strangers who guess meanwhile gain no new guesses.
        login = client_username(request, credentials)
        rows = AccessAttempt.objects.filter(username=login, user_agent=device_of(request, login))
        count, _ = rows.delete()
        return count


def lockout_response(
    request: HttpRequest, original: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429 with Retry-After in seconds: the sign-in page, the login kept, the reason and the remedy said."""
    login = client_username(request, credentials) or ""
    now = clock.now()
    waits = [COOL_OFF]
    for limit, attempts in login_buckets(
        login=login,
        device=device_of(request, login),
        address=getattr(request, "axes_ip_address", None),
        since=now - COOL_OFF,
    ):
        found = attempts.aggregate(total=Sum("failures_since_start"), last=Max("attempt_time"))
        if found["last"] and found["total"] >= limit:
            waits.append(found["last"] + COOL_OFF - now)
    wait = max(waits[1:], default=COOL_OFF)
    seconds = max(1, math.ceil(wait.total_seconds()))
    form = LoginForm(initial={"username": login})
    context = {
        "form": form,
        "is_locked": True,
        "minutes": math.ceil(seconds / 60),
        "next": request.POST.get("next", ""),
        "demo_people": demo_people(),
    }
    response = render(request, "accounts/login.html", context, status=429)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response

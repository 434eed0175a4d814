"""How large a request may be, and how many a person or a program may send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

LARGEST_BODY: Final = 27 * 1024 * 1024  # an import file of 25 MB with its form around it
MINUTE: Final = 60
# Of `settings.API_REQUESTS_PER_MINUTE`: a program asks more often than a person, a search costs more than a page.
PROGRAMS_SHARE: Final = 2.0
SEARCH_SHARE: Final = 0.2
SEARCHES: Final = ("search", "phone", "inn")
_MOST_KEYS: Final = 10_000


class BodyLimitMiddleware:
    """Answers 413 before the body is read, by its declared length; one without is bounded by the server in front."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not declared.isdecimal() or int(declared) <= LARGEST_BODY:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            response: HttpResponse = JsonResponse(
                {"type": "about:blank", "title": "Payload Too Large", "status": 413},
                content_type="application/problem+json",
            )
        else:
            response = HttpResponse(render_to_string("413.html", {"request": request}))
        response.status_code = 413
        response["Connection"] = "close"
        return response


class MinuteCounter:
    """How often each key was taken in the present minute, in the memory of this process.

    It is asked on every request of the API and must wait for nobody: neither Redis nor the database is told. Several web
    processes count apart, so together they let through as many times more; it keeps a runaway program from taking the
    pages with it and is no protection of secrets (signing in has its own, in the database).
    """

    def __init__(self) -> None:
        self._counts: dict[Hashable, int] = {}
        self._minute = -1
        self._lock = threading.Lock()

    def take(self, key: Hashable, most: int) -> bool:
        """Whether this is at most the `most`-th time within the minute; counts it."""
        minute = int(time.monotonic()) // MINUTE
        with self._lock:
            if minute != self._minute or len(self._counts) > _MOST_KEYS:
                self._counts.clear()
                self._minute = minute
            count = self._counts[key] = self._counts.get(key, 0) + 1
        return count <= most

    def forget(self) -> None:
        with self._lock:
            self._counts.clear()

    @staticmethod
    def seconds_left() -> int:
        """Till the next minute begins; at least one."""
        return MINUTE - int(time.monotonic()) % MINUTE


requests_of_minute: Final = MinuteCounter()


class ApiThrottle(BaseThrottle):
    """REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"]: per person or token and minute, less for searches; beyond is 429.

    `settings.API_REQUESTS_PER_MINUTE` of 0 switches it off.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        usual: int = settings.API_REQUESTS_PER_MINUTE
        if not usual or request.user.pk is None:
            return True
        key, most = (("user", request.user.pk), usual)
        if request.auth is not None:
            key, most = (("token", request.auth.pk), int(usual * PROGRAMS_SHARE))
        if not requests_of_minute.take(key, most):
            return False
        if any(name in request.query_params for name in SEARCHES):
            return requests_of_minute.take(("search", *key), max(1, int(usual * SEARCH_SHARE)))
        return True

    def wait(self) -> float:
        return requests_of_minute.seconds_left()

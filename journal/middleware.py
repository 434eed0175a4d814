from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common import clock
from journal.choices import Channel
from journal.selectors import last_exports
from journal.services import acting, current_act, new_request_id

logger = logging.getLogger("svetofor.requests")

# Asked every few seconds by a watchman: only trouble is worth a line.
PROBES: Final = ("/healthz", "/readyz", "/metrics")


class TraceMiddleware:
    """Numbers every request, answers `X-Request-ID`, writes one line a request: method, path, status, duration, person.

    The number is ours alone: what a client sends in that header would end up in logs and in the audit. The query string
    is not written, it may hold phones and names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        request.request_id = new_request_id()  # type: ignore[attr-defined]
        with acting(request_id=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
            if request.path not in PROBES or response.status_code >= 400:
                facts = {
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "duration_ms": round((time.monotonic() - began) * 1000),
                    "user_id": getattr(request, "actor_id", None),
                }
                logger.info("%s %s %s", request.method, request.path, response.status_code, extra=facts)
        return response


EXPORT_WINDOW: Final = timedelta(hours=1)


class ExportLimitMiddleware:
    """429 for a person who has taken `settings.EXPORTS_PER_HOUR` tables out within the hour (R-S1-0: the base leaves whole).

    The log itself is counted, so that every process and every restart knows the same number. Asked are addresses of
    exports, whose names end with `_export`, and pages that are told to answer as `?csv`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        match = request.resolver_match
        is_export = match is not None and ((match.url_name or "").endswith("_export") or "csv" in request.GET)
        if not is_export or not request.user.is_authenticated:
            return None
        now, most = clock.now(), settings.EXPORTS_PER_HOUR
        taken = last_exports(actor_id=request.user.pk, since=now - EXPORT_WINDOW, most=most)
        if len(taken) < most:
            return None
        wait = max(1, ceil((taken[-1] + EXPORT_WINDOW - now).total_seconds()))
        context = {"most": most, "minutes": ceil(wait / 60)}
        response = render(request, "429.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response


class ActMiddleware:
    """Names the door and the person of every audit event written while the request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if request.user.is_authenticated else None
        via = Channel.API if request.path.startswith("/api/") else Channel.WEB
        with acting(via=via, actor=user):  # type: ignore[arg-type]
            response = self.get_response(request)
            # The person behind a token is known only now; after this the context is closed.
            request.actor_id = current_act().actor_id  # type: ignore[attr-defined]
        return response

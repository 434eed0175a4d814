"""A request larger than any form or file we accept is refused before its body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

LARGEST_BODY: Final = 27 * 1024 * 1024  # an import file of 25 MB with its form around it


class BodyLimitMiddleware:
    """Answers 413 by the declared length; a body without one is bounded by the server in front."""

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

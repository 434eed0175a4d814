"""Answers of trouble: they ask no database, work for strangers, tell the number of the request and nothing of the code."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_SECONDS: Final = 5


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if _wants_problem(request):
        return _problem(HTTPStatus.BAD_REQUEST)
    # A foreign host name or a broken form: no context processor may trip over it again.
    return _bare(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if _wants_problem(request):
        return _problem(HTTPStatus.NOT_FOUND)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 with Retry-After while the database is away or overloaded: a client may simply repeat."""
    is_away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.INTERNAL_SERVER_ERROR
    response = _problem(status) if _wants_problem(request) else _bare(request, status)
    if is_away:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _bare(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    # Rendered without the request's context processors, so that a broken database cannot break this page too.
    return HttpResponse(render_to_string(f"{status.value}.html", {"request": request}), status=status)


def _wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus) -> JsonResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": "", "errors": []}
    return JsonResponse(body, status=status, content_type="application/problem+json")

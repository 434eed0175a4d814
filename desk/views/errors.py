"""Answers of trouble: they ask no database, work for strangers, tell the number of the request and nothing of the code."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from common.htmx import toast, wants_fragment
from common.outages import RETRY_AFTER_SECONDS, is_outage


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
    is_away = is_outage(sys.exc_info()[1])
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.INTERNAL_SERVER_ERROR
    # The trouble may have come before anybody has asked which language the request speaks.
    spoken = getattr(request, "LANGUAGE_CODE", None) or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    with translation.override(spoken if spoken in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        response = _told(request, status)
    if is_away:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _told(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    if request.path.startswith("/api/v1/telephony/"):
        error = {"code": "unavailable" if status == 503 else "fault", "message": status.phrase, "field": None}
        return JsonResponse({"error": error}, status=status)
    if _wants_problem(request):
        return _problem(status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and wants_fragment(request):
        # What was typed stays where it is.
        response = HttpResponse(status=status, headers={"HX-Reswap": "none"})
        return toast(response, _("The database is not reachable. Nothing was saved; try again."), "error")
    return _bare(request, status)


def _bare(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    # Rendered without the request's context processors, so that a broken database cannot break this page too.
    return HttpResponse(render_to_string(f"{status.value}.html", {"request": request}), status=status)


def _wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus) -> JsonResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": "",
        "errors": [],
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")

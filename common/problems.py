"""Errors of the API as problem details (RFC 9457): type, title, status, detail, errors[]; guards add missing[]."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import ngettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler
from rest_framework.views import set_rollback

from common.errors import ActError, GuardFailed, Invalid

CONTENT_TYPE: Final = "application/problem+json"


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST_FRAMEWORK["EXCEPTION_HANDLER"]. None for what is no refusal: that is a fault and stays one (500)."""
    if isinstance(error, ActError):
        set_rollback()
        return _refusal(error)
    if isinstance(error, Http404):
        # The text of Http404 may name what was looked for: a foreign id and an absent one must read alike.
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = drf_handler(error, dict(context))
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    if isinstance(error, exceptions.ValidationError):
        errors = list(_fields(error.detail))
        detail = errors[0]["text"] if errors else ""
        return _problem(response.status_code, error.default_code, detail, errors, headers=dict(response.items()))
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return _problem(response.status_code, code, _told(error), [], headers=dict(response.items()))


def _told(error: exceptions.APIException) -> str:
    wait: float | None = getattr(error, "wait", None)  # of Throttled alone, whose own sentence is half English
    if wait is not None:
        seconds = ceil(wait)
        return ngettext(
            "Too many requests: the next one is served in %(n)d second.",
            "Too many requests: the next one is served in %(n)d seconds.",
            seconds,
        ) % {"n": seconds}
    return str(error.detail)


def _refusal(error: ActError) -> Response:
    if isinstance(error, Invalid):
        errors = [{"field": name, "text": text} for name, texts in error.fields.items() for text in texts]
        return _problem(HTTPStatus.BAD_REQUEST, error.code, error.text, errors)
    more: dict[str, Any] = {}
    if isinstance(error, GuardFailed):
        more["missing"] = [{"code": item.code, "text": item.text} for item in error.missing]
    return _problem(error.status, error.code, error.text, [], **more)


def _fields(detail: Any, name: str = "__all__") -> Any:
    """Field and text of every message of a serializer, however deep."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = "__all__" if key == "non_field_errors" else str(key)
            yield from _fields(inner, own if name == "__all__" else f"{name}.{own}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _fields(inner, name)
    else:
        yield {"field": name, "text": str(detail)}


def _problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]],
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    body = {
        "type": f"urn:svetofor:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "errors": errors,
        **more,
    }
    kept = {name: value for name, value in (headers or {}).items() if name in ("WWW-Authenticate", "Retry-After")}
    return Response(body, status=int(status), headers=kept, content_type=CONTENT_TYPE)

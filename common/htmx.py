"""Answers to htmx: fragment or page, toasts, redirects."""

import json
from typing import Any, Literal, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

R = TypeVar("R", bound=HttpResponseBase)
ToastLevel = Literal["success", "info", "warning", "error"]

_LEVELS: tuple[ToastLevel, ...] = ("success", "info", "warning", "error")


class SeeOther(HttpResponseRedirect):
    """303: after a POST the browser asks by GET, whatever the method was."""

    status_code = 303


def wants_fragment(request: HttpRequest) -> bool:
    """Whether the answer is a part of a page: htmx, but neither a boosted link nor a restored history entry."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def toast(response: R, text: str, level: ToastLevel = "success") -> R:
    """Adds event `toast` with detail `{"text", "level"}` to the response; ASCII-safe.

    Other events stay. A second toast joins the first on a new line with the graver of the two levels.
    """
    if level not in _LEVELS:
        raise ValueError(f"unknown toast level {level!r}")
    events = _events(response.headers.get("HX-Trigger", ""))
    detail = {"text": str(text), "level": level}
    if isinstance(earlier := events.get("toast"), dict):
        detail["text"] = f"{earlier['text']}\n{text}"
        detail["level"] = max(earlier["level"], level, key=_LEVELS.index)
    events["toast"] = detail
    response.headers["HX-Trigger"] = json.dumps(events, ensure_ascii=True)
    return response


def _events(header: str) -> dict[str, Any]:
    """The events of an HX-Trigger header in either of its spellings."""
    if header.lstrip().startswith("{"):
        return dict(json.loads(header))
    return {name.strip(): None for name in header.split(",") if name.strip()}


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Sends the browser to a page of this host: `HX-Redirect` for a fragment request, 303 otherwise.

    An address of another host or scheme leads to the start page.
    """
    host = {request.get_host()}
    target = url if url_has_allowed_host_and_scheme(url, host, require_https=request.is_secure()) else "/"
    return HttpResponseClientRedirect(target) if wants_fragment(request) else SeeOther(target)

"""Between session and view: who is not signed in, who was away too long, which language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from accounts.constants import (
    SEEN_KEY,
    SESSION_IDLE,
    SESSION_IDLE_PRIVILEGED,
    SESSION_LONGEST,
    SESSION_SEEN_STEP,
    STARTED_KEY,
)
from accounts.rules import PRIVILEGED_ROLES
from accounts.services import must_enrol
from common import clock
from common.htmx import redirect
from common.problems import CONTENT_TYPE as PROBLEM


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Every page needs a signed-in person unless the view says otherwise; views of the REST framework say so.

    Whose role asks for a second factor sets it up before anything else, pages and API alike. A token was made by a
    person who had it, and is no session: it goes on working.
    """

    def process_view(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable, view_args: tuple, view_kwargs: dict
    ) -> HttpResponseBase | None:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not request.user.is_authenticated or not must_enrol(request.user):
            return refused
        is_api = hasattr(view_func, "cls")
        if not is_api and (not getattr(view_func, "login_required", True) or hasattr(view_func, "is_before_factor")):
            return None
        if is_api:
            text = gettext("Set up the second factor first.")
            problem = {"type": "urn:svetofor:problem:second_factor", "title": "Forbidden", "status": 403}
            return JsonResponse({**problem, "detail": text, "errors": []}, status=403, content_type=PROBLEM)
        query = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
        return redirect(request, reverse("second_factor") + query)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") != "true":
            return super().handle_no_permission(request, view_func)
        response = HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        response.status_code = 401
        return response


class PreferencesMiddleware:
    """Ends sessions that were idle or lived too long (AU13), speaks the person's language, forbids keeping his pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _is_over(request, request.user.role):
            logout(request)
        is_known = request.user.is_authenticated
        if request.user.is_authenticated:
            _speak(request, request.user.language)
        elif settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            # A browser's own preference says little about a Russian company: strangers are greeted in Russian.
            _speak(request, settings.LANGUAGE_CODE)
        response = self.get_response(request)
        if is_known:
            response.headers.setdefault("Cache-Control", "no-store, private")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # One address answers with a page or with a fragment.
            patch_vary_headers(response, ["HX-Request"])
        return response


def _is_over(request: HttpRequest, role: str) -> bool:
    now = int(clock.now().timestamp())
    session = request.session
    seen, started = session.get(SEEN_KEY), session.get(STARTED_KEY)
    if not isinstance(seen, int) or not isinstance(started, int):
        session[SEEN_KEY] = session[STARTED_KEY] = now
        return False
    idle = SESSION_IDLE_PRIVILEGED if role in PRIVILEGED_ROLES else SESSION_IDLE
    if now - seen > idle.total_seconds() or now - started > SESSION_LONGEST.total_seconds():
        return True
    if now - seen >= SESSION_SEEN_STEP.total_seconds():
        session[SEEN_KEY] = now
    return False


def _speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]

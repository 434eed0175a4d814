"""The start page of every role."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.choices import MANAGER_ROLES, Role

HOMES: Final = {
    **dict.fromkeys(MANAGER_ROLES, "day"),
    Role.HEAD: "lights",
    Role.DIRECTOR: "lights",
    Role.ACCOUNTANT: "documents",
    Role.QUALITY: "calls",
    Role.ADMINISTRATOR: "settings",
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect(HOMES[Role(request.user.role)])  # type: ignore[union-attr]


@require_safe
@cache_control(max_age=86_400, public=True)
@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for the icon of a file that cannot name one, a table or a picture opened in a tab."""
    return redirect(static("favicon.svg"))

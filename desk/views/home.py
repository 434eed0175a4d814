"""The start page of every role."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
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

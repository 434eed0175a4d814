"""Who asks: the signed-in employee, and pages that exist only for some roles."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User

View = Callable[..., HttpResponse]


def person(request: HttpRequest) -> User:
    """The signed-in employee; LoginRequiredMiddleware has refused strangers."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def before_second_factor(view: View) -> View:
    """A page that is open to a person whose role asks for a second factor he has not set up yet."""
    view.is_before_factor = True  # type: ignore[attr-defined]
    return view


def only_for(allowed: Callable[[str], bool]) -> Callable[[View], View]:
    """A page for roles that satisfy the rule; for others it does not exist."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not allowed(person(request).role):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate

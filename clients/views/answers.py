"""Who asks, and how a page answers a finished act."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User
from common.htmx import redirect


def employee(request: HttpRequest) -> User:
    """The signed-in employee; LoginRequiredMiddleware has refused strangers."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def go(request: HttpRequest, url: str, text: str, level: int = messages.SUCCESS) -> HttpResponse:
    """To another page, which shows the text: a toast of this answer would be gone with it."""
    messages.add_message(request, level, text)
    return redirect(request, url)

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.constants import DEMO_PASSWORD, LOCK_AFTER_PERSON_AND_ADDRESS
from accounts.forms import LoginForm, PreferencesForm
from accounts.models import User
from accounts.selectors import demo_people, failed_logins
from accounts.services import change_preferences
from common.htmx import redirect


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """`next` is followed only inside this host. Too many wrong passwords: accounts.backends.lockout_response."""
    following = request.POST.get("next") or request.GET.get("next") or "/"
    if request.user.is_authenticated and request.method == "GET":
        return redirect(request, following)
    form = LoginForm(request.POST or None, initial={"username": request.GET.get("login", "")[:64]})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            name = form.cleaned_data["username"].strip().lower()
            user = authenticate(request, username=name, password=form.cleaned_data["password"])
            if isinstance(user, User):
                failed = failed_logins(name)
                login(request, user, backend="accounts.backends.EmployeeBackend")
                if failed >= LOCK_AFTER_PERSON_AND_ADDRESS:
                    messages.warning(request, _warning(failed))
                return redirect(request, following)
            form.add_error(None, _("Wrong login or password."))
        status = 422
    context = {
        "form": form,
        "next": following,
        "demo_people": demo_people(),
        "demo_password": DEMO_PASSWORD if settings.DEMO else "",
    }
    return render(request, "accounts/login.html", context, status=status)


def _warning(failed: int) -> str:
    text = ngettext(
        "Before you signed in, %(n)d wrong password was typed for your login.",
        "Before you signed in, %(n)d wrong passwords were typed for your login.",
        failed,
    )
    return text % {"n": failed} + " " + _("If it was not you, change your password.")


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(request, resolve_url(settings.LOGIN_URL))


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The language of the person, and of this browser before anybody signs in."""
    form = PreferencesForm(request.POST)
    form.is_valid()
    language = form.cleaned_data.get("language")
    response = redirect(request, request.POST.get("next") or "/")
    if language:
        if isinstance(request.user, User):
            change_preferences(user=request.user, data={"language": language})
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 60 * 60,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response

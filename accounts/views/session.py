from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.constants import (
    CODE_WAIT,
    DEMO_PASSWORD,
    LOCK_AFTER_PERSON_AND_ADDRESS,
    PENDING_KEY,
    RECOVERY_CODES_FEW,
)
from accounts.forms import CodeForm, LoginForm, PreferencesForm
from accounts.models import User
from accounts.selectors import demo_people, failed_logins
from accounts.services import change_preferences, recovery_codes_left, remember_device
from common import clock
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
                if user.second_factor_since is not None:
                    return _ask_code(request, user, following)
                return _enter(request, user, following)
            form.add_error(None, _("Wrong login or password."))
        status = 422
    context = {
        "form": form,
        "next": following,
        "demo_people": demo_people(),
        "demo_password": DEMO_PASSWORD if settings.DEMO else "",
    }
    return render(request, "accounts/login.html", context, status=status)


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step, within CODE_WAIT of the password and in the same browser; else back to the first one."""
    pending = request.session.get(PENDING_KEY) or {}
    user = _pending_user(pending)
    if user is None:
        return redirect(request, reverse("login"))
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            known = authenticate(request, username=user.login, code=form.cleaned_data["code"])
            if isinstance(known, User):
                return _enter(request, known, pending["next"], left=recovery_codes_left(known))
            form.add_error("code", _("This code is wrong or has been used."))
        status = 422
    return render(request, "accounts/login_code.html", {"form": form, "login": user.login}, status=status)


def _ask_code(request: HttpRequest, user: User, following: str) -> HttpResponse:
    """The password was right; nobody is signed in yet."""
    if request.user.is_authenticated:
        logout(request)
    request.session.cycle_key()
    request.session[PENDING_KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": int(clock.now().timestamp()),
        "next": following[:2000],
    }
    return redirect(request, reverse("login_code"))


def _pending_user(pending: dict[str, Any]) -> User | None:
    """Whose code is waited for; None when the wait is over or password, role or account have changed meanwhile."""
    if not pending or clock.now().timestamp() - pending["at"] > CODE_WAIT.total_seconds():
        return None
    user = User.objects.active().filter(pk=pending["user"]).first()
    is_same = user is not None and constant_time_compare(user.get_session_auth_hash(), pending["hash"])
    return user if is_same else None


def _enter(request: HttpRequest, user: User, following: str, left: int | None = None) -> HttpResponse:
    failed = failed_logins(user.login)
    request.session.pop(PENDING_KEY, None)
    login(request, user, backend="accounts.backends.EmployeeBackend")
    if failed >= LOCK_AFTER_PERSON_AND_ADDRESS:
        messages.warning(request, _warning(failed))
    if left is not None and left < RECOVERY_CODES_FEW:
        messages.warning(request, _few_codes(left))
    response = redirect(request, following)
    remember_device(request, response, user.login)
    return response


def _few_codes(left: int) -> str:
    text = ngettext("%(n)d recovery code is left.", "%(n)d recovery codes are left.", left)
    return text % {"n": left} + " " + _("Make new ones in the profile.")


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

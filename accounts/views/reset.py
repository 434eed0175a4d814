"""A forgotten password. The first page answers the same to everybody, whoever exists (AU7–AU10)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import ForgottenForm, NewPasswordForm
from accounts.services import ask_password_reset, may_reset, reset_password
from common.errors import ActError, Conflict
from common.htmx import redirect


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Asks whose password it is; every asking counts for the address like a wrong password (AU6)."""
    form = ForgottenForm(request.POST or None)
    if request.method == "GET":
        return render(request, "accounts/reset.html", {"form": form})
    if not form.is_valid():
        return render(request, "accounts/reset.html", {"form": form}, status=422)
    if _is_counted_out(request):
        return HttpResponse(status=429)
    ask_password_reset(text=form.cleaned_data["who"])
    return render(request, "accounts/reset.html", {"is_asked": True})


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_reset_link(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """The page of the letter: takes the new password once; then the person signs in with it, and with his code."""
    if request.method == "GET":
        if not may_reset(pk=pk, token=token):
            return _dead(request)
        return render(request, "accounts/reset_link.html", {"form": NewPasswordForm()})
    form = NewPasswordForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            user = reset_password(pk=pk, token=token, password=form.cleaned_data["password"])
        except Conflict:
            return HttpResponse(status=429) if _is_counted_out(request) else _dead(request)
        except ActError as error:
            status = form.add_refusal(error)
        else:
            if request.user.is_authenticated:
                logout(request)
            messages.success(request, _("The password is changed: sign in with it."))
            return redirect(request, f"{reverse('login')}?login={user.login}")
    elif not may_reset(pk=pk, token=token):
        return _dead(request)
    return render(request, "accounts/reset_link.html", {"form": form}, status=status)


def _is_counted_out(request: HttpRequest) -> bool:
    """Counts this request for its address; True when the address is locked: the middleware then answers (429)."""
    authenticate(request)
    return bool(getattr(request, "axes_locked_out", False))


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_link.html", {"is_dead": True}, status=404)

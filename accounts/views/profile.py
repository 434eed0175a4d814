from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import PasswordForm, PreferencesForm, TokenForm
from accounts.models import ApiToken
from accounts.rules import needs_second_factor
from accounts.services import (
    change_password,
    change_preferences,
    create_token,
    end_sessions,
    recovery_codes_left,
    revoke_token,
)
from accounts.views.proof import needs_proof
from accounts.views.requests import person
from common import clock
from common.errors import ActError
from common.htmx import redirect


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """One's own profile; name and role are read here and changed on /staff/ by somebody else."""
    if request.method == "GET":
        return _page(request)
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, preferences=form)
    change_preferences(user=person(request), data=form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect(request, reverse("account"))


@sensitive_post_parameters()
@require_POST
def account_password(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, password_form=form)
    # By the backends, so that guesses in a stolen session are counted like guesses at the door.
    if authenticate(request, username=user.login, password=form.cleaned_data["present"]) is None:
        form.add_error("present", _("This is not your present password."))
        return _page(request, status=422, password_form=form)
    try:
        user = change_password(user=user, password=form.cleaned_data["password"], actor=user)
    except ActError as error:
        return _page(request, status=form.add_refusal(error), password_form=form)
    update_session_auth_hash(request, user)
    messages.success(request, _("The password is changed; other sessions and tokens have ended."))
    return redirect(request, reverse("account"))


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Ends the person's other sessions; this one goes on under a new number."""
    update_session_auth_hash(request, end_sessions(user=person(request)))
    messages.success(request, _("Your other sessions have ended."))
    return redirect(request, reverse("account"))


@require_POST
@needs_proof
def token_new(request: HttpRequest) -> HttpResponse:
    """Answers with the page that shows the value, this once."""
    user = person(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, token_form=form)
    try:
        _token, value = create_token(user=user, actor=user, **form.cleaned_data)
    except ActError as error:
        return _page(request, status=form.add_refusal(error), token_form=form)
    return _page(request, new_token=value)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(person(request)), pk=pk)
    revoke_token(token=token, actor=person(request))
    messages.success(request, _("The token is revoked."))
    return redirect(request, reverse("account"))


def _page(request: HttpRequest, *, status: int = 200, **shown: Any) -> HttpResponse:
    user = person(request)
    context = {
        "employee": user,
        "preferences": PreferencesForm(
            initial={"language": user.language, "has_shortcuts": user.has_shortcuts}, prefix=None
        ),
        "password_form": PasswordForm(auto_id="password_%s"),
        "token_form": TokenForm(auto_id="token_%s"),
        "tokens": ApiToken.objects.visible_to(user)[:50],
        "now": clock.now(),
        "codes_left": recovery_codes_left(user) if user.second_factor_since else 0,
        "is_factor_required": settings.SECOND_FACTOR_IS_REQUIRED and needs_second_factor(user.role),
        **shown,
    }
    return render(request, "accounts/account.html", context, status=status)

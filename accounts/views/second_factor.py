from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from segno import make

from accounts.forms import SecondFactorForm
from accounts.services import (
    disable_second_factor,
    enable_second_factor,
    enrolment,
    enrolment_seed,
    must_enrol,
    new_recovery_codes,
)
from accounts.views.proof import needs_proof
from accounts.views.requests import before_second_factor, person
from common.errors import ActError
from common.htmx import redirect


@before_second_factor
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@needs_proof
def second_factor(request: HttpRequest) -> HttpResponse:
    """Sets up the app, or moves it to another phone: picture and secret, then one code of it, then the ten codes."""
    user = person(request)
    following = _inside(request, request.POST.get("next") or request.GET.get("next") or "")
    seed = enrolment_seed(user=user, session_key=request.session.session_key or "")
    form = SecondFactorForm(request.POST if "code" in request.POST else None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                user, codes = enable_second_factor(
                    user=user, seed=seed, code=form.cleaned_data["code"].replace(" ", "")
                )
            except ActError as error:
                status = form.add_refusal(error)
            else:
                update_session_auth_hash(request, user)
                return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": following})
    told = enrolment(user=user, seed=seed)
    context = {
        "form": form,
        "next": following,
        "is_forced": must_enrol(user),
        "is_on": user.second_factor_since is not None,
        "picture": make(told.uri, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000"),
        "secret": " ".join(told.secret[start : start + 4] for start in range(0, len(told.secret), 4)),
        "login": user.login,
    }
    return render(request, "accounts/second_factor.html", context, status=status)


@require_POST
@needs_proof
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Answers with the page that shows ten new codes, this once."""
    try:
        codes = new_recovery_codes(user=person(request))
    except ActError as error:
        messages.error(request, error.text)
        return redirect(request, reverse("account"))
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": reverse("account")})


@require_POST
@needs_proof
def second_factor_remove(request: HttpRequest) -> HttpResponse:
    user = person(request)
    try:
        user = disable_second_factor(user=user, actor=user)
    except ActError as error:
        messages.error(request, error.text)
        return redirect(request, reverse("account"))
    update_session_auth_hash(request, user)
    messages.success(request, _("The second factor is removed; your other sessions have ended."))
    return redirect(request, reverse("account"))


def _inside(request: HttpRequest, url: str) -> str:
    is_here = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_here else reverse("account")

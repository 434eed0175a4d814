"""Acts on rights, tokens, second factors and large exports need a password or code typed lately (AU15).

    @require_POST
    @only_for(may_see_staff)
    @needs_proof
    def staff_role(request, pk): ...

A page asks and goes on with the act itself: what was typed travels in the form that asks, nothing is kept meanwhile.
Where only some requests need it: `if is_large and (asked := ask_proof(request)): return asked`.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.constants import EXPORT_ROWS_FREE, PROOF_LASTS, PROVED_KEY
from accounts.forms import ProofForm
from accounts.models import User
from accounts.views.requests import View, before_second_factor, person
from common import clock
from common.htmx import redirect, wants_fragment

FIELD = "proof"
_NOT_REPEATED = frozenset({FIELD, "csrfmiddlewaretoken"})


def needs_proof(view: View) -> View:
    """The view runs only for a person who has proved lately who he is; else he is asked and the act goes on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return ask_proof(request) or view(request, *args, **kwargs)

    return guarded


def ask_proof(request: HttpRequest) -> HttpResponse | None:
    """None when the proof is fresh, or right and typed just now; else the page that asks (403; 422 after a wrong one)."""
    user = person(request)
    if is_fresh(request):
        return None
    form = ProofForm()
    if request.method == "POST" and FIELD in request.POST:
        form = ProofForm(request.POST)
        if form.is_valid() and prove(request, user, form.cleaned_data[FIELD]):
            return None
        if not form.errors:
            form.add_error(FIELD, _("This is neither your password nor the code your app shows now."))
    return _asking(request, form)


def ask_proof_for_rows(request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
    """The same for an export of these rows, when they are more than EXPORT_ROWS_FREE; a fresh proof counts nothing."""
    if is_fresh(request) or rows.order_by()[: EXPORT_ROWS_FREE + 1].count() <= EXPORT_ROWS_FREE:
        return None
    return ask_proof(request)


def is_fresh(request: HttpRequest) -> bool:
    proved = request.session.get(PROVED_KEY)
    now = clock.now().timestamp()
    return isinstance(proved, int) and proved <= now < proved + PROOF_LASTS.total_seconds()


def prove(request: HttpRequest, user: User, typed: str) -> bool:
    """Marks the session when the password, or the code of the app, is right. Wrong ones count as wrong passwords."""
    # A password has at least twelve characters: six digits are a code.
    is_code = len(typed.strip()) == 6 and typed.strip().isdecimal() and user.second_factor_since is not None
    told = {"code": typed.strip()} if is_code else {"password": typed}
    if authenticate(request, username=user.login, **told) is None:
        return False
    request.session[PROVED_KEY] = int(clock.now().timestamp())
    return True


@before_second_factor
@sensitive_post_parameters(FIELD)
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Where the asking page of something that is only fetched posts to; goes on to `next`, inside this host."""
    form = ProofForm(request.POST)
    following = request.POST.get("next", "/")
    if not form.is_valid():
        return _ask(request, form, reverse("account_confirm"), [("next", following)], status=422)
    if not prove(request, person(request), form.cleaned_data[FIELD]):
        form.add_error(FIELD, _("This is neither your password nor the code your app shows now."))
        return _ask(request, form, reverse("account_confirm"), [("next", following)], status=422)
    return redirect(request, following)


def _asking(request: HttpRequest, form: ProofForm) -> HttpResponse:
    status = 422 if form.is_bound else 403
    if request.method != "POST":
        return _ask(request, form, reverse("account_confirm"), [("next", request.get_full_path())], status=status)
    typed = [(name, value) for name, values in request.POST.lists() if name not in _NOT_REPEATED for value in values]
    return _ask(request, form, request.get_full_path(), typed, status=status)


def _ask(
    request: HttpRequest, form: ProofForm, target: str, typed: list[tuple[str, str]], *, status: int
) -> HttpResponse:
    """A page; for a fragment the dialog. The form is a plain one in both: its answer is a whole page."""
    context = {"form": form, "target": target, "typed": typed, "login": person(request).login}
    if not wants_fragment(request):
        return render(request, "accounts/proof.html", context, status=status)
    response = render(request, "accounts/_proof.html", {**context, "is_dialog": True}, status=422)
    response["HX-Retarget"] = "#dialog-body"
    response["HX-Reswap"] = "innerHTML"
    return response

"""Refused acts as answers of pages, in one place.

Every view that acts is wrapped in `@answers_refusals` and runs a form's act through `attempt`:

    @answers_refusals
    def offer_new(request, pk):
        form = OfferForm(request.POST or None)
        refusal = attempt(form, act) if request.method == "POST" else None     # act(cleaned_data) calls the service
        if request.method == "POST" and refusal is None:
            return done(request, told, url)                                    # toast + event, or 303
        return render(request, template, {"form": form, "refusal": refusal}, status=refusal.status if refusal else 200)

| raised by the service | with a form (`attempt`) | without one (`answers_refusals`) |
|---|---|---|
| NotAllowed | 403 | 403: page, or a toast for a fragment |
| Invalid | 422, each text beside its field | 422: page, or a toast |
| GuardFailed | 422 with `refusal.missing` for components/_missing.html | the same list as a page, or a toast |
| Conflict, StaleVersion | 409 with `refusal.text` in the form | 409: page, or a toast |

`components/_refusal.html` shows `refusal` above a form's fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from common.errors import ActError, GuardFailed, Invalid, Missing, NotAllowed
from common.htmx import redirect, toast, wants_fragment

View = Callable[..., HttpResponseBase]
Way = tuple[str, str]  # address of the form that adds a missing fact, and its caption


@dataclass(frozen=True)
class Refusal:
    """Why nothing was written. `status` 422 or 409; `missing` rows carry code, text and, where known, url and action."""

    status: int
    text: str = ""
    missing: list[dict[str, str]] = field(default_factory=list)


def missing_rows(missing: Iterable[Missing], ways: dict[str, Way] | None = None) -> list[dict[str, str]]:
    """Rows of components/_missing.html; `ways` leads from a code to the form that adds the fact."""
    rows = []
    for item in missing:
        url, action = (ways or {}).get(item.code, ("", ""))
        rows.append({"code": item.code, "text": item.text, "url": url, "action": str(action)})
    return rows


def refusal_of(error: ActError, ways: dict[str, Way] | None = None) -> Refusal:
    """The refusal of an act without fields. Raises NotAllowed on: it is no matter of a form."""
    if isinstance(error, NotAllowed):
        raise error
    if isinstance(error, GuardFailed):
        return Refusal(422, error.text, missing_rows(error.missing, ways))
    return Refusal(422 if isinstance(error, Invalid) else 409, error.text)


def attempt(
    form: forms.Form, act: Callable[[dict[str, Any]], Any], ways: dict[str, Way] | None = None
) -> Refusal | None:
    """Validates and acts; None when it is done. Field errors of the service land in the form.

    Raises NotAllowed: `answers_refusals` turns it into 403.
    """
    if not form.is_valid():
        return Refusal(422)
    try:
        act(form.cleaned_data)
    except Invalid as error:
        for name, texts in error.fields.items():
            form.add_error(name if name in form.fields else None, list(texts))
        return Refusal(422)
    except ActError as error:
        return refusal_of(error, ways)
    return None


def done(request: HttpRequest, told: str, url: str, *, event: str = "", level: str = "success") -> HttpResponse:
    """What a finished act answers.

    A fragment with `event` gets 204, a toast, and the events that close its dialog or slot and let the page refresh
    itself (`hx-trigger="<event> from:body"`); otherwise the browser goes to `url` (HX-Redirect or 303) and is told there.
    """
    if event and wants_fragment(request):
        response = HttpResponse(status=204)
        response.headers["HX-Trigger"] = json.dumps({event: None, "closeDialog": None, "closeSlot": None})
        return toast(response, told, level)  # type: ignore[arg-type]
    messages.add_message(request, messages.WARNING if level == "warning" else messages.SUCCESS, told)
    return redirect(request, url)


def answers_refusals(view: View) -> View:
    """Turns a refusal that left the view into its status: a toast for a fragment, a page otherwise."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except PermissionDenied as error:
            return _forbidden(request, str(error))
        except NotAllowed as error:
            return _forbidden(request, error.text)
        except ActError as error:
            return _refused(request, refusal_of(error))

    return guarded


def _forbidden(request: HttpRequest, text: str) -> HttpResponse:
    if not wants_fragment(request):
        return render(request, "components/refused.html", {"refusal": Refusal(403, text)}, status=403)
    return toast(HttpResponse(status=403), text or _("Your role does not include this action."), "error")


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if not wants_fragment(request):
        return render(request, "components/refused.html", {"refusal": refusal}, status=refusal.status)
    response = HttpResponse(status=refusal.status)
    response.headers["HX-Reswap"] = "none"
    words = [refusal.text, *(f"· {row['text']}" for row in refusal.missing)]
    return toast(response, "\n".join(word for word in words if word), "error")

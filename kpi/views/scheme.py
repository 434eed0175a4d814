"""/kpi/pay/scheme/: the editor of the terms of pay; every save is a version."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.choices import Role
from accounts.models import User
from common import clock, formats
from common.errors import ActError, Invalid
from common.htmx import redirect
from kpi import services
from kpi.forms import SchemeForm, initial_of
from kpi.models import PayScheme
from kpi.selectors import terms_of
from kpi.views.pay.rows import month_words, terms_rows


@require_http_methods(["GET", "POST"])
def pay_scheme(request: HttpRequest) -> HttpResponse:
    viewer = cast(User, request.user)
    if not services.may_edit_scheme(viewer):
        raise Http404
    month = clock.today().replace(day=1)
    versions = list(PayScheme.objects.visible_to(viewer).select_related("created_by"))
    newest = max(versions, key=lambda row: row.version, default=None)
    now = PayScheme.objects.visible_to(viewer).in_force(month).first()
    initial = initial_of(terms_of(newest), valid_from=month, version=newest.version if newest else 0)
    form = SchemeForm(request.POST if request.method == "POST" else None, initial=initial)
    status, refusal = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                saved = services.save_scheme(
                    terms=form.terms(),
                    valid_from=data["valid_from"],
                    reason=data["reason"],
                    version=data["version"],
                    actor=viewer,
                )
            except Invalid as error:
                form.refuse(error.fields)
            except ActError as error:
                status, refusal = error.status, error.text
            else:
                told = _("Version %(n)s of the terms is in force from %(month)s.")
                messages.success(request, told % {"n": saved.version, "month": month_words(saved.valid_from)})
                return redirect(request, "/kpi/pay/scheme/")
    context = {
        "form": form,
        "refusal": refusal,
        "in_force": terms_rows(terms_of(now)),
        "in_force_name": _("version %(n)s, from %(month)s") % {"n": now.version, "month": month_words(now.valid_from)}
        if now
        else _("the defaults of the method"),
        "versions": [
            {
                "name": _("version %(n)s, from %(month)s") % {"n": row.version, "month": month_words(row.valid_from)},
                "by": row.created_by.short_name,
                "at": formats.day_time(row.created_at),
                "reason": row.reason,
                "terms": terms_rows(terms_of(row)),
            }
            for row in sorted(versions, key=lambda row: -row.version)
        ],
        "back_url": "/kpi/pay/" if viewer.role == Role.DIRECTOR else "",
    }
    return render(request, "kpi/scheme.html", context, status=status)

"""The needs questionnaire of the open sale: saved talk by talk, told how complete it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.acts import answers_refusals, attempt, done
from common.errors import NotAllowed
from common.htmx import wants_fragment
from funnels.forms import QuestionnaireForm
from funnels.models import Questionnaire
from funnels.services import ensure_may_work, may_work, questionnaire_of, save_questionnaire
from funnels.views.fetching import CHANGED, client_of, cycle_of, person_of, ways_of

READERS = ("quality",)


@require_http_methods(["GET", "POST"])
@answers_refusals
def questionnaire(request: HttpRequest, pk: int) -> HttpResponse:
    client, person = client_of(request, pk), person_of(request)
    can_write = may_work(person, client)
    if not can_write and person.role not in READERS:
        ensure_may_work(person, client)
    if request.method == "POST" and not can_write:
        raise NotAllowed(_("You read this questionnaire, you do not fill it in."))
    cycle = cycle_of(client)
    answers = questionnaire_of(cycle)
    questions = list(answers.template.questions.all())
    initial: dict[str, Any] = {f"q{key}": value for key, value in answers.answers.items()}
    initial["version"] = answers.version
    data = request.POST if request.method == "POST" else None
    form = QuestionnaireForm(data, questions=questions, initial=initial)
    refusal = None
    if request.method == "POST":
        saved: list[Questionnaire] = []

        def act(cleaned: dict[str, Any]) -> None:
            saved.append(
                save_questionnaire(cycle=cycle, actor=person, answers=form.answers(), version=cleaned["version"])
            )

        refusal = attempt(form, act, ways_of(client))
        if refusal is None:
            told = _("Questionnaire: %(answered)s of %(required)s, %(percent)s %%.") % {
                "answered": saved[0].answered_required,
                "required": saved[0].required,
                "percent": saved[0].percent,
            }
            return done(request, told, reverse("client_card", args=[client.pk]), event=CHANGED)
        for key in list(form.errors):
            if key.isdecimal() and f"q{key}" in form.fields:
                form.errors[f"q{key}"] = form.errors.pop(key)
    context = {
        "client": client,
        "answers": answers,
        "form": form,
        "groups": form.groups(),
        "refusal": refusal,
        "can_write": can_write,
        "is_stale": refusal is not None and refusal.status == 409,
    }
    template = "funnels/_questionnaire.html" if wants_fragment(request) else "funnels/questionnaire_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)

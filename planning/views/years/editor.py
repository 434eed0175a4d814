"""The draft of a year: typed on the left, unfolded on the right while one types; saved as the next version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.selectors import calendar as production_calendar
from common import clock, formats
from common.acts import answers_refusals
from common.errors import Invalid, StaleVersion
from common.htmx import redirect, wants_fragment
from planning.calculator import WrongInput, revise_year
from planning.choices import PlanStatus
from planning.models import YearPlan
from planning.selectors.year_plans import kept_months, season_from_past
from planning.services import PlanScope, draft_year_plan, invalid_of
from planning.views.calculators.texts import number_text
from planning.views.years.forms import FORM_NAMES, SEASON_NAMES, DraftForm, typed_plan, typed_season
from planning.views.years.scope import draft_url, list_url, planner, scope_asked, scope_name
from planning.views.years.tree import tree_of_version, year_tree


@answers_refusals
@require_http_methods(["GET", "POST"])
def year_draft(request: HttpRequest) -> HttpResponse:
    """GET: the draft, else the approved version, in the fields. POST `act`: nothing saves; «preview» only unfolds the
    year, «season» fills in the suggestion. A fragment is the unfolded year alone."""
    viewer, scope = planner(request), scope_asked(request)
    approved, draft = _standing(scope)
    edition = draft.edition if draft else 0
    shown = draft or approved
    status, problem = 200, ""
    differing: list[dict[str, Any]] = []
    form = DraftForm(
        request.POST if request.method == "POST" else None,
        needs_reason=approved is not None,
        initial=typed_plan(shown, edition=edition, reason=draft.reason if draft else ""),
    )
    act = request.POST.get("act", "")
    if request.method == "POST" and act == "season":
        form = _with_season(form, scope)
    if request.method == "POST" and not act and form.is_valid():
        data = form.data_of()
        try:
            if form.errors:
                raise Invalid({})
            saved = draft_year_plan(scope=scope, data=data, actor=viewer, edition=form.cleaned_data["edition"])
        except StaleVersion as error:
            status, problem = 409, error.text
            approved, draft = _standing(scope)
            edition = draft.edition if draft else 0
            form, differing = _merged(request, form, draft or approved, edition)
        except Invalid as error:
            _refuse(form, error)
        else:
            messages.success(request, _("The draft is saved: %(amount)s.") % {"amount": formats.money(saved.amount)})
            return redirect(request, f"/plan/year/{saved.pk}/")
    tree = _preview(form, scope, approved) if request.method == "POST" else _saved_tree(scope, shown, approved)
    if request.method == "POST" and form.errors and status == 200:
        status = 422
    context = {
        "form": form,
        "tree": tree,
        "name": scope_name(scope),
        "year": scope.year,
        "problem": problem,
        "differing": differing,
        "draft": draft,
        "approved": approved,
        "action_url": draft_url(scope),
        "back_url": list_url(scope.year),
        "kept": len(kept_months(approved, today=clock.today())),
        "problems": []
        if not form.errors
        else [(form[n].label if n in form.fields else "", e) for n, e in _errors(form)],
    }
    if wants_fragment(request):
        return render(request, "planning/_year_preview.html", context, status=status)
    suggestion = _suggestion(scope)
    context["seasons"] = [
        {"field": form[name], "hint": number_text(suggestion[month], 2, short=True) if suggestion else ""}
        for month, name in enumerate(SEASON_NAMES, start=1)
    ]
    context["has_suggestion"] = suggestion is not None
    return render(request, "planning/year_draft.html", context, status=status)


def _standing(scope: PlanScope) -> tuple[YearPlan | None, YearPlan | None]:
    """The version in force and the draft."""
    rows = YearPlan.objects.of_scope(
        department=scope.department, person=scope.user, segment=scope.segment, year=scope.year
    ).select_related("created_by")
    found = {row.status: row for row in rows.filter(status__in=[PlanStatus.APPROVED, PlanStatus.DRAFT])}
    return found.get(PlanStatus.APPROVED), found.get(PlanStatus.DRAFT)


def _suggestion(scope: PlanScope) -> Any:
    return season_from_past(
        year=scope.year,
        today=clock.today(),
        department_id=scope.department.pk if scope.department else None,
        user_id=scope.user.pk if scope.user else None,
        segment_id=scope.segment.pk if scope.segment else None,
    )


def _with_season(form: DraftForm, scope: PlanScope) -> DraftForm:
    """The same typed form with the suggested coefficients in their fields."""
    typed = {name: str(form.data.get(name, "")) for name in form.fields}
    return DraftForm(typed | typed_season(_suggestion(scope) or {}), needs_reason=bool(form.fields["reason"].help_text))


def _merged(
    request: HttpRequest, form: DraftForm, stands: YearPlan | None, edition: int
) -> tuple[DraftForm, list[dict[str, Any]]]:
    """What was typed over the edition that stands now, and where the two differ: saving once more keeps what is typed."""
    posted = request.POST.copy()
    posted["edition"] = str(edition)
    merged = DraftForm(posted, needs_reason=bool(form.fields["reason"].help_text))
    theirs = DraftForm(
        {name: str(value) for name, value in typed_plan(stands, edition=edition).items()}
        | {"reason": stands.reason if stands else ""}
    )
    theirs.is_valid()
    merged.is_valid()
    differing = [
        {"label": merged[name].label, "mine": merged[name].value(), "theirs": theirs[name].value()}
        for name in merged.fields
        if name != "edition" and merged.cleaned_data.get(name) != theirs.cleaned_data.get(name)
    ]
    return merged, differing


def _refuse(form: DraftForm, error: Invalid) -> None:
    for name, texts in error.fields.items():
        place = FORM_NAMES.get(name, name)
        form.add_error(place if place in form.fields else None, list(texts))


def _errors(form: DraftForm) -> list[tuple[str, str]]:
    return [(name, str(text)) for name, texts in form.errors.items() for text in texts]


def _preview(form: DraftForm, scope: PlanScope, approved: YearPlan | None) -> dict[str, Any] | None:
    """The year as the typed numbers unfold it; problems go beside their fields."""
    if not form.is_valid():
        return None
    data = form.data_of()
    kept = kept_months(approved, today=clock.today())
    try:
        months = revise_year(data.amount, production_calendar(), scope.year, season=data.season, kept=kept)
        return year_tree(scope, months, data.season or {}, kept)
    except WrongInput as error:
        _refuse(form, invalid_of(error))
    return None


def _saved_tree(scope: PlanScope, shown: YearPlan | None, approved: YearPlan | None) -> dict[str, Any] | None:
    return tree_of_version(shown, approved) if shown else None

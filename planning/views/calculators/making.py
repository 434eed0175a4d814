"""/calculators/plan/make/: what would be written, in words, and the one button that writes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from common import formats
from common.acts import Refusal, attempt, done
from common.errors import ActError, Invalid
from common.htmx import wants_fragment
from planning import services
from planning.calculator import PlanInput, WrongInput
from planning.calculator.decompose import Step
from planning.selectors import may_set_targets
from planning.selectors.proposal import Proposal, Share, propose
from planning.views.calculators.forms import address_of
from planning.views.calculators.plan import PATH, step_name
from planning.views.calculators.plan_form import PlanForm, asked_month, months_to_choose
from planning.views.calculators.scope import Place, place_of
from planning.views.calculators.texts import money_text, number_text


class ReasonForm(forms.Form):
    """Why the plan in force changes; asked for only when there is one."""

    reason = forms.CharField(label=gettext_lazy("Reason of the change"), max_length=300, required=False)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
        if needs_reason:
            self.fields["reason"].help_text = _("An approved target is kept; the change is its next version")


@require_http_methods(["GET", "POST"])
def make_plan(request: HttpRequest) -> HttpResponse:
    """The numbers of the calculator in the address; POST `seen`, `reason`. 422 by field, 409 when all has changed."""
    place = place_of(request)
    if place.segment is not None or not may_set_targets(place.viewer, place.department):
        raise Http404
    month = asked_month(request.GET.get("month", ""), place.today)
    given = PlanForm(request.GET, {}, months_to_choose(month, place.today))
    numbers = given.values()
    context: dict[str, Any] = {
        "back_url": address_of(PATH, place.address, numbers),
        "action_url": request.get_full_path(),
        "month": month,
        "who": place.department.name,
    }
    template = "planning/_calculator_make.html" if wants_fragment(request) else "planning/calculator_make.html"
    plan = given.plan() if given.is_valid() else None
    proposal, problems = _proposal(place, plan, month, given)
    if plan is None or proposal is None:
        status = 422 if request.method == "POST" else 200
        return render(request, template, context | {"problems": problems}, status=status)
    form = ReasonForm(request.POST or None, needs_reason=proposal.needs_reason and not proposal.is_in_force)
    refusal: Refusal | None = None
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        refusal = attempt(
            form,
            lambda said: services.make_month_plan(
                department=place.department, month=month, plan=plan, actor=place.viewer, seen=seen, **said
            ),
        )
        if refusal is None:
            told = _("The plan is approved: %(amount)s.") % {"amount": money_text(plan.target)}
            return done(request, told, address_of("/plan/", {"period": "month", **_where(place), "day": str(month)}))
        if refusal.status == 409:
            # What has changed meanwhile is shown, to be confirmed or left.
            proposal, problems = _proposal(place, plan, month, given)
    if proposal is not None:
        context |= _told(proposal)
    context |= {"form": form, "refusal": refusal.text if refusal else "", "problems": problems}
    return render(request, template, context, status=refusal.status if refusal else 200)


def _where(place: Place) -> dict[str, int]:
    return {"department": place.department.pk}


def _proposal(place: Place, plan: PlanInput | None, month: Any, given: PlanForm) -> tuple[Proposal | None, list[str]]:
    """The proposal, or the sentences that say why these numbers make no plan."""
    if plan is None:
        return None, _problems_of(given)
    try:
        proposal = propose(department=place.department, month=month, plan=plan, day=place.today)
        services.check_proposal(proposal)
    except WrongInput as error:
        given.refuse(error)
        return None, _problems_of(given)
    except Invalid as error:
        return None, [_named(given, name, text) for name, texts in error.fields.items() for text in texts]
    except ActError as error:
        return None, [error.text]
    return proposal, []


def _problems_of(given: PlanForm) -> list[str]:
    return [_named(given, name, str(text)) for name, texts in given.errors.items() for text in texts]


def _named(given: PlanForm, name: str, text: str) -> str:
    label = given.fields[name].label if name in given.fields else ""
    return f"{label}: {text}" if label else text


def _told(proposal: Proposal) -> dict[str, Any]:
    norms = proposal.norms or {}
    plan = proposal.plan
    return {
        "lead": _("%(target)s for %(managers)s hunters, %(days)s working days, average cheque %(cheque)s")
        % {
            "target": money_text(plan.target),
            "managers": plan.managers,
            "days": plan.working_days,
            "cheque": money_text(plan.average_cheque),
        },
        "how": _("Divided by individual forecasts.")
        if proposal.is_by_forecast
        else _("There is no forecast yet: divided by how much of a full employee each one is."),
        "shares": [_share(one, proposal) for one in proposal.shares],
        "kept": [_share(one, proposal) for one in proposal.kept],
        "norms": [
            {
                "name": step_name(step),
                "norm": formats.number(norms[step]),
                "before": formats.number(getattr(proposal.old_norms, step.value)) if proposal.old_norms else "",
            }
            for step in Step
            if step in norms
        ],
        "is_short": not proposal.chain.meetings.is_enough,
        "need": number_text(proposal.chain.meetings.managers_needed.value, 1, short=True),
        "have": plan.managers,
        "is_in_force": proposal.is_in_force,
        "mark": proposal.mark,
    }


def _share(share: Share, proposal: Proposal) -> dict[str, str]:
    return {
        "name": share.user.full_name if share.user else proposal.department.name,
        "amount": money_text(share.amount),
        "before": money_text(share.current) if share.current is not None else "",
    }

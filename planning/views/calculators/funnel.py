"""/calculators/funnel/: is the funnel enough for the plan, and what to move so that it is (3.3, R-S0-A4, R-S0-P5)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Segment
from common.htmx import wants_fragment
from planning.calculator import (
    Counts,
    Floors,
)
from planning.selectors.ratio import floors_of
from planning.selectors.sufficiency import Funnels, funnels_of
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_answer import PATH, answer_of, zone_word
from planning.views.calculators.funnel_form import COLOURS, FunnelForm, defaults_of
from planning.views.calculators.funnel_tables import people_table, segments_table
from planning.views.calculators.lists import funnel_lists
from planning.views.calculators.scope import Place, menus_of, place_of
from planning.views.calculators.texts import light, number_text
from planning.views.cells import payments_url
from planning.views.scope import whole

_NAMED_BY_ADDRESS = frozenset(FunnelForm.base_fields)


@require_safe
def funnel_calculator(request: HttpRequest) -> HttpResponse:
    """`?department=&segment=&user=` and the numbers; a fragment is the answer alone. 422 with sentences by field."""
    place = place_of(request)
    user = person_of(place, request.GET.get("user", ""))
    is_fragment = wants_fragment(request)
    is_told = is_fragment and place.segment is not None and request.GET.keys() >= _NAMED_BY_ADDRESS
    found = None
    if not is_told:
        found = funnels_of(department=place.department, day=place.today, segments=place.every_segment)
    segment = place.segment or (_worst(found, user, is_alone=is_fragment) if found else None)
    context: dict[str, Any] = {"path": PATH, "here": "funnel"}
    status = 200
    if segment is None:
        context["nothing"] = _("There is no active segment: a funnel is judged by its segment's conversions.")
    else:
        defaults = defaults_of(found, segment, user, with_sources=not is_fragment) if found else {}
        form = FunnelForm(request.GET, defaults)
        context |= {"form": form, "segment": segment}
        judged = form.judge(Floors(*floors_of([segment])[segment.pk])) if form.is_valid() else None
        if judged is not None:
            live = _live_text(found.part(segment, user).counts) if found else request.GET.get("live", "")
            context |= answer_of(place, user, segment, *judged, live=live)
            context["live"] = live
        status = 422 if form.errors else 200
    if not is_fragment and found is not None:
        if segment is not None:
            paid_url = _paid_url(place, found, segment, user)
            form.show_lists(funnel_lists(place, segment, user, paid_url))
        context |= _around(place, user, segment, found)
    template = "planning/_calculator_funnel.html" if is_fragment else "planning/calculator_funnel.html"
    return render(request, template, context, status=status)


def person_of(place: Place, asked: str) -> User | None:
    """The person of `?user=` inside the department; Http404 for anybody else."""
    key = whole(asked)
    if key is None:
        return None
    people = User.objects.visible_to(place.viewer).with_clients().filter(department=place.department)
    found = people.filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _paid_url(place: Place, found: Funnels, segment: Segment, user: User | None) -> str:
    """The payments of the month, which know no segment: only where all of them are of this one."""
    if found.part(segment, user).paid != sum((found.part(one, user).paid for one in found.segments), Decimal(0)):
        return ""
    department = None if user else place.department.pk
    return payments_url(found.span, place.today - timedelta(days=1), user=user, department=department)


def _worst(found: Funnels, user: User | None, *, is_alone: bool) -> Segment | None:
    """The segment to look at first: the least K, else the one with most clients, else the first.

    `is_alone`: the answer of a fragment, around which nothing tells of the other segments.
    """
    worst = found.worst(user) if is_alone else found.judged(user).worst
    if worst is not None:
        return found.inputs.segments[worst]
    return max(found.segments, key=lambda one: (found.part(one, user).counts.total, -one.pk), default=None)


def _around(place: Place, user: User | None, segment: Segment | None, found: Funnels) -> dict[str, Any]:
    """Menus, and the tables of segments and people, the worst first."""
    keep = {"user": user.pk if user else None}
    scope = menus_of(place, PATH, keep)
    # A funnel is judged in one segment: there is no line for all of them, and another department has other people.
    scope["segments"] = scope["segments"][1:]
    scope["departments"] = menus_of(place, PATH)["departments"]
    for one in scope["segments"]:
        one["active"] = segment is not None and one["label"] == segment.name
    names = [place.department.name, user.full_name if user else "", segment.name if segment else ""]
    scope["title"] = " · ".join(name for name in names if name)
    named = {"user": user.pk if user else None, "segment": segment.pk if segment else None}
    scope["hidden"] = [
        *((name, value) for name, value in place.address.items() if name == "department" and value),
        *((name, value) for name, value in named.items() if value is not None),
    ]
    here = {"department": place.address["department"]}
    return {
        "scope": scope,
        "whole_url": address_of(PATH, here) if user else "",
        "segments": segments_table(found, user, here, PATH),
        "whole": _whole(found, user),
        "people": [] if user else people_table(found, here, PATH),
    }


def _whole(found: Funnels, user: User | None) -> dict[str, Any] | None:
    """The verdict on all segments together: that of the worst of them (R-S0-P2)."""
    judged = found.judged(user)
    if judged.worst is None or judged.zone is None:
        return None
    told = {"k": number_text(judged.k_funnel, 3), "segment": found.inputs.segments[judged.worst].name}
    return {
        "light": light(None, judged.zone, zone_word(judged.zone)),
        "text": _("K of all segments together is %(k)s, that of the worst one, “%(segment)s”.") % told,
    }


def _live_text(counts: Counts) -> str:
    """The clients there are, as the form carries them: a typed number leads to no list that holds another one."""
    return ".".join(str(counts[colour]) for colour in COLOURS)

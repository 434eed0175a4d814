"""Segments and people of a department side by side, the worst first; a number leads to its clients."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Department, User
from clients.models import Segment
from common import formats, markup
from planning.calculator import Counts, SegmentsSufficiency, Sufficiency, check_ratio, deviation, is_deviating
from planning.constants import RATIO_LEAST_CLIENTS, Colour
from planning.selectors.ratio import add_up, is_newcomer
from planning.selectors.sufficiency import Funnels
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.texts import because, light, number_text


def clients_url(
    department: Department, colour: Colour, *, user: User | None = None, segment: Segment | None = None
) -> str:
    """The clients behind a count: one colour of a person or department, in one segment or all."""
    return address_of(
        "/clients/",
        {"section": "any", "colour": str(colour), "segment": segment.pk if segment else None},
        {"owner": user.pk} if user else {"department": department.pk},
    )


def segments_table(found: Funnels, user: User | None, scope: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """A line per segment with a plan or clients; the one with the least K first."""
    judged = found.judged(user)
    lines = []
    for key, verdict in judged.segments.items():
        segment = found.inputs.segments[key]
        line = _line(
            found, verdict.k_funnel, verdict.zone, found.part(segment, user).counts, segment=segment, user=user
        )
        here = scope | {"segment": key, "user": user.pk if user else None}
        lines.append((verdict.k_funnel, line | {"name": segment.name, "url": address_of(path, here), **_need(verdict)}))
    for key, why in judged.why.items():
        segment = found.inputs.segments[key]
        line = _line(found, None, None, found.part(segment, user).counts, segment=segment, user=user)
        here = scope | {"segment": key}
        lines.append((None, line | {"name": segment.name, "url": address_of(path, here), "note": because(why)}))
    return [line for _, line in sorted(lines, key=lambda pair: _worst_first(pair[0]))]


def people_table(found: Funnels, scope: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """A line per person over his segments, each judged apart; the one with the least K first."""
    whole = add_up(found.part(segment).counts for segment in found.segments)
    lines = []
    for user in found.people:
        judged = found.judged(user)
        counts = add_up(found.part(segment, user).counts for segment in found.segments)
        line = _line(found, judged.k_funnel, judged.zone if judged.k_funnel is not None else None, counts, user=user)
        line |= {
            "name": user.full_name,
            "url": address_of(path, scope | {"user": user.pk}),
            **_person(found, user, judged, counts, whole),
        }
        lines.append((judged.k_funnel, line))
    return [line for _, line in sorted(lines, key=lambda pair: _worst_first(pair[0]))]


def _worst_first(k: Fraction | None) -> tuple[bool, Fraction]:
    return k is None, k or Fraction(0)


def _line(
    found: Funnels,
    k: Fraction | None,
    zone: Any,
    counts: Counts,
    *,
    segment: Segment | None = None,
    user: User | None = None,
) -> dict[str, Any]:
    return {
        "k": number_text(k, 3),
        "light": light(None, zone, "") if k is not None else "",
        "counts": [
            {
                "lamp": markup.lamp(str(colour), silent=True),
                "n": formats.number(counts[colour]),
                "url": clients_url(found.department, colour, user=user, segment=segment),
            }
            for colour in COLOURS
        ],
        "deficit": formats.DASH,
        "note": "",
    }


def _need(verdict: Sufficiency) -> dict[str, str]:
    return {"deficit": _shortage(verdict.deficit), "note": ""}


def _shortage(deficit: Counts) -> str:
    """«3 зелёных, 1 жёлтый» in the short: what is missing to the required numbers."""
    words = {
        Colour.GREEN: pgettext("clients missing", "green"),
        Colour.YELLOW: pgettext("clients missing", "yellow"),
        Colour.RED: pgettext("clients missing", "red"),
    }
    parts = [f"+{deficit[colour]} {words[colour]}" for colour in COLOURS if deficit[colour]]
    return ", ".join(parts) if parts else pgettext("clients missing", "none")


def _person(found: Funnels, user: User, judged: SegmentsSufficiency, counts: Counts, whole: Counts) -> dict[str, Any]:
    """Deficits, floors and distance of one person's colours; a newcomer gathers his list and is not judged by ratio."""
    apart = deviation(counts, whole)
    notes = []
    if user.is_head:
        notes.append(_("reserve"))
    elif is_newcomer(user, found.day):
        notes.append(_("gathering"))
    elif counts.total >= RATIO_LEAST_CLIENTS and not check_ratio(counts).is_met:
        notes.append(_("the ratio is broken"))
    if judged.worst is not None and len(judged.segments) > 1:
        notes.append(_("worst: %(segment)s") % {"segment": found.inputs.segments[judged.worst].name})
    return {
        "deficit": _shortage(judged.deficit),
        "apart": number_text(apart * 100, 2) if apart is not None and not user.is_head else formats.DASH,
        "is_apart": is_deviating(apart) and not user.is_head,
        "note": " · ".join(notes),
    }

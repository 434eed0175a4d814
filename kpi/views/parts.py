"""The parts of /kpi/ in words: money, segments, people, risks, the head."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import formats
from kpi.calculator import Kpi
from kpi.choices import RiskAct
from kpi.selectors import Board, PersonRow, SegmentRow
from kpi.selectors.outcomes import CONVERSIONS, STAYS
from kpi.selectors.references import SEGMENT_KPIS
from kpi.views.cells import cell, label, list_url, met, person_cells
from planning.constants import Zone
from planning.views.calculators import address_of, because, figure_text, light, money_text, number_text, share_text
from planning.views.cells import light_of, payments_url

# Columns of the managers' table: what is asked of most of them.
COLUMNS: Final = (
    Kpi.PRODUCTIVE_CALLS,
    Kpi.HELD_MEETINGS,
    Kpi.PRODUCTIVE_MEETINGS,
    Kpi.OFFERS,
    Kpi.UPGRADES,
    Kpi.RESOLUTIONS,
    Kpi.OVERDUE_TASKS,
    Kpi.VIOLATIONS,
)


def money_of(board: Board) -> dict[str, Any]:
    figures = board.figures
    return {
        "fact": formats.money(figures.fact),
        "plan": formats.money(figures.plan_to_date),
        "light": light_of(figures.attainment, figures.zone),
        "url": payments_url(
            board.span, board.as_of, user=board.user, department=None if board.user else board.department.pk
        ),
    }


def segments_of(board: Board, *, leads: bool) -> dict[str, Any]:
    """One table: indicators down, segments across; below them what the funnel of each is worth (3.4)."""
    rows = []
    who = {"owner": board.user.pk} if board.user else {"department": board.department.pk}
    for kpi in SEGMENT_KPIS:
        cells = []
        for segment in board.segments:
            one = cell(board, segment.lines[kpi])
            if one["url"]:
                one["url"] += f"&segment={segment.segment_id}"
            elif leads:
                one["url"] = _cases_url(board, kpi, segment)
            if leads:
                one["norm_url"] = address_of("/kpi/references/", {"department": board.department.pk})
            cells.append({**one, "segment": board.names[segment.segment_id]})
        rows.append({"name": label(kpi), "cells": cells})
    return {
        "names": [
            {
                "name": board.names[one.segment_id],
                "clients": formats.number(one.clients),
                "url": address_of("/clients/", {"section": "any", "open": "yes", "segment": one.segment_id}, who),
            }
            for one in board.segments
        ],
        "rows": rows,
        "pipelines": [{"name": board.names[one.segment_id], **_pipeline(one)} for one in board.segments],
    }


def _cases_url(board: Board, kpi: Kpi, segment: SegmentRow) -> str:
    """The passages of a colour: all of them behind a conversion, those that came through behind a stay."""
    colour = CONVERSIONS.get(kpi) or STAYS.get(kpi)
    if colour is None or not segment.lines[kpi].counted:
        return ""
    asked = {
        "department": board.department.pk,
        "segment": segment.segment_id,
        "stage": str(colour),
        "user": board.user.pk if board.user else None,
        "day": (board.as_of + timedelta(days=1)).isoformat(),
    }
    return address_of("/calculators/passages/", asked)


def _pipeline(row: SegmentRow) -> dict[str, Any]:
    pipeline = row.pipeline
    return {
        "velocity": _("%(money)s a day") % {"money": money_text(pipeline.velocity)}
        if pipeline.velocity is not None
        else because(pipeline.why)
        if pipeline.why
        else formats.DASH,
        "required": figure_text(pipeline.required, _times),
        "actual": figure_text(pipeline.actual, _times),
        "light": light(None, Zone.GREEN if pipeline.is_enough else Zone.RED, _enough(pipeline.is_enough))
        if pipeline.is_enough is not None
        else "",
    }


def _times(value: Any) -> str:
    return f"{number_text(value, 2)}×"


def _enough(is_enough: bool | None) -> str:
    return _("enough") if is_enough else _("too little")


def weeks_of(row: PersonRow, most: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{week.starts_on.day}–{formats.date_long(week.ends_on)}",
            "light": light_of(week.share, week.light),
            "text": _("%(fact)s of %(plan)s") % {"fact": formats.money(week.fact), "plan": formats.money(week.plan)},
        }
        for week in row.weeks[-most:]
    ]


def person_of(board: Board, row: PersonRow) -> dict[str, Any]:
    figures, user = row.figures, row.user
    return {
        "name": user.full_name,
        "role": user.get_role_display(),
        "url": f"/kpi/?period={board.kind}&user={user.pk}&day={board.span.period.starts_on}",
        "fact": formats.money(figures.fact),
        "fact_url": payments_url(board.span, board.as_of, user=user),
        "light": light_of(figures.attainment, row.light),
        "cells": person_cells(board, row.lines, user, COLUMNS),
        "uncredited": formats.number(row.uncredited),
        "uncredited_url": list_url("uncredited", board.first, board.as_of, user=user) if row.uncredited else "",
    }


def risk_of(row: PersonRow) -> dict[str, Any]:
    return {
        "name": row.user.full_name,
        "url": f"/kpi/?period=month&user={row.user.pk}",
        "weeks": weeks_of(row, 2),
        "act_url": f"/kpi/risk/{row.user.pk}/",
        "acts": [{"value": value, "label": text} for value, text in RiskAct.choices],
    }


def head_of(board: Board) -> dict[str, Any]:
    head = board.head
    assert head is not None  # noqa: S101 - asked for by the caller
    judged = [one for one in head.managers if one.floors_met is not None]
    review = head.review
    return {
        "stats": [
            {
                "label": _("Morning reviews signed"),
                "value": figure_text(review.figure, share_text),
                "foot": _("of the working days, at least %(share)s") % {"share": share_text(review.target, 0)},
                "light": met(review.is_met),
            },
            {
                "label": _("Managers whose funnel is enough"),
                "value": figure_text(head.whole.sufficient, share_text),
                "foot": ngettext("K of %(n)s manager", "K of %(n)s managers", len(head.managers))
                % {"n": len(head.managers)},
                "light": "",
            },
            {
                "label": _("Managers with the floors met"),
                "value": figure_text(head.whole.floors_met, share_text),
                "foot": ngettext(
                    "of %(n)s who has enough clients to be judged",
                    "of %(n)s who have enough clients to be judged",
                    len(judged),
                )
                % {"n": len(judged)},
                "light": "",
            },
        ],
        "rows": [
            {
                "name": one.user.full_name,
                "url": f"/clients/?section=any&open=yes&owner={one.user.pk}",
                "clients": formats.number(one.clients),
                "k_url": address_of("/calculators/funnel/", {"department": board.department.pk, "user": one.user.pk}),
                "k": number_text(one.k, 3) if one.k is not None else _("nothing is required"),
                "k_light": met(one.k is None or one.k >= 1),
                "floors": met(one.floors_met) if one.floors_met is not None else _("not judged yet"),
            }
            for one in head.managers
        ],
    }


def say_of(board: Board) -> str:
    """One sentence about what is furthest from its norm."""
    judged = [line for line in board.lines if line.held.share is not None and line.held.zone is not Zone.GREEN]
    if not judged:
        return _("Everything that is counted is at its norm.") if board.lines else ""
    worst = min(judged, key=lambda line: line.held.share or 0)
    one = cell(board, worst)
    return _("Furthest from its norm: %(name)s, %(fact)s of %(norm)s.") % {
        "name": one["name"].lower(),
        "fact": one["fact"],
        "norm": one["norm"],
    }

"""What the sufficiency of a funnel says: K, what to move, the colours side by side, the pace (3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import User
from clients.models import Segment
from common import formats, markup
from planning.calculator import (
    FunnelInput,
    Moves,
    PipelineInput,
    Sufficiency,
    pipeline_of,
    recommended_shares,
    resolutions_norm,
    upgrades_norm,
)
from planning.calculator.inputs import Why
from planning.constants import RATIO_LEAST_CLIENTS, Colour, PerColour, Zone
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.funnel_tables import clients_url
from planning.views.calculators.scope import Place
from planning.views.calculators.texts import because, light, money_text, number_text, share_text, typed_number

PATH = "/calculators/funnel/"


def answer_of(
    place: Place, user: User | None, segment: Segment, given: FunnelInput, verdict: Sufficiency, *, live: str
) -> dict[str, Any]:
    """The result block. `live`: the clients there are by colour, as `_live_text` writes them."""
    total = given.actual.total
    is_live = dict(zip(COLOURS, live.split("."), strict=False))
    is_judged = total >= RATIO_LEAST_CLIENTS
    return {
        "answer": {
            "figure": number_text(verdict.k_funnel, 3) if verdict.k_funnel is not None else formats.DASH,
            "title": zone_title(verdict.zone if verdict.k_funnel is not None else None),
            "light": light(None, verdict.zone, zone_word(verdict.zone)),
            "why": "" if verdict.k_funnel is not None else because(Why.NOTHING_REQUIRED),
            "do": what_to_do(verdict.moves, _to_take(given, verdict)),
        },
        "says": _sentences(given, verdict),
        "rows": [
            _row(given, verdict, colour, is_judged)
            | {
                "url": clients_url(place.department, colour, user=user, segment=segment)
                if is_live.get(colour) == str(given.actual[colour])
                else ""
            }
            for colour in COLOURS
        ],
        "ratio_say": _ratio_sentence(verdict, total, is_judged),
        "pairs": _pairs(given, verdict),
        "links": _links(place, user, segment, given, verdict),
        "book_url": address_of(f"{PATH}xlsx/", _scope_of(place, user, segment)),
    }


def _scope_of(place: Place, user: User | None, segment: Segment) -> dict[str, int | None]:
    scope = {"department": place.address["department"], "segment": segment.pk}
    return scope | {"user": user.pk if user else None}


def _links(
    place: Place, user: User | None, segment: Segment, given: FunnelInput, verdict: Sufficiency
) -> list[dict[str, str]]:
    """The clients to move, and the people a funnel needs: the next cause of a gap (R-S0-A0)."""
    links = []
    if verdict.moves.red_to_yellow:
        url = clients_url(place.department, Colour.RED, user=user, segment=segment)
        links.append({"url": url, "text": _("Go through the red ones")})
    if verdict.moves.yellow_to_green:
        url = clients_url(place.department, Colour.YELLOW, user=user, segment=segment)
        links.append({"url": url, "text": _("Go through the yellow ones")})
    if user is None:
        asked = {
            "department": place.address["department"],
            "segment": segment.pk,
            "plan": typed_number(given.plan),
            "average_cheque": typed_number(given.average_cheque),
        }
        links.append({"url": address_of("/calculators/staffing/", asked), "text": _("Is there enough staff")})
    return links


def zone_title(zone: Zone | None) -> str:
    if zone is None:
        return _("Nothing is required of the funnel")
    return {
        Zone.GREEN: _("The funnel is enough"),
        Zone.YELLOW: _("The funnel is on the edge"),
        Zone.RED: _("The funnel is not enough"),
    }[zone]


def zone_word(zone: Zone) -> str:
    return {
        Zone.GREEN: pgettext("funnel", "enough"),
        Zone.YELLOW: pgettext("funnel", "on the edge"),
        Zone.RED: pgettext("funnel", "not enough"),
    }[zone]


def _to_take(given: FunnelInput, verdict: Sufficiency) -> int:
    """Clients to find outside: those no colour can give, and red ones that the moves leave too few."""
    red_left = int(given.actual.red) - verdict.moves.red_to_yellow
    return verdict.moves.clients_missing + max(0, verdict.required.red - red_left)


def what_to_do(moves: Moves, to_take: int) -> str:
    """«Красных с избытком: 14 красных в жёлтый, 7 жёлтых в зелёный», and how many to find outside."""
    if not moves and not to_take:
        return _("Nothing has to be moved.")
    parts = []
    if moves.red_to_yellow:
        parts.append(
            ngettext("%(n)s red client to yellow", "%(n)s red clients to yellow", moves.red_to_yellow)
            % {"n": moves.red_to_yellow}
        )
    if moves.yellow_to_green:
        parts.append(
            ngettext("%(n)s yellow client to green", "%(n)s yellow clients to green", moves.yellow_to_green)
            % {"n": moves.yellow_to_green}
        )
    if to_take:
        parts.append(ngettext("take %(n)s client more", "take %(n)s clients more", to_take) % {"n": to_take})
    text = ", ".join(parts)
    return (
        _("Too many are red: %(moves)s.") % {"moves": text}
        if moves.is_red_excess
        else _("%(moves)s.") % {"moves": text}
    )


def _sentences(given: FunnelInput, verdict: Sufficiency) -> list[str]:
    if not verdict.deals:
        return [_("The plan is paid already, or there is none: no deal is needed.")]
    told = {
        "left": money_text(max(Fraction(0), Fraction(given.plan) - Fraction(given.paid))),
        "cheque": money_text(given.average_cheque),
        "deals": number_text(verdict.deals, 2, short=True),
        "expected": number_text(verdict.expected_deals, 2),
        "coverage": number_text(verdict.coverage, 3),
    }
    lines = [
        _("Left to earn %(left)s: with a cheque of %(cheque)s that is %(deals)s deals.") % told,
        _("The present funnel brings %(expected)s deals without a refill: coverage %(coverage)s.") % told,
    ]
    if verdict.coverage is not None and verdict.coverage < 1:
        lines.append(_("The period needs a second turn of the funnel: clients yet to be taken into work."))
    elif verdict.zone is not Zone.GREEN:
        lines.append(_("In sum the clients are enough, but they stand in the wrong colours."))
    return lines


def _row(given: FunnelInput, verdict: Sufficiency, colour: Colour, is_judged: bool) -> dict[str, Any]:
    floors = {Colour.GREEN: given.floors.green, Colour.YELLOW: given.floors.yellow}
    needs = {Colour.GREEN: verdict.ratio.need_green, Colour.YELLOW: verdict.ratio.need_yellow}
    shares, wanted = verdict.ratio.shares, recommended_shares(given.reference)
    floor, k = floors.get(colour), verdict.k[colour]
    is_below = is_judged and bool(needs.get(colour))
    return {
        "lamp": markup.lamp(str(colour)),
        "required": formats.number(verdict.required[colour]),
        "actual": formats.number(given.actual[colour]),
        "k": number_text(k, 3),
        "deficit": formats.number(verdict.deficit[colour]),
        "share": share_text(_of(shares, colour)),
        "floor": share_text(floor) if floor is not None else formats.DASH,
        "need": f"+{needs[colour]}" if is_below else ("0" if colour in needs and is_judged else formats.DASH),
        "wanted": share_text(_of(wanted, colour)),
        "is_short": bool(verdict.deficit[colour]) or is_below,
    }


def _of(shares: PerColour | None, colour: Colour) -> Fraction | None:
    return None if shares is None else shares[colour]


def _ratio_sentence(verdict: Sufficiency, total: int, is_judged: bool) -> str:
    if not is_judged:
        return _("There are fewer than %(least)s clients: shares are shown, the norm of the ratio is not judged.") % {
            "least": RATIO_LEAST_CLIENTS
        }
    if verdict.ratio.is_met:
        return _("The ratio of the colours is kept.")
    green, yellow = verdict.ratio.need_green, verdict.ratio.need_yellow
    parts: Mapping[str, int] = {
        pgettext("clients missing", "green"): green,
        pgettext("clients missing", "yellow"): yellow,
    }
    named = ", ".join(f"+{number} {name}" for name, number in parts.items() if number)
    return _("The ratio is broken, to keep it: %(needs)s.") % {"needs": named}


def _pairs(given: FunnelInput, verdict: Sufficiency) -> list[tuple[str, str, str]]:
    """Figures beside the verdict: norms of a day, coverage, velocity, each with how it is made."""
    reference, clients = given.reference, given.actual.total
    chance = reference.to_payment(Colour.RED)
    line = pipeline_of(
        PipelineInput(
            clients=int(clients),
            win_rate=chance,
            average_cheque=given.average_cheque,
            cycle_days=reference.days_to_payment(Colour.RED),
            plan=given.plan,
        )
    )
    speed = money_text(line.velocity) if line.velocity is not None else because(line.why or Why.NO_CYCLE_DAYS)
    pairs = [
        (
            _("Decisions a working day"),
            number_text(resolutions_norm(given.actual), 2),
            _("so that nobody stays longer than 10 days"),
        ),
        (
            _("Upgrades a working day"),
            number_text(upgrades_norm(given.actual, reference), 2),
            _("by the conversions of the segment"),
        ),
        (_("Speed of sales, ₽ a day"), speed, _("clients × conversion × cheque / days of the way to payment")),
        (
            _("Clients in work, times the plan"),
            number_text(line.actual.value, 2)
            if line.actual.value is not None
            else because(line.actual.why or Why.NO_PLAN),
            _("needed %(times)s") % {"times": number_text(line.required.value, 2)},
        ),
    ]
    if verdict.coverage_money is not None:
        pairs.append(
            (
                _("Coverage in money"),
                number_text(verdict.coverage_money, 3),
                _("expected roubles over those left to earn"),
            )
        )
    return pairs

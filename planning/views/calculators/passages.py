"""/calculators/passages/: the cases a conversion of the calculators was counted from, by people and one by one (R-S0-P11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.models import User
from clients.models import Client
from common import formats, markup
from common.books import book_response, write_book
from common.fields import DayField
from common.paging import keyset_page
from funnels.choices import Colour as ColourLabel
from funnels.choices import MovementKind
from funnels.models import Movement, Ownership
from journal.services import record
from planning.constants import LEAST_PASSAGES, Colour
from planning.selectors import passages as behind
from planning.selectors.passages import PersonPassages, StagePassages
from planning.views.calculators.forms import address_of
from planning.views.calculators.funnel_form import COLOURS
from planning.views.calculators.scope import Place, menus_of, place_of
from planning.views.calculators.texts import number_text, rounded, share_text
from planning.views.page import EARLIEST
from planning.views.scope import whole

PATH: Final = "/calculators/passages/"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
_STEP_ACTS: Final = behind.STEPS


@dataclass(frozen=True)
class Asked:
    """One conversion of one place: a colour or a step of the chain, of one person or of all, one of the two lists."""

    place: Place
    stage: str
    user: User | None
    part: str
    day: date

    @property
    def colour(self) -> Colour | None:
        return Colour(self.stage) if self.stage in COLOURS else None

    @property
    def address(self) -> dict[str, Any]:
        day = self.day.isoformat() if self.day != self.place.today else None
        return self.place.address | {"stage": self.stage, "user": self.user.pk if self.user else None, "day": day}


@require_safe
def passages_page(request: HttpRequest) -> HttpResponse:
    """`?department=&segment=&stage=&user=&part=succeeded|failed&day=`: the two lists hold every case of the mean.

    Counted are the ninety days before `day`, today's unless an earlier one is asked for.
    """
    asked = _asked(request)
    place, found = asked.place, _found(asked)
    chosen = [one for one in found.people if asked.user is None or one.user == asked.user]
    scope = menus_of(place, PATH, {"stage": asked.stage, "day": asked.address["day"]})
    scope["title"] = " · ".join([scope["title"], *([asked.user.full_name] if asked.user else [])])
    context: dict[str, Any] = {
        "scope": scope,
        "stage": stage_name(asked.stage),
        "stretch": _stretch(asked),
        "tabs": _tabs(asked),
        "rate": share_text(found.rate, 2),
        "how": _how(found),
        "people": [_person(asked, one) for one in found.people],
        "total": _total(asked, found),
        "heads": _heads(asked.stage),
        "whole_url": address_of(PATH, asked.address, {"user": None}) if asked.user else "",
        "book_url": address_of(f"{PATH}xlsx/", asked.address),
        "is_colour": asked.colour is not None,
    }
    if asked.colour is not None:
        context |= _cases(request, asked, chosen)
    return render(request, "planning/passages.html", context)


@require_safe
def passages_book(request: HttpRequest) -> FileResponse:
    """Every case of the conversion as a workbook; of a step between acts, the people and their counts."""
    asked = _asked(request)
    if asked.colour is None:
        file, count = write_book([_("Manager"), *_heads(asked.stage), _("Conversion, %")], _people_lines(asked))
    else:
        head = [_("Client"), _("Manager"), _("Segment"), _("From"), _("To"), _("Since"), _("Day"), _("Days")]
        file, count = write_book([*head, _("Success")], _case_lines(asked))
    record(action="calculation.export", obj=asked.place.department, actor=asked.place.viewer, after={"rows": count})
    return book_response(file, f"passages-{asked.stage}-{asked.day:%Y-%m-%d}")


def stage_name(stage: str) -> str:
    """The conversion in words, as the calculators call it."""
    return {
        str(Colour.GREEN): _("Green → payment"),
        str(Colour.YELLOW): _("Yellow → green"),
        str(Colour.RED): _("Red → yellow"),
        "held_to_productive": _("Held → productive"),
        "productive_to_offer": _("Productive → offer"),
    }[stage]


def _asked(request: HttpRequest) -> Asked:
    place = place_of(request)
    stage, part = request.GET.get("stage", str(Colour.GREEN)), request.GET.get("part", SUCCEEDED)
    if stage not in {*map(str, COLOURS), *_STEP_ACTS} or part not in (SUCCEEDED, FAILED):
        raise Http404
    try:
        day = DayField(required=False).clean(request.GET.get("day", "")) or place.today
    except ValidationError as error:
        raise Http404 from error
    user = _person_asked(place, request.GET.get("user", ""))
    return Asked(place, stage, user, part, min(max(day, EARLIEST), place.today))


def _person_asked(place: Place, asked: str) -> User | None:
    """Whoever counts in the department, those without clients of their own now too. Http404 for anybody else."""
    key = whole(asked)
    if key is None:
        return None
    return get_object_or_404(User.objects.visible_to(place.viewer).filter(department=place.department), pk=key)


def _found(asked: Asked) -> StagePassages:
    place = asked.place
    if asked.colour is not None:
        return behind.colour_passages(
            department=place.department, day=asked.day, segment=place.segment, colour=asked.colour
        )
    return behind.step_passages(department=place.department, day=asked.day, segment=place.segment, step=asked.stage)


def _stretch(asked: Asked) -> str:
    first, last = behind.days_counted(asked.day)
    return f"{formats.date_long(first)} – {formats.date_long(last)}"


def _tabs(asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "label": stage_name(one),
            "url": address_of(PATH, asked.address, {"stage": one}),
            "active": one == asked.stage,
        }
        for one in (*map(str, COLOURS), *_STEP_ACTS)
    ]


def _how(found: StagePassages) -> str:
    """The sum the rate is the result of: «(40,00 % + 60,00 %) / 2 = 50,00 %»."""
    if not found.is_own:
        return _("Nobody has %(least)s cases: the setting of the segment or the norm of the method stands instead.") % {
            "least": LEAST_PASSAGES
        }
    shares = [share_text(one.share, 2) for one in found.counted]
    if len(shares) == 1:
        return _("One person has %(least)s cases or more: his share is the mean.") % {"least": LEAST_PASSAGES}
    shown = f"({' + '.join(shares)}) / {len(shares)} = {share_text(found.rate, 2)}"
    return _("The mean of those with %(least)s cases or more: %(sum)s.") % {"least": LEAST_PASSAGES, "sum": shown}


def _heads(stage: str) -> list[str]:
    if stage in _STEP_ACTS:
        names = {"meetings": _("Held meetings"), "productive": _("Productive meetings"), "offers": _("Offers")}
        return [names[one] for one in _STEP_ACTS[stage]]
    return [_("Finished"), pgettext("passages", "Came through")]


def _person(asked: Asked, one: PersonPassages) -> dict[str, Any]:
    return {
        "name": one.user.full_name,
        "finished": formats.number(one.finished),
        "succeeded": formats.number(one.succeeded),
        "finished_url": _cell_url(asked, one, 0),
        "succeeded_url": _cell_url(asked, one, 1),
        "share": share_text(one.share, 2),
        "is_counted": one.is_counted,
        "active": one.user == asked.user,
    }


def _cell_url(asked: Asked, one: PersonPassages | None, at: int) -> str:
    """The list of one number: a finished case is in one of two, so its number opens the person with both."""
    who: dict[str, Any] = {"user": one.user.pk if one else None}
    if asked.colour is not None:
        return address_of(PATH, asked.address, who, {"part": SUCCEEDED if at else None})
    first, last = behind.days_counted(asked.day)
    place = asked.place
    who["department"] = place.department.pk if one is None else None
    stretch = {"from": first.isoformat(), "to": last.isoformat(), "segment": place.address["segment"]}
    return address_of("/plan/acts/", {"what": _STEP_ACTS[asked.stage][at]}, stretch, who)


def _total(asked: Asked, found: StagePassages) -> dict[str, Any]:
    return {
        "finished": formats.number(sum(one.finished for one in found.people)),
        "succeeded": formats.number(sum(one.succeeded for one in found.people)),
        "finished_url": _cell_url(asked, None, 0),
        "succeeded_url": _cell_url(asked, None, 1),
    }


def _rows(asked: Asked, part: str) -> tuple[QuerySet[Any], str]:
    """The cases of one list, and the column of their day."""
    place, colour = asked.place, asked.colour
    assert colour is not None  # noqa: S101 - only colours have cases of their own
    source = behind.succeeded if part == SUCCEEDED else behind.failed
    rows: QuerySet[Any] = source(department_id=place.department.pk, day=asked.day, colour=colour)
    if place.segment is not None:
        rows = rows.filter(cycle__segment=place.segment)
    if asked.user is not None:
        rows = rows.filter(user=asked.user)
    return rows.select_related("cycle__client", "cycle__segment", "user"), "on" if part == SUCCEEDED else "ended_on"


def _cases(request: HttpRequest, asked: Asked, chosen: list[PersonPassages]) -> dict[str, Any]:
    done = sum(one.succeeded for one in chosen)
    numbers = {SUCCEEDED: done, FAILED: sum(one.finished for one in chosen) - done}
    labels = {SUCCEEDED: pgettext("passages", "Came through"), FAILED: _("Left without it")}
    rows, day = _rows(asked, asked.part)
    page: Any = keyset_page(rows, field=day, cursor=request.GET.get("cursor", ""), is_descending=True)
    clients = {row.cycle.client_id for row in page.rows}
    seen = set(Client.objects.visible_to(asked.place.viewer).filter(pk__in=clients).values_list("pk", flat=True))
    kept = asked.address | {"part": asked.part}
    won, at = _rows(asked, SUCCEEDED)
    stay = behind.median_days(won.order_by().values_list("since", at))
    return {
        "chips": [
            {
                "url": address_of(PATH, asked.address, {"part": name}),
                "label": labels[name],
                "count": numbers[name],
                "active": name == asked.part,
            }
            for name in (SUCCEEDED, FAILED)
        ],
        "stay": number_text(stay, 1, short=True) if stay is not None else "",
        "rows": [_case(row, day, asked, seen) for row in page.rows],
        "summary": _("%(count)s in the list") % {"count": formats.number(numbers[asked.part])},
        "next_url": address_of(PATH, kept, {"cursor": page.next_cursor}) if page.has_next else "",
        "previous_url": address_of(PATH, kept, {"cursor": page.previous_cursor}) if page.has_previous else "",
    }


def _case(row: Any, day: str, asked: Asked, seen: set[int]) -> dict[str, Any]:
    client, ended = row.cycle.client, getattr(row, day)
    is_seen = client.pk in seen
    return {
        "client": client.name if is_seen else _("Client of another manager"),
        "url": f"/clients/{client.pk}/" if is_seen else "",
        "person": row.user.short_name,
        "segment": row.cycle.segment.name,
        "lamp": markup.lamp(asked.stage),
        "to": _to(row),
        "to_lamp": markup.lamp(row.to_colour) if _is_rise(row) else "",
        "day": formats.date_num(ended),
        "days": formats.number((ended - row.since).days),
    }


def _is_rise(row: Movement | Ownership) -> bool:
    return isinstance(row, Movement) and row.kind == MovementKind.UPGRADE


def _to(row: Movement | Ownership) -> str:
    if isinstance(row, Movement):
        return str(row.get_to_colour_display()) if _is_rise(row) else _("Paid in full")
    return str(row.cycle.get_outcome_display() if row.cycle and row.cycle.outcome else _("left the manager"))


def _people_lines(asked: Asked) -> Iterator[list[Any]]:
    for one in _found(asked).people:
        if asked.user is None or one.user == asked.user:
            share = one.share
            yield [
                one.user.full_name,
                one.finished,
                one.succeeded,
                rounded(share * 100, 2) if share is not None else None,
            ]


def _case_lines(asked: Asked) -> Iterator[list[Any]]:
    """Both lists, the latest first; a client who is the reader's no more keeps his line and loses his name."""
    for part in (SUCCEEDED, FAILED):
        rows, day = _rows(asked, part)
        clients = Client.objects.visible_to(asked.place.viewer).filter(pk__in=rows.values("cycle__client"))
        seen = set(clients.values_list("pk", flat=True))
        for row in rows.order_by(f"-{day}", "-pk").iterator(chunk_size=2000):
            ended = getattr(row, day)
            yield [
                row.cycle.client.name if row.cycle.client_id in seen else _("Client of another manager"),
                row.user.full_name,
                row.cycle.segment.name,
                ColourLabel(asked.stage).label,
                _to(row),
                row.since,
                ended,
                (ended - row.since).days,
                _("yes") if part == SUCCEEDED else _("no"),
            ]

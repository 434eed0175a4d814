"""Whose numbers a calculator counts: a head's department, any of the director's; for everybody else there is no page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Department, User
from clients.models import Segment
from common import clock
from planning.selectors.references import every_segment
from planning.views.calculators.forms import address_of
from planning.views.scope import departments_of, whole

Row = TypeVar("Row", Department, Segment)


@dataclass(frozen=True)
class Place:
    """`segment` None = all of them. `departments` and `segments` are what may be chosen instead.

    `every_segment` holds those switched off too: what is read once for a page is handed to whoever counts for it.
    """

    viewer: User
    department: Department
    departments: list[Department]
    segment: Segment | None
    segments: list[Segment]
    every_segment: Mapping[int, Segment]
    today: date

    @property
    def address(self) -> dict[str, int | None]:
        """The scope as the address names it; a head's only department need not be named."""
        return {
            "department": self.department.pk if len(self.departments) > 1 else None,
            "segment": self.segment.pk if self.segment else None,
        }


def place_of(request: HttpRequest) -> Place:
    """The scope of `?department=&segment=`. Http404 unless head or director, and for anybody else's department."""
    viewer: User = request.user  # type: ignore[assignment]
    if viewer.role not in (Role.HEAD, Role.DIRECTOR):
        raise Http404
    departments = departments_of(viewer)
    known = every_segment()
    segments = [known[pk] for pk in sorted(known) if known[pk].is_active]
    department = _chosen(departments, request.GET.get("department", ""))
    if department is None:
        raise Http404
    asked = request.GET.get("segment", "")
    segment = _chosen(segments, asked) if asked else None
    return Place(viewer, department, departments, segment, segments, known, clock.today())


def _chosen(rows: list[Row], asked: str) -> Row | None:
    """The row of that id, the first when none is asked for; Http404 for an id that is not among them."""
    key = whole(asked)
    if key is None:
        return rows[0] if rows else None
    for row in rows:
        if row.pk == key:
            return row
    raise Http404


def menus_of(place: Place, path: str, keep: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the head of a calculator shows: the scope in words, and the addresses of the other scopes.

    Another department or segment is another question: its page starts from its own defaults, `keep` stays.
    """
    departments = [
        {
            "label": one.name,
            "url": address_of(path, {"department": one.pk}, keep or {}),
            "active": one == place.department,
        }
        for one in place.departments
    ]
    scope = {"department": place.address["department"]}
    segments = [
        {"label": _("All segments"), "url": address_of(path, scope, keep or {}), "active": place.segment is None}
    ]
    segments += [
        {
            "label": one.name,
            "url": address_of(path, scope, {"segment": one.pk}, keep or {}),
            "active": one == place.segment,
        }
        for one in place.segments
    ]
    named = place.segment.name if place.segment else _("all segments")
    return {
        "title": f"{place.department.name} · {named}",
        "departments": departments if len(departments) > 1 else [],
        "segments": segments if len(place.segments) > 1 else [],
        "hidden": [(name, value) for name, value in place.address.items() if value is not None],
    }

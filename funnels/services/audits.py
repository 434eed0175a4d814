"""Daily looks at the lists: audit index, lower bound, a day without movement (R-S2-10b, R-S2-7, R-S0-P14)."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.choices import Role
from accounts.models import Absence, User
from accounts.selectors import calendar, head_of
from common import formats
from funnels.constants import WORKLIST_MIN
from funnels.rules import WorklistIndex, worklist_index
from funnels.selectors import live_sellers, movers_of, worklist_rows, worklist_sizes
from funnels.services.bells import tell
from journal.models import JobRun
from journal.services import add_item, in_batch


def audit_worklists(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Index of every work list as the day begins; below 95 % the head is told, with the flags (R-S2-10b)."""
    counts = {"lists": 0, "below": 0}
    for person in live_sellers():
        index = audit_of(person, day)
        if not index.clients:
            continue
        with in_batch(run):
            if not add_item(run, person, str(index.percent)):
                continue
            counts["lists"] += 1
            if index.is_below:
                counts["below"] += 1
                _tell_index(person, index, day)
    return counts


def audit_of(person: User, day: date) -> WorklistIndex:
    """The audit of one list on a day, derived from what is recorded (R-S2-10b)."""
    return worklist_index(worklist_rows(person, day))


def alert_low_worklists(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """«Доберите N клиентов» at 09:00 to hunters below 50 (R-S2-7); interns have no lower bound."""
    counts = {"told": 0}
    if not calendar().is_working(day):
        return counts
    absent = _absent(day)
    sizes = worklist_sizes()
    with in_batch(run):
        for person in live_sellers():
            missing = WORKLIST_MIN - sizes.get(person.pk, 0)
            if person.role != Role.HUNTER or person.pk in absent or missing <= 0:
                continue
            counts["told"] += tell(
                people=[person],
                key=f"low-list:{day}",
                text=lambda n=missing: (
                    ngettext("Take %(n)d more client into work", "Take %(n)d more clients into work", n) % {"n": n}
                ),
                url="/clients/?section=call_base",
            )
    return counts


def alert_no_movement(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """At 16:00 to a seller with coloured clients and no upgrade today, and to his head (R-S0-P14)."""
    counts = {"told": 0}
    if not calendar().is_working(day):
        return counts
    absent = _absent(day)
    coloured, moved = movers_of(day)
    heads: dict[int | None, User | None] = {}
    with in_batch(run):
        for person in live_sellers():
            if person.pk not in coloured or person.pk in moved or person.pk in absent:
                continue
            if person.department_id not in heads:
                heads[person.department_id] = head_of(person.department)
            name = person.short_name
            counts["told"] += tell(
                people=[person, heads[person.department_id]],
                key=f"no-movement:{person.pk}:{day}",
                text=lambda name=name: _("No client has moved up today: %(name)s") % {"name": name},
                url="/day/",
            )
    return counts


def _tell_index(person: User, index: WorklistIndex, day: date) -> None:
    values = {"name": person.short_name, "clean": index.clean, "clients": index.clients}
    tell(
        people=[head_of(person.department)],
        key=f"audit:{person.pk}:{day}",
        text=lambda: (
            _("Work list of %(name)s: %(clean)d of %(clients)d in order, %(percent)s")
            % {**values, "percent": formats.percent(index.percent, 2)}
        ),
        url=f"/clients/?owner={person.pk}",
    )


def _absent(day: date) -> set[int]:
    return set(Absence.objects.covering(day).values_list("user_id", flat=True))

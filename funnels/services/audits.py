"""Daily looks at the lists: audit index, conversion, lower bound, a day without movement.

R-S2-10b, R-S1-5, R-S2-7, R-S0-P14.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.choices import Role
from accounts.models import Absence, Department, User
from accounts.selectors import calendar, directors, head_of, heads_of
from common import formats
from funnels.constants import WORKLIST_MIN
from funnels.rules import Conversion, WorklistIndex, worklist_index
from funnels.selectors import conversions, live_sellers, movers_of, whole_of, worklist_rows, worklist_sizes
from funnels.services.bells import Telling, tell, tell_all
from funnels.services.texts import conversion_text
from journal.models import JobRun
from journal.services import add_items, do_rows

BATCH = 50


def audit_worklists(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Index of every work list as the day begins; below 95 % the head is told, with the flags (R-S2-10b)."""
    sellers = {person.pk: person for person in live_sellers()}

    def look(ids: Sequence[int]) -> Counter[str]:
        indexes = {sellers[pk]: worklist_index(rows) for pk, rows in worklist_rows(ids, day).items() if rows}
        new = add_items(run, {person: str(index.percent) for person, index in indexes.items()})
        below = [person for person in new if indexes[person].is_below]
        heads = heads_of({person.department for person in below})
        tell_all(_telling_of(person, indexes[person], day, heads[person.department_id]) for person in below)
        return Counter(lists=len(new), below=len(below))

    counts = Counter({"lists": 0, "below": 0})
    counts.update(do_rows(run, what="accounts.user#index", ids=sellers, size=BATCH, act=look))
    return counts


def audit_of(person: User, day: date) -> WorklistIndex:
    """The audit of one list on a day, derived from what is recorded (R-S2-10b)."""
    return worklist_index(worklist_rows([person.pk], day)[person.pk])


def alert_conversions(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """Below 20 % of at least 30 finished cycles: the seller and his head; of the whole, head and directors (R-S1-5).

    Once a working day and person.
    """
    counts = Counter({"conversions_below": 0})
    if not calendar().is_working(day):
        return counts
    found = conversions(day)
    sellers = list(live_sellers())
    departments = {department.pk: department for department in Department.objects.filter(is_active=True)}

    def alert(ids: Sequence[int]) -> Counter[str]:
        done: Counter[str] = Counter()
        for department in (departments[pk] for pk in ids):
            people = found.get(department.pk, {})
            head = head_of(department)
            whole = whole_of(people)
            if whole.is_below:
                done["conversions_below"] += 1
                key = f"conversion:department:{department.pk}:{day}"
                _tell_conversion([head, *directors()], department.name, whole, key, "/lights/")
            for person in sellers:
                own = people.get(person.pk)
                if person.department_id != department.pk or own is None or not own.is_below:
                    continue
                done["conversions_below"] += 1
                key = f"conversion:{person.pk}:{day}"
                _tell_conversion([person], person.short_name, own, key, "/day/")
                _tell_conversion([head], person.short_name, own, key, "/lights/")
        return done

    counts.update(do_rows(run, what="accounts.department", ids=sorted(departments), size=1, act=alert))
    return counts


def alert_low_worklists(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """«Доберите N клиентов» at 09:00 to hunters below 50 (R-S2-7); interns have no lower bound."""
    counts = Counter({"told": 0})
    if not calendar().is_working(day):
        return counts
    absent = _absent(day)
    sizes = worklist_sizes()
    sellers = {person.pk: person for person in live_sellers()}

    def remind(ids: Sequence[int]) -> dict[str, int]:
        tellings = []
        for person in (sellers[pk] for pk in ids):
            missing = WORKLIST_MIN - sizes.get(person.pk, 0)
            if person.role != Role.HUNTER or person.pk in absent or missing <= 0:
                continue
            tellings.append(
                Telling(
                    people=[person],
                    key=f"low-list:{day}",
                    text=lambda n=missing: (
                        ngettext("Take %(n)d more client into work", "Take %(n)d more clients into work", n) % {"n": n}
                    ),
                    url="/clients/?section=call_base",
                )
            )
        return {"told": tell_all(tellings)}

    counts.update(do_rows(run, what="accounts.user", ids=sellers, size=BATCH, act=remind))
    return counts


def alert_no_movement(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """At 16:00 to a seller with coloured clients and no upgrade today, and to his head (R-S0-P14)."""
    counts = Counter({"told": 0})
    if not calendar().is_working(day):
        return counts
    absent = _absent(day)
    coloured, moved = movers_of(day)
    sellers = {person.pk: person for person in live_sellers()}

    heads = heads_of({person.department for person in sellers.values()})

    def alert(ids: Sequence[int]) -> dict[str, int]:
        still = [pk for pk in ids if pk in coloured and pk not in moved and pk not in absent]
        tellings = (
            Telling(
                people=[person, heads[person.department_id]],
                key=f"no-movement:{person.pk}:{day}",
                text=lambda name=person.short_name: _("No client has moved up today: %(name)s") % {"name": name},
                url="/day/",
            )
            for person in (sellers[pk] for pk in still)
        )
        return {"told": tell_all(tellings)}

    counts.update(do_rows(run, what="accounts.user", ids=sellers, size=BATCH, act=alert))
    return counts


def _telling_of(person: User, index: WorklistIndex, day: date, head: User | None) -> Telling:
    values = {"name": person.short_name, "clean": index.clean, "clients": index.clients}
    return Telling(
        people=[head],
        key=f"audit:{person.pk}:{day}",
        text=lambda: (
            _("Work list of %(name)s: %(clean)d of %(clients)d in order, %(percent)s")
            % {**values, "percent": formats.percent(index.percent, 2)}
        ),
        url=f"/clients/?owner={person.pk}",
    )


def _tell_conversion(people: list[User | None], name: str, found: Conversion, key: str, url: str) -> None:
    values = {"name": name, "paid": found.paid, "finished": found.finished}
    tell(
        people=people,
        key=key,
        text=lambda: (
            _("%(conversion)s: %(name)s, %(paid)d of %(finished)d") % {**values, "conversion": conversion_text(found)}
        ),
        url=url,
    )


def _absent(day: date) -> set[int]:
    return set(Absence.objects.covering(day).values_list("user_id", flat=True))

"""Warnings at ages 7 and 10 of both clocks: one bell each per ownership (section 2.4, timeline)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Department, User
from accounts.selectors import calendar, heads_of
from funnels.constants import CLOCK_LIMIT_DAYS
from funnels.models import Ownership
from funnels.rules import age, is_announced_as_last_day
from funnels.selectors import live_departments
from funnels.services.bells import Telling, tell_all
from funnels.services.states import WORKING_STATES
from journal.models import JobRun
from journal.services import do_rows
from notifications.models import Notice

BATCH = 200  # a batch only rings bells: it locks nothing


class _Due(NamedTuple):
    """What a warning names of one ownership and one of its clocks; whole clients and people would cost more than it."""

    pk: int
    user: User
    client_id: int
    client: str
    started_on: date
    warn_on: date | None
    last_on: date | None
    flag_on: date | None


_ByDepartment = dict[int, list[_Due]]


def warn_ages(*, day: date, run: JobRun | None = None, at: datetime | None = None) -> dict[str, int]:
    """«3 дня до ротации» to the owner from age 7, «последний день» to owner and head at age 10 (R-S0-P7, R-S0-P16).

    Before a non-working stretch the last day is told on the last working day before it. Once per ownership, whenever
    and however often this runs.
    """
    counts = {"warned": 0, "last_day": 0, "state_warned": 0, "state_last_day": 0}
    until, departments = _told_until(day), live_departments(day)
    heads = heads_of(departments)
    colours, states = _running(departments, day, until)
    for department in departments:
        head, of = heads[department.pk], department.pk
        for clock_name, prefix, rows in (("age", "", colours[of]), ("state", "state_", states[of])):
            early = [row for row in rows if _is_by(row.warn_on, day) and _is_after(row.last_on, day)]
            last = [row for row in rows if _is_last(row, day, until)]
            for kind, told, due in (("warned", 7, early), ("last_day", CLOCK_LIMIT_DAYS, last)):
                counts[prefix + kind] += _tell_all(due, department, day, f"{clock_name}{told}", head, run)
    return counts


def _told_until(day: date) -> date:
    """The latest day 10 that is told today."""
    tomorrow = day + timedelta(days=1)
    return day if calendar().is_working(tomorrow) else calendar().next_working_day(day)


def _running(departments: Iterable[Department], day: date, until: date) -> tuple[_ByDepartment, _ByDepartment]:
    """By department: everybody whose colour clock, and whose state clock, may have a warning due. Two queries."""
    due = Q()
    for prefix in ("", "state_"):
        warn, last, flag = f"{prefix}warn_on", f"{prefix}last_day_on", f"{prefix}flag_on"
        due |= Q(**{f"{warn}__lte": day, f"{last}__gt": day}) | Q(**{f"{last}__lte": until, f"{flag}__gt": day})
    rows = Ownership.objects.open().filter(due, client__department__in=departments, cycle__closed_at__isnull=True)
    named = ("client__department_id", "cycle__state", "pk", "user_id", "client_id", "client__name")
    found = list(rows.order_by("pk").values_list(*named, *_CLOCKS))
    people = User.objects.in_bulk({row[3] for row in found})
    colours: _ByDepartment = defaultdict(list)
    states: _ByDepartment = defaultdict(list)
    for department_id, state, pk, user_id, client_id, name, *clocks in found:
        whose = (pk, people[user_id], client_id, name)
        colours[department_id].append(_Due(*whose, *clocks[:4]))
        if state in WORKING_STATES:
            states[department_id].append(_Due(*whose, *clocks[4:]))
    return colours, states


_CLOCKS = (
    *("clock_started_on", "warn_on", "last_day_on", "flag_on"),
    *("state_started_on", "state_warn_on", "state_last_day_on", "state_flag_on"),
)


def _is_by(mark: date | None, day: date) -> bool:
    return mark is not None and mark <= day


def _is_after(mark: date | None, day: date) -> bool:
    return mark is not None and mark > day


def _is_last(row: _Due, day: date, until: date) -> bool:
    # Between day 10 and the flag there may be uncounted days: still the last day.
    if row.last_on is None or row.last_on > until or not _is_after(row.flag_on, day):
        return False
    return row.last_on <= day or is_announced_as_last_day(row.last_on, day, calendar())


def _tell_all(
    rows: Sequence[_Due], department: Department, day: date, key: str, head: User | None, run: JobRun | None
) -> int:
    found = {row.pk: row for row in rows}

    def tell_batch(ids: Sequence[int]) -> dict[str, int]:
        wanted = {f"{key}:{pk}:{found[pk].user.pk}": found[pk] for pk in ids}
        known = set(Notice.objects.filter(key__in=wanted).order_by().values_list("key", flat=True))
        new = [row for name, row in wanted.items() if name not in known]
        tell_all(_telling_of(row, department, day, key, head) for row in new)
        return {"told": len(new)}

    return do_rows(run, what=f"funnels.ownership#{key}", ids=found, size=BATCH, act=tell_batch)["told"]


def _telling_of(row: _Due, department: Department, day: date, key: str, head: User | None) -> Telling:
    is_last = key.endswith("10")
    name, url = row.client, f"/clients/{row.client_id}/"
    left = CLOCK_LIMIT_DAYS - age(row.started_on, department.rotation_starts_on, day, calendar())
    if key.startswith("state"):
        last_text = _last_state_text
        early_text = _early_state_text
    else:
        last_text, early_text = _last_text, _early_text
    return Telling(
        people=[row.user, head] if is_last else [row.user],
        key=f"{key}:{row.pk}",
        text=(lambda: last_text(name)) if is_last else (lambda: early_text(name, left)),
        url=url,
    )


def _early_text(name: str, left: int) -> str:
    return ngettext("%(n)d day till rotation: %(client)s", "%(n)d days till rotation: %(client)s", left) % {
        "n": left,
        "client": name,
    }


def _last_text(name: str) -> str:
    return _("Last day before rotation: %(client)s") % {"client": name}


def _early_state_text(name: str, left: int) -> str:
    return ngettext(
        "%(n)d day till stagnation in the state: %(client)s",
        "%(n)d days till stagnation in the state: %(client)s",
        left,
    ) % {"n": left, "client": name}


def _last_state_text(name: str) -> str:
    return _("Last day in the state: %(client)s") % {"client": name}
